"""A film of a training: the convolutions' weights at chosen steps."""

import torch
from torch import Tensor

from cnnviz.core.film import TENSORS
from cnnviz.core.network import NormedConvNet
from cnnviz.core.training.measures import accuracy


class Recorder:
    """Keeps conv1 and conv2 of the running average, folded as in the shipped network, and the accuracy on ``images`` with these ``labels``.

    It is handed to `fit` as ``watch``, for a training of ``total`` steps, and takes ``frames`` pictures of it: the first
    before any training, the last after the last step, and most in between early on, where most happens.
    """

    def __init__(self, total: int, images: Tensor, labels: Tensor, frames: int = 40) -> None:
        self.wanted = set(frame_steps(total, frames))
        self.images, self.labels = images, labels
        self.steps: list[int] = []
        self.accuracies: list[float] = []
        self.weights: list[dict[str, Tensor]] = []

    def __call__(self, step: int, average: NormedConvNet, last: NormedConvNet) -> None:
        if step in self.wanted:
            network = average.folded()
            self.steps.append(step)
            self.accuracies.append(accuracy(network, self.images, self.labels))
            self.weights.append({key: network.state_dict()[key] for key in TENSORS})

    def for_card(self, per_epoch: int, measured_on: str) -> dict:
        """What the card says of the film."""
        return {
            "steps": self.steps,
            "epochs": [round(step / per_epoch, 3) for step in self.steps],
            "accuracy": self.accuracies,
            "measured_on": measured_on,
        }

    def tensors(self) -> dict[str, Tensor]:
        """Each tensor of the film with one axis more in front, for the frames."""
        return {key: torch.stack([frame[key] for frame in self.weights]) for key in TENSORS}


def frame_steps(total: int, frames: int) -> list[int]:
    """The steps at which a film of ``total`` steps looks: they lie apart as the cubes of 0, 1, 2, … do.

    >>> frame_steps(1000, 11)
    [0, 1, 8, 27, 64, 125, 216, 343, 512, 729, 1000]
    """
    last = frames - 1
    return sorted({min(total, max(frame, round(total * (frame / last) ** 3))) for frame in range(frames)})
