"""Receptive fields: the box against the gradient's support, the active part against autograd, the formula by hand."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.core.network import ConvNet, load_network
from cnnviz.core.receptive import ReceptiveField, active_part, receptive_fields
from cnnviz.core.trace import trace
from cnnviz.core.windows import WindowSpec


@st.composite
def stacks(draw):
    """Convolutions with weights one and no ReLU, and pooling by average: nothing there can be zero by chance."""
    layers, shape = [], (draw(st.integers(6, 18)), draw(st.integers(6, 18)))
    for _ in range(draw(st.integers(1, 4))):
        kernel, stride, dilation = (tuple(draw(st.integers(1, most)) for _ in shape) for most in (3, 3, 2))
        if draw(st.booleans()):
            padding = tuple(draw(st.integers(0, 2)) for _ in shape)
            layer = nn.Conv2d(1, 1, kernel, stride, padding, dilation, bias=False)
            nn.init.ones_(layer.weight)
        else:
            padding = tuple(draw(st.integers(0, size // 2)) for size in kernel)
            layer = nn.AvgPool2d(kernel, stride, padding, ceil_mode=draw(st.booleans()))
        try:
            with torch.no_grad():
                shape = layer(torch.ones(1, 1, *shape)).shape[-2:]
        except RuntimeError:  # the window does not fit any more
            break
        layers.append(layer)
    return nn.Sequential(*layers or [nn.Identity()]).double()


@settings(max_examples=150)
@given(stacks(), st.integers(6, 18), st.integers(6, 18), st.data())
def test_the_box_is_the_bounding_box_of_the_gradients_support(stack, height, width, data):
    x = torch.ones(1, 1, height, width, dtype=torch.float64, requires_grad=True)
    try:
        traced = trace(stack, x)
    except RuntimeError:
        return
    layer = receptive_fields(traced)[-1]
    position = tuple(data.draw(st.integers(0, size - 1)) for size in layer.cells)
    (gradient,) = torch.autograd.grad(stack(x)[0, 0, position[0], position[1]], x)
    rows, cols = gradient[0, 0].nonzero(as_tuple=True)
    expected = (int(rows.min()), int(cols.min()), int(rows.max()) + 1, int(cols.max()) + 1) if len(rows) else None
    assert layer.box(position) == expected


@settings(max_examples=60)
@given(stacks(), st.integers(6, 18))
def test_the_formula_gives_the_box_where_no_padding_cuts_it(stack, size):
    try:
        layer = receptive_fields(trace(stack, torch.ones(1, 1, size, size).double()))[-1]
    except RuntimeError:
        return
    middle = tuple(cells // 2 for cells in layer.cells)
    (top, bottom), (left, right) = layer.rows.span(middle[0]), layer.cols.span(middle[1])
    box = layer.box(middle)
    if box:
        assert top <= box[0] < box[2] <= bottom
        assert left <= box[1] < box[3] <= right
    if not any(step.spec.padding for way in layer.ways for step in way) and not any(
        getattr(module, "ceil_mode", False) for module in stack
    ):
        assert box == (top, left, bottom, right)


def test_the_notebooks_network_layer_by_layer():
    layers = receptive_fields(trace(ConvNet(), torch.zeros(1, 3, 32, 32)))
    table = {layer.name: (layer.rows.size, layer.rows.jump, layer.cells[0]) for layer in layers}
    assert {name: table[name] for name in ("conv1", "relu", "pool", "conv2", "pool_1", "fc1", "fc3")} == {
        "conv1": (5, 1, 28),
        "relu": (5, 1, 28),
        "pool": (6, 2, 14),
        "conv2": (14, 2, 10),
        "pool_1": (16, 4, 5),
        "fc1": (32, 4, 1),  # 16 + 4·4: all of the image
        "fc3": (32, 4, 1),
    }
    assert layers[4].kind == "relu"
    assert layers[5].box((4, 1)) == (16, 4, 32, 20)


def test_padding_moves_the_start_and_is_no_part_of_the_box():
    field = ReceptiveField().behind(WindowSpec(3, padding=1)).behind(WindowSpec(3, stride=2, padding=1))
    assert (field.size, field.jump, field.start) == (5, 2, -2)
    padded = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 3, stride=2, padding=1))
    assert receptive_fields(trace(padded, torch.zeros(1, 1, 7, 7)))[1].box((0, 3)) == (0, 4, 3, 7)


@pytest.mark.parametrize(
    ("name", "unit"), [("conv1", (2, 3, 4)), ("pool_1", (5, 1, 2)), ("relu_1", (0, 4, 4)), ("fc3", (7,))]
)
def test_the_active_part_is_the_gradient_and_lies_in_the_box(name, unit):
    network = load_network()
    x = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(3))
    part = active_part(network, x, name, unit)
    layers = {layer.name: layer for layer in receptive_fields(trace(network, x))}
    top, left, bottom, right = layers[name].box(unit[1:] if len(unit) == 3 else (0, 0))
    outside = part.clone()
    outside[top:bottom, left:right] = 0
    assert not outside.any()
    # torch's derivative against a difference, along a random direction
    direction = torch.randn(x.shape, generator=torch.Generator().manual_seed(4)).sign()
    operation = trace(network.double(), x.double())[name].output[(0, *unit)]
    step = 1e-6
    moved = trace(network, x.double() + step * direction)[name].output[(0, *unit)]
    assert abs(float(moved - operation)) / step <= float(part.sum()) * (1 + 1e-3) + 1e-6
    assert not any(module._forward_hooks for module in network.modules())


def test_the_active_part_of_a_single_convolution_is_its_kernel():
    layer = nn.Conv2d(2, 1, 3)
    part = active_part(layer, torch.rand(1, 2, 6, 6), "conv2d", (0, 1, 2))
    torch.testing.assert_close(part[1:4, 2:5], layer.weight[0].abs().sum(dim=0).detach())


def test_what_there_is_not_is_refused():
    network, x = load_network(), torch.zeros(1, 3, 32, 32)
    with pytest.raises(KeyError, match="No operation is called conv9"):
        active_part(network, x, "conv9", (0, 0, 0))
    with pytest.raises(IndexError, match=r"conv1 has no unit at \(28, 0\)"):
        receptive_fields(trace(network, x))[0].box((28, 0))
    with pytest.raises(ValueError, match="along 1 axes"):
        receptive_fields(trace(nn.Conv1d(1, 1, 3), torch.zeros(1, 1, 8)))
