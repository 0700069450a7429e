"""Filters to begin with on colour pictures, each with a slice for every plane, and the layer that they make."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.core.images import LUMA, two_decimals
from cnnviz.core.kernels import KERNELS, Weights
from cnnviz.core.operations import Operation
from cnnviz.core.windows import WindowSpec, output_size

PLANES = ("red", "green", "blue", "brightness")
KERNEL_SIDES = (1, 3, 5)
MOST_FILTERS = 8


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter with a slice for each of `PLANES`: ``weights`` is (4, k, k).

    With groups a filter sees only some planes, where differences between colours make no sense: then each of its slices
    is ``alike`` (k, k).
    """

    title: str
    sentence: str
    bias: float
    weights: Tensor
    alike: Tensor


def _even(side: int) -> Weights:
    """Ones in a diamond: near neighbours."""
    middle = side // 2
    return tuple(
        tuple(float(abs(row - middle) + abs(col - middle) <= middle) for col in range(side)) for row in range(side)
    )


def _slope(side: int) -> Weights:
    return tuple(tuple(float(col - side // 2) for col in range(side)) for _ in range(side))


def _filter(
    title: str, sentence: str, bias: float, spatial: Weights, mix: tuple[float, ...], alike: float = 1
) -> Filter:
    kernel = torch.tensor(spatial, dtype=torch.float64)
    weights = torch.tensor(mix, dtype=torch.float64)[:, None, None] * kernel
    return Filter(title, sentence, bias, weights.float(), (alike * kernel).float())


def _by_chance(side: int, bias: float) -> Filter:
    chance = torch.Generator().manual_seed(side)
    reach = (len(PLANES) * side * side) ** -0.5  # as torch starts a layer: evenly between ±1/√(number of weights)
    drawn = (2 * torch.rand(len(PLANES), side, side, generator=chance, dtype=torch.float64) - 1) * reach
    weights = (drawn * 100).round() / 100
    sentence = "Random numbers, as torch would start it: training has yet to give it a meaning."
    return Filter("By chance", sentence, bias, weights.float(), weights[0].float())


def _bank(side: int) -> tuple[Filter, ...]:
    if side == 1:
        one = ((1.0,),)
        return (
            _filter("Red against green", "Red minus green at each pixel, whatever stands beside it.", 0.0, one, (1, -1, 0, 0)),
            _filter("Sum", "All planes added up: how bright a pixel is.", 0.5, one, (1, 1, 1, 1), -1),
            _filter("Blue against the others", "Twice blue minus red and green.", 0.0, one, (-1, -1, 2, 0), 2),
            _filter("Red alone", "The red plane as it is.", 0.0, one, (1, 0, 0, 0), 0.5),
            _filter("Negative of green", "One minus green.", 1.0, one, (0, -1, 0, 0), -0.5),
            _filter("Red and blue, halved", "Half of red and half of blue.", 0.0, one, (0.5, 0, 0.5, 0), 3),
            _filter("Brightness", "How bright the colour looks: green counts most.", 0.0, one, (0.3, 0.59, 0.11, 0), -2),
            _by_chance(1, -0.5),
        )  # fmt: skip
    upright = KERNELS["sobel_x"].weights if side == 3 else _slope(5)
    flat = tuple(zip(*upright, strict=True))
    spots = KERNELS["outline" if side == 3 else "laplacian_of_gaussian"].weights
    slanting = KERNELS["line_down" if side == 3 else "motion_blur"].weights
    soft = KERNELS[f"gaussian_{side}"].weights
    near = _even(side)
    every = (1, 1, 1, 1)
    return (
        _filter("Vertical edges", "Right minus left in every plane.", 0.0, upright, every),
        _filter("Red against green", "Red minus green around each place: its two slices are opposite, its blue slice is 0.", 0.5, near, (1, -1, 0, 0)),
        _filter("Horizontal edges", "Bottom minus top in every plane.", 0.0, flat, every),
        _filter("Blue against the others", "Twice blue minus red and green, around each place.", -0.5, near, (-1, -1, 2, 0), -1),
        _filter("Spots", "A place against its surroundings, in every plane.", 0.0, spots, every),
        _filter("Slanting, in green", "Lines from upper left to lower right, looked for in one plane only.", 1.0, slanting, (0, 1, 0, 0)),
        _filter("Softened", "A soft average in every plane, added up.", 0.0, soft, every),
        _by_chance(side, -0.5),
    )  # fmt: skip


BANKS: dict[int, tuple[Filter, ...]] = {side: _bank(side) for side in KERNEL_SIDES}


def planes_of(picture: np.ndarray, count: int) -> np.ndarray:
    """The planes (count, H, W) of a picture (3, H, W): red, green, blue, and as a fourth how bright they look together."""
    if count == 3:
        return picture
    return np.concatenate([picture, two_decimals(np.tensordot(LUMA, picture, axes=1)[None])]).astype(np.float32)


def bank_weight(side: int, filters: int, planes: int, groups: int) -> Tensor:
    """The first ``filters`` of a bank as the weight of a layer: (filters, planes / groups, side, side).

    ValueError where the groups do not divide planes and filters evenly, as in torch.
    """
    for name, count in (("planes", planes), ("filters", filters)):
        if count % groups:
            raise ValueError(f"{groups} groups cannot share {count} {name} evenly: {count} / {groups} leaves a rest.")
    bank = BANKS[side][:filters]
    if groups == 1:
        return torch.stack([each.weights[:planes] for each in bank])
    return torch.stack([each.alike.expand(planes // groups, side, side) for each in bank])


@torch.no_grad()
def grouped_convolution(
    x: Tensor, weight: Tensor, bias: Tensor, *, stride: int, padding: int, groups: int
) -> Operation:
    """torch's conv2d of ``x`` (1, C, H, W) with a weight (C_out, C / groups, k, k), as an operation with its parts."""
    spec = WindowSpec(weight.shape[-1], stride, padding)
    for size in x.shape[2:]:
        output_size(size, spec)
    output = F.conv2d(x, weight, bias, stride=stride, padding=padding, groups=groups)
    return Operation("channels", "conv2d", x, weight, bias, output, (spec, spec), groups=groups)
