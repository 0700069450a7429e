"""An image with what one unit sees of it, and a map, as pictures large enough to look at."""

import numpy as np
from PIL import Image, ImageDraw

from cnnviz.figures.palette import ACCENT, INK, coloured

Box = tuple[int, int, int, int]
_FADED = 0.82


def image_with_box(
    image: np.ndarray, box: Box | None, *, active: np.ndarray | None = None, side: int = 320
) -> np.ndarray:
    """``image`` (C, H, W) in [0, 1] with a frame around ``box`` (top, left, bottom, right; the last two exclusive).

    ``active`` (H, W) ≥ 0, the strength of each pixel, lets what does not count fade into light grey, which black pixels
    that count can be told from: the largest value stays as it is. Returns uint8 (side, side, 3).
    """
    picture = np.clip(np.broadcast_to(image, (3, *image.shape[1:])), 0, 1).astype(np.float64)
    if active is not None:
        share = np.sqrt(active / (active.max() or 1))
        picture = _FADED + (picture - _FADED) * (0.12 + 0.88 * share)
    pixels = np.floor(255 * np.moveaxis(picture, 0, -1) + 0.5).astype(np.uint8)
    return _framed(pixels, box, side)


def map_picture(values: np.ndarray, *, top: float, cell: tuple[int, int] | None = None, side: int = 320) -> np.ndarray:
    """One map (H, W) in the colours of activations from −top to top, one cell framed: uint8 (side, side, 3)."""
    box = (cell[0], cell[1], cell[0] + 1, cell[1] + 1) if cell else None
    return _framed(coloured("activation", values, top=top), box, side)


def _framed(pixels: np.ndarray, box: Box | None, side: int) -> np.ndarray:
    large = Image.fromarray(pixels).resize((side, side), Image.Resampling.NEAREST)
    if box:
        height, width = pixels.shape[:2]
        top, bottom = (round(at * side / height) for at in (box[0], box[2]))
        left, right = (round(at * side / width) for at in (box[1], box[3]))
        draw = ImageDraw.Draw(large)
        for inset, colour, line in ((0, INK, 1), (1, ACCENT, 3), (4, INK, 1)):  # amber between dark lines shows on all
            draw.rectangle(
                (left + inset, top + inset, right - 1 - inset, bottom - 1 - inset), outline=colour, width=line
            )
    return np.asarray(large)
