"""Columns of numbers in a text file, as people save them: commas or semicolons, decimal commas, gaps and all."""

import csv
import io
import math
import re
from dataclasses import dataclass

import numpy as np

MOST_BYTES = 20_000_000
MOST_ROWS = 20_000  # more are not read: a page shows a hundred or so
LEAST = 5  # a signal shorter than this has no room for a kernel to slide
_POINT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_COMMA = re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d{1,3})?")
_GAPS = {"", "-", "na", "n/a", "nan", "null", "none", "?"}


class TableError(ValueError):
    """The file holds no column of numbers. The message says what it holds instead."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column: its ``name``, its ``values`` (rows,) float64 without gaps, and how many ``gaps`` were filled."""

    name: str
    values: np.ndarray
    gaps: int


def read_columns(data: bytes) -> list[Column]:
    r"""The columns of numbers in a CSV file, in their order. `TableError` with a sentence if there are none.

    The separator is whichever of ; tab , parts the lines most evenly; numbers may have a decimal point or, where commas do not
    part them, a decimal comma. A gap becomes the straight line between its neighbours. At most `MOST_ROWS` rows are read.

    >>> [(column.name, column.values.tolist()) for column in read_columns(b"x;y\n1,5;a\n;b\n2,5;c\n0;d\n1;e\n4;f\n")]
    [('x', [1.5, 2.0, 2.5, 0.0, 1.0, 4.0])]
    """
    if len(data) > MOST_BYTES:
        raise TableError(f"This file has {len(data) / 1e6:.0f} MB: a table may have {MOST_BYTES // 10**6} MB at most.")
    rows = _rows(_text(data))
    if not rows:
        raise TableError("This file is empty: a table has lines of numbers.")
    width = max(map(len, rows))
    titles, body = (rows[0], rows[1:]) if not any(map(_looks_like_number, rows[0])) else ([], rows)
    columns = []
    for at in range(width):
        cells = [row[at].strip() if at < len(row) else "" for row in body]
        values = _numbers(cells)
        known = int(np.isfinite(values).sum())
        if known >= LEAST and known * 2 > len(cells):
            name = titles[at].strip()[:60] if at < len(titles) and titles[at].strip() else f"column {at + 1}"
            columns.append(Column(name, _filled(values), len(cells) - known))
    if columns:
        return columns
    lines = "1 line" if len(rows) == 1 else f"{len(rows):,} lines"
    raise TableError(
        f"No column of this file ({lines}) holds at least {LEAST} numbers, and more numbers than gaps and words: a signal "
        "is a column of numbers, one in each line."
    )


def shortened(values: np.ndarray, most: int) -> tuple[np.ndarray, int]:
    """At most ``most`` values, each the mean of so many neighbours; and how many that are."""
    each = math.ceil(len(values) / most)
    whole = values[: len(values) // each * each]
    return whole.reshape(-1, each).mean(axis=1), each


def _text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data[:4096]:
        raise TableError("This is no text file: a table is saved as CSV.")
    try:
        return data.decode("utf-8-sig")  # with or without a byte-order mark
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _rows(text: str) -> list[list[str]]:
    lines = [line for line in text[: MOST_ROWS * 400].splitlines() if line.strip()][: MOST_ROWS + 1]
    if not lines:
        return []
    separator = _separator(lines[:50])
    try:
        return list(csv.reader(io.StringIO("\n".join(lines)), delimiter=separator))
    except csv.Error:  # a quotation mark that never ends, a field too long
        return [line.split(separator) for line in lines]


def _separator(lines: list[str]) -> str:
    """Semicolon and tab are meant whenever they stand in most lines; a comma may be decimal."""
    for mark in ";\t":
        if sum(mark in line for line in lines) * 2 > len(lines):
            return mark
    # in one column with decimal commas, no line has more than one comma and each is a number
    if all(line.count(",") <= 1 for line in lines) and sum(
        bool(_COMMA.fullmatch(line.strip())) for line in lines[1:]
    ) * 2 > len(lines):
        return ";"
    return ","


def _looks_like_number(cell: str) -> bool:
    bare = cell.strip()
    return bool(_POINT.fullmatch(bare) or _COMMA.fullmatch(bare))


def _numbers(cells: list[str]) -> np.ndarray:
    """Each cell's number; NaN for a gap or a word. A column has a decimal comma if any of its cells needs one."""
    commas = any("," in cell and _COMMA.fullmatch(cell) for cell in cells)
    form = _COMMA if commas else _POINT
    values = np.full(len(cells), np.nan)
    for at, cell in enumerate(cells):
        if cell.lower() not in _GAPS and form.fullmatch(cell):
            value = float(cell.replace(",", "."))
            values[at] = value if abs(value) < 1e30 else np.nan
    return values


def _filled(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    places = np.arange(len(values))
    return np.interp(places, places[known], values[known])
