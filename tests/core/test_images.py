import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from cnnviz.core import images
from cnnviz.core.cut import Cut
from cnnviz.core.decoding import decode_image
from cnnviz.core.images import fit_image, shrunk, thumbnail, to_png

RANDOM = np.random.default_rng(7)
GREY = RANDOM.integers(0, 256, (13, 17), dtype=np.uint8)
COLOUR = RANDOM.integers(0, 256, (13, 17, 3), dtype=np.uint8)


def planes(array) -> np.ndarray:
    """(H, W) or (H, W, C) as (C, H, W)."""
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)


def two_decimals(values) -> np.ndarray:
    return (np.floor(100 * np.asarray(values, dtype=np.float64) + 0.5) / 100).astype(np.float32)


@given(st.integers(5, 128), st.integers(1, 300), st.integers(1, 300), st.booleans(), st.booleans())
def test_a_working_picture_is_a_square_of_values_with_two_decimals(size, height, width, coloured, colour):
    image = np.random.default_rng(height * width).random((3 if coloured else 1, height, width), dtype=np.float32)
    fitted = fit_image(image, size, colour)
    assert fitted.shape == (3 if colour else 1, size, size)
    assert fitted.dtype == np.float32
    np.testing.assert_array_equal(fitted, two_decimals(fitted))
    assert np.abs(np.float64(fitted) * 100 - np.rint(np.float64(fitted) * 100)).max() < 1e-5
    assert image.min() - 0.0051 <= fitted.min()
    assert fitted.max() <= image.max() + 0.0051


@given(st.integers(5, 128), st.integers(0, 200))
def test_shrinking_averages_areas_as_torch_does(size, more):
    image = np.random.default_rng(size).random((3, size + more, size + more), dtype=np.float32)
    expected = F.adaptive_avg_pool2d(torch.tensor(image, dtype=torch.float64), size)
    np.testing.assert_array_equal(fit_image(image, size, colour=True), two_decimals(expected))


def test_enlarging_repeats_the_nearest_pixel():
    image = np.array([[[0, 1, 2], [3, 4, 5], [6, 7, 8]]], dtype=np.float32)
    np.testing.assert_array_equal(fit_image(image, 12, colour=False)[0], np.kron(image[0], np.ones((4, 4))))
    np.testing.assert_array_equal(fit_image(image, 5, colour=False)[0, 0], [0, 0, 1, 2, 2])


def test_the_centre_square_is_kept():
    wide = np.arange(5 * 9, dtype=np.float32).reshape(1, 5, 9)
    np.testing.assert_array_equal(fit_image(wide, 5, colour=False), wide[:, :, 2:7])
    tall = wide.transpose(0, 2, 1)
    np.testing.assert_array_equal(fit_image(tall, 5, colour=False), tall[:, 2:7])


corners = st.tuples(st.integers(0, 3000), st.integers(0, 3000))
sides = st.integers(50, 1000)
shapes = st.tuples(st.integers(1, 300), st.integers(1, 300))


@given(shapes, corners, sides)
def test_a_square_crop_is_a_square_within_the_picture(shape, corner, side):
    top, left, height, width = Cut(*corner, side).box(*shape)
    assert height == width == max(1, round(side * min(shape) / 1000))
    assert 0 <= top <= shape[0] - height
    assert 0 <= left <= shape[1] - width


@given(shapes, corners, sides, sides, st.integers(5, 128))
def test_a_crop_is_fitted_as_if_the_picture_were_no_more_than_it(shape, corner, high, wide, size):
    cut = Cut(*corner, high, wide)
    top, left, height, width = cut.box(*shape)
    assert 0 <= top < top + height <= shape[0]
    assert 0 <= left < left + width <= shape[1]
    image = np.random.default_rng(high).random((3, *shape), dtype=np.float32)
    piece = image[:, top : top + height, left : left + width]
    fitted = fit_image(image, size, False, cut)
    np.testing.assert_array_equal(fitted, fit_image(piece, size, False, Cut(0, 0, 100_000, 100_000)))
    longer, shorter = max(fitted.shape[1:]), min(fitted.shape[1:])
    assert 5 <= shorter <= longer <= 128
    assert longer == size or shorter == 5
    if shorter > 5 or longer < 128:  # beyond 128 to 5 nothing can keep its proportions
        assert abs(longer * min(height, width) - shorter * max(height, width)) <= max(height, width)


