"""The gallery's sheet of pictures."""

import numpy as np
from PIL import Image

from cnnviz.core.samples import SAMPLES, sample_image
from cnnviz.figures.contact_sheet import CELL, COLUMNS, FILE, contact_sheet


def test_the_shipped_sheet_shows_the_samples():
    with Image.open(FILE) as file:
        shipped, wanted = (np.array(image.convert("RGBA"), dtype=float) for image in (file, contact_sheet()))
    assert shipped.shape == wanted.shape
    for at, key in enumerate(SAMPLES):
        row, col = divmod(at, COLUMNS)
        cell = slice(row * CELL, (row + 1) * CELL), slice(col * CELL, (col + 1) * CELL)
        covered = wanted[cell][..., 3] > 0
        assert np.abs(shipped[cell] - wanted[cell])[covered][:, :3].mean() < 8, key
        assert (shipped[cell][..., 3] > 0).mean() == covered.mean(), key


def test_small_pixels_are_repeated_and_black_and_white_are_the_picture_s():
    sheet = np.array(contact_sheet().convert("RGBA"))
    integers = sample_image("integers")[0]
    times = CELL // 7
    cell = sheet[:CELL, :CELL, 0]
    np.testing.assert_array_equal(cell[times // 2 :: times, times // 2 :: times], np.floor(255 * integers / 5 + 0.5))
