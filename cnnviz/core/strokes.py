"""What was done to a picture by hand: strokes and typed pixels as numbers, as link text, and as paint on an image."""

import functools
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

GRID = 1000  # stroke coordinates are thousandths of the picture's height and width
MAX_STROKES = 200
MAX_POINTS = 6000
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LETTERS = {"pen": "p", "eraser": "e"}
_CHANNELS = {None: "v", 0: "r", 1: "g", 2: "b"}
MOST_HUNDREDTHS = 1000  # a typed value lies between 0 and 10, more than any picture here has


@dataclass(frozen=True, slots=True)
class Stroke:
    """One pull of the pen or the eraser.

    ``points`` are (row, col) in thousandths of the picture, 0 to 1000; ``size`` is the brush's diameter in thousandths
    of the picture's longer side.
    """

    tool: Literal["pen", "eraser"]
    size: int
    points: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class TypedPixel:
    """A value typed over a pixel: ``hundredths`` of 1, in one ``channel`` or, with None, in all.

    ``points`` are two corners of the pixel, top left and bottom right, as (row, col) in thousandths of the picture. A
    picture with smaller pixels has all of them changed whose centres lie within; one with larger pixels, the one around
    the middle. On a grey picture only values for all channels are seen.
    """

    hundredths: int
    points: tuple[tuple[int, int], tuple[int, int]]
    channel: int | None = None


Edit = Stroke | TypedPixel


