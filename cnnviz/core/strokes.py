"""What the pen did: strokes as numbers, as link text, and as paint on an image."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

GRID = 1000  # stroke coordinates are thousandths of the picture's height and width
MAX_STROKES = 200
MAX_POINTS = 6000
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LETTERS = {"pen": "p", "eraser": "e"}


@dataclass(frozen=True, slots=True)
class Stroke:
    """One pull of the pen or the eraser.

    ``points`` are (row, col) in thousandths of the picture, 0 to 1000; ``size`` is the brush's diameter in thousandths
    of the picture's longer side.
    """

    tool: Literal["pen", "eraser"]
    size: int
    points: tuple[tuple[int, int], ...]


def paint(image: np.ndarray, strokes: tuple[Stroke, ...] | list[Stroke], ink: float = 1.0) -> np.ndarray:
    """The image with the strokes painted over it, in order; the image itself stays as it was.

    ``image`` is float32 (C, H, W). The pen paints ``ink`` and the eraser 0. A pixel is covered by
    ``clip(radius + 1/2 − distance, 0, 1)``, with the distance from its centre to the stroke, in pixels: a soft edge one
    pixel wide. `strokes.js` does the same operations in the same order, so that browser and Python paint alike.
    """
    image = np.array(image, dtype=np.float32)
    for stroke in strokes:
        covered = _coverage(stroke, *image.shape[-2:])
        target = ink if stroke.tool == "pen" else 0.0
        image = (image + covered * (target - image)).astype(np.float32)
    return image


def _coverage(stroke: Stroke, height: int, width: int) -> np.ndarray:
    """The share of each pixel that a stroke covers: float64 (H, W)."""
    covered = np.zeros((height, width))
    # never thinner than a pixel, or a pen on a 7×7 picture would leave no mark
    radius = max(0.5, stroke.size * max(height, width) / (2 * GRID))
    points = [(row * height / GRID, col * width / GRID) for row, col in stroke.points]
    for (row0, col0), (row1, col1) in zip(points, points[1:] or points, strict=False):
        # only the pixels near this piece of the stroke
        top, bottom = _reach(row0, row1, radius + 1, height)
        left, right = _reach(col0, col1, radius + 1, width)
        rows = np.arange(top, bottom)[:, None] + 0.5
        cols = np.arange(left, right) + 0.5
        d_row, d_col = row1 - row0, col1 - col0
        length2 = d_row * d_row + d_col * d_col
        along = ((rows - row0) * d_row + (cols - col0) * d_col) / length2 if length2 else 0.0
        along = np.clip(along, 0.0, 1.0)
        off_row, off_col = rows - (row0 + along * d_row), cols - (col0 + along * d_col)
        distance = np.sqrt(off_row * off_row + off_col * off_col)
        near = covered[top:bottom, left:right]
        np.maximum(near, np.clip(radius + 0.5 - distance, 0.0, 1.0), out=near)
    return covered


def _reach(start: float, end: float, reach: float, size: int) -> tuple[int, int]:
    first = max(0, math.floor(min(start, end) - reach))
    last = min(size - 1, math.ceil(max(start, end) + reach))
    return first, last + 1


def strokes_to_text(strokes: tuple[Stroke, ...] | list[Stroke]) -> str:
    """Strokes as short text for a link: tool letter, size, then four base-36 digits a point.

    >>> strokes_to_text([Stroke("pen", 60, ((0, 1000), (36, 37)))])
    'p60_00rs1011'
    """
    return ".".join(
        f"{_LETTERS[stroke.tool]}{stroke.size}_" + "".join(_base36(row) + _base36(col) for row, col in stroke.points)
        for stroke in strokes
    )


def strokes_from_text(text: str) -> tuple[Stroke, ...]:
    """The strokes that `strokes_to_text` wrote; ValueError says what cannot be read.

    >>> strokes_from_text("p60_00rs1011")
    (Stroke(tool='pen', size=60, points=((0, 1000), (36, 37))),)
    """
    if not text:
        return ()
    parts = text.split(".")
    if len(parts) > MAX_STROKES or len(text) > 4 * MAX_POINTS + 8 * MAX_STROKES:
        raise ValueError(f"A drawing may have {MAX_STROKES} strokes and {MAX_POINTS} points; this one has more.")
    return tuple(_stroke_from_text(part) for part in parts)


def _stroke_from_text(text: str) -> Stroke:
    head, _, body = text.partition("_")
    tools = {letter: tool for tool, letter in _LETTERS.items()}
    size = head[1:]
    sound = head[:1] in tools and size.isascii() and size.isdigit() and len(size) <= 4 and body and len(body) % 4 == 0
    if not sound or any(digit not in _DIGITS for digit in body) or not 1 <= int(size) <= GRID:
        raise ValueError("A stroke is a letter (p or e), a size, an underscore and four base-36 digits a point.")
    numbers = [int(body[at : at + 2], 36) for at in range(0, len(body), 2)]
    if max(numbers) > GRID:
        raise ValueError(f"A stroke's points lie between 0 and {GRID}.")
    return Stroke(tools[head[0]], int(size), tuple(zip(numbers[0::2], numbers[1::2], strict=True)))


def _base36(number: int) -> str:
    return _DIGITS[number // 36] + _DIGITS[number % 36]