def test_a_whole_picture_is_not_squashed():
    wide = RANDOM.random((1, 40, 80), dtype=np.float32)
    fitted = fit_image(wide, 40, False, Cut(0, 0, 1000, 2000))
    np.testing.assert_array_equal(fitted, two_decimals(F.avg_pool2d(torch.tensor(wide, dtype=torch.float64), 2)))


def test_colour_becomes_grey_by_luma_and_grey_becomes_three_equal_channels():
    colours = np.eye(3, dtype=np.float32)[:, :, None] * np.ones(3, dtype=np.float32)  # a red, a green and a blue row
    np.testing.assert_array_equal(fit_image(colours, 6, colour=False)[0, ::2, 0], np.float32([0.3, 0.59, 0.11]))
    grey = RANDOM.random((1, 8, 8), dtype=np.float32)
    fitted = fit_image(grey, 8, colour=True)
    np.testing.assert_array_equal(fitted, np.repeat(two_decimals(grey), 3, axis=0))


def test_halves_are_rounded_up_and_small_integers_stay():
    image = np.zeros((1, 5, 5), dtype=np.float32)
    image[0, 0] = [0.125, 0.375, 0.004, -0.125, 5]
    np.testing.assert_array_equal(fit_image(image, 5, colour=False)[0, 0], np.float32([0.13, 0.38, 0, -0.12, 5]))
    whole = RANDOM.integers(-5, 6, (1, 7, 7)).astype(np.float32)
    np.testing.assert_array_equal(fit_image(whole, 7, colour=False), whole)


@pytest.mark.parametrize("size", [4, 129, -1])
def test_other_working_sizes_are_refused(size):
    with pytest.raises(ValueError, match=f"5 to 128 pixels wide and high, not {size}"):
        fit_image(np.zeros((1, 9, 9), dtype=np.float32), size, colour=False)


@pytest.mark.parametrize("shape", [(9, 9), (2, 9, 9), (1, 0, 9)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="has the shape"):
        fit_image(np.zeros(shape, dtype=np.float32), 9, colour=False)


# --- back to PNG ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("array", [GREY, COLOUR], ids=["grey", "colour"])
def test_a_png_gives_back_what_it_was_made_of(array):
    image = planes(array) / np.float32(255)
    np.testing.assert_array_equal(decode_image(to_png(image)), image)


def test_a_png_shows_values_beyond_0_and_1_as_black_and_white():
    image = np.array([[[-1, 0.5, 2]]], dtype=np.float32)
    np.testing.assert_array_equal(decode_image(to_png(image))[0, 0], np.float32([0, 128 / 255, 1]))


@pytest.mark.parametrize(
    ("shape", "expected"), [((3, 80, 80), (3, 40, 40)), ((1, 7, 7), (1, 40, 40)), ((1, 20, 200), (1, 4, 40))]
)
def test_a_thumbnail_is_as_long_as_asked(shape, expected):
    # a WebP always has three channels
    assert decode_image(thumbnail(np.zeros(shape, dtype=np.float32))).shape[1:] == expected[1:]


def test_a_thumbnail_spans_black_to_white_also_beyond_0_and_1():
    image = np.array([[[0, 5], [-5, 0]]], dtype=np.float32)
    shown = decode_image(thumbnail(image, side=4))[0]
    np.testing.assert_allclose(shown, np.kron([[0.5, 1], [0, 0.5]], np.ones((2, 2))), atol=1 / 255)
    faint = np.full((1, 4, 4), 0.2, dtype=np.float32)
    np.testing.assert_allclose(decode_image(thumbnail(faint)), 0.2, atol=1e-6)


def test_a_large_picture_is_kept_small_and_a_small_one_as_it_is():
    image = np.random.default_rng(0).random((3, 40, 64), dtype=np.float32)
    assert shrunk(image, 40) is image
    halved = shrunk(image, 20)
    assert halved.shape == (3, 20, 32)
    np.testing.assert_allclose(halved, image.reshape(3, 20, 2, 32, 2).mean(axis=(2, 4)), atol=1e-6)


def test_two_decimals_rounds_halves_up():
    rounded = images.two_decimals(np.array([[[0.125, 0.005, 0.994, 5]]]))
    assert rounded.tolist() == np.float32([[[0.13, 0.01, 0.99, 5]]]).tolist()
