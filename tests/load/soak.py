"""A class that goes on and on: `make soak`, or `python -m tests.load.soak --minutes 10`. Memory and threads have to stay."""

from tests.load import harness  # isort: skip  (patches what all others use)

import argparse
import json
import statistics
import sys

import psutil

from tests.benchmarks.machine import machine
from tests.browser.server import ROOT, running_server
from tests.load.__main__ import warm

FILE = ROOT / "build/soak.json"
EVERY = 10  # seconds between two looks
GROWTH = 1.05  # of the memory after the warm-up, which is the first sixth
THREADS = 2  # more or less is chance: each run of a page is a thread of its own


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load.soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=60)
    wanted = parser.parse_args()
    seen: list[tuple[float, float, int]] = []
    with running_server() as server:
        warm(server.url)
        process = psutil.Process(server.process.pid)
        usage = harness.Usage(lambda: [process])

        def look(elapsed: float) -> None:
            if elapsed >= EVERY * len(seen):
                seen.append((round(elapsed), round(usage.memory(), 1), usage.threads()))

        row = harness.attend(server.url, wanted.students, 60 * wanted.minutes, usage, ramp=15, act=look)
    after = seen[len(seen) // 6 :]
    quarter = max(1, len(after) // 4)
    memory = [statistics.median(memory for _, memory, _ in part) for part in (after[:quarter], after[-quarter:])]
    threads = [statistics.median(threads for _, _, threads in part) for part in (after[:quarter], after[-quarter:])]
    figures = {"memory": memory, "growth": memory[1] / memory[0], "threads": threads}
    FILE.parent.mkdir(exist_ok=True)
    text = json.dumps({"machine": machine(""), "row": row, "figures": figures, "seen": seen}, indent=1)
    FILE.write_text(text + "\n", encoding="utf-8")
    print(
        f"{wanted.students} students, {wanted.minutes:g} minutes, {row['changes']} changes, {row['errors']} errors: "
        f"memory {memory[0]:.0f} → {memory[1]:.0f} MB ({figures['growth'] - 1:+.1%}), threads {threads[0]:g} → {threads[1]:g}."
    )
    if row["errors"] or figures["growth"] > GROWTH or threads[1] > threads[0] + THREADS:
        sys.exit("Memory or threads grow, or something went wrong: see build/soak.json.")


if __name__ == "__main__":
    main()
