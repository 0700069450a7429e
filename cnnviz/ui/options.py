"""What was said to the app when it was started: `streamlit run app.py -- --data DIR`."""

import argparse
import functools
import sys
from pathlib import Path


@functools.cache
def data_folder() -> Path | None:
    """The folder of Parquet files whose test pictures the network page may use; None if none was named."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--data", type=Path)
    try:
        return parser.parse_known_args(sys.argv[1:])[0].data
    except argparse.ArgumentError:
        return None
