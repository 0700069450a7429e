"""Every picture of the gallery on one sheet, which a browser fetches in one go: ``python -m cnnviz.figures.contact_sheet``."""

import numpy as np
from PIL import Image

from cnnviz.core.network import ASSETS
from cnnviz.core.samples import SAMPLES, sample_image

CELL = 112  # pixels a side: four for each of MNIST's, and twice what a page shows
COLUMNS = 8
FILE = ASSETS / "gallery.webp"


def contact_sheet() -> Image.Image:
    """The samples in their order, `COLUMNS` in a row, each in the middle of a cell; what no picture covers is transparent.

    A small picture has its pixels repeated a whole number of times, a large one is shrunk. Black is 0 and white 1, or the
    picture's largest value if that is more.
    """
    sheet = Image.new("RGBA", (COLUMNS * CELL, -(-len(SAMPLES) // COLUMNS) * CELL))
    for at, key in enumerate(SAMPLES):
        picture = _picture(sample_image(key))
        row, col = divmod(at, COLUMNS)
        left, top = ((CELL - side) // 2 for side in picture.size)
        sheet.paste(picture, (col * CELL + left, row * CELL + top))
    return sheet


def _picture(image: np.ndarray) -> Image.Image:
    bright = np.clip(image / max(1.0, float(image.max())), 0, 1)
    levels = np.moveaxis(np.floor(255 * bright + 0.5).astype(np.uint8), 0, -1)
    picture = Image.fromarray(levels if levels.shape[-1] == 3 else levels[..., 0]).convert("RGB")
    times = CELL // max(picture.size)
    if times:
        return picture.resize([side * times for side in picture.size], Image.Resampling.NEAREST)
    scale = CELL / max(picture.size)
    return picture.resize([max(1, round(side * scale)) for side in picture.size], Image.Resampling.BOX)


if __name__ == "__main__":
    contact_sheet().save(FILE, quality=90, method=6)
