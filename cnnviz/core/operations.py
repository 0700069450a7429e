"""One operation on tensors, and the parts that one of its output values is made of."""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.core.padding import check_padding
from cnnviz.core.windows import WindowSpec, output_size, taps


def conv2d(image: Tensor, kernel: Tensor) -> Tensor:
    """Slide the kernel over the image and take a dot product at every place: the definition, as two loops.

    ``image`` is (H, W) and ``kernel`` (M, N); the feature map is float32 (H − M + 1, W − N + 1). Strictly this is
    cross-correlation: the kernel is not flipped, as in torch and in every network. ValueError if either has not two
    axes, or if the kernel does not fit into the image.

    >>> conv2d(torch.tensor([[1.0, 2.0, 4.0]]), torch.tensor([[-1.0, 1.0]]))
    tensor([[1., 2.]])
    """
    for name, tensor in (("image", image), ("kernel", kernel)):
        if tensor.dim() != 2 or tensor.numel() == 0:
            raise ValueError(f"The {name} must have rows and columns, but its shape is {_shape(tensor)}.")
    height, width = image.shape
    kernel_height, kernel_width = kernel.shape
    if kernel_height > height or kernel_width > width:
        raise ValueError(
            f"The kernel is {kernel_height}×{kernel_width}, but the image only {height}×{width}: "
            "the kernel must fit into the image."
        )
    rows, cols = height - kernel_height + 1, width - kernel_width + 1
    feature_map = torch.zeros(rows, cols, dtype=torch.float32, device=image.device)
    for row in range(rows):
        for col in range(cols):
            patch = image[row : row + kernel_height, col : col + kernel_width]
            products = patch * kernel
            feature_map[row, col] = products.sum()
    return feature_map


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Operation:
    """What one layer did: the tensor it got, the weights it used, the tensor it gave.

    ``kind`` is the layer's torch name in small letters (conv2d, relu, max_pool2d, linear, …). ``windows`` holds one
    WindowSpec for each axis the layer slides along, rows before columns, and is empty for a layer that does not slide.
    The remaining fields have torch's names and meaning; ``activation`` is what was applied after the bias, so that
    ``output`` comes after it.
    """

    name: str
    kind: str
    input: Tensor
    weight: Tensor | None
    bias: Tensor | None
    output: Tensor
    windows: tuple[WindowSpec, ...] = ()
    padding_mode: str = "zeros"
    groups: int = 1
    ceil_mode: bool = False
    count_include_pad: bool = True
    divisor_override: int | None = None
    activation: Literal["relu"] | None = None

    @property
    def parameters(self) -> int:
        """How many numbers weight and bias hold together; 0 for pooling."""
        return sum(tensor.numel() for tensor in (self.weight, self.bias) if tensor is not None)

    def __repr__(self) -> str:
        shapes = f"{_shape(self.input)} → {_shape(self.output)}"
        return f"<Operation {self.name}: {self.kind}, {shapes}, parameters {self.parameters:,}>"


@torch.no_grad()
def convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    rows: WindowSpec | None = None,
    cols: WindowSpec | None = None,
    padding_mode: str = "zeros",
    activation: Literal["relu"] | None = None,
    name: str = "conv2d",
) -> Operation:
    """A convolution of its own, computed by torch: what the first page has on its stage.

    ``x`` is (N, C_in, H, W), ``weight`` (C_out, C_in, kh, kw), ``bias`` (C_out,). ``rows`` and ``cols`` say how the
    window moves down and across; without them it moves by one cell, without padding. ``padding_mode`` is zeros, reflect,
    replicate or circular, as in torch.nn.Conv2d. ValueError where the shapes do not belong together, or where
    `check_padding` or `output_size` refuses.

    >>> convolution(torch.ones(1, 3, 5, 7), torch.ones(1, 3, 3, 3), torch.tensor([0.5])).output[0, 0, 0, 0]
    tensor(27.5000)
    """
    if x.dim() != 4 or weight.dim() != 4:
        raise ValueError(
            f"Input and weight must have four axes, but their shapes are {_shape(x)} and {_shape(weight)}."
        )
    if x.shape[1] != weight.shape[1]:
        raise ValueError(f"The kernel has {weight.shape[1]} slices, but the input {x.shape[1]} channels.")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(f"There must be one bias for each of the {weight.shape[0]} filters, not {_shape(bias)}.")
    windows = (rows or WindowSpec(weight.shape[2]), cols or WindowSpec(weight.shape[3]))
    for axis, size, length, spec in zip(("rows", "columns"), x.shape[2:], weight.shape[2:], windows, strict=True):
        if spec.kernel_size != length:
            raise ValueError(f"The kernel has {length} {axis}, but its window {spec.kernel_size}.")
        output_size(size, spec)
        check_padding(size, spec.padding + spec.extra_padding, padding_mode)
    down, across = windows
    # F.pad counts the axes from the last one back
    amounts = [amount for spec in (across, down) for amount in (spec.padding, spec.padding + spec.extra_padding)]
    output = F.conv2d(
        F.pad(x, amounts, mode="constant" if padding_mode == "zeros" else padding_mode),
        weight,
        bias,
        stride=(down.stride, across.stride),
        dilation=(down.dilation, across.dilation),
    )
    if activation == "relu":
        output = F.relu(output)
    return Operation(name, "conv2d", x, weight, bias, output, windows, padding_mode=padding_mode, activation=activation)


