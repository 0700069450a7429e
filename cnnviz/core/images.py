"""Pictures as arrays: the small picture that a page works on, thumbnails, and back to PNG."""

import io

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from cnnviz.core.cut import Cut

LUMA = (0.299, 0.587, 0.114)  # Rec. 601: how bright red, green and blue look
PIXELS_TO_COUNT = 64  # on a side
SIDES = (5, 128)  # the least and the most pixels a working picture has on a side


def fit_image(image: np.ndarray, size: int, colour: bool, cut: Cut | None = None) -> np.ndarray:
    """The working picture of a page: a piece of ``image``, cut out and never squashed, as float32 (1 or 3, H, W).

    ``image`` is (1 or 3, H, W) with any finite values. Without a ``cut`` the piece is the centre square. ``size``, 5 to
    128, is the longer side of what comes of it; a shorter side keeps the piece's proportions, but has 5 pixels at least.
    Shrinking averages the area under each new pixel, enlarging repeats the nearest one. Without ``colour``, red, green
    and blue become one grey by Rec. 601 luma, 0.299 R + 0.587 G + 0.114 B; with it, a grey picture has three equal
    channels.

    Values are rounded to two decimals, halves up. What a page prints with two decimals is then the value itself, and a
    learner who adds up the printed products gets the printed sum. Small integers stay as they are.

    >>> fit_image(np.array([[[0, 1], [2, 5]]]), 6, colour=False)[0, 3]
    array([2., 2., 2., 5., 5., 5.], dtype=float32)
    """
    return two_decimals(_fitted(image, size, colour, cut))


def _fitted(image: np.ndarray, size: int, colour: bool, cut: Cut | None) -> np.ndarray:
    least, most = SIDES
    if not least <= size <= most:
        raise ValueError(f"The working picture is {least} to {most} pixels wide and high, not {size}.")
    _check_shape(image)
    top, left, height, width = cut.box(*image.shape[1:]) if cut else _centre_square(*image.shape[1:])
    longer, shorter = max(height, width), min(height, width)
    scale = max(size / longer, least / shorter)
    sides = (min(most, max(least, round(side * scale))) for side in (height, width))
    fitted = _resized(image[:, top : top + height, left : left + width], *sides)
    if colour:
        return np.broadcast_to(fitted, (3, *fitted.shape[1:]))
    return np.tensordot(LUMA, fitted, axes=1)[None] if len(fitted) == 3 else fitted


def _centre_square(height: int, width: int) -> tuple[int, int, int, int]:
    side = min(height, width)
    return (height - side) // 2, (width - side) // 2, side, side


def shrunk(image: np.ndarray, side: int) -> np.ndarray:
    """``image`` with its shorter side no longer than ``side`` pixels, areas averaged; unchanged if it is that small."""
    height, width = image.shape[1:]
    scale = side / min(height, width)
    if scale >= 1:
        return image
    size = max(1, round(height * scale)), max(1, round(width * scale))
    # in single precision: that is within 1e-6, and an upload takes half the time
    return F.interpolate(torch.tensor(image[None], dtype=torch.float32), size, mode="area")[0].numpy()


def two_decimals(image: np.ndarray) -> np.ndarray:
    """``image`` with every value rounded to two decimals, halves up, as float32; `pad.js` rounds a drawing alike."""
    return (np.floor(100 * image.astype(np.float64) + 0.5) / 100).astype(np.float32)


def thumbnail(image: np.ndarray, side: int = 40) -> bytes:
    """A small WebP of ``image`` (1 or 3, H, W) whose longer side is ``side`` pixels: each visit fetches some 60 of them.

    Black is 0 or the smallest value if that is less, white is 1 or the largest value if that is more, so that pictures
    of small integers can be seen too.
    """
    # a photograph may lose what nobody sees at this size
    return _file(_scaled(image, side), "WEBP", lossless=len(image) == 1, quality=75)


def _scaled(image: np.ndarray, side: int) -> np.ndarray:
    _check_shape(image)
    height, width = image.shape[1:]
    scale = side / max(height, width)
    small = _resized(image, max(1, round(height * scale)), max(1, round(width * scale)))
    black, white = min(0.0, small.min()), max(1.0, small.max())
    return (small - black) / (white - black)


def preview(image: np.ndarray, side: int = 320) -> tuple[str, bytes]:
    """``image`` (1 or 3, H, W) to be looked at, its longer side ``side`` pixels: the kind of the file, and its bytes.

    Photographs become a JPEG, which is small. Where one can count the pixels, each stays what it is, in a PNG.
    """
    if max(image.shape[1:]) <= PIXELS_TO_COUNT:
        return "png", to_png(_scaled(image, max(image.shape[1:])))
    return "jpeg", _file(_scaled(image, side), "JPEG", quality=85)


def to_png(image: np.ndarray) -> bytes:
    """``image`` (1 or 3, H, W) as an 8-bit PNG; values outside [0, 1] become black or white."""
    return _file(image, "PNG")


def _file(image: np.ndarray, kind: str, **options: int) -> bytes:
    _check_shape(image)
    values = np.floor(255 * np.clip(image, 0, 1) + 0.5).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(values[0] if len(values) == 1 else np.moveaxis(values, 0, -1)).save(file, kind, **options)
    return file.getvalue()


def _check_shape(image: np.ndarray) -> None:
    if image.ndim != 3 or image.shape[0] not in (1, 3) or 0 in image.shape:
        raise ValueError(f"A picture has the shape (1 or 3, height, width), not {tuple(image.shape)}.")


def _resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """(C, H, W) as float64 (C, height, width): areas averaged to shrink, the nearest pixel repeated to enlarge."""
    mode = "nearest-exact" if height >= image.shape[1] and width >= image.shape[2] else "area"
    planes = (torch.tensor(plane[None, None], dtype=torch.float64) for plane in image)  # one at a time, to spare memory
    return torch.cat([F.interpolate(plane, (height, width), mode=mode)[0] for plane in planes]).numpy()
