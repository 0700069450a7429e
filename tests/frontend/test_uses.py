"""What an input cell feeds and what a weight meets, against torch's gradients."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.core.padding import PADDING_MODES, most_padding
from tests.frontend.pages import tensor

small = st.integers(1, 3)


@st.composite
def operations(draw):
    """Input (C, H, W), weight (C, kh, kw), and how the window slides."""
    channels, height, width = draw(small), draw(st.integers(3, 7)), draw(st.integers(3, 7))
    mode = draw(st.sampled_from(PADDING_MODES))
    axes = []
    for size in (height, width):
        kernel, dilation = draw(small), draw(st.integers(1, 2))
        least = max(0, -((size - dilation * (kernel - 1) - 1) // 2))
        most = 4 if most_padding(size, mode) is None else min(4, most_padding(size, mode))
        axes.append(
            {"kernel": kernel, "stride": draw(small), "padding": draw(st.integers(least, most)), "dilation": dilation}
        )
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = random.standard_normal((channels, height, width)).astype(np.float32)
    weight = random.integers(-3, 4, (channels, axes[0]["kernel"], axes[1]["kernel"])).astype(np.float32)
    return x, weight, axes, mode


def torchs(x, weight, axes, mode):
    """The padded input and the output, from tensors that may want gradients."""
    rows, cols = axes
    amounts = (cols["padding"], cols["padding"], rows["padding"], rows["padding"])
    padded = F.pad(x[None], amounts, "constant" if mode == "zeros" else mode)
    stride, dilation = ([axis[key] for axis in axes] for key in ("stride", "dilation"))
    return padded[0], F.conv2d(padded, weight[None], None, stride, 0, dilation)[0, 0]


def in_browser(x, weight, axes, mode):
    _, output = torchs(torch.from_numpy(x), torch.from_numpy(weight), axes, mode)
    return {
        "input": tensor(x), "weight": tensor(weight), "output": tensor(output), "rows": axes[0], "cols": axes[1],
        "paddingMode": mode, "valueName": "pixel",
    }  # fmt: skip


@settings(max_examples=60)
@given(operations(), st.data())
def test_a_cell_feeds_the_outputs_that_change_with_it_each_by_its_weight(frontend, case, data):
    x, weight, axes, mode = case
    channel, row, col = (data.draw(st.integers(0, size - 1)) for size in x.shape)
    fed = frontend.call("uses.js", "fedBy", in_browser(*case), channel, [row, col])
    assert [(each["row"], each["col"]) for each in fed] == sorted((each["row"], each["col"]) for each in fed)
    # with weights of one the gradient counts the uses
    for kernel, said in (
        (weight, [each["weight"] for each in fed]),
        (np.ones_like(weight), [len(each["uses"]) for each in fed]),
    ):
        jacobian = torch.autograd.functional.jacobian(
            lambda x, kernel=kernel: torchs(x, torch.from_numpy(kernel), axes, mode)[1], torch.from_numpy(x)
        )[:, :, channel, row, col]
        ours = np.zeros(jacobian.shape, np.float32)
        for each, value in zip(fed, said, strict=True):
            ours[each["row"], each["col"]] = value
        np.testing.assert_allclose(ours, jacobian.numpy(), atol=1e-5)
    assert all(each["uses"] for each in fed)


@settings(max_examples=60)
@given(operations(), st.data())
def test_a_weight_meets_the_inputs_that_its_gradient_is_made_of(frontend, case, data):
    x, weight, axes, mode = case
    channel, u, v = (data.draw(st.integers(0, size - 1)) for size in weight.shape)
    met = frontend.call("uses.js", "metBy", in_browser(*case), [u, v])
    padded, _ = torchs(torch.from_numpy(x), torch.from_numpy(weight), axes, mode)
    jacobian = torch.autograd.functional.jacobian(
        lambda weight: torchs(torch.from_numpy(x), weight, axes, mode)[1], torch.from_numpy(weight)
    )[:, :, channel, u, v]
    top, left = met["row"] + axes[0]["padding"], met["col"] + axes[1]["padding"]
    down, across = met["taps"]
    copy = padded[channel, top : top + met["rows"] : down, left : left + met["cols"] : across]
    torch.testing.assert_close(copy, jacobian)
    inside = sum(
        0 <= met["row"] + r < x.shape[1] and 0 <= met["col"] + c < x.shape[2]
        for r in range(0, met["rows"], down)
        for c in range(0, met["cols"], across)
    )
    assert (met["count"], met["padded"]) == (jacobian.numel(), jacobian.numel() - inside)


@pytest.mark.parametrize(
    ("axis", "cell", "sentence"),
    [
        ({}, [1, 1], "Input row 2, column 2 (pixel 4) feeds 4 outputs, each by the weight that met it: row 1, column 1 by −2; row 1, column 2 by 1; row 2, column 1 by 0.5; row 2, column 2 by 1."),
        ({"stride": 2}, [2, 2], "Input row 3, column 3 (pixel 8) feeds no output: no window reaches it."),
        ({"dilation": 2}, [1, 1], "Input row 2, column 2 (pixel 4) feeds no output: every window over it has a gap there, which is its dilation."),
    ],
)  # fmt: skip
def test_what_a_cell_feeds_is_said(frontend, axis, cell, sentence):
    axes = [{"kernel": 2, "stride": 1, "padding": 0, "dilation": 1} | axis] * 2
    weight = np.float32([[[1, 0.5], [1, -2]]])
    operation = in_browser(np.arange(9, dtype=np.float32).reshape(1, 3, 3), weight, axes, "zeros")
    fed = frontend.call("uses.js", "fedBy", operation, 0, cell)
    assert frontend.call("uses.js", "fedSentence", operation, 0, cell, fed) == sentence


def test_what_a_weight_meets_is_said(frontend):
    axes = [{"kernel": 2, "stride": 2, "padding": 1, "dilation": 1}] * 2
    operation = in_browser(np.zeros((1, 4, 4), np.float32), np.float32([[[1, -0.5], [1, 1]]]), axes, "zeros")
    met = frontend.call("uses.js", "metBy", operation, [0, 1])
    assert frontend.call("uses.js", "metSentence", operation, 0, [0, 1], met) == (
        "The weight in row 1, column 2 (−0.5) meets 9 inputs, 5 of them padding: every 2nd of rows 0 to 4, every 2nd of columns 1 to 5."
    )