@dataclass(frozen=True, slots=True, eq=False)
class ConvolutionParts:
    """How a convolution comes to one value: patch × kernel = products, their sum, the bias, the activation.

    The tensors are (C, kh, kw), with C the input channels one filter sees (all, unless there are groups); cells in
    the padding hold what padding puts there. The sums run in double precision, so they differ from torch's output
    only by torch's rounding.
    """

    patch: Tensor
    kernel: Tensor
    products: Tensor
    dot_product: float
    bias: float
    pre_activation: float
    activation: float


@dataclass(frozen=True, slots=True, eq=False)
class MaxPoolParts:
    """How max pooling comes to one value: the largest cell of the patch.

    ``patch`` is (kh, kw), −∞ beyond the edge. ``winner`` is the (row, col) in the input where the value came from,
    among equals the one torch takes (the first in reading order); None if the whole window lies beyond the edge.
    """

    patch: Tensor
    winner: tuple[int, ...] | None
    output: float


@dataclass(frozen=True, slots=True, eq=False)
class AveragePoolParts:
    """How average pooling comes to one value: the sum of the patch (kh, kw), 0 beyond the edge, over the divisor.

    The divisor is what torch takes: all cells of the window that lie in the padded input, or only those in the input
    itself (``count_include_pad=False``), or a number of one's own (``divisor_override``).
    """

    patch: Tensor
    divisor: int
    output: float


@dataclass(frozen=True, slots=True, eq=False)
class LinearParts:
    """How one unit of a dense layer comes to its value: inputs × weights = products, their sum, the bias."""

    inputs: Tensor
    weights: Tensor
    products: Tensor
    dot_product: float
    bias: float
    pre_activation: float


Parts = ConvolutionParts | MaxPoolParts | AveragePoolParts | LinearParts


def parts(operation: Operation, position: tuple[int, ...] = (), out_channel: int = 0, sample: int = 0) -> Parts:
    """What the output value at ``position`` of map ``out_channel`` is made of.

    ``position`` is (row, col) for the 2-D layers, one number for each axis a layer slides along, and () for a dense
    layer, whose unit ``out_channel`` names. ``sample`` is the place in the batch. IndexError if there is no such value,
    ValueError for a kind of layer that has no such parts.
    """
    slides = len(operation.windows)
    family = operation.kind[:-2] if slides else operation.kind  # conv2d → conv
    if family == "linear":
        place = (sample, *position, out_channel) if operation.output.dim() > 1 else (*position, out_channel)
        _check_place(operation, place, operation.output.shape)
        return _linear_parts(operation, place)
    if family not in _WINDOW_PARTS:
        raise ValueError(
            f"{operation.name} is a {operation.kind} layer: only convolution, pooling and linear have parts."
        )
    batched = operation.input if operation.input.dim() == slides + 2 else operation.input[None]
    shape = (len(batched), *operation.output.shape[-slides - 1 :])
    _check_place(operation, (sample, out_channel, *position), shape)
    return _WINDOW_PARTS[family](operation, batched[sample], position, out_channel)


def _convolution_parts(
    operation: Operation, x: Tensor, position: tuple[int, ...], out_channel: int
) -> ConvolutionParts:
    kernel = operation.weight[out_channel]
    group = out_channel // (len(operation.weight) // operation.groups)
    channels = x[group * len(kernel) : (group + 1) * len(kernel)]
    patch = _patch(channels, operation, position)
    products = patch * kernel
    dot_product, bias, total = _sums(products, operation.bias, out_channel)
    activation = max(total, 0.0) if operation.activation == "relu" else total
    return ConvolutionParts(patch, kernel, products, dot_product, bias, total, activation)


