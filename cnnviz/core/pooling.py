"""Max and average pooling as torch does them, each as an operation of its own."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.core.operations import Operation
from cnnviz.core.windows import WindowSpec, pooled_size

PoolingKind = Literal["max_pool2d", "avg_pool2d"]


@torch.no_grad()
def pooling(
    x: Tensor,
    kind: PoolingKind,
    rows: WindowSpec,
    cols: WindowSpec | None = None,
    *,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    name: str = "pool",
) -> Operation:
    """Pool ``x`` (N, C, H, W) with a window for the rows and one for the columns (without: the same).

    What lies beyond the edge is −∞ to the maximum; the average counts the padding as zeros, or with
    ``count_include_pad=False`` not at all. ValueError where torch refuses, which includes an average with dilation.

    >>> pooling(torch.rand(1, 3, 8, 8), "max_pool2d", WindowSpec(2, stride=2))
    <Operation pool: max_pool2d, 1×3×8×8 → 1×3×4×4, parameters 0>
    """
    windows = (rows, cols or rows)
    if kind not in ("max_pool2d", "avg_pool2d"):
        raise ValueError(f"Pooling is max_pool2d or avg_pool2d, not {kind}.")
    if x.dim() != 4:
        raise ValueError(f"The input must have four axes (N, C, H, W), not {x.dim()}.")
    for size, spec in zip(x.shape[2:], windows, strict=True):
        pooled_size(size, spec, ceil_mode=ceil_mode)
        if spec.extra_padding:
            raise ValueError("Pooling pads both ends alike.")
        if kind == "avg_pool2d" and spec.dilation != 1:
            raise ValueError("Average pooling has no dilation: use dilation 1.")
    fields = {"windows": windows, "ceil_mode": ceil_mode, "count_include_pad": count_include_pad}
    unpooled = Operation(name, kind, x, None, None, x, **fields)
    return Operation(name, kind, x, None, None, _pooled(unpooled, x), **fields)


@torch.no_grad()
def winners(operation: Operation) -> Tensor:
    """Where each maximum came from: int64 (N, C, H_out, W_out), row · W + column in the operation's input.

    Among equals it is the one that torch takes. ValueError for anything but max pooling.
    """
    if operation.kind != "max_pool2d":
        raise ValueError(f"{operation.name} is a {operation.kind} layer: only max pooling has winners.")
    return _pooled(operation, operation.input, return_indices=True)[1]


def pooling_gradient(operation: Operation, position: tuple[int, int], channel: int = 0) -> Tensor:
    """What torch's autograd sends back from one pooled cell of sample 0 to the input: (H, W).

    Max pooling sends 1 to the winner and nothing to the others; average pooling sends 1 / divisor to every cell of the
    window. IndexError if there is no such cell.
    """
    _, channels, height, width = operation.output.shape
    if not (0 <= channel < channels and 0 <= position[0] < height and 0 <= position[1] < width):
        raise IndexError(
            f"The pooled map has no cell {position} in channel {channel}: it is {channels}×{height}×{width}."
        )
    with torch.enable_grad():
        x = operation.input[:1, channel : channel + 1].detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(_pooled(operation, x)[0, 0, position[0], position[1]], x)
    return gradient[0, 0]


def _pooled(operation: Operation, x: Tensor, return_indices: bool = False) -> Tensor:
    """``x`` pooled as the operation pools its own input."""
    kernel, stride, padding, dilation = (
        tuple(getattr(spec, field) for spec in operation.windows)
        for field in ("kernel_size", "stride", "padding", "dilation")
    )
    if operation.kind == "max_pool2d":
        return F.max_pool2d(x, kernel, stride, padding, dilation, operation.ceil_mode, return_indices)
    return F.avg_pool2d(x, kernel, stride, padding, operation.ceil_mode, operation.count_include_pad)
