"""Torch is asked where that is cheap, and spared where it is not."""

import time

import pytest
from hypothesis import given

from cnnviz.core.layers import Layer
from cnnviz.core.mismatch import MismatchError
from cnnviz.core.shapes import output_shape
from cnnviz.core.torch_check import torchs_shape
from tests.core.test_shapes import cases


@given(cases())
def test_torch_makes_or_refuses_what_the_formulas_say(case):
    try:
        ours = output_shape(*case)
    except MismatchError as mismatch:
        ours = mismatch.torch_says
    assert torchs_shape(*case) == ours


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Layer.of("Linear", 1_000_000, 1_000_000), (1, 7)),  # refused, but only once its weights are there
        (Layer.of("Linear", 7, 1_000_000), (1, 7)),
        (Layer.of("Conv2d", 1_000_000, 1_000_000, 1000), (1, 3, 7, 7)),
        (Layer.of("Conv2d", 3, 64, 11), (1, 3, 500, 500)),
        (Layer.of("ReLU"), (1_000_000, 1_000_000)),
        (Layer.of("MaxPool2d", 500, stride=1), (1, 1, 1200, 1200)),
    ],
    ids=lambda value: str(value),
)
def test_what_would_take_long_is_not_run(layer, shape):
    start = time.process_time()
    assert torchs_shape(layer, shape) is None
    assert time.process_time() - start < 1
