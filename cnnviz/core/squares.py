"""The square of a picture that a network reads: a crop, so that nothing is squashed, averaged down to its input."""

import math
from dataclasses import dataclass

import numpy as np

UNITS = 1000  # a square counts in thousandths of the picture's shorter side
LEAST = 50


@dataclass(frozen=True, slots=True)
class Square:
    """A square in a picture: its corner and side in thousandths of the picture's shorter side."""

    top: int
    left: int
    side: int


def centred_square(height: int, width: int) -> Square:
    """The largest square in the middle.

    >>> centred_square(60, 90)
    Square(top=0, left=250, side=1000)
    """
    tall, wide = _spans(height, width)
    return Square(math.floor((tall - UNITS) / 2), math.floor((wide - UNITS) / 2), UNITS)


def fitting_square(square: Square, height: int, width: int) -> Square:
    """The square moved and shrunk until it lies within the picture.

    >>> fitting_square(Square(top=900, left=0, side=400), 60, 90)
    Square(top=600, left=0, side=400)
    """
    tall, wide = _spans(height, width)
    side = min(UNITS, max(LEAST, square.side))
    top, left = (
        min(max(0, start), math.floor(span) - side) for start, span in ((square.top, tall), (square.left, wide))
    )
    return Square(top, left, side)


def averaged_square(
    image: np.ndarray, square: Square, size: int = 32, *, bottom: float = 0.0, top: float = 1.0
) -> np.ndarray:
    """The square as a network reads it: float32 (3, size, size), each pixel the mean of the area it covers.

    ``image`` is (1 or 3, H, W); a grey picture gives three equal channels. ``bottom`` becomes 0 and ``top`` 1. `square.js`
    does the same operations in the same order, so that browser and Python see one picture.
    """
    height, width = image.shape[1:]
    scale = min(height, width) / UNITS  # pixels per thousandth
    planes = (image.astype(np.float64) - bottom) / (top - bottom)
    picture = np.stack(
        [
            _averaged_rows(
                _averaged_rows(plane, square.top * scale, square.side * scale, size).T,
                square.left * scale,
                square.side * scale,
                size,
            ).T
            for plane in planes
        ]
    )
    return np.ascontiguousarray(np.broadcast_to(picture, (3, size, size)), dtype=np.float32)


def _spans(height: int, width: int) -> tuple[float, float]:
    shorter = min(height, width)
    return UNITS * height / shorter, UNITS * width / shorter


def _averaged_rows(plane: np.ndarray, start: float, span: float, count: int) -> np.ndarray:
    # sums from the top down to any height, whole rows and a part: their differences are the new rows, whatever the ratio
    above = np.concatenate([np.zeros((1, plane.shape[1])), np.cumsum(plane, axis=0)])
    edges = start + np.arange(count + 1) * span / count
    whole = np.minimum(np.floor(edges).astype(int), len(plane) - 1)
    sums = above[whole] + (edges - whole)[:, None] * plane[whole]
    return (sums[1:] - sums[:-1]) / (span / count)
