"""Pictures bent at random, anew each time they are shown."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far each picture is bent."""

    degrees: float = 0.0  # rotation, either way
    scale: float = 0.0  # 0.1: from 0.9 to 1.1 times, each axis by itself
    shear: float = 0.0  # columns moved per row
    shift: float = 0.0  # pixels and fractions of pixels, either way
    crop: int = 0  # whole pixels, either way
    flip: bool = False  # every second picture has left and right swapped


def augment(images: Tensor, how: Augmentation) -> Tensor:
    """The pictures uint8 (N, C, H, W) as float32 in [0, 1], each bent at random, black where nothing was."""
    if how.flip:
        images = torch.where(torch.rand(len(images), 1, 1, 1) < 0.5, images.flip(3), images)
    if how.crop:
        images = moved(images, torch.randint(-how.crop, how.crop + 1, (len(images), 2)))
    images = images.float() / 255
    if how.degrees or how.scale or how.shear or how.shift:
        images = _warped(images, how)
    return images


def moved(images: Tensor, shifts: Tensor) -> Tensor:
    """Each picture (N, C, H, W) moved by its whole number of rows and columns, ``shifts`` (N, 2); black moves in.

    >>> moved(torch.tensor([[[[1, 2], [3, 4]]]]), torch.tensor([[0, 1]])).tolist()
    [[[[0, 1], [0, 3]]]]
    """
    count, _, height, width = images.shape
    margin = int(shifts.abs().max()) if count else 0
    # every way to cut the old size out of a wider frame, as a view: (N, C, 2·margin + 1, 2·margin + 1, H, W)
    cuts = F.pad(images, (margin,) * 4).unfold(2, height, 1).unfold(3, width, 1)
    return cuts[torch.arange(count), :, margin - shifts[:, 0], margin - shifts[:, 1]]


def _warped(images: Tensor, how: Augmentation) -> Tensor:
    """Rotated, scaled, sheared and shifted, between pixels too."""
    count, side = len(images), images.shape[-1]

    def spread(most: float) -> Tensor:
        return (2 * torch.rand(count) - 1) * most

    angle = spread(math.radians(how.degrees))
    shear = spread(how.shear)
    cos, sin = torch.cos(angle), torch.sin(angle)
    tall, wide = 1 + spread(how.scale), 1 + spread(how.scale)
    # affine_grid asks where in the old picture each new pixel comes from, in half pictures: x (columns) first
    maps = torch.stack(
        [
            torch.stack([wide * cos, wide * (shear * cos - sin), spread(2 * how.shift / side)], dim=1),
            torch.stack([tall * sin, tall * (shear * sin + cos), spread(2 * how.shift / side)], dim=1),
        ],
        dim=1,
    )  # (N, 2, 3)
    grid = F.affine_grid(maps, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)
