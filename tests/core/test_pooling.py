"""Pooling against torch: values, winners, sizes, refusals, and where the gradient goes."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.core.operations import parts
from cnnviz.core.pooling import pooling, pooling_gradient, winners
from cnnviz.core.trace import trace
from cnnviz.core.windows import WindowSpec, pooled_size

seeds = st.integers(0, 2**32 - 1)


def values(seed: int, *shape: int, levels: int | None = None) -> torch.Tensor:
    """Random numbers, or so few levels that windows hold many equals."""
    generator = torch.Generator().manual_seed(seed)
    if levels:
        return torch.randint(-levels, levels, shape, generator=generator).float()
    return torch.randn(shape, generator=generator)


@st.composite
def poolings(draw):
    specs = []
    for _ in range(2):
        kernel, dilation = draw(st.integers(1, 5)), draw(st.integers(1, 2))
        specs.append(WindowSpec(kernel, draw(st.integers(1, 4)), draw(st.integers(0, kernel // 2)), dilation))
    shape = [draw(st.integers(max(1, spec.extent - 2 * spec.padding), 14)) for spec in specs]
    x = values(draw(seeds), 2, 2, *shape, levels=draw(st.sampled_from([None, 2])))
    return x, specs, draw(st.booleans())


@settings(max_examples=150)
@given(poolings())
def test_max_pooling_and_its_winners_are_torchs(case):
    x, (rows, cols), ceil_mode = case
    operation = pooling(x, "max_pool2d", rows, cols, ceil_mode=ceil_mode)
    settings = [
        tuple(getattr(spec, name) for spec in (rows, cols)) for name in ("kernel_size", "stride", "padding", "dilation")
    ]
    output, indices = F.max_pool2d(x, *settings, ceil_mode=ceil_mode, return_indices=True)
    assert torch.equal(operation.output, output)
    assert torch.equal(winners(operation), indices)
    assert operation.parameters == 0


@settings(max_examples=60)
@given(poolings(), st.data())
def test_the_gradient_goes_to_the_winner_alone(case, data):
    x, (rows, cols), ceil_mode = case
    operation = pooling(x, "max_pool2d", rows, cols, ceil_mode=ceil_mode)
    place = [data.draw(st.integers(0, size - 1)) for size in operation.output.shape[1:]]
    channel, *position = place
    gradient = pooling_gradient(operation, tuple(position), channel)
    assert gradient.sum() == gradient.max() == 1
    assert gradient.flatten().argmax() == winners(operation)[0][tuple(place)]
    assert divmod(int(gradient.flatten().argmax()), x.shape[3]) == parts(operation, tuple(position), channel).winner


@settings(max_examples=100)
@given(poolings(), st.booleans(), st.data())
def test_average_pooling_is_torchs_and_its_gradient_spreads(case, count_include_pad, data):
    x, specs, ceil_mode = case
    rows, cols = (WindowSpec(spec.kernel_size, spec.stride, min(spec.padding, spec.kernel_size // 2)) for spec in specs)
    operation = pooling(x, "avg_pool2d", rows, cols, ceil_mode=ceil_mode, count_include_pad=count_include_pad)
    settings = [tuple(getattr(spec, name) for spec in (rows, cols)) for name in ("kernel_size", "stride", "padding")]
    assert torch.equal(operation.output, F.avg_pool2d(x, *settings, ceil_mode, count_include_pad))
    position = tuple(data.draw(st.integers(0, size - 1)) for size in operation.output.shape[2:])
    gradient = pooling_gradient(operation, position)
    assert set(gradient.flatten().tolist()) <= {0.0, torch.tensor(1 / parts(operation, position).divisor).item()}
    assert gradient.any()


def test_every_small_combination_is_taken_or_refused_as_torch_does():
    answers = set()
    for size, kernel, stride, padding, dilation in itertools.product(
        range(1, 7), range(1, 4), range(1, 4), range(4), (1, 2)
    ):
        for ceil_mode in (False, True):
            try:
                expected = F.max_pool2d(
                    torch.zeros(1, 1, size, size), kernel, stride, padding, dilation, ceil_mode
                ).shape[-1]
            except RuntimeError:
                expected = None
            try:
                ours = pooled_size(size, WindowSpec(kernel, stride, padding, dilation), ceil_mode=ceil_mode)
            except ValueError:
                ours = None
            assert ours == expected, (size, kernel, stride, padding, dilation, ceil_mode)
            answers.add(ours)
    assert answers > {None, 1, 2, 3}


def test_a_refusal_says_what_would_fit():
    with pytest.raises(ValueError, match="at most half its window, here 1, and not 2"):
        pooled_size(8, WindowSpec(3, 2, padding=2))
    with pytest.raises(ValueError, match="Average pooling has no dilation"):
        pooling(torch.zeros(1, 1, 8, 8), "avg_pool2d", WindowSpec(2, 2, dilation=2))
    with pytest.raises(ValueError, match="max_pool2d or avg_pool2d, not lp_pool2d"):
        pooling(torch.zeros(1, 1, 8, 8), "lp_pool2d", WindowSpec(2))
    with pytest.raises(ValueError, match="only max pooling has winners"):
        winners(pooling(torch.zeros(1, 1, 8, 8), "avg_pool2d", WindowSpec(2)))
    operation = pooling(torch.zeros(1, 1, 8, 8), "max_pool2d", WindowSpec(2, 2))
    with pytest.raises(IndexError, match=r"no cell \(4, 0\)"):
        pooling_gradient(operation, (4, 0))


def test_the_notebooks_example_and_a_traced_layer_are_the_same_operation():
    x = values(1, 1, 3, 8, 8)
    operation = pooling(x, "max_pool2d", WindowSpec(2, stride=2))
    (layer,) = trace(nn.MaxPool2d(2, 2), x)
    assert operation.output.shape == (1, 3, 4, 4)
    assert torch.equal(layer.output, operation.output)
    assert (layer.kind, layer.windows, layer.ceil_mode) == (operation.kind, operation.windows, operation.ceil_mode)
