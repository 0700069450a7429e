"""Does a feature map stay when the image is shifted, or move along, or neither? Measured, over all small shifts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.core.comparison import Shift

LARGEST_SHIFT = 8
Border = Literal["black", "edge", "wrap"]
BORDERS: tuple[Border, ...] = ("black", "edge", "wrap")
SUBSAMPLINGS = ("max", "average", "stride", "blur")
Subsampling = Literal["max", "average", "stride", "blur"]


def shifted(image: Tensor, shift: Shift, border: Border = "edge") -> Tensor:
    """``image`` (…, H, W) moved down and right by whole pixels; negative numbers move it up and left.

    What enters at the border is black (0), the edge's own pixels repeated, or what left on the other side.

    >>> shifted(torch.tensor([[1, 2, 3]]), (0, 1), "wrap")
    tensor([[3, 1, 2]])
    """
    down, across = shift
    height, width = image.shape[-2:]
    return _pixels(image, torch.arange(height) - down, torch.arange(width) - across, border)


def _pixels(image: Tensor, rows: Tensor, cols: Tensor, border: Border) -> Tensor:
    """The pixels of ``image`` (…, H, W) at these rows and columns, of which some may lie outside: (…, rows, columns)."""
    height, width = image.shape[-2:]
    if border == "wrap":
        rows, cols = rows % height, cols % width
    elif border not in BORDERS:
        raise ValueError(f"What enters at the border is {', '.join(BORDERS)}, not {border}.")
    found = image[..., rows.clamp(0, height - 1)[:, None], cols.clamp(0, width - 1)]
    if border == "black":
        inside = ((rows >= 0) & (rows < height))[:, None] & (cols >= 0) & (cols < width)
        found = torch.where(inside, found, torch.zeros((), dtype=found.dtype))
    return found


def all_shifts(largest: int = LARGEST_SHIFT) -> tuple[Shift, ...]:
    """Every shift of up to so many pixels on either axis, in reading order; (0, 0) in the middle is one of them.

    >>> len(all_shifts())
    289
    """
    steps = range(-largest, largest + 1)
    return tuple((down, across) for down in steps for across in steps)


def shift_batch(image: Tensor, border: Border, largest: int = LARGEST_SHIFT) -> Tensor:
    """All shifts of one image (C, H, W) as a batch (shifts, C, H, W), in the order of `all_shifts`."""
    return pieces(surrounded(image, border, largest), image.shape[-2:], largest).clone()


def surrounded(image: Tensor, border: Border, largest: int) -> Tensor:
    """``image`` (…, H, W) with all that shifts can bring in: every shifted image is a piece of it."""
    rows, cols = (torch.arange(-largest, size + largest) for size in image.shape[-2:])
    return _pixels(image, rows, cols, border)


def pieces(whole: Tensor, size: tuple[int, int], largest: int, step: int = 1) -> Tensor:
    """What every shift has of ``whole`` (C, H + 2·largest, W + 2·largest), every ``step``th cell of it: (shifts, C, *size).

    A view: nothing is copied. The first shift, up and left, begins furthest down and right.
    """
    side = 2 * largest + 1
    plane, row, col = whole.stride()
    windows = whole.as_strided((side, side, len(whole), *size), (row, col, plane, step * row, step * col))
    return windows.flip(0, 1).flatten(0, 1)


def subsample(maps: Tensor, how: Subsampling, window: int) -> Tensor:
    """Maps (N, C, H, W) made ``window`` times smaller in one of four ways, without padding.

    "max" and "average" pool with that window and stride; "stride" takes every so-manyth cell, which is what a
    convolution with a stride does to the map of the same convolution without; "blur" takes the maximum at every place,
    blurs, and then takes every so-manyth cell: R. Zhang, "Making Convolutional Networks Shift-Invariant Again", ICML
    2019, there MaxBlurPool. The blur's kernel is the triangle of 2·window − 1 taps; for window 2 that is Zhang's Tri-3,
    (1, 2, 1)/4 on each axis, for 3 and 4 the same idea carried on.

    >>> subsample(torch.tensor([[[[0.0, 3.0, 1.0, 1.0]] * 2]]), "average", 2)
    tensor([[[[1.5000, 1.0000]]]])
    """
    return at_every_place(maps, how, window)[..., ::window, ::window]


def at_every_place(maps: Tensor, how: Subsampling, window: int) -> Tensor:
    """What `subsample` makes of the windows at every place, before it takes every so-manyth: (N, C, H', W').

    All four ways look at neighbours first and leave cells out afterwards; it is the leaving out that shifts can feel.
    """
    if how == "max":
        return F.max_pool2d(maps, window, stride=1)
    if how == "average":
        return F.avg_pool2d(maps, window, stride=1)
    if how == "stride":
        return maps
    if how == "blur":
        return _blurred(F.max_pool2d(maps, window, stride=1), window)
    raise ValueError(f"Maps are made smaller by {', '.join(SUBSAMPLINGS)}, not by {how}.")


def _blurred(maps: Tensor, window: int) -> Tensor:
    """The maps after a triangular blur, first of the columns and then of the rows."""
    ramp = torch.arange(1, 2 * window, dtype=maps.dtype)
    triangle = torch.minimum(ramp, 2 * window - ramp) / window**2
    flat = maps.flatten(0, 1)[:, None]
    down = F.conv2d(flat, triangle[None, None, :, None])
    return F.conv2d(down, triangle[None, None, None, :])[:, 0].unflatten(0, maps.shape[:2])


@dataclass(frozen=True, slots=True, eq=False)
class ShiftChange:
    """Relative change against shift, each (2·largest + 1, 2·largest + 1) with no shift in the middle.

    ``stayed`` compares the map with the one before, cell by cell: 0 is *invariance*. ``moved`` compares after the best
    of the whole-cell moves nearest to the shift, where the two overlap: 0 is *equivariance*. NaN where the map before is
    all zero, so that there is nothing to be relative to.
    """

    stayed: Tensor
    moved: Tensor


def change_against_shift(maps: Tensor, jump: Shift, largest: int = LARGEST_SHIFT) -> ShiftChange:
    """The change of one layer's maps over all shifts: ``maps`` is (shifts, C, H, W), in the order of `all_shifts`.

    ``jump`` is how many pixels of the image lie between two cells of the maps, rows and columns. Maps without rows and
    columns (shifts, units) cannot move along; for them ``moved`` is ``stayed``.
    """
    side = 2 * largest + 1
    stayed, moved = _changes(maps, jump, torch.tensor(all_shifts(largest)))
    return ShiftChange(stayed.view(side, side), moved.view(side, side))


def change_along(maps: Tensor, jump: Shift, largest: int = LARGEST_SHIFT) -> ShiftChange:
    """The same, but only along both axes: (17,), the mean of moving right and of moving down so far."""
    side = 2 * largest + 1
    steps = torch.arange(-largest, largest + 1)
    still = torch.zeros_like(steps)
    right = _changes(maps[largest * side : (largest + 1) * side], jump, torch.stack([still, steps], dim=1))
    down = _changes(maps[largest::side], jump, torch.stack([steps, still], dim=1))
    return ShiftChange(*((one + other) / 2 for one, other in zip(right, down, strict=True)))


def _changes(maps: Tensor, jump: Shift, shifts: Tensor) -> tuple[Tensor, Tensor]:
    """Stayed and moved, (N,) each: ``maps`` (N, …) after ``shifts`` (N, 2), the one in the middle being none."""
    before = maps[len(maps) // 2]
    stayed = _share(_squares(maps - before), _squares(before[None]))
    if maps.dim() < 4:
        return stayed, stayed
    jumps = torch.tensor(jump)
    down, up = shifts.div(jumps, rounding_mode="floor"), -(-shifts).div(jumps, rounding_mode="floor")
    moved = torch.full((len(shifts),), torch.nan)
    for choice in ([False, False], [False, True], [True, False], [True, True]):
        rounded_up = torch.tensor(choice)
        fresh = (rounded_up <= (up > down)).all(dim=1)  # where a jump divides the shift, there is one way to round
        moves = torch.where(rounded_up, up, down)[fresh]
        moved[fresh] = torch.fmin(moved[fresh], _change_after(moves, before, maps[fresh]))
    return stayed, moved


def _change_after(moves: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """The relative change of each of ``after`` (N, C, H, W) once ``before`` (C, H, W) has made its move, where they overlap.

    ``moves`` is (N, 2), in cells. NaN where nothing overlaps, or nothing was there before.
    """
    sources = [torch.arange(size) - move[:, None] for size, move in zip(before.shape[1:], moves.T, strict=True)]
    rows, cols = ((source >= 0) & (source < size) for source, size in zip(sources, before.shape[1:], strict=True))
    inside = (rows[:, :, None] & cols[:, None, :])[:, None]  # (N, 1, H, W)
    row, col = (source.clamp(0, size - 1) for source, size in zip(sources, before.shape[1:], strict=True))
    was = before[:, row[:, :, None], col[:, None, :]].movedim(0, 1) * inside  # (N, C, H, W)
    return _share(_squares(after * inside - was), _squares(was))


def _squares(values: Tensor) -> Tensor:
    """The sum of the squares of each in a batch: (N,)."""
    return values.flatten(1).square().sum(dim=1)


def _share(distance: Tensor, size: Tensor) -> Tensor:
    """‖after − before‖₂ / ‖before‖₂ from the sums of squares; NaN where nothing was there before."""
    return torch.where(size > 0, (distance / size).sqrt(), torch.nan)


@torch.no_grad()
def feature_map_changes(
    image: Tensor,
    kernel: Tensor,
    border: Border = "edge",
    *,
    windows: Sequence[int] = (2, 3, 4),
    ways: Sequence[Subsampling] = SUBSAMPLINGS,
) -> dict[tuple[Subsampling, int], ShiftChange]:
    """How the subsampled maps of one image (C, H, W) change over all 17×17 shifts, for each way and window.

    The image passes through a convolution with ``kernel`` (kh, kw) on every channel, without padding, and a ReLU.

    Nothing of this depends on where in the image it happens, so it is done once, on the image with all that the shifts
    bring in; the maps after each shift are every ``window``th cell of that, from another one on. ValueError if the image
    is too small for a window.
    """
    weight = kernel.expand(1, len(image), *kernel.shape)
    whole = F.relu(F.conv2d(surrounded(image, border, LARGEST_SHIFT)[None], weight))
    changes = {}
    for window in windows:
        for how in ways:
            dense = at_every_place(whole, how, window)[0]
            size = tuple((length - 2 * LARGEST_SHIFT - 1) // window + 1 for length in dense.shape[1:])
            if min(size) < 1:
                raise ValueError(f"An image of {image.shape[1]}×{image.shape[2]} is too small for windows of {window}.")
            maps = pieces(dense.contiguous(), size, LARGEST_SHIFT, step=window)
            changes[how, window] = change_against_shift(maps, (window, window))
    return changes


@dataclass(frozen=True, slots=True)
class Spread:
    """Many measurements of one thing: their mean and standard deviation, cell by cell, those that are NaN left out."""

    mean: Tensor
    deviation: Tensor
    count: int


def spread(measurements: Iterable[Tensor]) -> Spread:
    """Mean and standard deviation (of the sample, n − 1) over tensors of one shape.

    >>> spread([torch.tensor([1.0]), torch.tensor([3.0])])
    Spread(mean=tensor([2.]), deviation=tensor([1.4142]), count=2)
    """
    stacked = torch.stack(list(measurements))
    known = stacked.isfinite()
    count = known.sum(dim=0)
    mean = torch.where(known, stacked, 0).sum(dim=0) / count
    squares = torch.where(known, (stacked - mean) ** 2, 0).sum(dim=0)
    return Spread(mean, (squares / (count - 1).clamp(min=1)).sqrt(), len(stacked))


def along(values: Tensor, largest: int = LARGEST_SHIFT) -> Tensor:
    """A map over shifts (17, 17) read along both axes: (17,), the mean of moving right and of moving down so far."""
    return (values[largest] + values[:, largest]) / 2
