"""A class at once: what `make load` has measured, as rows of this table."""

import json
from collections.abc import Iterator

from tests.benchmarks.report import Measurement
from tests.browser.server import ROOT

FILE = ROOT / "build/load.json"
STUDENTS = 200


def classroom() -> Iterator[tuple[str, Measurement]]:
    """200 students, each changing something every five seconds. RuntimeError where nobody has measured them."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))["rows"] if FILE.exists() else []
    row = next((row for row in rows if row["students"] == STUDENTS), None)
    if row is None:
        raise RuntimeError(f'run this before: make load STUDENTS="{STUDENTS}"')
    notes = {"p50": row["p50"], "p99": row["p99"], "cores in use": row["cpu"]}
    yield "class_answer", Measurement((row["p95"],), notes=notes)
    yield "class_memory", Measurement((row["memory a student"],))
    yield "class_errors", Measurement((row["errors"],))
