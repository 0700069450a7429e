"""The table of state: what a link can say, and what it cannot."""

import math
from unittest.mock import patch

import numpy as np
import pytest
import streamlit as st
from hypothesis import example, given
from hypothesis import strategies as some

from cnnviz.core.cut import Cut
from cnnviz.core.edits import Edit
from cnnviz.core.kernels import KERNELS
from cnnviz.core.padding import PADDING_MODES
from cnnviz.core.samples import SAMPLES
from cnnviz.core.signals import SIGNALS, TAPS
from cnnviz.core.strokes import Stroke, TypedPixel
from cnnviz.ui import parameters, state
from cnnviz.ui.parameters import PARAMETERS
from cnnviz.ui.texts import Weights
from tests.core.test_shapes import cases
from tests.ui.apps import opened, run, session

SINGLES = some.floats(-1000, 1000, width=32)
# what the browser writes: no more than the nine digits that tell any float32 from its neighbours
NUMBERS = SINGLES.map(lambda value: float(f"{value:.9g}"))
FLAGS = some.booleans()
POINTS = some.tuples(*[some.integers(0, 1000)] * 2)
STROKES = some.builds(
    Stroke,
    tool=some.sampled_from(["pen", "eraser"]),
    size=some.integers(1, 1000),
    points=some.lists(POINTS, min_size=1, max_size=9).map(tuple),
) | some.builds(
    TypedPixel,
    hundredths=some.integers(0, 1000),
    points=some.tuples(POINTS, POINTS),
    channel=some.sampled_from([None, 0, 1, 2]),
)
CUTS = some.builds(
    Cut,
    *[some.integers(0, 100_000)] * 2,
    height=some.integers(50, 1000),
    width=some.none() | some.integers(50, 100_000),
)


@some.composite
def weights(draw) -> Weights:
    rows, cols, slices = draw(some.integers(1, 11)), draw(some.integers(1, 11)), draw(some.sampled_from([1, 3]))
    numbers = iter(draw(some.lists(NUMBERS, min_size=rows * cols * slices, max_size=rows * cols * slices)))
    return Weights(tuple(tuple(tuple(next(numbers) for _ in range(cols)) for _ in range(rows)) for _ in range(slices)))


