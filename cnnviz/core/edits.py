"""Weights and biases of a trained network changed by hand, and outputs switched off."""

import copy
import math
from dataclasses import dataclass
from typing import Literal

import torch

from cnnviz.core.network import ConvNet

MOST = 1000  # edits that one link can carry, and the largest weight that says more than a smaller one
_LETTERS = {"weight": "w", "bias": "b", "off": "o"}
_NAMES = {letter: name for name, letter in _LETTERS.items()}
_SHAPES = {name: tuple(parameter.shape) for name, parameter in ConvNet().named_parameters()}


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: ``index`` counts the weights of the layer in reading order, or its outputs (bias, off)."""

    layer: str
    what: Literal["weight", "bias", "off"]
    index: int
    value: float = 0.0


Edits = tuple[Edit, ...]


def edited(network: ConvNet, edits: Edits) -> ConvNet:
    """A copy of the network with the edits in it. An output that is off has only zeros for weights and bias.

    >>> changed = edited(ConvNet(), (Edit("conv1", "bias", 2, 0.5), Edit("conv1", "off", 3)))
    >>> changed.conv1.bias[2].item(), changed.conv1.weight[3].abs().max().item()
    (0.5, 0.0)
    """
    network = copy.deepcopy(network)
    with torch.no_grad():
        for edit in sorted(edits, key=lambda edit: edit.what == "off"):
            layer = getattr(network, edit.layer)
            if edit.what == "off":
                layer.weight[edit.index] = 0
                layer.bias[edit.index] = 0
            else:
                getattr(layer, edit.what).view(-1)[edit.index] = edit.value
    return network


def edits_to_text(edits: Edits) -> str:
    """As a link carries them.

    >>> edits_to_text((Edit("conv1", "weight", 12, 0.5), Edit("conv1", "off", 4)))
    'conv1,w12,0.5~conv1,o4'
    """
    return "~".join(
        f"{edit.layer},{_LETTERS[edit.what]}{edit.index}" + ("" if edit.what == "off" else f",{edit.value:.9g}")
        for edit in edits
    )


def edits_from_text(text: str) -> Edits:
    """What `edits_to_text` wrote of one or more edits; ValueError for anything that the network does not have."""
    parts = text.split("~")
    if len(parts) > MOST:
        raise ValueError(f"at most {MOST} edits")
    return tuple(_edit(part) for part in parts)


def _edit(text: str) -> Edit:
    layer, place, *value = text.split(",")
    what = _NAMES.get(place[:1], "")
    shape = _SHAPES.get(f"{layer}.{'weight' if what == 'weight' else 'bias'}")
    digits = place[1:]
    if not what or shape is None or not (digits.isascii() and digits.isdigit() and len(digits) < 7):
        raise ValueError("layer,weight or bias and its number,value")
    if int(digits) >= math.prod(shape):
        raise ValueError(f"{layer} has no {what} number {digits}")
    if what == "off":
        if value:
            raise ValueError("no value for an output that is off")
        return Edit(layer, what, int(digits))
    (number,) = value
    if not number.isascii() or set(number) & set("_ \t\n\r\f\v") or len(number) > 24:
        raise ValueError("a number")
    if not abs(float(number)) <= MOST:  # NaN fails the comparison
        raise ValueError(f"a number from −{MOST} to {MOST}")
    return Edit(layer, what, int(digits), float(number))
