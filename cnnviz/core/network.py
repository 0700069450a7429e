"""The notebook's network, and its trained weights with their cards."""

import copy
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

ASSETS = Path(__file__).parent.parent / "assets"
NETWORKS = {
    "mnist": "Digits (MNIST)",
    "cifar10": "Photographs (CIFAR-10)",
}  # name of the weights → what a person calls them
_REMEDY = "Install cnnviz again, or run `make train DATA=folder` (see the README)."


class NetworkError(Exception):
    """A trained network cannot be had; the message is one sentence and what to run."""


class ConvNet(nn.Module):
    """The notebook's network: two convolutions, each with ReLU and 2×2 max-pooling, and three linear layers.

    ``x`` is (N, 3, 32, 32) in [0, 1]; the output is (N, 10), one score (logit) per class. ReLU and pooling learn nothing,
    so one module of each serves throughout. 400 = 16·5·5 is what is left of 32×32 after both convolutions and poolings.

    >>> sum(parameter.numel() for parameter in ConvNet().parameters())
    62006
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.relu(self.conv1(x)))  # (N, 6, 14, 14)
        x = self.pool(self.relu(self.conv2(x)))  # (N, 16, 5, 5)
        x = self.flatten(x)  # (N, 400)
        x = self.relu(self.fc1(x))
        x = self.relu(self.fc2(x))
        return self.fc3(x)


class NormedConvNet(nn.Module):
    """A `ConvNet` as it is trained: inputs brought to mean 0 and spread 1, and BatchNorm before each ReLU.

    Both only help the optimiser. `folded` works them into the layers and leaves the plain network, ``net``.
    """

    def __init__(self, mean: Tensor, spread: Tensor, net: ConvNet | None = None) -> None:
        super().__init__()
        self.net = ConvNet() if net is None else net
        self.norms = nn.ModuleDict(
            {
                "conv1": nn.BatchNorm2d(6),
                "conv2": nn.BatchNorm2d(16),
                "fc1": nn.BatchNorm1d(120),
                "fc2": nn.BatchNorm1d(84),
            }
        )
        self.register_buffer("mean", mean.view(1, 3, 1, 1))
        self.register_buffer("spread", spread.view(1, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        net = self.net
        x = (x - self.mean) / self.spread
        for name in ("conv1", "conv2"):
            x = net.relu(self.norms[name](getattr(net, name)(x)))
            x = x if net.pool is None else net.pool(x)
        x = net.flatten(x)
        x = net.relu(self.norms["fc1"](net.fc1(x)))
        x = net.relu(self.norms["fc2"](net.fc2(x)))
        return net.fc3(x)

    @torch.no_grad()
    def folded(self) -> ConvNet:
        """The plain network that computes the same in eval mode; exact up to rounding, as no layer pads its input."""
        net = copy.deepcopy(self.net).double()
        # w·(x − mean)/spread + b  =  (w/spread)·x + (b − Σ w·mean/spread)
        net.conv1.weight /= self.spread.double()
        net.conv1.bias -= (net.conv1.weight * self.mean.double()).sum(dim=(1, 2, 3))
        for name, norm in self.norms.items():
            layer = getattr(net, name)
            gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
            layer.weight *= gain.view(-1, *[1] * (layer.weight.ndim - 1))
            layer.bias.copy_((layer.bias - norm.running_mean.double()) * gain + norm.bias.double())
        return net.float().eval().requires_grad_(False)


def load_network(name: str = "mnist", folder: Path = ASSETS) -> ConvNet:
    """The trained network of that name, in eval mode and without gradients for its weights.

    It takes pictures (N, 3, 32, 32) as they are seen, in [0, 1]. NetworkError if there is no such network, or its weights
    are missing, damaged or of another shape.
    """
    network = ConvNet()
    wanted = {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}
    network.load_state_dict(
        read_tensors(_path(name, folder, ".safetensors"), wanted, f"weights of the network {name!r}")
    )
    return network.eval().requires_grad_(False)


def read_tensors(path: Path, wanted: Mapping[str, tuple[int, ...]], title: str) -> dict[str, Tensor]:
    """The tensors of a safetensors file; NetworkError, about the ``title``, unless they are those ``wanted``, and finite."""
    try:
        tensors = load_file(path)
    except FileNotFoundError:
        raise NetworkError(f"The {title} are missing ({path}). {_REMEDY}") from None
    except (OSError, SafetensorError) as error:
        raise NetworkError(f"The {title} cannot be read ({path}: {error}). {_REMEDY}") from error
    found = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    for key in wanted | found:
        if wanted.get(key) != found.get(key):
            shapes = f"{key} should be {wanted.get(key, 'absent')}, but is {found.get(key, 'absent')}"
            raise NetworkError(f"These are not the {title} ({path}): {shapes}. {_REMEDY}")
    if not all(tensor.is_floating_point() and tensor.isfinite().all() for tensor in tensors.values()):
        raise NetworkError(f"The {title} hold values that are not finite numbers ({path}). {_REMEDY}")
    return tensors


def load_card(name: str = "mnist", folder: Path = ASSETS) -> Mapping[str, Any]:
    """What is known about the trained network: data, recipe, accuracy, confusion matrix. Read only.

    NetworkError if there is no such network, or its card is missing or cannot be read.
    """
    path = _path(name, folder, ".json")
    card = read_card(path, f"card of the network {name!r}")
    if len(card.get("labels") or ()) != 10:
        raise NetworkError(f"The card in {path} does not name its ten classes under “labels”. {_REMEDY}")
    return card


def read_card(path: Path, title: str) -> Mapping[str, Any]:
    """A JSON object, read only; NetworkError, about the ``title``, if there is none."""
    try:
        card = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NetworkError(f"The {title} is missing ({path}). {_REMEDY}") from None
    except (OSError, ValueError) as error:
        raise NetworkError(f"The {title} cannot be read ({path}: {error}). {_REMEDY}") from error
    if not isinstance(card, dict):
        raise NetworkError(f"The {title} should be a JSON object ({path}). {_REMEDY}")
    return _frozen(card)


def class_labels(name: str = "mnist") -> tuple[str, ...]:
    """What each of the ten outputs stands for.

    >>> class_labels("mnist")[7]
    '7'
    """
    return load_card(name)["labels"]


def probe() -> Tensor:
    """A fixed input (1, 3, 32, 32); the card holds the scores for it, so that weights and card can be checked as a pair."""
    channel, row, col = torch.meshgrid(torch.arange(3), torch.arange(32), torch.arange(32), indexing="ij")
    return ((11 * channel + 7 * row + 13 * col) % 32 / 31)[None]


def weights_digest(path: Path) -> str:
    """The SHA-256 of a file, as the card keeps it and as links to the weights carry it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _path(name: str, folder: Path, suffix: str) -> Path:
    if name not in NETWORKS:
        raise NetworkError(f"There is no network {name!r}; there is {', '.join(map(repr, NETWORKS))}.")
    return Path(folder) / f"{name}{suffix}"


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(entry) for key, entry in value.items()})
    if isinstance(value, list):
        return tuple(_frozen(entry) for entry in value)
    return value
