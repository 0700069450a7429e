"""A class without browsers: `make load`, or `python -m tests.load --students 30 200 --seconds 20`.

Students come to a server on this machine, and to no other. Those of one row open a lesson, and then each change something
every five seconds: kernels, drawings, digits, uploads.
"""

from tests.load import harness  # isort: skip  (patches what all others use)

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil

from tests.benchmarks.machine import busy_share, machine
from tests.browser.server import ROOT, Server, free_port, running_server, served_by
from tests.load.lessons import Lesson

FILE = ROOT / "build/load.json"
CLASSES = (1, 30, 100, 200, 400)
BACK_WITHIN = 5.0  # seconds from the death of a process until its students stand on another where they stood
COLUMNS = (
    "students",
    "changes",
    "p50",
    "p95",
    "p99",
    "open p95",
    "errors",
    "cpu",
    "withheld",
    "memory",
    "memory a student",
)
UNITS = {
    "p50": "ms",
    "p95": "ms",
    "p99": "ms",
    "open p95": "ms",
    "cpu": "cores",
    "withheld": "cores",  # wanted, but given by the host to other machines: where it is not 0, all takes longer
    "memory": "MB",
    "memory a student": "MB",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, nargs="+", default=CLASSES, help="how many, row by row")
    parser.add_argument("--seconds", type=float, default=40, help="how long each row lasts, once all are there")
    parser.add_argument("--ramp", type=float, default=20, help="seconds within which they arrive")
    parser.add_argument("--processes", type=int, help="behind nginx, as `make serve` runs them; else one without")
    parser.add_argument("--kill", action="store_true", help="in the middle of each row, kill one of the processes")
    wanted = parser.parse_args()
    if wanted.kill and not wanted.processes:
        parser.error("--kill needs --processes: somebody has to be left")
    file = FILE.with_stem(f"load-{wanted.processes}-processes") if wanted.processes else FILE
    rows = []
    before = busy_share()
    for students in wanted.students:
        print(f"{students} students … ", end="", file=sys.stderr, flush=True)
        with served(wanted.processes) if wanted.processes else running_server() as server:
            warm(server.url)
            process = psutil.Process(server.process.pid)
            # behind nginx, which is among them, the one that looks after the others serves nobody
            usage = harness.Usage(
                partial(process.children, recursive=True) if wanted.processes else lambda one=process: [one]
            )
            act = killer(process, wanted.seconds / 2) if wanted.kill else None
            rows.append(harness.attend(server.url, students, wanted.seconds, usage, wanted.ramp, act))
        print("done", file=sys.stderr)
    about = machine("") | {"busy before": round(before, 2), "processes": wanted.processes or 1}
    print(table(rows))
    for row in rows:
        if wanted.kill:
            print(returns(row))
        for error in row["first errors"]:
            print(f"{row['students']} students: {error}")
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"machine": about, "rows": rows}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"All figures are in {file.relative_to(ROOT)}. Other programs took {before:.0%} of the processor before.")


@contextmanager
def served(processes: int) -> Iterator[Server]:
    """So many processes behind nginx."""
    port = free_port()
    command = [sys.executable, "deploy/serve.py", f"--processes={processes}", f"--port={port}", "--address=127.0.0.1"]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log.txt")
        with log.open("wb") as file:
            process = subprocess.Popen(command, cwd=ROOT, env=without_load(), stdout=file, stderr=file)
        server = Server(f"http://127.0.0.1:{port}", process, log)
        try:
            while "behind nginx" not in server.log:
                if process.poll() is not None:
                    sys.exit(server.log)
                time.sleep(0.2)
            time.sleep(1)  # nginx listens by then
            yield server
        finally:
            process.terminate()
            process.wait(timeout=60)


def without_load() -> dict[str, str]:
    """This process's variables, but for the folder that Locust lies in."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def killer(serving: psutil.Process, when: float) -> Callable[[float], bool]:
    """A function that kills one process of the app, once, when so many seconds have passed, and says when it has just done so."""
    dead = []

    def act(elapsed: float) -> bool:
        if elapsed < when or dead:
            return False
        victim = served_by(serving)[0]
        victim.kill()
        dead.append(victim)
        return True

    return act


def returns(row: dict) -> str:
    """How long those took whose process was killed, from its death until all stood again as it had stood."""
    back = row["back"]
    if not back:
        return (
            f"{row['students']} students: nobody came back; perhaps nobody was served by the process that was killed."
        )
    return (
        f"{row['students']} students: {len(back)} were served by the process that was killed, and stood on another where they had "
        f"stood after {statistics.median(back):.1f} s (half of them) and {back[-1]:.1f} s (all); the budget is {BACK_WITHIN:g} s. "
        f"{row['cut off']} of their changes were cut off; but for uploads, they are part of what stood there again."
    )


def warm(url: str) -> None:
    """Both kinds of lesson have been visited: the server has imported and cached what it shares."""
    for number in (0, 1, 2):
        lesson = Lesson(url, number, lambda *_: None)
        lesson.open()
        lesson.change()
        lesson.student.close()


def table(rows: list[dict]) -> str:
    """The rows, one line each."""
    heads = [f"{name} ({UNITS[name]})" if name in UNITS else name for name in COLUMNS]
    lines = ["  ".join(heads)]
    for row in rows:
        cells = ["–" if row[name] is None else f"{row[name]:,}" for name in COLUMNS]
        lines.append("  ".join(cell.rjust(len(head)) for cell, head in zip(cells, heads, strict=True)))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
