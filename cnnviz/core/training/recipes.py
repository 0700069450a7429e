"""All that is decided before a training begins."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn

from cnnviz.core.samples import CIFAR10_CLASSES
from cnnviz.core.training.augmentation import Augmentation
from cnnviz.core.training.descent import Descent
from cnnviz.core.training.parts import Part, examine_digits, load_digits, load_things


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a network learns from, and how."""

    labels: tuple[str, ...]
    sources: tuple[str, ...]  # what the card says of the data
    load: Callable[[Path, np.random.Generator], tuple[Part, ...]]
    descent: Descent
    augmentation: Augmentation
    smoothing: float = 0.0  # of the labels; makes the probabilities timid: with 0.1 even a perfect 7 gets only 0.9
    grey: bool = False  # one channel, shown to the network three times
    # the held-out rows are kept out of one rehearsal, and a second training on everything follows; or, at half the time,
    # they are never trained on at all
    rehearsal: bool = True
    # a closer look at the rehearsal's network
    examine: Callable[[nn.Module, Path, np.random.Generator], dict] = lambda network, folder, random: {}

    def for_card(self) -> dict:
        """What a card says of how the network learned."""
        told = dataclasses.asdict(self)
        return {key: told[key] for key in ("descent", "augmentation", "smoothing", "grey", "rehearsal")}


RECIPES = {
    "mnist": Recipe(
        labels=tuple("0123456789"),
        sources=(
            "MNIST: LeCun, Cortes and Burges, The MNIST database of handwritten digits",
            "Pen-Based Recognition of Handwritten Digits: Alpaydin and Alimoglu, UCI Machine Learning Repository; "
            "digits of 30 writers, drawn anew on canvases of 28 to 300 pixels with thin and thick pens, and centred",
            "Held out for choosing: every twelfth row of MNIST's training set at random, and about a fifth of the pen digits. "
            "Their file names no writers and its rows are shuffled, so they were grouped by the shape of the pen's path and "
            "whole groups held out: the rehearsal never saw a digit written quite that way",
        ),
        load=load_digits,
        examine=examine_digits,
        descent=Descent(epochs=40),
        augmentation=Augmentation(degrees=12, scale=0.12, shear=0.2, shift=1.5),
        grey=True,
    ),
    "cifar10": Recipe(
        labels=CIFAR10_CLASSES,
        sources=(
            "CIFAR-10: Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009. The pictures are JPEG "
            "re-encodings of the originals (quality about 75), so all figures may differ a little from those on the originals",
            "Held out for choosing: one training row in 40, at random, on which the network was never trained",
        ),
        load=load_things,
        # Learning from a wider network's probabilities instead (temperature 4, a teacher of 84.5 % trained for 8 epochs, then
        # 60 epochs) read 75.8 % of the held-out rows where this reads 76.3 %, and was far too sure of itself.
        descent=Descent(epochs=70, batch=64, decay=2e-4),
        augmentation=Augmentation(crop=3, flip=True),
        smoothing=0.1,
        rehearsal=False,
    ),
}
