"""Does a feature map stay when the image is shifted, or move along, or neither? Measured, over all small shifts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.core.comparison import Shift, nearest_moves, overlap
from cnnviz.core.receptive import receptive_fields
from cnnviz.core.trace import trace

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
    rows, cols = torch.arange(height) - down, torch.arange(width) - across
    if border == "wrap":
        rows, cols = rows % height, cols % width
    elif border not in BORDERS:
        raise ValueError(f"What enters at the border is {', '.join(BORDERS)}, not {border}.")
    moved = image[..., rows.clamp(0, height - 1)[:, None], cols.clamp(0, width - 1)]
    if border == "black":
        inside = ((rows >= 0) & (rows < height))[:, None] & (cols >= 0) & (cols < width)
        moved = torch.where(inside, moved, torch.zeros((), dtype=moved.dtype))
    return moved


def all_shifts(largest: int = LARGEST_SHIFT) -> tuple[Shift, ...]:
    """Every shift of up to so many pixels on either axis, in reading order; (0, 0) in the middle is one of them.

    >>> len(all_shifts())
    289
    """
    steps = range(-largest, largest + 1)
    return tuple((down, across) for down in steps for across in steps)


def shift_batch(image: Tensor, border: Border, largest: int = LARGEST_SHIFT) -> Tensor:
    """All shifts of one image (C, H, W) as a batch (shifts, C, H, W), in the order of `all_shifts`."""
    return torch.stack([shifted(image, shift, border) for shift in all_shifts(largest)])


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
    if how == "max":
        return F.max_pool2d(maps, window)
    if how == "average":
        return F.avg_pool2d(maps, window)
    if how == "stride":
        return maps[..., ::window, ::window]
    if how == "blur":
        return _blurred(F.max_pool2d(maps, window, stride=1), window)
    raise ValueError(f"Maps are made smaller by {', '.join(SUBSAMPLINGS)}, not by {how}.")


def _blurred(maps: Tensor, window: int) -> Tensor:
    """Every so-manyth cell of the maps after a triangular blur; only the cells that stay are computed."""
    ramp = torch.arange(1, 2 * window, dtype=maps.dtype)
    triangle = torch.minimum(ramp, 2 * window - ramp) / window**2
    flat = maps.flatten(0, 1)[:, None]
    down = F.conv2d(flat, triangle[None, None, :, None], stride=(window, 1))
    return F.conv2d(down, triangle[None, None, None, :], stride=(1, window))[:, 0].unflatten(0, maps.shape[:2])


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
    shifts = all_shifts(largest)
    side = 2 * largest + 1
    before = maps[len(shifts) // 2]
    stayed = _relative(before, maps)
    if maps.dim() < 4:
        return ShiftChange(stayed.view(side, side), stayed.view(side, side))
    moved = torch.full((len(shifts),), torch.inf)
    candidates: dict[Shift, list[int]] = {}
    for index, shift in enumerate(shifts):
        for move in nearest_moves(shift, jump):
            candidates.setdefault(move, []).append(index)
    height, width = maps.shape[-2:]
    for move, indices in candidates.items():
        if abs(move[0]) < height and abs(move[1]) < width:
            after = maps[indices]
            moved[indices] = torch.fmin(moved[indices], _relative(*overlap(before, after, move)))
    moved[moved.isinf()] = torch.nan
    return ShiftChange(stayed.view(side, side), moved.view(side, side))


def _relative(before: Tensor, after: Tensor) -> Tensor:
    """‖after − before‖₂ / ‖before‖₂ of each in the batch ``after``; NaN where nothing was there before."""
    distance = (after - before).flatten(1).square_().sum(dim=1).sqrt_()
    size = before.norm()
    return distance / size if size > 0 else torch.full_like(distance, torch.nan)


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
    """
    batch = shift_batch(image, border)
    weight = kernel.expand(1, len(image), *kernel.shape)
    maps = F.relu(F.conv2d(batch, weight))
    return {
        (how, window): change_against_shift(subsample(maps, how, window), (window, window))
        for window in windows
        for how in ways
    }


@dataclass(frozen=True, slots=True, eq=False)
class NetworkChange:
    """A trained network over all shifts of one image: ``probability`` of a class, (17, 17), the share of shifts that keep
    the network's ``verdict`` for the image as it is, and the change of each layer's output."""

    probability: Tensor
    kept: float
    layers: dict[str, ShiftChange]


@torch.no_grad()
def network_changes(
    network: nn.Module, image: Tensor, label: int, border: Border = "edge", layers: Sequence[str] | None = None
) -> NetworkChange:
    """What all 17×17 shifts of one image (C, H, W) do to a network that gives one score a class.

    ``layers`` names operations of its trace; without, all of them.
    """
    plain = trace(network, image[None])
    jumps = {layer.name: (layer.rows.jump, layer.cols.jump) for layer in receptive_fields(plain)}
    wanted = plain.names if layers is None else tuple(layers)
    batch = trace(network, shift_batch(image, border))
    scores = batch[-1].output
    verdicts = scores.argmax(dim=1)
    side = 2 * LARGEST_SHIFT + 1
    return NetworkChange(
        scores.softmax(dim=1)[:, label].view(side, side),
        (verdicts == verdicts[len(verdicts) // 2]).double().mean().item(),
        {name: change_against_shift(batch[name].output, jumps[name]) for name in wanted},
    )


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


def over_images(
    images: Sequence[Tensor],
    measure: Callable[[Tensor], object],
    progress: Callable[[float], None] = lambda share: None,
) -> Iterator[object]:
    """``measure`` of each image in turn; ``progress`` hears which share is done."""
    for number, image in enumerate(images, start=1):
        yield measure(image)
        progress(number / len(images))
