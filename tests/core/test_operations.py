"""Operations and their parts against torch."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from cnnviz.core.operations import Operation, conv2d, convolution, parts
from cnnviz.core.trace import trace
from cnnviz.core.windows import WindowSpec

# torch says once that "same" needs a padded copy where the kernel is even
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")

seeds = st.integers(0, 2**32 - 1)
small = st.integers(1, 3)


def random_tensor(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def near(value: float, expected: float, terms: Tensor) -> bool:
    """Equal up to the rounding of a float32 sum of these terms."""
    return abs(value - expected) <= 1e-5 * max(1.0, terms.abs().sum().item())


def any_place(data: st.DataObject, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(data.draw(st.integers(0, size - 1)) for size in shape)


# The double loop


@settings(deadline=None, max_examples=60)
@given(seeds, st.integers(1, 9), st.integers(1, 9), st.data())
def test_the_double_loop_is_torchs_conv2d(seed, height, width, data):
    image = random_tensor(seed, height, width)
    kernel = random_tensor(seed + 1, data.draw(st.integers(1, height)), data.draw(st.integers(1, width)))
    feature_map = conv2d(image, kernel)
    assert feature_map.dtype == torch.float32
    torch.testing.assert_close(feature_map, F.conv2d(image[None, None], kernel[None, None])[0, 0], atol=1e-5, rtol=1e-5)


def test_the_kernel_is_not_flipped():
    image = torch.tensor([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    assert conv2d(image, torch.tensor([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[4.0, 3.0], [2.0, 1.0]]


@pytest.mark.parametrize(
    ("image", "kernel", "sentence"),
    [
        ((3, 5), (4, 2), "The kernel is 4×2, but the image only 3×5: the kernel must fit into the image."),
        ((3, 5), (1, 6), "The kernel is 1×6, but the image only 3×5: the kernel must fit into the image."),
        ((1, 3, 5), (2, 2), "The image must have rows and columns, but its shape is 1×3×5."),
        ((3, 5), (2,), "The kernel must have rows and columns, but its shape is 2."),
        ((3, 5), (0, 2), "The kernel must have rows and columns, but its shape is 0×2."),
    ],
)
def test_the_double_loop_refuses_in_a_sentence(image, kernel, sentence):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole sentence is compared
        conv2d(torch.zeros(image), torch.zeros(kernel))
    assert str(refusal.value) == sentence


# A convolution of its own


@settings(deadline=None, max_examples=60)
@given(
    seeds, st.tuples(small, small), st.tuples(small, small), st.tuples(small, small), st.tuples(small, small), st.data()
)
def test_a_convolution_is_torchs_with_every_hyperparameter(seed, kernel_size, stride, padding, dilation, data):
    channels, relu, biased = data.draw(small), data.draw(st.booleans()), data.draw(st.booleans())
    x, weight = random_tensor(seed, 1, channels, 8, 9), random_tensor(seed + 1, 1, channels, *kernel_size)
    bias = random_tensor(seed + 2, 1) if biased else None
    rows, cols = map(WindowSpec, kernel_size, stride, padding, dilation)
    operation = convolution(x, weight, bias, rows=rows, cols=cols, activation="relu" if relu else None)
    expected = F.conv2d(x, weight, bias, stride, padding, dilation)
    assert torch.equal(operation.output, F.relu(expected) if relu else expected)
    assert (operation.kind, operation.windows) == ("conv2d", (rows, cols))
    assert operation.parameters == weight.numel() + biased
    position = any_place(data, operation.output.shape[2:])
    part = parts(operation, position)
    assert near(part.activation, operation.output[0, 0, *position].item(), part.products)
    assert near(part.pre_activation, expected[0, 0, *position].item(), part.products)


def test_a_convolution_moves_by_one_without_padding_unless_told():
    operation = convolution(torch.ones(1, 1, 4, 5), torch.ones(1, 1, 3, 2))
    assert operation.windows == (WindowSpec(3), WindowSpec(2))
    assert operation.output.tolist() == torch.full((1, 1, 2, 4), 6.0).tolist()


def test_extra_padding_is_what_torch_calls_same():
    x, weight = random_tensor(1, 1, 2, 5, 6), random_tensor(2, 1, 2, 4, 2)
    rows, cols = WindowSpec(4, padding=1, extra_padding=1), WindowSpec(2, extra_padding=1)
    torch.testing.assert_close(convolution(x, weight, rows=rows, cols=cols).output, F.conv2d(x, weight, padding="same"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"weight": torch.ones(1, 2, 3, 3)}, "The kernel has 2 slices, but the input 3 channels."),
        ({"x": torch.ones(3, 5, 5)}, "four axes, but their shapes are 3×5×5 and 1×3×3×3."),
        ({"bias": torch.ones(2)}, "one bias for each of the 1 filters, not 2."),
        ({"cols": WindowSpec(2)}, "The kernel has 3 columns, but its window 2."),
        ({"rows": WindowSpec(3, dilation=3)}, "The window spans 7 cells"),
    ],
)
def test_a_convolution_refuses_in_a_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        convolution(**{"x": torch.ones(1, 3, 5, 5), "weight": torch.ones(1, 3, 3, 3)} | arguments)


def test_an_operation_shows_itself_in_one_line():
    operation = convolution(torch.ones(1, 3, 32, 32), torch.ones(6, 3, 5, 5), torch.ones(6), name="conv1")
    assert repr(operation) == "<Operation conv1: conv2d, 1×3×32×32 → 1×6×28×28, parameters 456>"


# Parts of a convolution


def test_parts_of_a_hand_worked_corner():
    x = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    weight = torch.tensor([[[[1.0, 1.0, 1.0], [1.0, 2.0, 3.0], [1.0, 4.0, -5.0]]]])
    operation = convolution(
        x, weight, torch.tensor([0.5]), rows=WindowSpec(3, padding=1), cols=WindowSpec(3, padding=1), activation="relu"
    )
    part = parts(operation, (0, 0))
    assert part.patch.tolist() == [[[0, 0, 0], [0, 1, 2], [0, 3, 4]]]
    assert part.products.tolist() == [[[0, 0, 0], [0, 2, 6], [0, 12, -20]]]
    assert (part.dot_product, part.bias, part.pre_activation, part.activation) == (0.0, 0.5, 0.5, 0.5)
    assert parts(operation, (1, 1)).dot_product == 1 + 2 + 3 + 8


@settings(deadline=None, max_examples=80)
@given(seeds, st.integers(1, 3), st.data())
def test_parts_of_any_convolution_add_up_to_torchs_output(seed, axes, data):
    mode = data.draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    groups, inputs, outputs = data.draw(small), data.draw(small), data.draw(small)
    kernel_size = data.draw(st.tuples(*[small] * axes))
    dilation = data.draw(st.tuples(*[small] * axes))
    same = data.draw(st.booleans())
    stride = (1,) * axes if same else data.draw(st.tuples(*[small] * axes))
    padding = "same" if same else data.draw(st.tuples(*[st.integers(0, 3)] * axes))
    torch.manual_seed(seed)
    convolutions = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
    module = convolutions[axes - 1](
        inputs * groups, outputs * groups, kernel_size, stride, padding, dilation, groups,
        bias=data.draw(st.booleans()), padding_mode=mode,
    )  # fmt: skip
    size = (7, 8, 9)[:axes]
    batched = data.draw(st.booleans())
    x = random_tensor(seed, *((2,) if batched else ()), inputs * groups, *size)
    operation = trace(module, x)[0]
    output = operation.output if batched else operation.output[None]
    sample, channel, *position = any_place(data, output.shape)
    part = parts(operation, tuple(position), channel, sample)
    assert near(part.pre_activation, output[sample, channel, *position].item(), part.products)
    assert torch.equal(part.products, part.patch * part.kernel)
    assert math.isclose(part.dot_product, part.products.double().sum().item())
    assert torch.equal(part.kernel, module.weight[channel].detach())


@settings(deadline=None, max_examples=60)
@given(
    seeds, st.tuples(small, small), st.tuples(small, small), st.tuples(small, small), st.tuples(small, small), st.data()
)
def test_a_patch_is_a_column_of_torchs_unfold(seed, kernel_size, stride, padding, dilation, data):
    x = random_tensor(seed, 1, 2, 7, 8)
    rows, cols = map(WindowSpec, kernel_size, stride, padding, dilation)
    operation = convolution(x, random_tensor(seed, 1, 2, *kernel_size), rows=rows, cols=cols)
    columns = F.unfold(x, kernel_size, dilation, padding, stride)  # (1, C·kh·kw, steps)
    row, col = any_place(data, operation.output.shape[2:])
    step = row * operation.output.shape[3] + col
    assert torch.equal(parts(operation, (row, col)).patch.flatten(), columns[0, :, step])


# Parts of pooling


@st.composite
def pools(draw, max_pool: bool):
    """A pooling layer torch accepts, in one to three dimensions, and an input size for it."""
    axes = draw(st.integers(1, 3))
    dilation = draw(st.tuples(*[small] * axes)) if max_pool else (1,) * axes
    kernel_size = draw(st.tuples(*[st.integers(1, 4)] * axes))
    spans = [step * (length - 1) + 1 for step, length in zip(dilation, kernel_size, strict=True)]
    padding = tuple(
        draw(st.integers(0, min(length, span) // 2)) for length, span in zip(kernel_size, spans, strict=True)
    )
    stride = draw(st.one_of(st.none(), st.tuples(*[small] * axes)))
    # torch's 3-D average pooling refuses an input smaller than the window, padded or not
    least = [max(1, span - 2 * pad) if max_pool else span for span, pad in zip(spans, padding, strict=True)]
    sizes = tuple(draw(st.integers(size, size + 6)) for size in least)
    ceil_mode = draw(st.booleans())
    if max_pool:
        cls = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)[axes - 1]
        return cls(kernel_size, stride, padding, dilation, return_indices=True, ceil_mode=ceil_mode), sizes
    cls = (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)[axes - 1]
    more = {"divisor_override": draw(st.one_of(st.none(), st.integers(1, 5)))} if axes > 1 else {}
    return cls(kernel_size, stride, padding, ceil_mode, draw(st.booleans()), **more), sizes


@settings(deadline=None, max_examples=120)
@given(seeds, pools(max_pool=True), st.sampled_from(["distinct", "ties", "infinite", "nan"]), st.data())
def test_the_winner_is_the_one_torch_returns(seed, pool_and_sizes, values, data):
    pool, sizes = pool_and_sizes
    x = random_tensor(seed, 2, 3, *sizes)
    if values != "distinct":
        x = x.round()  # many equal values
        x[x == 1] = {"ties": 1.0, "infinite": -torch.inf, "nan": torch.nan}[values]
    output, indices = pool(x)
    operation = trace(pool, x)[0]
    sample, channel, *position = any_place(data, output.shape)
    part = parts(operation, tuple(position), channel, sample)
    expected = output[sample, channel, *position]
    torch.testing.assert_close(torch.tensor(part.output), expected, rtol=0, atol=0, equal_nan=True)
    if part.winner is None:
        assert torch.all(part.patch == -torch.inf)
    else:
        index = indices[sample, channel, *position]
        assert part.winner == tuple(int(at) for at in torch.unravel_index(index, sizes))


def test_the_edge_of_a_max_pool_window_is_minus_infinity_and_the_first_of_equals_wins():
    operation = trace(nn.MaxPool2d(2, padding=1), torch.full((1, 1, 4, 4), -2.0))[0]
    corner = parts(operation, (0, 0))
    assert corner.patch.tolist() == [[-math.inf, -math.inf], [-math.inf, -2.0]]
    assert (corner.winner, corner.output) == ((0, 0), -2.0)
    assert parts(operation, (1, 1)).winner == (1, 1)


def test_a_window_that_misses_the_input_altogether_has_no_winner():
    x = torch.zeros(1, 1, 1, 1)
    operation = trace(nn.MaxPool2d(2, stride=1, padding=1, dilation=2), x)[0]
    assert operation.output.item() == -math.inf
    part = parts(operation, (0, 0))
    assert (part.winner, part.output) == (None, -math.inf)


@settings(deadline=None, max_examples=120)
@given(seeds, pools(max_pool=False), st.data())
def test_parts_of_average_pooling_give_torchs_output(seed, pool_and_sizes, data):
    pool, sizes = pool_and_sizes
    operation = trace(pool, random_tensor(seed, 2, 3, *sizes))[0]
    sample, channel, *position = any_place(data, operation.output.shape)
    part = parts(operation, tuple(position), channel, sample)
    assert near(part.output, operation.output[sample, channel, *position].item(), part.patch)
    assert math.isclose(part.output, part.patch.double().sum().item() / part.divisor)


# Parts of a dense layer


@settings(deadline=None, max_examples=40)
@given(seeds, st.sampled_from([(), (2,), (2, 3)]), st.integers(1, 6), st.integers(1, 6), st.booleans(), st.data())
def test_parts_of_a_dense_layer_add_up_to_torchs_output(seed, leading, inputs, outputs, biased, data):
    torch.manual_seed(seed)
    module = nn.Linear(inputs, outputs, bias=biased)
    operation = trace(module, random_tensor(seed, *leading, inputs))[0]
    place = any_place(data, operation.output.shape)
    sample = place[0] if leading else 0
    part = parts(operation, place[1:-1], place[-1], sample)
    assert near(part.pre_activation, operation.output[place].item(), part.products)
    assert torch.equal(part.products, part.inputs * part.weights)
    assert torch.equal(part.weights, module.weight[place[-1]].detach())


# What has no parts


@pytest.mark.parametrize(
    ("position", "channel", "sample"), [((3, 0), 0, 0), ((0, -1), 0, 0), ((0, 0), 1, 0), ((0, 0), 0, 1), ((0,), 0, 0)]
)
def test_a_place_outside_the_output_is_refused(position, channel, sample):
    operation = convolution(torch.ones(1, 1, 5, 5), torch.ones(1, 1, 3, 3))
    with pytest.raises(IndexError, match="conv2d has no output value at"):
        parts(operation, position, channel, sample)


@pytest.mark.parametrize("module", [nn.ReLU(), nn.Flatten(), nn.ConvTranspose2d(1, 1, 2), nn.AdaptiveAvgPool2d(2)])
def test_a_layer_without_such_parts_says_so(module):
    operation = trace(module, torch.ones(1, 1, 4, 4))[0]
    with pytest.raises(ValueError, match="only convolution, pooling and linear have parts"):
        parts(operation, (0, 0))


def test_operations_compare_by_identity_and_cannot_be_changed():
    x = torch.ones(1)
    one, other = (Operation("relu", "relu", x, None, None, x) for _ in range(2))
    assert one != other
    with pytest.raises(AttributeError):
        one.name = "other"
