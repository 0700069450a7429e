"""Measures the app beside its budgets: `make bench`, or `python -m tests.benchmarks hover pen` for some rows only.

A missed budget is said, and is no error: how fast a machine is today depends on what else it does.
"""

import argparse
import sys
import time
from collections.abc import Iterable
from dataclasses import replace

from tests.benchmarks import baseline
from tests.benchmarks.machine import busy_share, machine
from tests.benchmarks.probe import Bench
from tests.benchmarks.report import Measurement, as_json, table
from tests.benchmarks.rows import IN_PYTHON, IN_THE_BROWSER, MEASURES, Measure
from tests.browser.server import ROOT, running_server
from tests.browser.visits import running_chromium

FILE = ROOT / "build/benchmarks.json"


def main() -> None:
    names = [measure.name for measure in MEASURES]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"what to measure; all by default: {', '.join(names)}")
    parser.add_argument("--keep", action="store_true", help="from now on, compare with what is measured now")
    chosen = parser.parse_args()
    wanted = chosen.names or names
    if strangers := set(wanted) - set(names):
        parser.error(f"nothing is called {', '.join(sorted(strangers))}; there are {', '.join(names)}")

    start = time.monotonic()
    measurements = _measured(IN_PYTHON, wanted)
    with running_server() as server, running_chromium() as browser:
        about = machine(browser.version)
        measurements |= _measured(IN_THE_BROWSER, wanted, Bench(browser, server))

    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print(table(measurements))
    print(baseline.comparison(measurements))
    print(f"{time.monotonic() - start:.0f} s")
    if len(wanted) == len(names):
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(as_json(measurements, about), encoding="utf-8")
        FILE.with_suffix(".md").write_text(baseline.markdown(measurements, about) + "\n", encoding="utf-8")
        print(f"All samples are in {FILE.relative_to(ROOT)}, and a table for the README beside it.")
    if chosen.keep:
        baseline.FILE.write_text(baseline.kept(measurements, about), encoding="utf-8")


def _measured(measures: Iterable[Measure], wanted: list[str], *bench: Bench) -> dict[str, Measurement]:
    """What these measurements yield. One that fails does not keep the others from being made: its rows say why."""
    measurements = {}
    for measure in measures:
        if measure.name not in wanted:
            continue
        start = time.monotonic()
        print(f"{measure.name} … ", end="", file=sys.stderr, flush=True)
        before = busy_share()
        rows = {}
        try:
            rows |= measure.run(*bench)
        except Exception as error:
            trouble = f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
            rows |= {key: Measurement(trouble=trouble) for key in measure.keys if key not in rows}
        busy = max(before, busy_share())
        measurements |= {key: replace(row, busy=busy) for key, row in rows.items()}
        print(f"{time.monotonic() - start:.0f} s", file=sys.stderr)
    return measurements


if __name__ == "__main__":
    main()
