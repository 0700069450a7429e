"""Labelled pictures and pen digits, read from Parquet files."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from PIL import Image

from cnnviz.core.datasets import DatasetError, PenDigits, draw_strokes, hand_groups, load_images, load_pen_digits

PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return {"bytes": file.getvalue(), "path": None}


def write(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(columns), path)


def test_grey_pictures_and_labels_come_back_as_they_were_written(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype=np.uint8)
    write(tmp_path / "mnist" / "train.parquet", image=[png(image) for image in pixels], label=[7, 0, 9])
    data = load_images(tmp_path, "mnist", "train")
    np.testing.assert_array_equal(data.images, pixels)
    assert data.labels.dtype == np.int64
    assert data.labels.tolist() == [7, 0, 9]


def test_cifars_colour_pictures_lie_in_the_column_img(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    write(tmp_path / "cifar10" / "test.parquet", img=[png(image) for image in pixels], label=[3, 4])
    np.testing.assert_array_equal(load_images(tmp_path, "cifar10", "test").images, pixels)


def test_pen_digits_come_back_as_strokes(tmp_path):
    strokes = [[[[1, 2], [3, 4]], [[5, 6]]], [[[0, 0], [9, 9]]]]
    write(tmp_path / "pendigits" / "train.parquet", strokes=[json.dumps(digit) for digit in strokes], label=[4, 1])
    digits = load_pen_digits(tmp_path)
    assert list(digits.strokes) == strokes
    assert digits.labels.tolist() == [4, 1]


def test_a_missing_file_is_named_with_the_layout_that_is_wanted(tmp_path):
    with pytest.raises(DatasetError, match=r"mnist/train.parquet is missing.*--data"):
        load_images(tmp_path, "mnist", "train")


def test_a_missing_column_is_named_with_those_there_are(tmp_path):
    write(tmp_path / "mnist" / "train.parquet", picture=[1], label=[7])
    with pytest.raises(DatasetError, match="no column 'image'; its columns are picture, label"):
        load_images(tmp_path, "mnist", "train")


def test_a_file_that_is_no_parquet_is_refused(tmp_path):
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(DatasetError, match="cannot be read as Parquet"):
        load_images(tmp_path, "mnist", "train")


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ([{"bytes": b"no picture", "path": None}], [7]),
        ([None], [7]),
        ([png(np.zeros((28, 28), np.uint8)), png(np.zeros((14, 14), np.uint8))], [7, 8]),
        ([png(np.zeros((28, 28), np.uint8))], [10]),
        ([png(np.zeros((28, 28), np.uint8))], [None]),
    ],
)
def test_a_row_that_cannot_be_read_is_refused(tmp_path, images, labels):
    write(tmp_path / "mnist" / "train.parquet", image=pa.array(images, PICTURE), label=pa.array(labels, pa.int64()))
    with pytest.raises(DatasetError, match="pictures of one size"):
        load_images(tmp_path, "mnist", "train")


@pytest.mark.parametrize("text", ["[[[1, 2", "[[[1, 2, 3], [4, 5, 6]]]", "[[1, 2]]", "[]", "7", '[[["a", "b"]]]'])
def test_strokes_that_are_not_lists_of_points_are_refused(tmp_path, text):
    write(tmp_path / "pendigits" / "train.parquet", strokes=[text], label=[7])
    with pytest.raises(DatasetError, match=r"strokes as JSON lists of \[x, y\]"):
        load_pen_digits(tmp_path)


@pytest.mark.parametrize("canvas", [28, 112, 280])
def test_a_drawn_stroke_is_as_long_as_wide_and_where_it_should_be(canvas):
    down = [[[5, 10], [5, 210]]]  # 200 units straight down
    pen, size = canvas / 14, canvas / 2
    picture = draw_strokes(down, canvas, pen, top=canvas / 7, left=canvas / 4, size=size)
    assert picture.shape == (canvas, canvas)
    assert picture[canvas // 3].sum() == pytest.approx(pen, abs=0.6)
    assert picture.sum() == pytest.approx(pen * size + np.pi * pen**2 / 4, rel=0.15)  # round ends
    assert (picture.sum(axis=0) * (np.arange(canvas) + 0.5)).sum() / picture.sum() == pytest.approx(canvas / 4, abs=0.6)


def test_a_digit_of_one_point_is_drawn_as_a_dot():
    assert draw_strokes([[[3, 3]]], 28, 4, top=14, left=14, size=20).sum() == pytest.approx(4 * np.pi, rel=0.3)


def test_digits_written_alike_fall_into_one_group():
    random = np.random.default_rng(0)
    straight, hooked = np.array([[0, 0], [0, 100]]), np.array([[0, 30], [30, 0], [30, 100]])
    digits = [[(shape + random.normal(0, 1, shape.shape)).tolist()] for shape in [straight] * 20 + [hooked] * 20]
    groups = hand_groups(PenDigits(tuple(digits), np.ones(40, dtype=np.int64)), groups=2)
    assert len(set(groups[:20])) == len(set(groups[20:])) == 1
    assert groups[0] != groups[-1]
