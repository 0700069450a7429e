"""Invariance measured over many pictures: feature maps made smaller in four ways, and networks trained as twins."""

from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional as F

from cnnviz.core.images import fit_image
from cnnviz.core.invariance import (
    Border,
    NetworkChange,
    ShiftChange,
    Spread,
    along,
    feature_map_changes,
    network_changes,
    over_images,
    spread,
)
from cnnviz.core.kernels import KERNELS
from cnnviz.core.samples import SAMPLES, sample_image
from cnnviz.core.twins import POOLINGS, load_twin

# the output of each half of the network, and the scores; the strided twins have no pooling layers
LAYERS = {"max": ("pool", "pool_1", "fc3"), "average": ("pool", "pool_1", "fc3"), "stride": ("relu", "relu_1", "fc3")}
Progress = Callable[[float], None]


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


def map_changes(kernel: str, border: Border, progress: Progress) -> dict[tuple[str, int], dict[str, Spread]]:
    """For each way and window, over `measured_images`: mean and spread of "stayed" and "moved" (17, 17), and their curves."""
    weight = KERNELS[kernel].tensor
    measured = list(over_images(measured_images(), lambda image: feature_map_changes(image, weight, border), progress))

    def gathered(key: tuple[str, int]) -> dict[str, Spread]:
        changes: list[ShiftChange] = [one[key] for one in measured]
        return {
            "stayed": spread(change.stayed for change in changes),
            "moved": spread(change.moved for change in changes),
            "stayed along": spread(along(change.stayed) for change in changes),
            "moved along": spread(along(change.moved) for change in changes),
        }

    return {key: gathered(key) for key in measured[0]}


def twin_changes(dataset: str, border: Border, progress: Progress) -> dict[tuple[str, bool], list[NetworkChange]]:
    """What all shifts of the 20 gallery pictures of a data set do to its six twins: (pooling, shifted) → one a picture."""
    pictures = twin_pictures(dataset)
    twins = [(pooling, shifted) for shifted in (False, True) for pooling in POOLINGS]
    found: dict[tuple[str, bool], list[NetworkChange]] = {}
    for number, (pooling, shifted) in enumerate(twins):
        network = load_twin(dataset, pooling, shifted)
        for done, (image, label) in enumerate(pictures, start=1):
            change = network_changes(network, image, label, border, LAYERS[pooling])
            found.setdefault((pooling, shifted), []).append(change)
            progress((number + done / len(pictures)) / len(twins))
    return found


def twin_pictures(dataset: str) -> list[tuple[torch.Tensor, int]]:
    """The 20 gallery pictures of a data set as the networks read them, with their labels."""
    group = {"mnist": "digit", "cifar10": "cifar10"}[dataset]
    samples = [(key, sample.label) for key, sample in SAMPLES.items() if sample.group == group]
    return [(_for_network(sample_image(key)), label) for key, label in samples]


def _for_network(image: np.ndarray) -> torch.Tensor:
    """A gallery picture as the networks read it: (3, 32, 32), a digit with two black pixels around it."""
    picture = torch.from_numpy(np.array(image))
    margin = (32 - picture.shape[-1]) // 2
    return F.pad(picture, (margin,) * 4).expand(3, -1, -1).contiguous()