def _max_pool_parts(operation: Operation, x: Tensor, position: tuple[int, ...], out_channel: int) -> MaxPoolParts:
    x = x[out_channel : out_channel + 1]
    patch = _patch(x, operation, position, beyond=-torch.inf)[0]
    axes = zip(_taps(operation, position), x.shape[1:], strict=True)
    inside = [[tap for tap in axis if 0 <= tap < size] for axis, size in axes]
    if not all(inside):
        return MaxPoolParts(patch, None, -torch.inf)
    values = _select(x, inside)
    # torch itself breaks the ties, by pooling the window's cells within the input alone
    pool = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}[len(position)]
    largest, index = pool(values, values.shape[1:], return_indices=True)
    place = torch.unravel_index(index.flatten()[0], values.shape[1:])
    winner = tuple(axis[int(at)] for axis, at in zip(inside, place, strict=True))
    return MaxPoolParts(patch, winner, largest.item())


def _average_pool_parts(
    operation: Operation, x: Tensor, position: tuple[int, ...], out_channel: int
) -> AveragePoolParts:
    patch = _patch(x[out_channel : out_channel + 1], operation, position)[0]
    divisor = operation.divisor_override or 1
    if operation.divisor_override is None:
        for axis, size, spec in zip(_taps(operation, position), x.shape[1:], operation.windows, strict=True):
            # with ceil_mode a window may reach beyond the padding; those cells never count
            margin = spec.padding if operation.count_include_pad else 0
            divisor *= sum(-margin <= tap < size + margin for tap in axis)
    return AveragePoolParts(patch, divisor, patch.double().sum().item() / divisor)


def _linear_parts(operation: Operation, place: tuple[int, ...]) -> LinearParts:
    inputs = operation.input[place[:-1]]
    weights = operation.weight[place[-1]]
    products = inputs * weights
    return LinearParts(inputs, weights, products, *_sums(products, operation.bias, place[-1]))


_WINDOW_PARTS = {"conv": _convolution_parts, "max_pool": _max_pool_parts, "avg_pool": _average_pool_parts}


def _sums(products: Tensor, biases: Tensor | None, out_channel: int) -> tuple[float, float, float]:
    """Dot product, bias, and both together."""
    dot_product = products.double().sum().item()
    bias = 0.0 if biases is None else biases[out_channel].item()
    return dot_product, bias, dot_product + bias


def _taps(operation: Operation, position: tuple[int, ...]) -> list[tuple[int, ...]]:
    """For each axis the input indices under the window at ``position``."""
    return [
        taps(step * spec.stride - spec.padding, spec) for step, spec in zip(position, operation.windows, strict=True)
    ]


def _patch(x: Tensor, operation: Operation, position: tuple[int, ...], beyond: float = 0.0) -> Tensor:
    """The values (C, kh, kw) of ``x`` (C, H, W) under the window, with its padding as far as this window needs it."""
    axes = _taps(operation, position)
    margins = [(max(0, -axis[0]), max(0, axis[-1] + 1 - size)) for axis, size in zip(axes, x.shape[1:], strict=True)]
    # F.pad counts the axes from the last one back
    amounts = [amount for margin in reversed(margins) for amount in margin]
    if operation.padding_mode == "zeros":
        padded = F.pad(x[None], amounts, value=beyond)[0]
    else:
        padded = F.pad(x[None], amounts, mode=operation.padding_mode)[0]
    return _select(padded, [[tap + before for tap in axis] for axis, (before, _) in zip(axes, margins, strict=True)])


def _select(x: Tensor, axes: list[list[int]]) -> Tensor:
    """The cells of ``x`` (C, H, W) where the given rows and columns cross."""
    for axis, indices in enumerate(axes, start=1):
        x = x.index_select(axis, torch.tensor(indices, device=x.device))
    return x


def _check_place(operation: Operation, place: tuple[int, ...], shape: tuple[int, ...]) -> None:
    inside = len(place) == len(shape) and all(0 <= at < size for at, size in zip(place, shape, strict=True))
    if not inside:
        raise IndexError(f"{operation.name} has no output value at {place}: its output is {tuple(shape)}.")


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a single number"
