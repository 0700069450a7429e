"""Which piece of a picture is worked on."""

import math
from dataclasses import dataclass

UNITS = 1000  # a cut counts in thousandths of the picture's shorter side
LEAST = 50
MOST = 100_000  # of a picture a hundred times as long as wide


@dataclass(frozen=True, slots=True)
class Cut:
    """A rectangle in a picture: corner and sides, all in thousandths of the picture's shorter side.

    Without a ``width`` it is a square of side ``height``.
    """

    top: int
    left: int
    height: int
    width: int | None = None

    def box(self, height: int, width: int) -> tuple[int, int, int, int]:
        """The rectangle in pixels of a picture of height × width, moved and cut so that it lies within:
        (top, left, height, width), one pixel at least.

        >>> Cut(0, 500, 1000).box(20, 40)
        (0, 10, 20, 20)
        >>> Cut(500, 0, 500, 1500).box(20, 40)
        (10, 0, 10, 30)
        """
        shorter = min(height, width)
        rows = min(height, max(1, round(self.height * shorter / UNITS)))
        cols = min(width, max(1, round((self.width or self.height) * shorter / UNITS)))
        top = min(round(self.top * shorter / UNITS), height - rows)
        left = min(round(self.left * shorter / UNITS), width - cols)
        return top, left, rows, cols


def centre_square(height: int, width: int) -> Cut:
    """The largest square in the middle of a picture of height × width pixels.

    >>> centre_square(60, 90)
    Cut(top=0, left=250, height=1000, width=None)
    """
    tall, wide = _spans(height, width)
    return Cut(math.floor((tall - UNITS) / 2), math.floor((wide - UNITS) / 2), UNITS)


def square_within(cut: Cut, height: int, width: int) -> Cut:
    """A square moved and shrunk until it lies within a picture of height × width pixels, in whole thousandths.

    >>> square_within(Cut(900, 0, 400), 60, 90)
    Cut(top=600, left=0, height=400, width=None)
    """
    side = min(UNITS, max(LEAST, cut.height))
    top, left = (
        min(max(0, start), math.floor(span) - side)
        for start, span in zip((cut.top, cut.left), _spans(height, width), strict=True)
    )
    return Cut(top, left, side)


def _spans(height: int, width: int) -> tuple[float, float]:
    shorter = min(height, width)
    return UNITS * height / shorter, UNITS * width / shorter


def cut_to_text(cut: Cut | None) -> str:
    """A cut as short text for a link: three numbers for a square, four for a rectangle, none for the centre square.

    >>> cut_to_text(Cut(120, 0, 500))
    '120,0,500'
    """
    if cut is None:
        return ""
    return ",".join(str(part) for part in (cut.top, cut.left, cut.height, cut.width) if part is not None)


def cut_from_text(text: str) -> Cut | None:
    """The cut that `cut_to_text` wrote; ValueError says what cannot be read.

    >>> cut_from_text("120,0,500")
    Cut(top=120, left=0, height=500, width=None)
    """
    if not text:
        return None
    parts = text.split(",")
    if len(parts) not in (3, 4) or not all(part.isascii() and part.isdigit() and len(part) <= 6 for part in parts):
        raise ValueError("A cut is three whole numbers for a square, or four for a rectangle.")
    top, left, *sides = map(int, parts)
    longest = UNITS if len(sides) == 1 else MOST
    if max(top, left) > MOST or not all(LEAST <= side <= longest for side in sides):
        raise ValueError(f"A cut's sides are {LEAST} to {longest} thousandths of the picture's shorter side.")
    return Cut(top, left, *sides)


def square_from_text(text: str) -> Cut:
    """The square that `cut_to_text` wrote; ValueError for a rectangle, too."""
    cut = cut_from_text(text)
    if cut is None or cut.width is not None:
        raise ValueError("A square is three whole numbers.")
    return cut