def pixel_corners(row: int, col: int, height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The ``points`` of a `TypedPixel` at (row, col) of a picture of height × width."""
    corner = [
        (math.floor(GRID * (row + at) / height + 0.5), math.floor(GRID * (col + at) / width + 0.5)) for at in (0, 1)
    ]
    return corner[0], corner[1]


def paint(image: np.ndarray, strokes: tuple[Edit, ...] | list[Edit], ink: float = 1.0) -> np.ndarray:
    """The image with the strokes and typed pixels painted over it, in order; the image itself stays as it was.

    ``image`` is float32 (C, H, W). The pen paints ``ink`` and the eraser 0. A pixel is covered by
    ``clip(radius + 1/2 − distance, 0, 1)``, with the distance from its centre to the stroke, in pixels: a soft edge one
    pixel wide. `strokes.js` does the same operations in the same order, so that browser and Python paint alike.
    """
    image = np.array(image, dtype=np.float32)
    for stroke in strokes:
        if isinstance(stroke, TypedPixel):
            _type_over(image, stroke)
            continue
        covered = _coverage(stroke, *image.shape[-2:])
        target = ink if stroke.tool == "pen" else 0.0
        image = (image + covered * (target - image)).astype(np.float32)
    return image


def _type_over(image: np.ndarray, pixel: TypedPixel) -> None:
    """Sets what a typed value covers, in place."""
    channels, *sides = image.shape
    if pixel.channel is not None and channels == 1:
        return
    planes = slice(None) if pixel.channel is None else pixel.channel
    rows, cols = (
        _centres_within(*ends, side) for ends, side in zip(zip(*pixel.points, strict=True), sides, strict=True)
    )
    image[planes, rows, cols] = pixel.hundredths / 100


def _centres_within(start: int, end: int, side: int) -> slice:
    """The pixels, of ``side`` in a row, whose centres lie in [start, end) thousandths; or the one around the middle."""
    first, last = (max(0, math.ceil(end * side / GRID - 0.5)) for end in (start, end))
    if first < last:
        return slice(first, last)
    middle = min(side - 1, (start + end) * side // (2 * GRID))
    return slice(middle, middle + 1)


# A drawing comes again with each stroke that is added. One takes 6 kB at 28×28, 131 at 128×128.
@functools.lru_cache(maxsize=256)
def _coverage(stroke: Stroke, height: int, width: int) -> np.ndarray:
    """The share of each pixel that a stroke covers: float64 (H, W), not to be written to."""
    covered = np.zeros((height, width))
    # never thinner than a pixel, or a pen on a 7×7 picture would leave no mark
    radius = max(0.5, stroke.size * max(height, width) / (2 * GRID))
    points = [(row * height / GRID, col * width / GRID) for row, col in stroke.points]
    row_middles, col_middles = np.arange(height)[:, None] + 0.5, np.arange(width) + 0.5
    for (row0, col0), (row1, col1) in zip(points, points[1:] or points, strict=False):
        # only the pixels near this piece of the stroke
        top, bottom = _reach(row0, row1, radius + 1, height)
        left, right = _reach(col0, col1, radius + 1, width)
        rows, cols = row_middles[top:bottom], col_middles[left:right]
        d_row, d_col = row1 - row0, col1 - col0
        length2 = d_row * d_row + d_col * d_col
        along = ((rows - row0) * d_row + (cols - col0) * d_col) / length2 if length2 else 0.0
        along = np.minimum(np.maximum(along, 0.0), 1.0)  # np.clip goes a long way round for so small an array
        off_row, off_col = rows - (row0 + along * d_row), cols - (col0 + along * d_col)
        distance = np.sqrt(off_row * off_row + off_col * off_col)
        near = covered[top:bottom, left:right]
        np.maximum(near, np.minimum(radius + 0.5 - distance, 1.0), out=near)
    covered.setflags(write=False)
    return covered


def _reach(start: float, end: float, reach: float, size: int) -> tuple[int, int]:
    first = max(0, math.floor(min(start, end) - reach))
    last = min(size - 1, math.ceil(max(start, end) + reach))
    return first, last + 1


def strokes_to_text(strokes: tuple[Edit, ...] | list[Edit]) -> str:
    """Strokes as short text for a link: tool letter, size, then four base-36 digits a point.

    Typed pixels have a letter for their channels (v for all, r, g or b for one), and hundredths for the size.

    >>> strokes_to_text([Stroke("pen", 60, ((0, 1000), (36, 37))), TypedPixel(25, ((0, 0), (36, 36)))])
    'p60_00rs1011.v25_00001010'
    """
    return ".".join(
        _head(stroke) + "_" + "".join(_base36(row) + _base36(col) for row, col in stroke.points) for stroke in strokes
    )


def _head(stroke: Edit) -> str:
    if isinstance(stroke, TypedPixel):
        return f"{_CHANNELS[stroke.channel]}{stroke.hundredths}"
    return f"{_LETTERS[stroke.tool]}{stroke.size}"


def strokes_from_text(text: str) -> tuple[Edit, ...]:
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


def _stroke_from_text(text: str) -> Edit:
    head, _, body = text.partition("_")
    letter, number = head[:1], head[1:]
    tools = {letter: tool for tool, letter in _LETTERS.items()}
    channels = {letter: channel for channel, letter in _CHANNELS.items()}
    sound = number.isascii() and number.isdigit() and len(number) <= 4 and body and len(body) % 4 == 0
    if not sound or letter not in tools | channels or any(digit not in _DIGITS for digit in body):
        raise ValueError("A stroke is a letter (p or e), a size, an underscore and four base-36 digits a point.")
    numbers = [int(body[at : at + 2], 36) for at in range(0, len(body), 2)]
    if max(numbers) > GRID:
        raise ValueError(f"A stroke's points lie between 0 and {GRID}.")
    points = tuple(zip(numbers[0::2], numbers[1::2], strict=True))
    if letter in tools:
        if not 1 <= int(number) <= GRID:
            raise ValueError(f"A stroke's size lies between 1 and {GRID}.")
        return Stroke(tools[letter], int(number), points)
    if len(points) != 2 or int(number) > MOST_HUNDREDTHS:
        raise ValueError(f"A typed pixel has two corners, and a value of 0 to {MOST_HUNDREDTHS / 100:g}.")
    return TypedPixel(int(number), points, channels[letter])


def _base36(number: int) -> str:
    return _DIGITS[number // 36] + _DIGITS[number % 36]
