"""What a server under a class spends its time on: `make profile`, or `python -m tests.load.profile --students 60`."""

from tests.load import harness  # isort: skip  (patches what all others use)

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import psutil

from tests.browser.server import ROOT, running_server
from tests.load.__main__ import warm

FILE = ROOT / "build/profile.txt"
RATE = 100  # samples a second
TOP = 10


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load.profile", description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--seconds", type=int, default=30)
    wanted = parser.parse_args()
    with running_server() as server, tempfile.TemporaryDirectory() as folder:
        stacks, now = Path(folder, "stacks.txt"), Path(folder, "now")
        command = [py_spy(), "record", f"--pid={server.process.pid}", f"--rate={RATE}", "--format=raw", "--nonblocking"]
        command += [f"--duration={wanted.seconds}", f"--output={stacks}"]
        # it waits for its time from the start: once students are connected, gevent cannot fork any more
        wait = 'while [ ! -e "$0" ]; do sleep 0.2; done; exec "$@"'
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        spy = subprocess.Popen(["sh", "-c", wait, str(now), *command], **quiet)
        warm(server.url)
        process = psutil.Process(server.process.pid)
        usage = harness.Usage(lambda: [process])
        row = harness.attend(server.url, wanted.students, wanted.seconds + 3, usage, ramp=10, act=lambda _: now.touch())
        if spy.wait(timeout=60):
            sys.exit("py-spy could not look into the server: it needs the right to trace it (root, or ptrace_scope 0).")
        counts = Counter()
        for line in stacks.read_text(encoding="utf-8").splitlines():
            stack, _, samples = line.rpartition(" ")
            counts[stack] += int(samples)
    text = report(counts, row)
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text, encoding="utf-8")
    print(text)


def py_spy() -> str:
    """py-spy's command, from the folder that it is installed into."""
    return str(Path(next(path for path in sys.path if Path(path, "bin/py-spy").exists()), "bin/py-spy"))


def report(counts: Counter[str], row: dict) -> str:
    """The functions that take most, each with all that it calls, and by itself; waiting is not counted by py-spy."""
    alone, within = Counter(), Counter()
    for stack, samples in counts.items():
        frames = [shortened(frame) for frame in stack.split(";")]
        alone[frames[-1]] += samples
        for frame in set(frames):
            within[frame] += samples
    whole = sum(counts.values()) or 1
    lines = [f"{row['students']} students, {row['changes']} changes, p95 {row['p95']} ms, {row['cpu']} cores in use"]
    ours = Counter({frame: samples for frame, samples in within.items() if "(cnnviz/" in frame or "(pages/" in frame})
    for title, table in (("by itself", alone), ("the app's own, with all that it calls", ours)):
        lines += ["", title, *(f"{samples / whole:6.1%}  {frame}" for frame, samples in table.most_common(TOP))]
    return "\n".join(lines) + "\n"


def shortened(frame: str) -> str:
    """Without what is the same for all: the folders before the package, and the line."""
    name, _, place = frame.partition(" (")
    place = place.rstrip(")").rpartition(":")[0] or place.rstrip(")")
    for root in (f"site-packages{os.sep}", f"{ROOT}{os.sep}"):
        place = place.rpartition(root)[2]
    return f"{name} ({place})"


if __name__ == "__main__":
    main()
