"""Maps as pictures that a page or a notebook shows."""

import numpy as np
from PIL import Image
from torch import Tensor

from cnnviz.core.operations import Operation
from cnnviz.figures.palette import coloured

GAP = 2


def mosaic(
    values: Operation | Tensor | np.ndarray, *, top: float | None = None, columns: int = 8, side: int = 84
) -> Image.Image:
    """All maps of a layer in one picture, in the colours of activations: red below zero, light at zero, blue above.

    ``values`` is an operation of a trace, whose output is shown, or (C, H, W), (1, C, H, W) or (N,) numbers. ``top`` is
    the value in full colour, by default the largest; ``side`` is how many pixels a map takes, ``columns`` how many stand in a row.

    >>> mosaic(np.eye(4)[None], side=40).size
    (40, 40)
    """
    if isinstance(values, Operation):
        values = values.output
    array = np.asarray(values, dtype=np.float64)
    if array.ndim > 1 and len(array) == 1 and array.ndim != 3:
        array = array[0]
    if array.ndim == 1:  # the units of a dense layer, in one row
        array = array[None, None]
        columns = 1
    if array.ndim != 3:
        raise ValueError(f"Maps have the shape (C, H, W), or units (N,); this has {array.shape}.")
    top = float(np.abs(array).max()) if top is None else top
    _, height, width = array.shape
    times = max(1, side // max(height, width)) if array.shape[:2] != (1, 1) else max(4, 600 // width)
    tiles = [
        np.kron(coloured("activation", one, top=top or 1.0), np.ones((times, times, 1), np.uint8)) for one in array
    ]
    if array.shape[:2] == (1, 1):
        tiles = [np.repeat(tiles[0], max(1, 24 // times), axis=0)]
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    tall, wide = tiles[0].shape[:2]
    sheet = np.full((rows * (tall + GAP) - GAP, columns * (wide + GAP) - GAP, 3), 255, np.uint8)
    for at, tile in enumerate(tiles):
        row, col = divmod(at, columns)
        sheet[row * (tall + GAP) : row * (tall + GAP) + tall, col * (wide + GAP) : col * (wide + GAP) + wide] = tile
    return Image.fromarray(sheet)


def overlaid(picture: np.ndarray, heat: np.ndarray, *, signed: bool, side: int = 192) -> Image.Image:
    """A picture (3, H, W) in grey, with a map (H, W) of what counts over it: blue for, and if ``signed`` red against."""
    grey = picture.mean(axis=0)[..., None] * 255
    top = float(np.abs(heat).max()) or 1.0
    share = np.abs(heat / top)[..., None] ** 0.7  # so that the weaker half can be seen
    colours = coloured("activation", np.where(heat < 0, -top, top) if signed else np.full_like(heat, top), top=top)
    mixed = (0.35 * grey + 0.65 * 247) * (1 - share) + colours * share
    times = max(1, side // heat.shape[0])
    return Image.fromarray(np.kron(np.clip(mixed, 0, 255).astype(np.uint8), np.ones((times, times, 1), np.uint8)))
