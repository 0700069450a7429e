"""Sliding along one axis against torch's modules, and signals that show what their kernels promise."""

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as some
from torch import nn

from cnnviz.core.signals import SIGNALS, TAPS, slide


@given(
    some.integers(5, 30),
    some.integers(1, 9),
    some.integers(1, 3),
    some.integers(0, 4),
    some.integers(1, 3),
    some.booleans(),
)
def test_it_slides_as_conv1d_does(length, taps, stride, padding, dilation, causal):
    chance = torch.Generator().manual_seed(length)
    x, weights = torch.randn(length, generator=chance), torch.randn(taps, generator=chance)
    assume(causal or length + 2 * padding > dilation * (taps - 1))
    layer = nn.Conv1d(1, 1, taps, stride, 0 if causal else padding, dilation, bias=False)
    layer.load_state_dict({"weight": weights[None, None]})
    given_ = nn.ConstantPad1d((dilation * (taps - 1), 0), 0.0)(x[None]) if causal else x[None]
    ours = slide(x, weights, stride=stride, padding=padding, dilation=dilation, causal=causal)
    torch.testing.assert_close(ours, layer(given_)[0].detach())
    if causal and stride == 1:  # what comes later changes nothing that came before
        assert len(ours) == length
        x[-1] += 100
        torch.testing.assert_close(slide(x, weights, dilation=dilation, causal=True)[:-1], ours[:-1])


def test_the_largest_under_the_window():
    x = torch.tensor([1.0, 5.0, 2.0, 0.0, 3.0, 4.0])
    assert slide(x, torch.ones(2), act="max", stride=2).tolist() == [5, 2, 4]


@pytest.mark.parametrize(("act", "padding"), [("conv", 0), ("max", 9)])
def test_what_torch_refuses_is_refused(act, padding):
    with pytest.raises(ValueError, match="size"):
        slide(torch.zeros(5), torch.ones(9), act=act, padding=padding)


def test_the_matched_filter_is_largest_at_the_pulses():
    answer = slide(torch.from_numpy(SIGNALS["pulses"].values), torch.tensor(TAPS["matched"].weights))
    assert sorted(answer.topk(3).indices.tolist()) == [6, 24, 47]


def test_signals_have_two_decimals():
    for signal in SIGNALS.values():
        hundredths = torch.from_numpy(signal.values).double() * 100
        torch.testing.assert_close(hundredths, hundredths.round(), rtol=0, atol=1e-4)
