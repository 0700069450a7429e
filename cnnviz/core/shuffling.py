"""Shuffled pixels: what a dense layer makes of them, and what a convolution makes of them."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnviz.core.comparison import Comparison
from cnnviz.core.trace import trace

SEED = 7
UNITS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Shuffling:
    """One layer on a picture and on its shuffled pixels.

    ``comparison`` holds the two traces. ``rearranged`` is the second's output with the first's places put back where
    they belong: if the layer's output had only been shuffled along, it would equal the first's. None for a dense layer,
    whose units stay where they are, and where the output has other places than the input.
    """

    comparison: Comparison
    rearranged: Tensor | None

    @property
    def apart(self) -> float:
        """The most by which the two outputs differ: max |Δ|, the second's places put back where that is possible."""
        (name,) = self.comparison.names
        after = self.comparison.b[name].output if self.rearranged is None else self.rearranged
        return (after - self.comparison.a[name].output).abs().max().item()


def permutation(pixels: int) -> Tensor:
    """A fixed order of so many pixels: the same at every visit. ``shuffled[i] = picture[order[i]]``.

    >>> sorted(permutation(5).tolist())
    [0, 1, 2, 3, 4]
    """
    return torch.randperm(pixels, generator=torch.Generator().manual_seed(SEED))


def shuffled(x: Tensor, order: Tensor) -> Tensor:
    """The pixels of ``x`` (N, C, H, W) in another order, the same for every channel.

    >>> shuffled(torch.arange(4.0).reshape(1, 1, 2, 2), torch.tensor([3, 2, 1, 0])).flatten().tolist()
    [3.0, 2.0, 1.0, 0.0]
    """
    return x.flatten(2)[:, :, order].reshape(x.shape)


def dense_shuffling(x: Tensor, order: Tensor) -> Shuffling:
    """A dense layer of `UNITS` units on ``x``, and one with equally shuffled weights on the shuffled pixels.

    Its weight is one for each pixel of each channel, at random as torch starts a layer, but always the same.
    """
    inputs = x[0].numel()
    chance = torch.Generator().manual_seed(SEED)
    weight = (2 * torch.rand(UNITS, inputs, generator=chance) - 1) / math.sqrt(inputs)
    moved = weight.reshape(UNITS, x.shape[1], -1)[:, :, order].flatten(1)  # each weight goes with its pixel
    first, second = (_dense(each) for each in (weight, moved))
    given, mixed = x.flatten(1), shuffled(x, order).flatten(1)
    return Shuffling(Comparison(trace(first, given), trace(second, mixed)), None)


def convolution_shuffling(x: Tensor, order: Tensor, weight: Tensor) -> Shuffling:
    """One convolution, with the same weight (C_out, C, k, k), on ``x`` and on its shuffled pixels.

    It is padded with zeros so that it has a place for each pixel (k is odd): then its second map can be put back into
    the first one's order.
    """
    side = weight.shape[-1]
    layer = nn.Conv2d(x.shape[1], len(weight), side, padding=side // 2, bias=False)
    with torch.no_grad():
        layer.weight.copy_(weight)
    comparison = Comparison(trace(layer, x), trace(layer, shuffled(x, order)))
    (name,) = comparison.names
    return Shuffling(comparison, shuffled(comparison.b[name].output, torch.argsort(order)))


def _dense(weight: Tensor) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    with torch.no_grad():
        layer.weight.copy_(weight)
    return layer