UNITS = some.builds("{},{},{},{}".format, some.sampled_from(["conv1", "pool_1"]), *[some.integers(0, 10_000)] * 3)
EDITS = some.builds(
    Edit,
    some.just("conv2"),
    some.just("weight"),
    some.integers(0, 2399),
    NUMBERS.filter(lambda value: abs(value) <= 1000),
) | some.builds(Edit, some.just("fc3"), some.just("off"), some.integers(0, 9))
VALUES = {
    "projector": FLAGS,
    "image": some.sampled_from([*SAMPLES, parameters.DRAW, parameters.UPLOAD]),
    "size": some.integers(5, 128),
    "colour": FLAGS,
    "cut": some.none() | CUTS,
    "ground": some.sampled_from([*parameters.GROUNDS]),
    "strokes": some.lists(STROKES, max_size=4).map(tuple),
    "kernel": some.sampled_from([*KERNELS]),
    "weights": some.none() | weights(),
    "stride": some.tuples(*[some.integers(1, 16)] * 2),
    "padding": some.tuples(*[some.integers(0, 16)] * 2),
    "padding_mode": some.sampled_from(PADDING_MODES),
    "dilation": some.tuples(*[some.integers(1, 16)] * 2),
    "bias": NUMBERS,
    "relu": FLAGS,
    "at": some.tuples(*[some.integers(0, 10_000)] * 2),
    "panel": some.sampled_from(parameters.PANELS),
    "centre": FLAGS,
    "show": some.sampled_from(["activation", "pre_activation"]),
    "scale": some.sampled_from(["map", "layer", "network"]),
    "unit": some.lists(UNITS, min_size=1, max_size=9).map("~".join),
    "network": some.sampled_from(["mnist", "cifar10"]),
    "square": some.builds(Cut, some.integers(0, 5000), some.integers(0, 5000), some.integers(50, 1000)),
    "edits": some.lists(EDITS, min_size=1, max_size=30).map(tuple),
    "sums": FLAGS,
    "source": some.sampled_from(["relu", "image", "example"]),
    "pooling": some.sampled_from(["max", "average"]),
    "pool_window": some.tuples(*[some.integers(1, 8)] * 2),
    "pool_stride": some.tuples(*[some.integers(1, 8)] * 2),
    "pool_padding": some.tuples(*[some.integers(0, 4)] * 2),
    "ceil": FLAGS,
    "pool_map": some.integers(0, 2),
    "pool_cell": some.tuples(*[some.integers(0, 10_000)] * 2),
    "detector": some.sampled_from([*KERNELS]),
    "pool": some.sampled_from(["max", "average"]),
    "window": some.integers(1, 8),
    "step": some.integers(1, 8),
    "enters": some.sampled_from(["black", "edge", "wrap"]),
    "shift": some.tuples(*[some.integers(-8, 8)] * 2),
    "signal": some.sampled_from([*SIGNALS, "drawn", "column"]),
    "curve": some.just(())
    | some.lists(some.integers(-100, 100).map(lambda each: each / 100), min_size=5, max_size=128).map(tuple),
    "wave": some.sampled_from([*TAPS]),
    "taps": some.lists(NUMBERS, max_size=15).map(tuple),
    "act": some.sampled_from(["conv", "max", "average"]),
    "pace": some.integers(1, 16),
    "lead": some.integers(0, 32),
    "causal": FLAGS,
    "spread": some.integers(1, 16),
    "sample": some.integers(0, 10_000),
    "more": some.sampled_from(["volume", "shuffle"]) | some.none(),
    "batch": some.integers(1, 3),
    "planes": some.integers(3, 4),
    "side": some.sampled_from([1, 3, 5]),
    "groups": some.integers(1, 4),
    "filters": some.integers(1, 8),
    "hop": some.integers(1, 8),
    "rim": some.integers(0, 8),
    "cell": some.tuples(*[some.integers(0, 10_000)] * 3),
    "slices": some.dictionaries(
        some.integers(0, 7), some.lists(NUMBERS, min_size=1, max_size=30).map(tuple), max_size=3
    ).map(lambda edits: tuple(sorted(edits.items()))),
    "biases": some.lists(NUMBERS, max_size=8).map(tuple),
    "shape": some.lists(some.integers(1, 1_000_000), min_size=1, max_size=6).map(tuple),
    "chain": some.lists(cases().map(lambda case: case[0]), max_size=4).map(tuple),
}
NONSENSE = [
    "", " ", "None", "null", "nan", "NaN", "-nan", "inf", "-inf", "Infinity", "1e999", "-1e999", "1e5", "1001", "-1001",
    "9" * 40, "9" * 5000, "-" + "9" * 5000, "1_0", "１２", "٣", "²", "0x10", "1/2", "--1", "1e", "1,", ",", "1,2,3",
    "3x3", "3x3~1", "12x12~1", "0x0~", "x~", "1x1~1~1", "1x1~nan", "1x1~1e999", "p60", "p60_", "p60_00", "q60_0000",
    "p0_0000", "p9999_0000", "p６0_0000", "p60_zzzz", "p60_00é0", ".", "conv1", "conv1,0,0", "conv1,0,0,-1", "1,0,0,0",
    "conv1,0,0,0,0,0", "conv1,nan,0,0", "\0", "🙂", "<script>", "'; DROP", "x" * 100_000, "~" * 100_000, "," * 100_000,
]  # fmt: skip


def test_every_parameter_of_the_table_is_tried():
    assert VALUES.keys() == PARAMETERS.keys()


@given(some.data())
@pytest.mark.parametrize("name", PARAMETERS)
def test_every_value_survives_its_text(name, data):
    parameter, value = PARAMETERS[name], data.draw(VALUES[name])
    assert parameter.parse(parameter.text(value)) == value


@given(SINGLES)
@example(0.1)
@example(-0.0)
@example(1.401298464324817e-45)
def test_every_float32_survives_its_text(value):
    bias, kernel = PARAMETERS["bias"], PARAMETERS["weights"]
    assert np.float32(bias.parse(bias.text(value))) == value
    ((again,),) = kernel.parse(kernel.text(Weights((((value,),),)))).slices[0]
    assert np.float32(again) == value


@pytest.mark.parametrize("name", PARAMETERS)
def test_nonsense_is_refused(name):
    sense = {
        "shape": ["1001", "3x3"],
        "cell": ["1,2,3"],
        "biases": ["", "1,2,3", "1,0,0,0"],
        "taps": ["", "1,2,3", "1,0,0,0"],
        "sample": ["1001"],
        **{name: [""] for name in ("strokes", "weights", "cut", "chain", "slices", "more", "curve")},
    }.get(name, [])
    for text in NONSENSE:
        if text in sense:
            continue
        with pytest.raises(ValueError, match=r"."):
            pytest.fail(f"{name} reads {text[:40]!r} as {PARAMETERS[name].parse(text)!r}")


def test_no_strokes_no_typed_weights_and_no_cut_are_values():
    assert [PARAMETERS[name].parse("") for name in ("strokes", "weights", "cut")] == [(), None, None]


