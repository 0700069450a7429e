"""A drawn digit as MNIST would have it: cropped, scaled, thickened and centred."""

from dataclasses import dataclass

import numpy as np
import torch

FIELD = 28  # MNIST's pictures are 28 pixels a side …
DIGIT = 20  # … and the digit's longer side takes 20 of them
SIDE = 32  # the network reads 32×32: two pixels of black all round
FINE = 4  # the work is done four times finer, so that edges come out soft and shifts are quarter pixels
INK = 0.15  # below this share of the strongest ink a pixel counts as empty
FAINTEST = 0.02  # a canvas without any pixel above this is empty
CENTRE = 14.5  # MNIST's centres of mass lie here, in the middle of the pixel (14, 14)
PEN = 10.0  # thinner pens are thickened to this many fine pixels, 2.5 of MNIST's


@dataclass(frozen=True, slots=True)
class Centring:
    """A centred digit, and where on the canvas it came from.

    ``picture`` is float32 (3, 32, 32) in [0, 1]. ``box`` is (top, left, height, width) of the square that became the
    28×28 pixels in the middle of the picture, in fractions of the canvas' height and width. The square may reach beyond
    the canvas. An empty canvas is its own box.
    """

    picture: np.ndarray
    box: tuple[float, float, float, float]


def centre_digit(image: np.ndarray | torch.Tensor) -> np.ndarray:
    """The digit on a canvas, as the network learned to see digits: float32 (3, 32, 32), three equal channels.

    ``image`` is (H, W) in [0, 1], white ink on black, of any size. An empty canvas gives zeros; ValueError for anything
    but two axes. The steps are those of MNIST (LeCun, Cortes and Burges): the digit is scaled until its longer side
    takes 20 pixels, and laid into 28×28 with its centre of mass in the middle. A pen thinner than most in MNIST is
    thickened first. `digit.js` does the same operations in the same order, so that browser and Python see one digit.

    >>> canvas = np.zeros((112, 112))
    >>> canvas[10:60, 20:26] = 0.5
    >>> picture = centre_digit(canvas)
    >>> picture.shape, float(picture.max())
    ((3, 32, 32), 1.0)
    """
    return centring_of(image).picture


def centring_of(image: np.ndarray | torch.Tensor) -> Centring:
    """What `centre_digit` returns, with the square of the canvas it shows."""
    canvas = _canvas(image)
    height, width = canvas.shape
    top_ink = canvas.max()
    if top_ink < FAINTEST:
        return Centring(np.zeros((3, SIDE, SIDE), np.float32), (0.0, 0.0, 1.0, 1.0))
    canvas = canvas / top_ink
    top, left, ink = _crop(canvas)

    # fine pixels per canvas pixel, and how far the pen must grow on either side. A pen of width w that grows by r fills
    # scale·w + 2r = PEN and the whole digit scale·length + 2r = FINE·DIGIT: two equations, solved for scale and r.
    length, pen = max(ink.shape), _pen_width(ink)
    scale = FINE * DIGIT / length
    if length > pen:
        scale = min(scale, (FINE * DIGIT - PEN) / (length - pen))
    growth = max(0.0, (PEN - scale * pen) / 2)
    fine = _resample(ink, _fine_size(ink.shape[0], scale), _fine_size(ink.shape[1], scale))
    # a hair line covers so little of a fine pixel that it would come out grey: two fine pixels of pen make full ink
    fine = np.minimum(1.0, fine * max(1.0, 2 / (scale * pen)))
    fine, margin = _grow(fine, growth)

    field = np.zeros((FINE * FIELD, FINE * FIELD))
    row, col = _offset(fine)
    field[row : row + fine.shape[0], col : col + fine.shape[1]] = fine
    side = FINE * FIELD / scale
    box = (
        (top - (row + margin) / scale) / height,
        (left - (col + margin) / scale) / width,
        side / height,
        side / width,
    )
    return Centring(_picture(_resample(field, FIELD, FIELD)), box)


