"""Comparisons: numbers worked by hand, and equivariance told apart from invariance."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from cnnviz.core.comparison import Comparison, change, counterparts, nearest_moves, overlap, realigned
from cnnviz.core.trace import trace


def test_a_change_worked_by_hand():
    found = change(torch.tensor([[3.0, 0.0], [4.0, 0.0]]), torch.tensor([[3.0, 2.0], [4.0, 0.0]]))
    assert (found.relative, found.unchanged, found.equal) == (2 / 5, 3 / 4, False)


def test_nothing_changed_and_everything_came_from_nothing():
    zeros, ones = torch.zeros(2, 3), torch.ones(2, 3)
    assert (change(zeros, zeros).relative, change(zeros, zeros).equal) == (0, True)
    assert change(zeros, ones).relative == math.inf


def test_what_no_float32_can_tell_apart_is_equal():
    before = torch.tensor([0.1, 0.2], dtype=torch.float64)
    assert change(before, before + 1e-12).equal
    assert not change(before, before + 1e-6).equal


@given(st.tuples(*[st.integers(-3, 3)] * 2), st.integers(0, 2**32 - 1))
def test_a_moved_tensor_has_moved_along_and_not_stayed(move, seed):
    before = torch.rand(2, 7, 9, generator=torch.Generator().manual_seed(seed))
    after = before.roll(move, (1, 2))
    moves = [(down, across) for down in range(-3, 4) for across in range(-3, 4)]
    found = realigned(before, after, moves)
    assert (found.move, found.change.equal, found.change.relative) == (move, True, 0)
    assert change(before, after).equal == (move == (0, 0))


def test_the_overlap_is_where_both_have_cells():
    before, after = overlap(torch.arange(12).view(3, 4), torch.arange(12).view(3, 4), (1, -2))
    assert (before.tolist(), after.tolist()) == ([[2, 3], [6, 7]], [[4, 5], [8, 9]])


def test_moves_that_leave_no_overlap_are_passed_over():
    assert realigned(torch.ones(2, 2), torch.ones(2, 2), [(2, 0), (0, 1)]).move == (0, 1)
    with pytest.raises(ValueError, match="No move leaves an overlap"):
        realigned(torch.ones(2, 2), torch.ones(2, 2), [(2, 0)])


def test_the_nearest_moves_round_both_ways_only_where_they_must():
    assert nearest_moves((0, 0), (2, 2)) == ((0, 0),)
    assert nearest_moves((-4, 1), (2, 2)) == ((-2, 0), (-2, 1))
    assert nearest_moves((-1, 5), (3, 2)) == ((-1, 2), (-1, 3), (0, 2), (0, 3))


def test_two_traces_compare_layer_by_layer():
    layers = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.ReLU()).requires_grad_(False)
    layers[0].weight.fill_(2)
    x = torch.tensor([[[[1.0, -1.0]]]])
    comparison = Comparison(trace(layers, x), trace(layers, x * torch.tensor([1.0, 2.0])))
    assert comparison.difference("0").tolist() == [[[[0, -2]]]]
    assert {name: found.equal for name, found in comparison} == {"0": False, "1": True}
    assert comparison.change("0").relative == pytest.approx(2 / math.sqrt(8))
    assert comparison.realigned("1", [(0, 0)]).change.equal


def test_traces_of_other_layers_or_shapes_do_not_compare():
    x = torch.zeros(1, 1, 4, 4)
    with pytest.raises(ValueError, match="same layers"):
        Comparison(trace(nn.ReLU(), x), trace(nn.Sigmoid(), x))
    with pytest.raises(ValueError, match="gives"):
        Comparison(trace(nn.ReLU(), x), trace(nn.ReLU(), x[..., :3]))


def test_a_step_of_two_stands_for_the_pooling_it_does_without():
    x = torch.rand(1, 1, 12, 12)
    pooled = trace(nn.Sequential(nn.Conv2d(1, 2, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32, 3)), x)
    strided = trace(nn.Sequential(nn.Conv2d(1, 2, 5, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3)), x)
    names = [operation.name for operation in pooled if operation.kind in ("conv2d", "max_pool2d", "linear")]
    kinds = [(pooled[a].kind, strided[b].kind) for a, b in counterparts(pooled, strided, names)]
    assert kinds == [("max_pool2d", "relu"), ("linear", "linear")]
    assert counterparts(pooled, pooled, names) == tuple((name, name) for name in names)
    assert counterparts(pooled, strided, ["nothing"]) == ()
