"""Two traces side by side: how far they differ, and whether one is the other moved."""

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from cnnviz.core.trace import Trace

Shift = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Change:
    """How far a tensor is from what it was: ``relative`` is ‖after − before‖₂ / ‖before‖₂, ``unchanged`` the share of
    cells with the very same value, ``equal`` whether that is all of them.

    A change from nothing but zeros to anything else is infinite.
    """

    relative: float
    unchanged: float
    equal: bool


@dataclass(frozen=True, slots=True)
class Realignment:
    """The whole-cell move that makes ``before`` most like ``after``, and the change that is left where they overlap.

    Nothing is left: the tensor moved along with its input (*equivariance*). That says nothing about whether it stayed
    as it was (*invariance*): for that see the change without a move.
    """

    move: Shift
    change: Change


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Two traces of the same layers, ``a`` and ``b``: with two inputs, two kernels, before and after a change.

    Values are compared as float32, whatever they were computed in: two sums that differ by less than a float32 can hold
    are the same number on every page. ValueError if the traces have not the same operations and shapes.
    """

    a: Trace
    b: Trace

    def __post_init__(self) -> None:
        if self.a.names != self.b.names:
            raise ValueError(f"Only traces of the same layers compare: {self.a.names} and {self.b.names}.")
        for one, other in zip(self.a, self.b, strict=True):
            if one.output.shape != other.output.shape:
                raise ValueError(
                    f"{one.name} gives {tuple(one.output.shape)} in one trace and {tuple(other.output.shape)} in the other."
                )

    @property
    def names(self) -> tuple[str, ...]:
        """The operations' names, which both traces share."""
        return self.a.names

    def __iter__(self) -> Iterator[tuple[str, Change]]:
        return ((name, self.change(name)) for name in self.names)

    def difference(self, name: str) -> Tensor:
        """What ``b`` has more than ``a`` at that operation's output."""
        return self.b[name].output - self.a[name].output

    def change(self, name: str) -> Change:
        """How far that operation's output in ``b`` is from the one in ``a``."""
        return change(self.a[name].output, self.b[name].output)

    def realigned(self, name: str, moves: Iterable[Shift]) -> Realignment:
        """The best of these whole-cell moves of that operation's output (…, H, W)."""
        return realigned(self.a[name].output, self.b[name].output, moves)


def counterparts(a: Trace, b: Trace, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Which operation of ``b`` stands for each of these operations of ``a``: pairs of names, in the order given.

    The one of the same name if its output has the same shape; else the last one with an output of that shape, so that a
    convolution that takes steps of 2 stands for the pooling it does without. What has no counterpart is left out.
    """
    pairs = []
    for name in names:
        if name not in a.names:
            continue
        shape = a[name].output.shape
        alike = [other.name for other in b if other.output.shape == shape]
        if alike:
            pairs.append((name, name if name in alike else alike[-1]))
    return tuple(pairs)


def change(before: Tensor, after: Tensor) -> Change:
    """How far ``after`` is from ``before``, two tensors of one shape.

    >>> change(torch.tensor([3.0, 4.0]), torch.tensor([3.0, 9.0]))
    Change(relative=1.0, unchanged=0.5, equal=False)
    """
    if before.shape != after.shape or before.numel() == 0:
        raise ValueError(
            f"A change needs two tensors of one shape, not {tuple(before.shape)} and {tuple(after.shape)}."
        )
    before, after = before.float(), after.float()
    same = before == after
    unchanged = same.double().mean().item()
    size = torch.linalg.vector_norm(before.double()).item()
    distance = torch.linalg.vector_norm(after.double() - before.double()).item()
    relative = 0.0 if distance == 0 else distance / size if size else math.inf
    return Change(relative, unchanged, bool(same.all()))


def realigned(before: Tensor, after: Tensor, moves: Iterable[Shift]) -> Realignment:
    """The move among ``moves`` (rows down, columns right) after which ``before`` is most like ``after``.

    The two are compared where they overlap, with the relative change of `change`; between equals the first wins. The
    last two axes are rows and columns. ValueError if no move leaves an overlap.

    >>> realigned(torch.tensor([[1.0, 2.0, 4.0]]), torch.tensor([[9.0, 1.0, 2.0]]), [(0, 0), (0, 1)])
    Realignment(move=(0, 1), change=Change(relative=0.0, unchanged=1.0, equal=True))
    """
    height, width = before.shape[-2:]
    fitting = [move for move in moves if abs(move[0]) < height and abs(move[1]) < width]
    if not fitting:
        raise ValueError(f"No move leaves an overlap of {height}×{width} cells.")
    found = (Realignment(move, change(*overlap(before, after, move))) for move in fitting)
    return min(found, key=lambda realignment: realignment.change.relative)


def overlap(before: Tensor, after: Tensor, move: Shift) -> tuple[Tensor, Tensor]:
    """The cells (…, rows, columns) that both have once ``before`` has moved.

    >>> overlap(torch.tensor([[1, 2, 4]]), torch.tensor([[9, 1, 2]]), (0, 1))
    (tensor([[1, 2]]), tensor([[1, 2]]))
    """
    sources, targets = zip(
        *(_slices(step, size) for step, size in zip(move, before.shape[-2:], strict=True)), strict=True
    )
    return before[(..., *sources)], after[(..., *targets)]


def nearest_moves(shift: Shift, jump: Shift) -> tuple[Shift, ...]:
    """The whole-cell moves nearest to what a shift of the input amounts to, in cells that lie ``jump`` pixels apart.

    One where the jump divides the shift, else rounded down and up on the axes where it does not.

    >>> nearest_moves((4, -3), (2, 2))
    ((2, -2), (2, -1))
    """
    ways = (sorted({math.floor(by / step), math.ceil(by / step)}) for by, step in zip(shift, jump, strict=True))
    return tuple(itertools.product(*ways))


def _slices(step: int, size: int) -> tuple[slice, slice]:
    """Where a row of ``size`` cells lies, and where it comes to lie, after moving by ``step`` as far as it stays inside."""
    return slice(max(0, -step), size - max(0, step)), slice(max(0, step), size - max(0, -step))
