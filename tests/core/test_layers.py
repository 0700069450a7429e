"""Layers read from code and written as code."""

import contextlib
import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some
from torch import nn

from cnnviz.core.layers import KINDS, REQUIRED, layers_from_text, layers_to_text
from tests.core.test_shapes import cases


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_arguments_are_torchs(kind):
    signature = inspect.signature(getattr(nn, kind.name).__init__).parameters
    torchs = {name: p.default for name, p in signature.items() if name not in ("self", "device", "dtype")}
    ours = {
        argument.name: inspect.Parameter.empty if argument.default is REQUIRED else argument.default
        for argument in kind.arguments
    }
    assert list(ours) == list(torchs)
    assert ours == torchs


@given(some.lists(cases(), max_size=6))
def test_what_is_written_is_read_again(drawn):
    layers = tuple(layer for layer, _ in drawn)
    assert layers_from_text(layers_to_text(layers)) == layers
    assert layers_from_text("\n".join(f"nn.{layer.code}," for layer in layers)) == layers


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", []),
        ("Conv2d(in_channels = 3, out_channels = 5, kernel_size = 5)", ["Conv2d(3, 5, 5)"]),
        ("nn.MaxPool2d((2, 2), [2, 2])", ["MaxPool2d(2, stride=2)"]),
        ("torch.nn.Conv2d(3,6,(3,5),padding='same')", ['Conv2d(3, 6, (3, 5), padding="same")']),
        ("self.conv1 = nn.Conv2d(3, 6, 5)  # first\nself.act = nn.ReLU()", ["Conv2d(3, 6, 5)", "ReLU()"]),
        ("model = nn.Sequential(nn.Sequential(nn.ReLU(True)), nn.Flatten(),)", ["ReLU(inplace=True)", "Flatten()"]),
        ("Conv2d(3, 6, 5, 1, 2)", ["Conv2d(3, 6, 5, padding=2)"]),
    ],
)
def test_code_as_people_write_it(text, codes):
    assert [layer.code for layer in layers_from_text(text)] == codes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Dropout(0.5)", "0.5"),
        ("Dropout(1)", "“Dropout” is not among"),
        ("Conv2d(3, 6)", "needs kernel_size"),
        ("Conv2d(3, 6, 5", "bracket is missing"),
        ("Conv2d(3, 6, 5))", "does not begin a layer"),
        ("Conv2d(3 6, 5)", "comma"),
        ("Conv2d(3, 6, k)", "“k” is no number"),
        ("Conv2d(3, 6, 5, stride=(1, 2, 3))", "one number, or 2"),
        ("Conv2d(3, (6, 2), 5)", "one number, not 2"),
        ("Conv2d(3, 6, 5, padding='full')", '"same" or "valid"'),
        ("Conv2d(3, 6, 5, bias=1)", "True or False"),
        ("Conv2d(3, 6, 5, 1, 0, 1, 1, True, 'zeros', 4)", "at most 9"),
        ("Conv2d(3, 6, kernel_size=5, kernel_size=3)", "twice"),
        ("Conv2d(3, 6, 5, out_channels=3)", "twice"),
        ("Conv2d(3, 6, 5, colour=3)", "no argument “colour”"),
        ("Conv2d(stride=2, 3, 6, 5)", "behind one with a name"),
        ("Conv2d(3, 6, ())", "empty"),
        ("Conv2d(3, 6, 9999999)", "counts to 1,000,000"),
        ("Conv2d(3, 6, " + "9" * 5000 + ")", "whole number"),
        ("Linear(3.5, 2)", "whole number"),
        ("import os", "“import” is no layer"),
        ("__import__('os')", "not among"),
        ("ReLU" + "(" * 5000, "bracket"),
        ("nn.Sequential(" * 20 + ")" * 20, "more nn.Sequential"),
        ("ReLU();" * 41, "room for 40"),
        ("§", "belongs to no layer"),
        ("x" * 7000, "characters"),
    ],
)
def test_anything_else_is_explained(text, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        layers_from_text(text)


@given(some.text(alphabet="Conv2dReLU()[],;=\"' 0123456789-.#\n", max_size=40))
def test_whatever_is_typed_is_read_or_explained(text):
    with contextlib.suppress(ValueError):  # and nothing else
        layers_from_text(text)