def test_no_two_parameters_have_the_same_name():
    groups = (
        parameters.IMAGE,
        parameters.STROKES,
        parameters.CONVOLUTION,
        parameters.NETWORK,
        parameters.POOLING,
        parameters.SHAPES,
    )
    names = [parameter.name for group in groups for parameter in group]
    assert len(names) == len(set(names))


@given(some.text() | some.text("0123456789abcpex_~,.-+ ", max_size=40))
@pytest.mark.parametrize("name", PARAMETERS)
def test_any_text_is_either_read_or_refused(name, text):
    parameter = PARAMETERS[name]
    try:
        value = parameter.parse(text)
    except ValueError:
        return
    if value != parameter.default:  # which no link spells out
        assert parameter.text(parameter.parse(parameter.text(value))) == parameter.text(value)


@pytest.mark.parametrize(("name", "least", "most"), [("stride", 1, 16), ("padding", 0, 16), ("size", 5, 128)])
def test_a_number_may_lie_on_its_bounds_and_not_beyond(name, least, most):
    parse = PARAMETERS[name].parse
    for bound in (least, most):
        assert parse(str(bound)) == (bound if name == "size" else (bound, bound))
    for beyond in (least - 1, most + 1):
        with pytest.raises(ValueError, match=f"from {least} to {most}"):
            parse(str(beyond))


def test_rows_and_columns_may_part():
    stride = PARAMETERS["stride"]
    assert (stride.parse("2"), stride.parse("2,3")) == ((2, 2), (2, 3))
    assert (stride.text((2, 2)), stride.text((2, 3))) == ("2", "2,3")
    for text in ("2,", ",2", "2,3,4", "2,17"):
        with pytest.raises(ValueError, match=r"from 1 to 16|invalid literal"):
            stride.parse(text)


@given(some.fixed_dictionaries(VALUES))
def test_a_session_survives_its_link(values):
    with session(**values) as held:
        text = state.link(PARAMETERS.values())
    with session() as again:
        assert state.settle(text, PARAMETERS.values()) == set()
        assert again == held


def test_a_link_says_only_what_differs():
    with session():
        assert state.link(PARAMETERS.values()) == ""
    with session(stride=(2, 2), relu=True, at=(1, 2), weights=Weights((((0.5, -1.0),),)), kernel="box_3"):
        assert state.link(parameters.CONVOLUTION) == "kernel=box_3&weights=1x2~0.5,-1&stride=2&relu=1&at=1,2"
        assert state.link(parameters.NETWORK) == ""


def test_what_a_message_leaves_out_stands_at_its_default():
    with session(stride=(2, 2), padding=(3, 1), centre=False) as held:
        assert state.settle("padding=1", parameters.CONVOLUTION) == set()
        assert (held.stride, held.padding, held.centre) == (
            (1, 1),
            (1, 1),
            False,
        )  # centre is none of this message's business


def test_what_a_message_says_wrongly_stays_as_it_was():
    with session(stride=(2, 2), bias=0.5) as held:
        assert state.settle("stride=x&bias=nan&dilation=2&nobody=1&%FF", parameters.CONVOLUTION) == {"stride", "bias"}
        assert (held.stride, held.bias, held.dilation) == ((2, 2), 0.5, (2, 2))


def test_the_link_is_read_once_a_session():
    with patch.object(st, "session_state", {}), patch.object(st, "query_params", {"stride": "3"}):
        state.seed()
        assert state.settings().stride == (3, 3)
        state.settings().stride = (5, 5)
        state.seed()
        assert state.settings().stride == (5, 5)


def test_a_link_with_nonsense_gives_defaults_and_one_note():
    app = opened(stride="1e999", weights="3x3~nan", kernel="box_3", image="nobody", at="１,2", of="another app")
    assert [warning.value for warning in app.warning] == [
        "The link holds something that cannot be read (at, image, stride, weights): the page shows its default."
    ]
    for name in ("stride", "weights", "image", "at"):
        assert app.session_state["settings"][name] == PARAMETERS[name].default
    assert app.session_state["settings"]["kernel"] == "box_3"
    assert not run(app).warning  # said once is enough


def test_a_link_to_an_upload_says_that_it_stays_with_its_owner():
    app = opened(image="upload", stride="2")
    assert [warning.value for warning in app.warning] == [
        "An uploaded picture cannot travel in a link: it stays with the one who uploaded it."
    ]
    assert (app.session_state["settings"]["image"], app.session_state["settings"]["stride"]) == ("integers", (2, 2))


def test_a_sound_link_needs_no_note():
    app = opened(image="cat", bias=str(math.pi), strokes="p60_00rs1011")
    assert not app.warning
    assert app.session_state["settings"]["bias"] == math.pi
