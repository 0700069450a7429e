"""The Python that the page writes: the notebook's own lines, and scripts that give torch's map as they stand."""

import ast
import io
import runpy
from contextlib import redirect_stdout

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch.nn import functional as F

from tests.frontend.pages import tensor

NOTEBOOK = """
def conv2d(image, kernel):
    H, W = list(image.size())
    M, N = list(kernel.size())

    out= torch.zeros(H-M+1, W-N+1, dtype=torch.float32) # output dimensions
    for i in range(H-M+1):
        for j in range(W-N+1):
            out[i,j]= torch.sum(image[i:i+M,j:j+N]*kernel) # convolution
    return out
"""
MODES = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}  # torch has two names


def operation(image, kernel, *, stride=(1, 1), padding=(0, 0), dilation=(1, 1), bias=0.0, relu=False, mode="zeros"):
    """An operation as the stage holds it, and torch's map of it."""
    x, weight = torch.from_numpy(image)[None], torch.from_numpy(kernel)[None]
    padded = F.pad(x, (padding[1], padding[1], padding[0], padding[0]), mode=MODES[mode]) if any(padding) else x
    expected = F.conv2d(padded, weight, torch.tensor([bias], dtype=torch.float32), stride, 0, dilation)[0, 0]
    expected = F.relu(expected) if relu else expected
    axes = [
        {"kernel": size, "stride": stride[axis], "padding": padding[axis], "dilation": dilation[axis]}
        for axis, size in enumerate(kernel.shape[1:])
    ]
    op = {
        "input": tensor(image),
        "weight": tensor(kernel),
        "output": {"shape": list(expected.shape)},
        "bias": float(np.float32(bias)),
        "relu": relu,
        "rows": axes[0],
        "cols": axes[1],
        "paddingMode": mode,
    }
    return op, expected


def ran(frontend, tmp_path_factory, op, way):
    """What the script leaves behind, and its text."""
    text = frontend.call("snippet.js", "snippet", op, way)
    file = tmp_path_factory.mktemp("snippet") / "snippet.py"
    file.write_text(text, encoding="utf-8")
    with redirect_stdout(io.StringIO()) as said:
        left = runpy.run_path(str(file))
    assert said.getvalue().startswith("tensor(")
    return left, text


def image_of(channels, height, width, kind, seed):
    generator = np.random.default_rng(seed)
    if kind == "float32":
        return generator.normal(size=(channels, height, width)).astype(np.float32)
    levels = {"hundredths": 100, "bytes": 255}[kind]
    return (generator.integers(0, levels + 1, (channels, height, width)) / levels).astype(np.float32)


pairs = lambda least, most: st.tuples(st.integers(least, most), st.integers(least, most))  # noqa: E731
cases = st.fixed_dictionaries(
    {
        "channels": st.sampled_from([1, 3]),
        "size": pairs(5, 9),
        "kernel": pairs(1, 5),
        "stride": pairs(1, 3),
        "padding": pairs(0, 3),
        "dilation": pairs(1, 2),
        "bias": st.sampled_from([0.0, 0.5, -1.25, 0.1]),
        "relu": st.booleans(),
        "mode": st.sampled_from(sorted(MODES)),
        "kind": st.sampled_from(["float32", "hundredths", "bytes"]),
        "seed": st.integers(0, 1000),
    }
)
LARGE = {"channels": 3, "size": (20, 31), "kernel": (3, 3), "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}
LARGE |= {"bias": 0.0, "relu": False, "mode": "zeros", "seed": 3}


@given(cases)
@example(LARGE | {"kind": "bytes"})
@example(LARGE | {"kind": "hundredths"})
@example(LARGE | {"kind": "float32"})
def test_both_scripts_run_as_they_stand_and_give_torchs_map(frontend, tmp_path_factory, case):
    channels, size, kernel, kind, seed = (case.pop(name) for name in ("channels", "size", "kernel", "kind", "seed"))
    if any(
        dilation * (k - 1) + 1 > length + 2 * padding
        for dilation, k, length, padding in zip(case["dilation"], kernel, size, case["padding"], strict=True)
    ):
        return
    image = image_of(channels, *size, kind, seed)
    weight = np.random.default_rng(seed + 1).normal(size=(channels, *kernel)).astype(np.float32)
    op, expected = operation(image, weight, **case)
    for way in ("torch", "loop"):
        left, text = ran(frontend, tmp_path_factory, op, way)
        np.testing.assert_array_equal(left["image"].numpy().reshape(image.shape), image, err_msg=text[-2000:])
        np.testing.assert_array_equal(left["kernel"].numpy().reshape(weight.shape), weight)
        bound = 1e-5 * max(1, np.abs(weight).sum() * np.abs(image).max())
        np.testing.assert_allclose(left["out"].numpy(), expected.numpy(), atol=bound, rtol=0, err_msg=text[-2000:])


def loop(frontend, **changes):
    ones = np.ones((changes.pop("channels", 1), 7, 7), np.float32)
    op, _ = operation(ones, np.ones((len(ones), 3, 3), np.float32), **changes)
    return "\n".join(line["text"] for line in frontend.call("notebook_code.js", "loopCode", op))


def test_without_extras_the_loop_is_the_notebooks_own(frontend):
    ours = loop(frontend)
    assert ast.dump(ast.parse(ours)) == ast.dump(ast.parse(NOTEBOOK))
    assert len(ours.splitlines()) == len(NOTEBOOK.strip().splitlines())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"stride": (2, 2)}, "image[2*i:2*i+M, 2*j:2*j+N]"),
        ({"stride": (1, 2)}, "for j in range((W-N)//2+1):"),
        ({"padding": (1, 2)}, "image = F.pad(image[None], (2, 2, 1, 1))[0]"),
        ({"padding": (1, 1), "mode": "reflect"}, 'F.pad(image[None], (1, 1, 1, 1), mode="reflect")[0]'),
        ({"dilation": (1, 3)}, "P, Q = M, 3*(N-1)+1"),
        ({"dilation": (2, 2)}, "image[i:i+P:2, j:j+Q:2]"),
        ({"bias": 0.5}, "def conv2d(image, kernel, bias):"),
        ({"bias": 0.5}, "* kernel) + bias"),
        ({"relu": True}, "torch.relu(torch.sum("),
        ({"channels": 3}, "C, H, W = list(image.size())"),
        ({"channels": 3}, "image[:, i:i+M, j:j+N]"),
    ],
)
def test_what_is_used_is_in_the_loop_and_nothing_else_is(frontend, changes, expected):
    assert expected in loop(frontend, **changes)
    assert expected not in loop(frontend)


@pytest.mark.parametrize(
    ("changes", "text"),
    [({}, "image[2:5, 3:6]"), ({"stride": (2, 3), "dilation": (1, 2)}, "image[4:7, 9:14:2]")],
)
def test_the_window_is_named_as_the_loop_cuts_it(frontend, changes, text):
    op, _ = operation(np.ones((1, 15, 15), np.float32), np.ones((1, 3, 3), np.float32), **changes)
    assert frontend.call("notebook_code.js", "windowText", op, [2, 3]) == text


def test_a_script_says_no_more_than_is_asked(frontend, tmp_path_factory):
    op, _ = operation(np.ones((1, 7, 7), np.float32), np.ones((1, 3, 3), np.float32))
    _, text = ran(frontend, tmp_path_factory, op, "torch")
    assert "F.conv2d(x, kernel[None, None])" in text
    assert not any(word in text for word in ("bias", "stride", "padding", "dilation", "relu", "base64", "F.pad"))
