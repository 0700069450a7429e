"""Strokes and typed pixels: what they paint, and the text that a link carries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core import strokes
from cnnviz.core.strokes import Stroke, TypedPixel, paint, pixel_corners, strokes_from_text, strokes_to_text

RANDOM = np.random.default_rng(3)


def typed(row, col, side, hundredths=30, channel=None):
    return TypedPixel(hundredths, pixel_corners(row, col, side, side), channel)


@given(st.integers(5, 128), st.integers(5, 128), st.data())
def test_a_typed_value_changes_its_pixel_and_no_other(height, width, data):
    row, col = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    image = np.full((1, height, width), 0.9, dtype=np.float32)
    expected = image.copy()
    expected[0, row, col] = 0.07
    np.testing.assert_array_equal(paint(image, [TypedPixel(7, pixel_corners(row, col, height, width))]), expected)


def test_a_typed_value_covers_the_same_area_where_pixels_are_smaller():
    image = np.ones((1, 28, 28), dtype=np.float32)
    small = paint(image, [typed(3, 11, 28)])
    np.testing.assert_array_equal(
        paint(np.ones((1, 112, 112), dtype=np.float32), [typed(3, 11, 28)])[0], np.kron(small[0], np.ones((4, 4)))
    )
    # where pixels are larger, the one in which it lies
    coarse = paint(np.ones((1, 7, 7), dtype=np.float32), [typed(3, 11, 28)])
    assert np.argwhere(coarse[0] != 1).tolist() == [[0, 2]]


def test_a_value_for_one_channel_leaves_the_others_and_a_grey_picture_alone():
    image = RANDOM.random((3, 9, 9), dtype=np.float32)
    expected = image.copy()
    expected[2, 4, 5] = 0.3
    np.testing.assert_array_equal(paint(image, [typed(4, 5, 9, channel=2)]), expected)
    expected[:, 4, 5] = 0.3
    np.testing.assert_array_equal(paint(image, [typed(4, 5, 9)]), expected)
    np.testing.assert_array_equal(paint(image[:1], [typed(4, 5, 9, channel=2)]), image[:1])


def test_what_is_done_later_lies_above():
    image = np.zeros((1, 7, 7), dtype=np.float32)
    across = Stroke("pen", 140, ((500, 0), (500, 1000)))
    assert paint(image, [across, typed(3, 3, 7)])[0, 3, 3] == np.float32(0.3)
    assert paint(image, [typed(3, 3, 7), across])[0, 3, 3] == 1


@pytest.mark.parametrize("text", ["v25_00001010", "r0_00001010", "g1000_00001010.p60_00rs1011", "b5_rsrsrsrs"])
def test_the_text_of_typed_pixels_is_read_back(text):
    assert strokes_to_text(strokes_from_text(text)) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("v25_0000", "two corners"),
        ("v25_000000001010", "two corners"),
        ("v1001_00001010", "a value of 0 to 10"),
        ("v-5_00001010", "A stroke is a letter"),
        ("v0.5_00001010", "A stroke is a letter"),
        ("x5_00001010", "A stroke is a letter"),
        ("v_00001010", "A stroke is a letter"),
        ("v5_zz001010", "between 0 and 1000"),
        ("p0_00001010", "size lies between 1"),
    ],
)
def test_what_is_no_stroke_is_refused_in_a_sentence(text, words):
    with pytest.raises(ValueError, match=words):
        strokes_from_text(text)


def test_a_stroke_painted_before_is_not_painted_anew_where_another_is_added():
    first, second = (Stroke("pen", size, ((100, 100), (800, 700))) for size in (61, 173))
    image = np.zeros((1, 28, 28), dtype=np.float32)
    once = paint(image, [first])
    misses = strokes._coverage.cache_info().misses
    both = paint(image, [first, second])
    assert strokes._coverage.cache_info().misses == misses + 1
    assert np.array_equal(both, paint(once, [second]))
    assert np.array_equal(once, paint(image, [first]))
