"""Shifts and what they change, against loops that do one thing at a time."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.core.comparison import change, nearest_moves, realigned
from cnnviz.core.invariance import (
    BORDERS,
    SUBSAMPLINGS,
    all_shifts,
    along,
    change_against_shift,
    change_along,
    feature_map_changes,
    shifted,
    spread,
    subsample,
)
from cnnviz.core.kernels import KERNELS
from cnnviz.core.samples import sample_image

seeds = st.integers(0, 2**32 - 1)


def image(seed: int, *shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) + 0.1


@given(seeds, st.integers(1, 6), st.integers(1, 6), st.tuples(*[st.integers(-8, 8)] * 2), st.sampled_from(BORDERS))
def test_every_pixel_comes_from_where_it_was(seed, height, width, shift, border):
    before = image(seed, 2, height, width)
    after = shifted(before, shift, border)
    for row, col in itertools.product(range(height), range(width)):
        r, c = row - shift[0], col - shift[1]
        if 0 <= r < height and 0 <= c < width:
            expected = before[:, r, c]
        elif border == "black":
            expected = torch.zeros(2)
        elif border == "wrap":
            expected = before[:, r % height, c % width]
        else:
            expected = before[:, min(max(r, 0), height - 1), min(max(c, 0), width - 1)]
        assert torch.equal(after[:, row, col], expected)


def test_an_unknown_border_is_refused():
    with pytest.raises(ValueError, match="black, edge, wrap, not mirror"):
        shifted(torch.zeros(2, 2), (0, 1), "mirror")


@pytest.mark.parametrize("window", [2, 3, 4])
def test_the_ways_to_make_a_map_smaller_are_torchs_layers(window):
    maps = image(window, 3, 2, 25, 25)
    assert torch.equal(subsample(maps, "max", window), nn.MaxPool2d(window)(maps))
    assert torch.equal(subsample(maps, "average", window), nn.AvgPool2d(window)(maps))
    x, layer = image(9, 3, 1, 20, 20), nn.Conv2d(1, 2, 3, stride=window)
    dense = F.conv2d(x, layer.weight, layer.bias)
    torch.testing.assert_close(subsample(dense, "stride", window), layer(x))


def test_the_blur_of_window_2_is_zhangs():
    maps = image(1, 1, 1, 9, 9)
    taps = torch.tensor([1.0, 2.0, 1.0])
    kernel = torch.outer(taps, taps) / 16
    dense = nn.MaxPool2d(2, stride=1)(maps)
    torch.testing.assert_close(subsample(maps, "blur", 2), F.conv2d(dense, kernel[None, None], stride=2))
    ones = subsample(torch.ones(1, 1, 12, 12), "blur", 3)
    torch.testing.assert_close(ones, torch.ones_like(ones))
    with pytest.raises(ValueError, match="not by lanczos"):
        subsample(maps, "lanczos", 2)


@settings(max_examples=12)
@given(seeds, st.sampled_from(SUBSAMPLINGS), st.sampled_from([2, 3]), st.sampled_from(BORDERS))
def test_the_batched_changes_are_those_of_one_shift_at_a_time(seed, how, window, border):
    picture, kernel = image(seed, 1, 20, 20), KERNELS["sobel_x"].tensor
    found = feature_map_changes(picture, kernel, border, windows=(window,), ways=(how,))[how, window]
    shifts = all_shifts()

    def pooled(x):
        return subsample(F.relu(F.conv2d(x[None], kernel[None, None])), how, window)[0]

    before = pooled(picture)
    for shift in (shifts[0], shifts[60], shifts[144], shifts[145], shifts[150], shifts[200]):
        after = pooled(shifted(picture, shift, border))
        place = (shift[0] + 8, shift[1] + 8)
        assert found.stayed[place].item() == pytest.approx(change(before, after).relative, abs=1e-5)
        best = realigned(before, after, nearest_moves(shift, (window, window)))
        assert found.moved[place].item() == pytest.approx(best.change.relative, abs=1e-5)


@settings(max_examples=20)
@given(
    seeds,
    st.sampled_from(SUBSAMPLINGS),
    st.sampled_from([2, 3, 4]),
    st.tuples(*[st.integers(-2, 2)] * 2),
    st.sampled_from(BORDERS),
)
def test_a_shift_by_a_multiple_of_the_stride_moves_the_pooled_map_exactly(seed, how, window, cells, border):
    picture = image(seed, 1, 26, 26).double()
    after = shifted(picture, tuple(window * step for step in cells), border)
    kernel = KERNELS["sobel_x"].tensor.double()[None, None]
    before, after = (subsample(F.relu(F.conv2d(x[None], kernel)), how, window) for x in (picture, after))
    found = realigned(before, after, [cells])
    assert found.change.relative < 1e-12


def test_dots_alone_in_their_windows_stay_through_pooling_and_photographs_do_not():
    pool = nn.MaxPool2d(2)
    dots = torch.tensor(sample_image("dots"))
    same = [shift for shift in all_shifts() if torch.equal(pool(dots), pool(shifted(dots, shift, "edge")))]
    assert set(same) >= {(0, 0), (0, 1), (1, 0), (1, 1)}
    photograph = torch.tensor(sample_image("photographer"))[:, ::8, ::8]
    kept = [shift for shift in all_shifts() if torch.equal(pool(photograph), pool(shifted(photograph, shift, "edge")))]
    assert kept == [(0, 0)]


def test_a_layer_of_nothing_has_no_relative_change():
    found = change_against_shift(torch.zeros(289, 1, 4, 4), (2, 2))
    assert found.stayed.isnan().all()
    assert found.moved.isnan().all()


def test_along_the_axes_it_is_the_mean_of_both():
    maps = image(3, 289, 2, 7, 6)
    whole, axes = change_against_shift(maps, (2, 3)), change_along(maps, (2, 3))
    torch.testing.assert_close(axes.stayed, along(whole.stayed))
    torch.testing.assert_close(axes.moved, along(whole.moved))


def test_mean_and_spread_leave_out_what_is_not_known():
    found = spread([torch.tensor([1.0, torch.nan]), torch.tensor([3.0, 5.0])])
    assert (found.mean.tolist(), found.deviation.tolist(), found.count) == ([2, 5], [pytest.approx(2**0.5), 0], 2)


def test_along_reads_the_two_axes():
    map_ = torch.zeros(17, 17)
    map_[8], map_[:, 8] = torch.arange(17.0), torch.arange(17.0) + 2
    map_[8, 8] = 8
    assert along(map_)[9].item() == 10
