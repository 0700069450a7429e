"""Change against shift measured over many pictures: feature maps made smaller in four ways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from cnnviz.core.images import fit_image
from cnnviz.core.invariance import ShiftChange, Spread, Subsampling, along, spread
from cnnviz.core.samples import SAMPLES, sample_image


def measured_images() -> list[torch.Tensor]:
    """58 grey pictures (1, H, W): 20 digits, 20 small photographs, 9 photographs and the middle of each of those."""
    pictures = []
    for key, sample in SAMPLES.items():
        if sample.group == "pattern":
            continue
        image = sample_image(key)
        pictures.append(fit_image(image, sample.size, False))
        if sample.group == "photograph":
            height, width = (size // 4 for size in image.shape[1:])
            pictures.append(fit_image(image[:, height : 3 * height, width : 3 * width], sample.size, False))
    return [torch.from_numpy(np.array(picture)) for picture in pictures]


@dataclass(frozen=True, slots=True, eq=False)
class MapFigures:
    """Feature maps over all shifts of many pictures, as in `ShiftChange`: (17, 17), and along the axes, (17,)."""

    stayed: Spread
    moved: Spread
    stayed_along: Spread
    moved_along: Spread


def map_figures(
    changes: Sequence[Mapping[tuple[Subsampling, int], ShiftChange]], how: Subsampling, window: int
) -> MapFigures:
    """Mean and spread for one way and window; ``changes`` holds what `feature_map_changes` found for each picture."""
    found = [one[how, window] for one in changes]
    return MapFigures(
        spread(change.stayed for change in found),
        spread(change.moved for change in found),
        spread(along(change.stayed) for change in found),
        spread(along(change.moved) for change in found),
    )
