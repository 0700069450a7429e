"""The browser's settings and ui/state.py: one table on two sides, and texts that cross unharmed."""

from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cnnviz.core.kernels import KERNELS
from cnnviz.core.padding import PADDING_MODES
from cnnviz.ui import parameters, state, texts
from tests.frontend.pages import array, tensor

NAMES = [parameter.name for parameter in parameters.CONVOLUTION]
MOST = texts.LARGEST_WEIGHT
singles = st.floats(-MOST, MOST, width=32)
hand_typed = st.integers(-99_999, 99_999).map(lambda number: float(np.float32(number / 1000)))
ENDLESS = float(np.float32(-1.2345678e-06))  # seventeen digits and five zeros, if it were written as a double


@st.composite
def kernels(draw):
    """Weights (1 or 3, rows, cols), float32."""
    shape = draw(st.tuples(st.sampled_from([1, 3]), st.integers(1, 11), st.integers(1, 11)))
    some = draw(st.lists(singles | hand_typed, min_size=1, max_size=20))
    return np.resize(np.array(some, np.float32), shape)


in_browser = st.fixed_dictionaries(
    {
        "kernel": st.sampled_from(sorted(KERNELS)),
        "weights": st.none() | kernels(),
        "stride": st.tuples(*[st.integers(1, 16)] * 2),
        "padding": st.tuples(*[st.integers(0, 16)] * 2),
        "padding_mode": st.sampled_from(PADDING_MODES),
        "dilation": st.tuples(*[st.integers(1, 16)] * 2),
        "bias": singles | hand_typed,
        "relu": st.booleans(),
        "position": st.tuples(st.integers(0, 200), st.integers(0, 200)),
        "panel": st.sampled_from(["", *parameters.PANELS]),
    }
)


def settings_of(session):
    """A session's values as the browser names and holds them."""
    values = {("position" if name == "at" else name): session[name] for name in NAMES}
    values["bias"] = float(np.float32(values["bias"]))
    if values["weights"] is not None:
        values["weights"] = np.array(values["weights"].slices, np.float32)
    return values


def assert_same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(theirs[name], value)
        else:
            assert theirs[name] == (tuple(value) if name == "position" else value), name


def settled(text):
    """The session after the browser has said this text."""
    with mock.patch.object(state, "st", SimpleNamespace(session_state={"settings": state.Settings()})) as streamlit:
        assert state.settle(text, parameters.CONVOLUTION) == set()
        return settings_of(streamlit.session_state["settings"])


def linked(session):
    """The link that Python writes of a session."""
    with mock.patch.object(state, "st", SimpleNamespace(session_state={"settings": session})):
        return state.link(parameters.CONVOLUTION)


def written(frontend, settings):
    weights = settings["weights"]
    ours = {**settings, "weights": None if weights is None else tensor(weights)}
    ours["paddingMode"] = ours.pop("padding_mode")
    return frontend.call("settings.js", "settingsToText", ours)


def read(frontend, text):
    settings = frontend.call("settings.js", "settingsFromText", text)
    settings["padding_mode"] = settings.pop("paddingMode")
    weights = settings["weights"]
    pairs = {name: tuple(settings[name]) for name in ("stride", "padding", "dilation", "position")}
    return {**settings, **pairs, "weights": None if weights is None else array(weights)}


DEFAULTS = {parameter.name: parameter.default for parameter in parameters.CONVOLUTION}


def test_both_sides_start_from_the_same_values(frontend):
    assert_same(read(frontend, ""), settings_of(DEFAULTS))
    assert written(frontend, settings_of(DEFAULTS)) == linked(DEFAULTS) == ""


@pytest.mark.parametrize("name", NAMES)
def test_both_sides_have_the_same_names_for_what_a_link_carries(frontend, name):
    text = {
        "kernel": "box_3",
        "weights": "1x2~0.5,-2",
        "at": "2,3",
        "relu": "1",
        "bias": "0.5",
        "padding_mode": "reflect",
        "stride": "2,3",
        "panel": "code",
    }.get(name, "2")
    parameter = parameters.PARAMETERS[name]
    session = {**DEFAULTS, name: parameter.parse(text)}
    expected = settings_of(session)
    assert expected[("position" if name == "at" else name)] is not None
    assert_same(read(frontend, f"{name}={text}"), expected)
    assert written(frontend, expected) == linked(session) == f"{name}={text}"


@given(in_browser)
@example({**settings_of(DEFAULTS), "bias": ENDLESS, "weights": np.full((1, 2, 2), ENDLESS, np.float32)})
def test_what_the_browser_says_is_what_python_settles_on(frontend, settings):
    assert_same(settings, settled(written(frontend, settings)))


@given(in_browser)
def test_the_browser_reads_its_own_text(frontend, settings):
    assert_same(settings, read(frontend, written(frontend, settings)))


@given(in_browser)
def test_the_browser_reads_pythons_link_to_the_values_that_torch_computes_with(frontend, settings):
    weights = settings["weights"]
    session = {
        **settings,
        "at": settings["position"],
        "weights": None
        if weights is None
        else texts.Weights(tuple(tuple(map(tuple, rows)) for rows in weights.tolist())),
    }
    assert_same(read(frontend, linked(session)), settings)


@given(st.lists(singles, min_size=1, max_size=40))
def test_weights_survive_the_link_bit_for_bit(frontend, values):
    weights = np.array(values, np.float32).reshape(1, 1, -1)[:, :, :11] + np.float32(0)  # −0 becomes 0
    text = written(frontend, {**settings_of(DEFAULTS), "weights": weights})
    for survived in (read(frontend, text)["weights"], settled(text)["weights"]):
        np.testing.assert_array_equal(survived.view(np.int32), weights.view(np.int32))


def test_every_kind_of_float32_survives_the_link(frontend):
    patterns = np.random.default_rng(9).integers(0, 2**32, 20_000, dtype=np.uint32).view(np.float32)
    inside = patterns[np.abs(patterns) <= MOST]  # NaN is not
    weights = np.resize(inside, (len(inside) // 121, 121))
    nine_digits = [value for value in inside if np.float32(f"{value:.8g}") != value]
    assert len(nine_digits) > 100
    for slices in weights:
        slices = slices.reshape(1, 11, 11)
        survived = settled(written(frontend, {**settings_of(DEFAULTS), "weights": slices}))["weights"]
        np.testing.assert_array_equal(survived.view(np.int32), slices.view(np.int32))


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e-7, 16777216.0 / 2**15, 999.99994])
def test_numbers_are_written_with_the_digits_that_a_float32_has(frontend, value):
    value = float(np.float32(value))
    text = written(frontend, {**settings_of(DEFAULTS), "weights": np.full((1, 1, 1), value), "bias": value})
    shortest = str(np.float32(value))
    weights, bias = text.split("&")
    assert np.float32(weights.removeprefix("weights=1x1~")) == np.float32(shortest)
    for number in (weights.removeprefix("weights=1x1~"), bias.removeprefix("bias=")):
        assert len(number) <= len(shortest)


def test_parts_of_a_link_are_joined_without_empty_ones(frontend):
    script = """async (...parts) => (await bridge.load("link.js")).joinQuery(...parts)"""
    assert frontend.run(script, "image=cat", "", "at=1,2") == "image=cat&at=1,2"
    assert frontend.run(script, "", "") == ""
