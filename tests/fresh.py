"""The last commit as a newcomer meets it: `make fresh`.

It clones the commit into a folder of its own, installs everything with an empty cache, starts the app until it is healthy,
runs the tests, and tries the library from a wheel in an environment that holds nothing else. Nothing is kept.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

from tests.browser.server import ROOT, free_port

NOTEBOOK = """
import torch
from torch import nn
from cnnviz import KERNELS, conv2d, load_network, trace

assert conv2d(torch.eye(5), torch.ones(3, 3)).tolist() == [[3, 2, 1], [2, 3, 2], [1, 2, 3]]
for network, x in ((load_network(), torch.rand(1, 3, 32, 32)), (nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), torch.rand(1, 1, 7, 7))):
    for operation in trace(network, x):
        print(operation.name, operation.kind, tuple(operation.output.shape))
print(len(KERNELS), "kernels")
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fresh", description=__doc__.partition("\n")[0])
    parser.add_argument("--python", default=sys.executable, help="the Python to make the environments with")
    parser.add_argument("--tests", default="", help="arguments for pytest; all tests by default")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cnnviz-fresh-") as folder:
        clone = Path(folder, "cnnviz")
        python = Path(wanted.python).expanduser()
        inside = {
            name: text for name, text in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS")
        }
        inside |= {"PIP_CACHE_DIR": str(Path(folder, "cache")), "PYTHON": str(python)}

        def run(*command: str | Path, cwd: Path = clone) -> None:
            started = time.monotonic()
            print("$", *command, flush=True)
            subprocess.run([str(part) for part in command], cwd=cwd, env=inside, check=True)
            print(f"  {time.monotonic() - started:.0f} s", flush=True)

        run("git", "clone", "--quiet", ROOT, clone, cwd=ROOT)
        app_becomes_healthy(clone, inside)
        run("make", "test", f"ARGS={wanted.tests}")
        bare = Path(folder, "bare")
        run(python, "-m", "venv", bare, cwd=Path(folder))
        run(bare / "bin/pip", "wheel", "--quiet", "--no-deps", f"--wheel-dir={folder}", clone, cwd=Path(folder))
        run(bare / "bin/pip", "install", "--quiet", next(Path(folder).glob("*.whl")), cwd=Path(folder))
        run(bare / "bin/python", "-c", NOTEBOOK, cwd=Path(folder))
    print(f"A fresh clone works with {subprocess.check_output([python, '--version'], text=True).strip()}.")


def app_becomes_healthy(clone: Path, variables: dict[str, str]) -> None:
    """Runs `make app` until it answers, installation included, and ends it."""
    port, started = free_port(), time.monotonic()
    print(f"$ make app PORT={port}", flush=True)
    command = ["make", "app", f"PORT={port}", "ADDRESS=127.0.0.1"]
    app = subprocess.Popen(command, cwd=clone, env=variables, start_new_session=True)
    try:
        while app.poll() is None:
            with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    print(f"  healthy after {time.monotonic() - started:.0f} s", flush=True)
                    return
            time.sleep(0.5)
        sys.exit("make app ended instead of starting.")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(app.pid, signal.SIGTERM)
        app.wait(timeout=30)


if __name__ == "__main__":
    main()
