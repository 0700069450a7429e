"""What torch itself says of a layer and an input, for layers small enough to be run on the spot."""

import functools
import warnings
from math import prod

import torch
from torch import nn

from cnnviz.core.costs import parameters, work
from cnnviz.core.layers import Layer
from cnnviz.core.mismatch import MismatchError, Shape
from cnnviz.core.shapes import output_shape

MOST_NUMBERS = 2_000_000  # in the input, the weights, or the output: 8 MB each
_SIDES = ("in_channels", "out_channels", "in_features", "out_features")
MOST_WORK = 50_000_000  # multiply-adds: a few hundredths of a second


@functools.lru_cache(maxsize=4096)
def torchs_shape(layer: Layer, shape: Shape) -> Shape | str | None:
    """The shape that torch makes of zeros of this shape; what it says where it refuses; None if that takes too long.

    >>> torchs_shape(Layer.of("Conv2d", 3, 6, 3), (1, 3, 7, 7))
    (1, 6, 5, 5)
    """
    if _costly(layer, shape):
        return None
    arguments = {argument.name: value for argument, value in zip(layer.kind.arguments, layer.values, strict=True)}
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "same" with an even kernel costs a copy: no matter here
            made = getattr(nn, layer.kind.name)(**arguments)(torch.zeros(shape))
    except Exception as error:  # torch refuses with RuntimeError, ValueError, IndexError, …
        return str(error).splitlines()[0]
    return tuple((made[0] if isinstance(made, tuple) else made).shape)


def _costly(layer: Layer, shape: Shape) -> bool:
    numbers = prod(shape)
    try:
        made = output_shape(layer, shape)
    except MismatchError:
        products = weights = 0
        if layer.kind.family in ("conv", "linear"):  # refused, but made all the same
            counts = (layer[argument.name] for argument in layer.kind.arguments if argument.name in _SIDES)
            weights = prod(map(abs, counts)) * prod(map(abs, layer.per_axis("kernel_size") if layer.kind.axes else ()))
    else:
        weights = parameters(layer).value
        numbers += prod(made)
        products = work(layer, made).value
        if layer.kind.axes:  # pooling works as hard without a product
            window = prod(layer.per_axis("kernel_size"))
            products = max(products, prod(made) * window)
    return max(numbers, weights) > MOST_NUMBERS or products > MOST_WORK
