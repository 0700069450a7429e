"""The square of a picture that a network reads: a crop, so that nothing is squashed, averaged down to its input."""

import numpy as np

from cnnviz.core.cut import UNITS, Cut


def averaged_square(
    image: np.ndarray, square: Cut, size: int = 32, *, bottom: float = 0.0, top: float = 1.0
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
                _averaged_rows(plane, square.top * scale, square.height * scale, size).T,
                square.left * scale,
                square.height * scale,
                size,
            ).T
            for plane in planes
        ]
    )
    return np.ascontiguousarray(np.broadcast_to(picture, (3, size, size)), dtype=np.float32)


def _averaged_rows(plane: np.ndarray, start: float, span: float, count: int) -> np.ndarray:
    # sums from the top down to any height, whole rows and a part: their differences are the new rows, whatever the ratio
    above = np.concatenate([np.zeros((1, plane.shape[1])), np.cumsum(plane, axis=0)])
    edges = start + np.arange(count + 1) * span / count
    whole = np.minimum(np.floor(edges).astype(int), len(plane) - 1)
    sums = above[whole] + (edges - whole)[:, None] * plane[whole]
    return (sums[1:] - sums[:-1]) / (span / count)