def shrink_digit(image: np.ndarray | torch.Tensor) -> np.ndarray:
    """The canvas merely shrunk to 28×28 and framed to 32×32: float32 (3, 32, 32), three equal channels.

    Neither cropped nor centred nor brightened: what the network gets without `centre_digit`. ``image`` is (H, W) in [0, 1];
    a canvas that is not square is shrunk more along its longer side.
    """
    return _picture(_resample(_canvas(image), FIELD, FIELD))


def _canvas(image: np.ndarray | torch.Tensor) -> np.ndarray:
    canvas = np.asarray(image, dtype=np.float64)
    if canvas.ndim != 2 or canvas.size == 0:
        raise ValueError(
            f"A drawing has two axes, (height, width), and at least one pixel; this one has shape {canvas.shape}."
        )
    return np.clip(canvas, 0.0, 1.0)


def _crop(canvas: np.ndarray) -> tuple[int, int, np.ndarray]:
    """The smallest rectangle that holds all the ink, and where it begins."""
    rows = np.flatnonzero((canvas >= INK).any(axis=1))
    cols = np.flatnonzero((canvas >= INK).any(axis=0))
    return int(rows[0]), int(cols[0]), canvas[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]


def _pen_width(ink: np.ndarray) -> float:
    """How wide the pen was, in pixels: a stroke's area is width · length, and its outline about 2 · length.

    The outline of a grey picture is the sum of its gradient's length over all pixels (its total variation).
    """
    framed = np.pad(ink, 1)
    down = framed[1:, :-1] - framed[:-1, :-1]
    right = framed[:-1, 1:] - framed[:-1, :-1]
    return float(2 * _sum(ink) / _sum(np.sqrt(down * down + right * right)))


def _fine_size(pixels: int, scale: float) -> int:
    return max(1, int(np.floor(pixels * scale + 0.5)))


def _resample(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """The picture at another size: each new pixel is the mean of the area it covers."""
    return _resample_rows(_resample_rows(image, height).T, width).T


def _resample_rows(image: np.ndarray, height: int) -> np.ndarray:
    # sums from the top down to any height, whole rows and a part: their differences are the new rows, whatever the ratio
    size = len(image)
    above = np.concatenate([np.zeros((1, image.shape[1])), np.cumsum(image, axis=0)])
    edges = np.arange(height + 1) * size / height
    whole = np.minimum(np.floor(edges).astype(int), size - 1)
    sums = above[whole] + (edges - whole)[:, None] * image[whole]
    return np.maximum(0.0, (sums[1:] - sums[:-1]) / (size / height))


def _grow(fine: np.ndarray, growth: float) -> tuple[np.ndarray, int]:
    """The ink with ``growth`` pixels more on every side, and the margin that was added for it all round."""
    margin = int(np.ceil(growth))
    framed = np.pad(fine, margin)
    grown = framed.copy()
    height, width = fine.shape
    for row in range(-margin, margin + 1):
        for col in range(-margin, margin + 1):
            # a disc with a soft edge one pixel wide
            share = min(1.0, growth + 0.5 - np.sqrt(row * row + col * col))
            if share > 0:
                there = grown[margin + row : margin + row + height, margin + col : margin + col + width]
                np.maximum(there, share * fine, out=there)
    return grown, margin


def _offset(fine: np.ndarray) -> tuple[int, int]:
    """Where the ink's top left corner goes, so that its centre of mass lies where MNIST's do, or as near as it fits."""
    mass = _sum(fine)
    offsets = []
    for axis in (0, 1):
        lines = np.cumsum(fine, axis=1 - axis).take(-1, axis=1 - axis)
        centre = _sum((np.arange(len(lines)) + 0.5) * lines) / mass
        wanted = int(np.floor(FINE * CENTRE - centre + 0.5))
        offsets.append(min(max(0, wanted), FINE * FIELD - len(lines)))
    return offsets[0], offsets[1]


def _picture(field: np.ndarray) -> np.ndarray:
    framed = np.pad(field, (SIDE - FIELD) // 2)
    return np.repeat(framed[None].astype(np.float32), 3, axis=0)


def _sum(values: np.ndarray) -> float:
    # term after term, as JavaScript adds: numpy's own sum goes pairwise and rounds differently
    return np.cumsum(values)[-1]
