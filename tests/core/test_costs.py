"""What layers cost, against torch's own modules; and the code of a chain, run."""

import math
import subprocess
import sys
import warnings

import pytest
import torch
from hypothesis import assume, given
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.core.costs import chain, code, dense, formulas, parameters, work
from cnnviz.core.layers import layers_from_text
from cnnviz.core.mismatch import MismatchError
from cnnviz.core.shapes import output_shape
from tests.core.test_shapes import cases

WHOLE = (
    "Conv2d(3,6,5);ReLU();MaxPool2d(2);Conv2d(6,16,5);ReLU();MaxPool2d(2);Flatten();"
    "Linear({},120);ReLU();Linear(120,84);ReLU();Linear(84,10)"
)


def module(layer):
    arguments = dict(zip((argument.name for argument in layer.kind.arguments), layer.values, strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(nn, layer.kind.name)(**arguments)


def evaluated(arithmetic):
    """The value of "6 · (3 · 3 + 1)", by hand: sums of products, brackets first."""
    while "(" in arithmetic:
        end = arithmetic.index(")")
        start = arithmetic.rindex("(", 0, end)
        arithmetic = arithmetic[:start] + str(evaluated(arithmetic[start + 1 : end])) + arithmetic[end + 1 :]
    return sum(math.prod(int(factor) for factor in term.split("·")) for term in arithmetic.split("+"))


@given(cases())
def test_parameters_and_work_are_torchs_and_their_arithmetic_leads_there(case):
    layer, shape = case
    try:
        made = output_shape(layer, shape)
    except MismatchError:
        assume(False)
    torchs = module(layer)
    learnt = parameters(layer)
    assert learnt.value == sum(parameter.numel() for parameter in torchs.parameters())
    products = work(layer, made)
    if layer.kind.family in ("conv", "linear"):
        assert evaluated(learnt.arithmetic) == learnt.value
        assert evaluated(products.arithmetic) == products.value
        counter = FlopCounterMode(display=False)
        with warnings.catch_warnings(), counter:
            warnings.simplefilter("ignore")
            torchs(torch.zeros(shape))
        assert counter.get_total_flops() == 2 * products.value  # torch counts a multiplication and an addition apart
    else:
        assert (learnt.value, products.value) == (0, 0)
    for line in formulas(layer, shape, made):
        assert "--" not in line
    if (full := dense(layer, shape, made)) is not None:
        assert evaluated(full.arithmetic) == full.value


def test_a_dense_layer_of_the_same_shape_has_a_weight_for_every_pair():
    (row,) = chain(layers_from_text("Conv2d(3,6,5)"), (4, 3, 32, 32))
    twin = nn.Linear(3 * 32 * 32, 6 * 28 * 28, device="meta")
    assert row.dense.value == sum(parameter.numel() for parameter in twin.parameters())


def test_the_formula_shows_the_floor_and_the_ceiling_and_the_window_that_does_not_count():
    (row,) = chain(layers_from_text("Conv2d(3,6,3,stride=2,padding=1)"), (1, 3, 7, 7))
    assert formulas(row.layer, row.given, row.made) == ["⌊(7 + 2·1 − 1·(3 − 1) − 1) / 2⌋ + 1 = ⌊6 / 2⌋ + 1 = 4"]
    (row,) = chain(layers_from_text("MaxPool1d(2,stride=5,ceil_mode=True)"), (1, 1, 4))
    assert formulas(row.layer, row.given, row.made)[0].endswith(
        "= 2, less 1: the last window would start beyond the input = 1"
    )


def test_the_whole_network_has_62006_parameters():
    rows = chain(layers_from_text(WHOLE.format(400)), (1, 3, 32, 32))
    assert sum(row.parameters.value for row in rows) == 62_006
    assert rows[-1].made == (1, 10)


def test_a_mismatch_stops_the_chain_in_the_row_where_it_arises():
    rows = chain(layers_from_text(WHOLE.format(1655)), (1, 3, 32, 32))
    assert [bool(row.mismatch) for row in rows] == [False] * 7 + [True] + [False] * 4
    assert [row.made is None for row in rows] == [False] * 7 + [True] * 5


def test_indices_beside_the_output_end_a_chain():
    rows = chain(layers_from_text("MaxPool2d(2,return_indices=True);ReLU()"), (1, 1, 4, 4))
    assert rows[0].bytes_kept == 4 * (4 + 8)
    assert "return_indices=False" in str(rows[1].mismatch)


def run(text):
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=100, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("text", "shape", "printed"),
    [
        (WHOLE.format(400), (2, 3, 32, 32), (2, 10)),
        (WHOLE.format(1655), (2, 3, 32, 32), (2, 400)),  # what torch refuses is a comment in it
        (
            "Conv2d(3,6,(3,1),padding='same',groups=3);MaxPool2d(2,return_indices=True)",
            (3, 7, 8),
            (6, 3, 4),
        ),
        ("", (5,), (5,)),
    ],
)
def test_the_copied_code_runs(text, shape, printed):
    assert run(code(chain(layers_from_text(text), shape), shape)) == f"torch.Size({list(printed)})"
