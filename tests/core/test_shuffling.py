"""Shuffled pixels against what is claimed of them."""

import torch
from hypothesis import given
from hypothesis import strategies as some

from cnnviz.core.shuffling import convolution_shuffling, dense_shuffling, permutation, shuffled


@given(some.sampled_from([1, 3]), some.integers(5, 24), some.integers(0, 99))
def test_a_dense_layer_with_equally_shuffled_weights_gives_the_same_but_for_the_order_of_the_sum(channels, side, seed):
    x = torch.rand(1, channels, side, side, generator=torch.Generator().manual_seed(seed))
    assert dense_shuffling(x, permutation(side * side)).apart < 1e-5


@given(some.integers(6, 20), some.integers(0, 99))
def test_a_convolution_gives_another_map_and_not_a_rearranged_one_unless_it_is_1x1(side, seed):
    chance = torch.Generator().manual_seed(seed)
    x = torch.rand(1, 3, side, side, generator=chance)
    order = permutation(side * side)
    wide, single = (torch.rand(2, 3, k, k, generator=chance) - 0.5 for k in (3, 1))
    assert convolution_shuffling(x, order, wide).apart > 0.01
    assert convolution_shuffling(x, order, single).apart < 1e-6


def test_shuffling_back_gives_the_picture():
    x = torch.rand(2, 3, 7, 5)
    order = permutation(35)
    mixed = shuffled(x, order)
    assert not torch.equal(mixed, x)
    assert torch.equal(shuffled(mixed, torch.argsort(order)), x)
