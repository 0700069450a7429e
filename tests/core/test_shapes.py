"""Shapes by formula against torch itself: on the meta device for every layer, on the CPU for torch's own words."""

import re
import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from torch import nn

from cnnviz.core.layers import KINDS, REQUIRED, Layer
from cnnviz.core.mismatch import MismatchError
from cnnviz.core.shapes import output_shape

NOTEBOOK = [
    ("Conv2d", (3, 5, 5), {}, (1, 3, 32, 32), (1, 5, 28, 28)),
    ("Conv2d", (3, 6, 3), {"stride": 2, "padding": 1}, (1, 3, 7, 7), (1, 6, 4, 4)),
    ("MaxPool2d", (2, 2), {}, (1, 3, 8, 8), (1, 3, 4, 4)),
    ("Linear", (400, 120), {}, (1, 400), (1, 120)),
    ("Flatten", (), {}, (1, 16, 5, 5), (1, 400)),
]


@pytest.mark.parametrize(("name", "given_", "named", "shape", "wanted"), NOTEBOOK)
def test_the_notebooks_shapes(name, given_, named, shape, wanted):
    assert output_shape(Layer.of(name, *given_, **named), shape) == wanted


# mostly what fits, and often enough what does not
SMALL = some.sampled_from([1, 1, 2, 2, 3, 3, 4, 5, 7])
CHANNELS = some.sampled_from([1, 2, 3, 4, 6])


def _sizes(axes, numbers):
    return numbers | some.tuples(*[numbers] * axes)


@some.composite
def cases(draw):
    """A layer with any of its arguments, and an input that it may or may not take."""
    kind = KINDS[draw(some.sampled_from([*KINDS]))]
    axes = kind.axes
    named = {}
    for argument in kind.arguments:
        if argument.default is not REQUIRED and draw(some.booleans()):
            continue
        form = argument.kind.removeprefix("maybe_")
        if argument.name == "padding":
            value = _sizes(axes, some.sampled_from([0, 0, 1, 1, 2, 3]))
            value |= some.sampled_from(["same", "valid"]) if form == "padding" else some.nothing()
        elif form == "size":
            value = _sizes(axes, SMALL if argument.name == "kernel_size" else some.sampled_from([1, 1, 2, 3]))
        elif argument.name == "groups":
            value = some.sampled_from([1, 1, 2, 3])
        elif form == "count":
            value = CHANNELS
        elif form == "axis":
            value = some.integers(-5, 4)
        elif form == "flag":
            value = some.booleans()
        else:
            value = some.sampled_from(argument.options)
        named[argument.name] = draw(value)
    layer = Layer.of(kind.name, **named)
    rank = draw(
        some.sampled_from([axes + 2] * 8 + [axes + 1] * 2 + [1, 2, 3, 4, 5, 6]) if axes else some.integers(1, 5)
    )
    shape = [draw(some.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, 9, 11])) for _ in range(rank)]
    right = {"conv": "in_channels", "linear": "in_features"}.get(kind.family)
    if right and draw(some.integers(0, 5)):  # most often the channels are right, so that something else is looked at
        place = -1 if kind.family == "linear" else -axes - 1
        if rank >= -place:
            shape[place] = layer[right]
    return layer, tuple(shape)


def _torchs(layer, shape, device):
    """The shape that torch makes on this device, or the exception it raises."""
    arguments = {argument.name: value for argument, value in zip(layer.kind.arguments, layer.values, strict=True)}
    try:
        with torch.device(device):
            module = getattr(nn, layer.kind.name)(**arguments)
            made = module(torch.zeros(shape, device=device))
    except Exception as error:
        return error
    return tuple((made[0] if isinstance(made, tuple) else made).shape)


def _numbers(text):
    """The numbers in a text; words such as conv2d, mat1 and 4D name things, and no batch here is empty."""
    text = text.replace("optional 0 dim batch size", "")
    bare = re.sub(r"\b[A-Za-z_]+\d\w*|\b\d+D\b|#\d+", " ", text.replace("−", "-"))
    return {abs(int(number)) for number in re.findall(r"-?\d+", re.sub(r"(?<=\d)x(?=\d)", " ", bare))}


@settings(max_examples=1000)
@given(cases())
def test_the_formulas_agree_with_torch_on_a_thousand_layers_refusals_included(case):
    layer, shape = case
    refusal = None
    try:
        made = output_shape(layer, shape)
    except MismatchError as error:
        refusal = error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that an even "same" padding costs torch a copy is no matter here
        on_meta = _torchs(layer, shape, "meta")
        if refusal is None:
            assert made == on_meta
            return
        assert isinstance(on_meta, Exception), f"torch takes it: {on_meta}"
        on_cpu = str(_torchs(layer, shape, "cpu")).splitlines()[0]  # where the words are those that students see
    assert refusal.torch_says == on_cpu
    assert _numbers(on_cpu) <= _numbers(str(refusal))


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("Conv2d", {"in_channels": 1, "out_channels": 1, "kernel_size": 3, "stride": 0}),
        ("Conv2d", {"in_channels": 1, "out_channels": 1, "kernel_size": 3, "dilation": 0}),
        ("Conv2d", {"in_channels": 1, "out_channels": 1, "kernel_size": 3, "padding": -1}),
        ("Conv2d", {"in_channels": 1, "out_channels": 1, "kernel_size": 0}),
        ("Conv2d", {"in_channels": 1, "out_channels": 0, "kernel_size": 1}),
        ("Conv2d", {"in_channels": 0, "out_channels": 1, "kernel_size": 1}),
        ("Conv2d", {"in_channels": 1, "out_channels": 1, "kernel_size": 1, "groups": 0}),
        ("MaxPool1d", {"kernel_size": 0}),
        ("MaxPool2d", {"kernel_size": 2, "stride": 0}),
        ("MaxPool3d", {"kernel_size": 2, "dilation": 0}),
        ("AvgPool2d", {"kernel_size": 2, "padding": -1}),
        ("AvgPool2d", {"kernel_size": 2, "divisor_override": 0}),
    ],
)
def test_numbers_below_the_least_are_refused_as_on_the_cpu(name, named):
    layer = Layer.of(name, **named)
    shape = (1, 1, *[8] * layer.kind.axes)
    assert isinstance(_torchs(layer, shape, "cpu"), Exception)
    with pytest.raises(MismatchError, match=r"0|from 1 up"):
        output_shape(layer, shape)


def test_the_notebooks_1655_is_explained_and_repaired():
    with pytest.raises(MismatchError, match="1655") as caught:
        output_shape(Layer.of("Linear", 1655, 120), (1, 400))
    assert caught.value.torch_says == "mat1 and mat2 shapes cannot be multiplied (1x400 and 1655x120)"
    assert [layer.code for layer in caught.value.repair] == ["Linear(400, 120)"]


def test_a_forgotten_flatten_is_named():
    with pytest.raises(MismatchError, match="16 · 5 · 5 = 400") as caught:
        output_shape(Layer.of("Linear", 400, 120), (1, 16, 5, 5))
    assert [layer.code for layer in caught.value.repair] == ["Flatten()", "Linear(400, 120)"]


def test_a_tensor_beyond_counting_is_refused_without_being_made():
    with pytest.raises(MismatchError, match="more than this page counts"):
        output_shape(Layer.of("Conv2d", 3, 1_000_000, 1), (1_000_000, 3, 1000, 1000))
