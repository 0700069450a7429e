"""Which part of the image a unit sees: the exact box by arithmetic, the active part by its gradient."""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnviz.core.operations import Operation
from cnnviz.core.trace import trace
from cnnviz.core.windows import WindowSpec, taps


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """What the units behind a stack of layers see along one axis of the input.

    ``size`` pixels each; from one unit to the next the field moves by ``jump`` pixels; unit 0's begins at ``start``,
    negative where it begins in the padding.
    """

    size: int = 1
    jump: int = 1
    start: int = 0

    def behind(self, spec: WindowSpec) -> "ReceptiveField":
        """The field one layer further on: size + (extent − 1)·jump, jump·stride, start − padding·jump.

        The recurrence is that of A. Araujo, W. Norris and J. Sim, "Computing Receptive Fields of Convolutional Neural
        Networks", Distill, 2019.

        >>> ReceptiveField().behind(WindowSpec(5)).behind(WindowSpec(2, stride=2))
        ReceptiveField(size=6, jump=2, start=0)
        """
        return ReceptiveField(
            self.size + (spec.extent - 1) * self.jump, self.jump * spec.stride, self.start - spec.padding * self.jump
        )

    def span(self, unit: int) -> tuple[int, int]:
        """The first pixel that a unit sees and the first one after; both may lie outside the image."""
        first = self.start + unit * self.jump
        return first, first + self.size


@dataclass(frozen=True, slots=True)
class Step:
    """One window on the way from a unit down to the image, along one axis: it slides over ``size`` cells."""

    spec: WindowSpec
    size: int


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer in the table of receptive fields: the windows it slides, and what its units see along rows and columns.

    ``cells`` is the size (rows, columns) of its maps; a dense layer has one cell that sees the whole of its input.
    ``ways`` holds, for rows and for columns, all windows from the image up to here.
    """

    name: str
    kind: str
    windows: tuple[WindowSpec, ...]
    rows: ReceptiveField
    cols: ReceptiveField
    cells: tuple[int, int]
    ways: tuple[tuple[Step, ...], tuple[Step, ...]]

    def box(self, position: tuple[int, int] = (0, 0)) -> tuple[int, int, int, int] | None:
        """The smallest box of image pixels that the unit at (row, column) depends on: top, left, bottom, right.

        Bottom and right are exclusive. Unlike the field of the formula it holds no padding, neither the image's nor that
        of a layer in between; None if the unit sees nothing but padding. IndexError if there is no such unit.
        """
        if not all(0 <= at < size for at, size in zip(position, self.cells, strict=True)):
            raise IndexError(f"{self.name} has no unit at {position}: its maps are {self.cells[0]}×{self.cells[1]}.")
        (rows, cols) = (_seen(at, way) for at, way in zip(position, self.ways, strict=True))
        return (min(rows), min(cols), max(rows) + 1, max(cols) + 1) if rows and cols else None


def receptive_fields(operations: Iterable[Operation]) -> tuple[Layer, ...]:
    """What the units of each layer see of the image that entered the first one.

    Layers that work cell by cell (ReLU, …) see what the layer before them saw; behind a flattening layer every unit
    sees all of it. ValueError for a layer that slides along other than two axes.

    >>> layers = trace(nn.Sequential(nn.Conv2d(1, 1, 3), nn.MaxPool2d(2)), torch.zeros(1, 1, 8, 8))
    >>> [(layer.kind, layer.rows.size, layer.rows.jump) for layer in receptive_fields(layers)]
    [('conv2d', 3, 1), ('max_pool2d', 4, 2)]
    """
    fields, ways, cells = [ReceptiveField()] * 2, [(), ()], None
    layers = []
    for operation in operations:
        cells = cells or tuple(operation.input.shape[-2:])
        windows = operation.windows
        if windows and len(windows) != 2:
            raise ValueError(f"{operation.name} slides along {len(windows)} axes, not along rows and columns.")
        if operation.kind in ("flatten", "linear") and cells != (1, 1):
            windows = tuple(WindowSpec(size) for size in cells)  # one window over all there is
        if windows:
            fields = [field.behind(spec) for field, spec in zip(fields, windows, strict=True)]
            ways = [(*way, Step(spec, size)) for way, spec, size in zip(ways, windows, cells, strict=True)]
            cells = tuple(operation.output.shape[-2:]) if operation.windows else (1, 1)
        layers.append(Layer(operation.name, operation.kind, operation.windows, *fields, cells, tuple(ways)))
    return tuple(layers)


def _seen(unit: int, way: Sequence[Step]) -> set[int]:
    """The pixels along one axis that a unit depends on."""
    cells = {unit}
    for spec, size in ((step.spec, step.size) for step in reversed(way)):
        cells = {tap for cell in cells for tap in taps(cell * spec.stride - spec.padding, spec) if 0 <= tap < size}
    return cells


def active_part(module: nn.Module, x: Tensor, name: str, unit: Sequence[int]) -> Tensor:
    """How much each pixel of this image moves one unit: the gradient's absolute value, summed over channels, (H, W).

    ``x`` is (1, C, H, W); ``name`` is the operation's in ``trace(module, x)`` and ``unit`` its place, (channel, row,
    column) or (unit,). Zero where a ReLU is off or another cell won the pooling: that part of the receptive field does
    not count for this image. The module itself is left alone. KeyError for a name that the trace has not, IndexError
    for a unit that the operation has not.
    """
    names = trace(module, x).names
    if name not in names:
        raise KeyError(f"No operation is called {name}; there are {', '.join(names)}.")
    wanted, outputs = names.index(name), []
    own = copy.deepcopy(module).eval()  # hooks and gradients of its own: the original may serve others meanwhile
    for submodule in own.modules():
        if not any(submodule.children()):
            submodule.register_forward_hook(lambda _module, _given, output: outputs.append(output))
    with torch.inference_mode(False), torch.enable_grad():
        x = x.detach().clone().requires_grad_()
        own(x)
        (gradient,) = torch.autograd.grad(outputs[wanted][(0, *unit)], x, allow_unused=True)
    if gradient is None:  # a constant output
        gradient = torch.zeros_like(x)
    return gradient[0].abs().sum(dim=0)
