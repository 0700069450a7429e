"""Banks of filters, the layers they make, and the planes they see."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from torch import nn

from cnnviz.core.filter_bank import BANKS, KERNEL_SIDES, PLANES, bank_weight, grouped_convolution, planes_of
from cnnviz.core.operations import parts


@pytest.mark.parametrize("side", KERNEL_SIDES)
def test_every_bank_has_eight_filters_with_a_slice_for_each_plane(side):
    bank = BANKS[side]
    assert len({each.title for each in bank}) == 8
    for each in bank:
        assert each.weights.shape == (len(PLANES), side, side)
        assert each.alike.shape == (side, side)
        assert each.alike.any()
        assert each.weights[:3].any()  # on three planes, too, it sees something


@given(
    some.sampled_from([(3, 1), (3, 3), (4, 1), (4, 2), (4, 4)]),
    some.sampled_from(KERNEL_SIDES),
    some.integers(1, 2),
    some.integers(1, 3),
    some.integers(0, 3),
)
def test_a_layer_of_the_bank_is_torchs_and_each_value_has_its_parts(planes_groups, side, times, stride, padding):
    planes, groups = planes_groups
    filters = groups * times
    weight = bank_weight(side, filters, planes, groups)
    layer = nn.Conv2d(planes, filters, side, stride, padding, groups=groups)
    assert weight.shape == layer.weight.shape
    layer.load_state_dict({"weight": weight, "bias": torch.arange(filters).float()})
    x = torch.rand(1, planes, 7, 6, generator=torch.Generator().manual_seed(0))
    ours = grouped_convolution(x, weight, torch.arange(filters).float(), stride=stride, padding=padding, groups=groups)
    assert torch.equal(ours.output, layer(x).detach())
    last = filters - 1
    assert parts(ours, (0, 0), last).pre_activation == pytest.approx(ours.output[0, last, 0, 0].item(), abs=1e-5)


@pytest.mark.parametrize(("planes", "filters", "groups"), [(3, 4, 2), (4, 3, 2), (3, 4, 3), (4, 6, 4)])
def test_groups_that_do_not_come_out_even_are_refused_as_in_torch(planes, filters, groups):
    with pytest.raises(ValueError, match="must be divisible by groups"):
        nn.Conv2d(planes, filters, 3, groups=groups)
    with pytest.raises(ValueError, match="leaves a rest"):
        bank_weight(3, filters, planes, groups)


def test_the_fourth_plane_is_how_bright_a_colour_looks():
    picture = np.array([1, 0, 0], dtype=np.float32)[:, None, None] * np.ones((3, 2, 2), dtype=np.float32)
    assert np.array_equal(planes_of(picture, 3), picture)
    assert planes_of(picture, 4)[3] == pytest.approx(0.3)
