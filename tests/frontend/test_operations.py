"""The browser's operations against torch, and against sums worked by hand."""

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.core.padding import PADDING_MODES, check_padding, most_padding
from cnnviz.core.windows import WindowSpec, left_over, output_size, pooled_size
from tests.frontend.pages import Refused, array, tensor

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text("utf-8"))
AXES = ("stride", "padding", "dilation")
seeds = st.integers(0, 2**32 - 1)


def numbers(shape, seed, scale=1.0):
    return (scale * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def bound(weight, x):
    """What float32 sums may differ by: 1e-5 · max(1, Σ|w| · max|x|), for the heaviest of the filters."""
    heaviest = np.abs(weight, dtype=np.float64).reshape(len(weight), -1).sum(axis=1).max()
    return 1e-5 * max(1.0, heaviest * np.abs(x).max())


@st.composite
def axes(draw, size, largest_kernel=7, most_padding=8):
    """Kernel size, stride, padding and dilation along one axis of so many cells, with room for a window."""
    kernel = draw(st.integers(1, largest_kernel))
    dilation = draw(st.integers(1, 3))
    missing = max(0, dilation * (kernel - 1) + 1 - size)
    padding = draw(st.integers((missing + 1) // 2, max(most_padding, (missing + 1) // 2)))
    return kernel, draw(st.integers(1, 4)), padding, dilation


@st.composite
def convolutions(draw):
    height, width = draw(st.integers(1, 16)), draw(st.integers(1, 16))
    rows, cols = draw(axes(height)), draw(axes(width))
    channels, filters = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    seed, scale = draw(seeds), draw(st.sampled_from([0.01, 1.0, 300.0]))
    x = numbers((channels, height, width), seed)
    weight = numbers((filters, channels, rows[0], cols[0]), seed + 1, scale)
    if draw(st.booleans()):
        weight[np.abs(weight) < 0.5 * scale] = 0  # kernels hold zeros, which the browser skips
    bias = draw(st.sampled_from([None, numbers(filters, seed + 2, scale)]))
    return x, weight, bias, dict(zip(AXES, map(list, zip(rows[1:], cols[1:], strict=True)), strict=True))


@settings(max_examples=300)
@given(convolutions())
def test_conv2d_agrees_with_torch(frontend, case):
    x, weight, bias, sliding = case
    ours = array(frontend.call("operations.js", "conv2d", tensor(x), tensor(weight), bias, sliding))
    bias = None if bias is None else torch.from_numpy(bias)
    theirs = F.conv2d(torch.from_numpy(x)[None], torch.from_numpy(weight), bias, **sliding)[0]
    assert ours.dtype == np.float32
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs.numpy()).max() <= bound(weight, x)


@settings(max_examples=100)
@given(convolutions())
def test_conv2d_is_the_true_value_rounded_once(frontend, case):
    x, weight, bias, sliding = case
    ours = array(frontend.call("operations.js", "conv2d", tensor(x), tensor(weight), bias, sliding))
    bias = None if bias is None else torch.from_numpy(bias).double()
    exact = F.conv2d(torch.from_numpy(x)[None].double(), torch.from_numpy(weight).double(), bias, **sliding)[0].numpy()
    # half a unit in the last of float32's 24 digits, and what double precision itself may lose in cancelled sums
    assert (np.abs(ours - exact) <= 2.0**-24 * np.abs(exact) + 1e-9 * bound(weight, x)).all()


@settings(max_examples=200)
@given(convolutions(), st.sampled_from(PADDING_MODES))
def test_every_padding_mode_agrees_with_torch_and_is_refused_where_torch_refuses(frontend, case, mode):
    x, weight, bias, sliding = case
    arguments = tensor(x), tensor(weight), bias, sliding | {"paddingMode": mode}
    down, across = sliding["padding"]
    try:
        padded = F.pad(torch.from_numpy(x)[None], (across, across, down, down), "constant" if mode == "zeros" else mode)
    except RuntimeError:
        with pytest.raises(Refused) as refusal:
            frontend.call("operations.js", "conv2d", *arguments)
        axes = list(zip(x.shape[1:], sliding["padding"], strict=True))
        size, padding = next((size, padding) for size, padding in axes if padding > most_padding(size, mode))
        with pytest.raises(ValueError, match=re.escape(str(refusal.value))):
            check_padding(size, padding, mode)
        return
    ours = array(frontend.call("operations.js", "conv2d", *arguments))
    bias = None if bias is None else torch.from_numpy(bias)
    theirs = F.conv2d(padded, torch.from_numpy(weight), bias, **sliding | {"padding": 0})[0]
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs.numpy()).max() <= bound(weight, x)


def test_left_over_cells_are_those_of_python(frontend):
    cases = itertools.product([1, 5, 7, 8, 12], [1, 2, 3, 5], [1, 2, 3, 5], [0, 1, 2], [1, 2])
    fitting = [case for case in cases if case[0] + 2 * case[3] > case[4] * (case[1] - 1)]
    ours = frontend.each("operations.js", "leftOver", [(size, spec_for_browser(*spec)) for size, *spec in fitting])
    assert ours == [left_over(size, WindowSpec(*spec)) for size, *spec in fitting]


def test_padding_is_advised_only_where_its_mode_allows_it(frontend):
    spec = spec_for_browser(11, dilation=3)
    for mode, advice in (("zeros", ": padding 12 would fit, or a smaller"), ("reflect", ": use a smaller")):
        with pytest.raises(Refused, match=advice):
            frontend.call("operations.js", "outputSize", 7, spec, mode)


def test_conv2d_refuses_a_kernel_for_another_number_of_channels(frontend):
    with pytest.raises(Refused, match="3 slices, but the image 1 channel"):
        frontend.call("operations.js", "conv2d", tensor(np.zeros((1, 5, 5))), tensor(np.zeros((1, 3, 3, 3))), None)


def test_conv2d_refuses_a_window_that_does_not_fit_along_either_axis(frontend):
    for shape in ((1, 2, 9), (1, 9, 2)):
        with pytest.raises(Refused, match="spans 3 cells, but the image only 2"):
            frontend.call("operations.js", "conv2d", tensor(np.zeros(shape)), tensor(np.zeros((1, 1, 3, 3))), None)


SPAN = [-1, 0, 1, 2, 3, 5]
NO_WHOLE_NUMBERS = [0.5, float("nan"), float("inf"), "3", None]
GRID = [
    *itertools.product([0, 1, 2, 3, 4, 7, 12], [*SPAN, 7, 11], SPAN, SPAN, SPAN),
    *((7, odd, 1, 0, 1) for odd in NO_WHOLE_NUMBERS),
    *((7, 3, odd, 0, 1) for odd in NO_WHOLE_NUMBERS),
    *((7, 3, 1, odd, 1) for odd in NO_WHOLE_NUMBERS),
    *((7, 3, 1, 0, odd) for odd in NO_WHOLE_NUMBERS),
    (128, 11, 16, 16, 16),
    (128, 11, 1, 0, 16),
]


def spec_for_browser(kernel, stride=1, padding=0, dilation=1):
    return {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}


@pytest.fixture(scope="module")
def sizes(frontend):
    """For each case of the grid what the browser answers."""
    cases = [(size, spec_for_browser(*spec)) for size, *spec in GRID]
    return list(zip(GRID, frontend.each("operations.js", "outputSize", cases), strict=True))


def test_sizes_and_refusals_are_those_of_python(sizes):
    refused = 0
    for (size, *spec), answer in sizes:
        try:
            expected = output_size(size, WindowSpec(*spec))
        except ValueError:
            expected = None
            refused += 1
        assert (None if isinstance(answer, Refused) else answer) == expected, (size, spec)
    assert 1000 < refused < len(GRID) - 1000


def test_a_refusal_says_which_numbers_do_not_fit(sizes):
    for (size, *spec), answer in sizes:
        if not isinstance(answer, Refused):
            continue
        sentence = str(answer)
        values = [*zip(("kernel size", "stride", "padding", "dilation"), spec, strict=True), ("size", size)]
        bad = [
            (name, value)
            for name, value in values
            if not isinstance(value, int) or value < (name in ("kernel size", "stride", "dilation", "size"))
        ]
        if bad:
            shown = {"nan": "NaN", "inf": "Infinity", "None": "null"}
            named = any(name in sentence and shown.get(str(value), str(value)) in sentence for name, value in bad)
            assert named, (size, spec, sentence)
        else:
            kernel, _, padding, dilation = spec
            found = set(map(int, re.findall(r"\d+", sentence)))
            assert {dilation * (kernel - 1) + 1, size + 2 * padding} <= found, (size, spec, sentence)
            assert dilation == 1 or {kernel, dilation} <= found, (size, spec, sentence)


def test_what_a_refusal_advises_fits(frontend, sizes):
    advised = []
    for (size, *spec), answer in sizes:
        if isinstance(answer, Refused) and (advice := re.search(r"padding (\d+) would fit", str(answer))):
            kernel, stride, _, dilation = spec
            padding = int(advice[1])
            advised.append((size, spec_for_browser(kernel, stride, padding, dilation)))
            with pytest.raises(ValueError, match="spans"):  # one less does not
                output_size(size, WindowSpec(kernel, stride, padding - 1, dilation))
        if isinstance(answer, Refused) and (advice := re.search(r"a kernel of (\d+) or less", str(answer))):
            advised.append((size, spec_for_browser(int(advice[1]), *spec[1:])))
    assert len(advised) > 100
    assert min(frontend.each("operations.js", "outputSize", advised)) == 1


@st.composite
def poolings(draw):
    """A picture with ties, −∞ and sometimes NaN, and windows with torch's bounds: padding up to half the window."""
    height, width = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    rows, cols = [], []
    for size, spec in ((height, rows), (width, cols)):
        kernel = draw(st.integers(1, min(5, 2 * size)))
        padding = draw(st.integers(max(0, (kernel - size + 1) // 2), kernel // 2))
        room = (size + 2 * padding - 1) // (kernel - 1) if kernel > 1 else 3
        dilation = draw(st.integers(1, max(1, min(3, room))))
        spec += [kernel, draw(st.integers(1, 4)), padding, dilation]
    random = np.random.default_rng(draw(seeds))
    x = random.integers(-2, 3, (draw(st.integers(1, 3)), height, width)).astype(np.float32)
    odd = draw(st.sampled_from([(), (-np.inf,), (np.nan,), (-np.inf, np.inf, np.nan)]))
    if odd:
        x = np.where(random.random(x.shape) < 0.4, random.choice(odd, x.shape), x).astype(np.float32)
    return x, rows, cols


@settings(max_examples=300)
@given(poolings(), st.booleans())
def test_max_pooling_has_torchs_values_and_winners(frontend, case, ceil_mode):
    x, rows, cols = case
    kernel, stride, padding, dilation = map(list, zip(rows, cols, strict=True))
    options = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation, "ceilMode": ceil_mode}
    ours = frontend.call("operations.js", "maxPool2d", tensor(x), options)
    theirs, winners = F.max_pool2d(torch.from_numpy(x), kernel, stride, padding, dilation, ceil_mode, True)
    np.testing.assert_array_equal(array(ours), theirs.numpy())
    # dilated windows may have no tap on the picture at all: torch's index points nowhere then, the browser's says −1
    places = [
        [any(0 <= step * s - p + tap * d < size for tap in range(k)) for step in range(count)]
        for size, count, (k, s, p, d) in zip(x.shape[1:], theirs.shape[1:], (rows, cols), strict=True)
    ]
    expected = np.where(np.outer(*places), winners.numpy(), -1)
    np.testing.assert_array_equal(ours["winners"].reshape(theirs.shape), expected)


@settings(max_examples=200)
@given(poolings(), st.booleans(), st.booleans())
def test_average_pooling_is_torchs(frontend, case, ceil_mode, count_include_pad):
    x, rows, cols = case
    x = np.where(np.isfinite(x), x, 0).astype(np.float32)
    kernel, stride, padding, _ = map(list, zip(rows, cols, strict=True))
    options = {"kernel": kernel, "stride": stride, "padding": padding}
    options |= {"ceilMode": ceil_mode, "countIncludePad": count_include_pad}
    ours = array(frontend.call("operations.js", "avgPool2d", tensor(x), options))
    theirs = F.avg_pool2d(torch.from_numpy(x), kernel, stride, padding, ceil_mode, count_include_pad).numpy()
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


def test_pooled_sizes_and_refusals_are_those_of_python(frontend):
    grid = [*itertools.product(range(1, 7), range(1, 4), range(1, 4), range(4), (1, 2), (False, True))]
    cases = [(size, spec_for_browser(*spec), ceil_mode) for size, *spec, ceil_mode in grid]
    for (size, *spec, ceil_mode), answer in zip(grid, frontend.each("operations.js", "pooledSize", cases), strict=True):
        try:
            expected = pooled_size(size, WindowSpec(*spec), ceil_mode=ceil_mode)
        except ValueError:
            expected = None
        assert (None if isinstance(answer, Refused) else answer) == expected, (size, spec, ceil_mode)


def test_pooling_moves_by_its_own_size_unless_told_otherwise(frontend):
    x = numbers((2, 9, 8), 5)
    ours = array(frontend.call("operations.js", "maxPool2d", tensor(x), {"kernel": [3, 2]}))
    np.testing.assert_array_equal(ours, F.max_pool2d(torch.from_numpy(x), (3, 2)).numpy())


@given(st.integers(1, 400), st.integers(1, 20), seeds)
def test_linear_agrees_with_torch(frontend, inputs, outputs, seed):
    x, weight, bias = numbers(inputs, seed), numbers((outputs, inputs), seed + 1), numbers(outputs, seed + 2)
    ours = array(frontend.call("operations.js", "linear", tensor(x), tensor(weight), bias))
    theirs = F.linear(*map(torch.from_numpy, (x, weight, bias))).numpy()
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= bound(weight, x)


def test_linear_needs_no_bias_and_refuses_another_number_of_inputs(frontend):
    x, weight = numbers(3, 1), numbers((2, 3), 2)
    np.testing.assert_allclose(
        array(frontend.call("operations.js", "linear", tensor(x), tensor(weight))), weight @ x, 1e-6
    )
    with pytest.raises(Refused, match="takes 3 numbers, but gets 4"):
        frontend.call("operations.js", "linear", tensor(numbers(4, 1)), tensor(weight))


@given(st.lists(st.floats(width=32), max_size=60))
def test_relu_is_torchs_for_every_number_there_is(frontend, values):
    x = np.array(values, np.float32)
    ours = frontend.call("operations.js", "relu", tensor(x))
    np.testing.assert_array_equal(array(ours), F.relu(torch.from_numpy(x)).numpy())


def test_relu_leaves_its_input_as_it_was(frontend):
    script = """async (x) => {
      const { relu } = await bridge.load("operations.js");
      relu(x);
      return x.data;
    }"""
    np.testing.assert_array_equal(frontend.run(script, tensor([-1, 2])), [-1, 2])


@given(st.integers(1, 4), st.integers(1, 6), st.integers(1, 6), seeds)
def test_flatten_is_torchs(frontend, channels, height, width, seed):
    x = numbers((channels, height, width), seed)
    flat = array(frontend.call("operations.js", "flatten", tensor(x)))
    np.testing.assert_array_equal(flat, torch.flatten(torch.from_numpy(x)).numpy())


@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=1, max_size=30))
def test_softmax_agrees_with_torch_also_for_scores_that_would_overflow(frontend, scores):
    x = np.array(scores, np.float32)
    ours = array(frontend.call("operations.js", "softmax", tensor(x)))
    np.testing.assert_allclose(ours, torch.softmax(torch.from_numpy(x).double(), 0).numpy(), rtol=1e-6, atol=1e-9)
    assert ours.sum(dtype=np.float64) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("case", GOLDEN, ids=[f"{at}-{case['function']}" for at, case in enumerate(GOLDEN)])
def test_hand_worked_sums_come_out_in_the_browser_and_in_torch(frontend, case):
    x, options = torch.tensor(case["x"], dtype=torch.float32), {key: case[key] for key in AXES if key in case}
    parts = [torch.tensor(case[key], dtype=torch.float32) for key in ("weight", "bias") if key in case]
    arguments = [tensor(x), *(tensor(part) if part.ndim > 1 else part.numpy() for part in parts)]
    if case["function"] == "conv2d":
        arguments.append(options)
        theirs = F.conv2d(x[None], *parts, **options)[0]
    elif case["function"] == "maxPool2d":
        arguments.append(options | {"kernel": case["kernel"]})
        theirs, winners = F.max_pool2d(x, case["kernel"], **options, return_indices=True)
        assert winners.tolist() == case["winners"]
    else:
        theirs = {"relu": F.relu, "flatten": torch.flatten, "linear": F.linear, "softmax": lambda x: F.softmax(x, 0)}[
            case["function"]
        ](x, *parts)
    ours = frontend.call("operations.js", case["function"], *arguments)
    assert array(ours).tolist() == theirs.tolist() == case["output"]
    if "winners" in case:
        assert ours["winners"].reshape(theirs.shape).tolist() == case["winners"]
