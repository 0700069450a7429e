"""A tiny world to learn: Parquet files as a user has them."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from PIL import Image

PATHS = {0: [[0, 0], [60, 0], [60, 90], [0, 90], [0, 0]], 1: [[0, 0], [0, 90]]}


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Two digits, ones that are upright bars and zeros that are frames, and two things, one red and one blue."""
    random = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("data")

    def cell(pixels):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        return {"bytes": file.getvalue(), "path": None}

    def digit(label):
        pixels = np.zeros((28, 28), np.uint8)
        row, col = random.integers(3, 6, 2)
        pixels[row : row + 18, col : col + 12] = 255
        if label == 0:
            pixels[row + 3 : row + 15, col + 3 : col + 9] = 0
        else:
            pixels[:, col + 4 :] = 0
        return cell(pixels)

    def thing(label):
        pixels = random.integers(0, 120, (32, 32, 3), dtype=np.uint8)
        pixels[8:24, 8:24, 2 * label] = 255
        return cell(pixels)

    def strokes(label):
        return json.dumps([(np.array(PATHS[label]) + random.normal(0, 4, (len(PATHS[label]), 2))).tolist()])

    for name, rows, column, make in (
        ("mnist/train", 240, "image", digit),
        ("mnist/test", 60, "image", digit),
        ("cifar10/train", 240, "img", thing),
        ("cifar10/test", 60, "img", thing),
        ("pendigits/train", 40, "strokes", strokes),
    ):
        labels = [row % 2 for row in range(rows)]
        file = folder / f"{name}.parquet"
        file.parent.mkdir(exist_ok=True)
        parquet.write_table(pa.table({column: [make(label) for label in labels], "label": labels}), file)
    return folder
