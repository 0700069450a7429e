"""A crop averages areas, squashes nothing and stays within its picture."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from torch.nn import functional as F

from cnnviz.core.cut import Cut, centre_square, square_within
from cnnviz.core.squares import averaged_square

SIDES = some.integers(1, 140)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 64), (128, 128), (96, 192)])
def test_whole_windows_are_averaged_as_torch_does(height, width):
    picture = np.random.default_rng(0).random((3, height, width), np.float32)
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    wanted = F.interpolate(torch.tensor(picture[None, :, top : top + side, left : left + side]), 32, mode="area")[0]
    np.testing.assert_allclose(averaged_square(picture, centre_square(height, width)), wanted, atol=1e-6)


@given(SIDES, SIDES, some.data())
def test_the_mean_of_what_is_covered_stays(height, width, data):
    crop = square_within(Cut(*data.draw(some.tuples(*[some.integers(0, 1000)] * 3))), height, width)
    ramp = np.broadcast_to(np.arange(width, dtype=np.float32), (1, height, width)) / width
    picture = averaged_square(ramp, crop)
    assert picture.shape == (3, 32, 32)
    assert np.array_equal(picture[0], picture[1])
    assert np.array_equal(picture[0], picture[2])
    assert (np.diff(picture[0], axis=1) >= -1e-6).all()  # a ramp stays a ramp
    assert picture.min() >= ramp.min() - 1e-6
    assert picture.max() <= ramp.max() + 1e-6


def test_black_and_white_are_where_the_picture_has_them():
    integers = np.array([[[0, 5], [5, 10]]], dtype=np.float32)
    assert averaged_square(integers, centre_square(2, 2), 2, top=10)[0].tolist() == [[0, 0.5], [0.5, 1]]
