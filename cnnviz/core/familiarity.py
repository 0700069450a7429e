"""How far a picture lies from those a network was trained on, by four measures that each overlook what another sees.

``python -m cnnviz.core.familiarity --network cifar10 --data folder`` measures it anew, for weights trained anew.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from cnnviz.core.network import ASSETS, ConvNet, load_network, weights_digest

BEYOND = 0.99  # of the test pictures stay below all limits
ROWS = 10_000  # training pictures that are enough to know their mean, spread and commonest patterns
DRAWN = 3_000  # the same of digits drawn with a pen
PATTERNS = 32
MEASURES = ("features", "unexplained", "share", "flatness")
FEATURES = "relu_3"  # what a trace of the network calls dense 2 after ReLU
_LEAST_SPREAD = 1e-3  # units that are nearly always 0 would make any activity infinitely far
_WEIGHTS = "sha256"  # of the weights that it was measured with, in the file's metadata


@dataclass(frozen=True, slots=True)
class Familiarity:
    """What the training pictures are like, and how far from that the test pictures go.

    ``means`` (10, 84) holds each class's mean among the units of dense 2, after ReLU, and ``spread`` (84,) the standard
    deviation about it that all classes share. ``mean`` (1024,) is the mean picture in grey, ``patterns`` (32, 1024) are
    the principal components of the grey pictures. ``limits`` holds a limit for each of `MEASURES`.
    """

    means: Tensor
    spread: Tensor
    mean: Tensor
    patterns: Tensor
    limits: Tensor

    def measures(self, features: Tensor, pictures: Tensor) -> Tensor:
        """`MEASURES` of features (N, 84) and pictures (N, 3, 32, 32): (N, 4), the larger the stranger.

        "features": how far dense 2 is from the nearest class's mean, in standard deviations; the root of the mean square
        over the units, a diagonal form of the Mahalanobis distance that Lee, Lee, Lee and Shin use to tell strange inputs
        ("A Simple Unified Framework", 2018). "unexplained": the length of what the patterns cannot make of the grey
        picture; "share": the same as a share of its distance from the mean picture. "flatness": minus the standard
        deviation of a channel's pixels, mean over the channels.
        """
        apart = (features[:, None] - self.means) / self.spread  # (N, 10, 84)
        grey = pictures.mean(dim=1).flatten(1) - self.mean  # (N, 1024)
        left = (grey - grey @ self.patterns.T @ self.patterns).norm(dim=1)
        return torch.stack(
            [
                apart.square().mean(dim=2).sqrt().amin(dim=1),
                left,
                left / grey.norm(dim=1).clamp_min(1e-6),
                -pictures.flatten(2).std(dim=2).mean(dim=1),
            ],
            dim=1,
        )


def features_of(network: ConvNet, pictures: Tensor) -> Tensor:
    """The activations of dense 2 for pictures (N, 3, 32, 32): (N, 84)."""
    net = network
    with torch.inference_mode():
        x = net.pool(net.relu(net.conv1(pictures)))
        x = net.flatten(net.pool(net.relu(net.conv2(x))))
        return net.relu(net.fc2(net.relu(net.fc1(x))))


def measured(network: ConvNet, train: tuple[Tensor, Tensor], test: Tensor) -> Familiarity:
    """What is familiar to a network: ``train`` holds pictures (N, 3, 32, 32) uint8 and labels (N,), ``test`` pictures."""
    pictures, labels = train
    features = torch.cat([features_of(network, batch) for batch in _batches(pictures)])
    means = torch.stack([features[labels == label].mean(dim=0) for label in range(10)])
    spread = (features - means[labels]).square().mean(dim=0).sqrt().clamp_min(_LEAST_SPREAD)
    grey = torch.cat([batch.mean(dim=1).flatten(1) for batch in _batches(pictures)])
    mean = grey.mean(dim=0)
    _, vectors = torch.linalg.eigh((grey - mean).T @ (grey - mean) / len(grey))  # the last ones have the largest spread
    patterns = vectors.T.flip(0)[:PATTERNS].contiguous()
    patterns = patterns.half().float()  # as they are kept, so that the limits are those of what is used
    known = Familiarity(means, spread, mean, patterns, torch.zeros(len(MEASURES)))
    found = torch.cat([known.measures(features_of(network, batch), batch) for batch in _batches(test)])
    return Familiarity(means, spread, mean, patterns, _limits(found))


def _limits(found: Tensor) -> Tensor:
    """The lowest limits, at one quantile of each measure (N, 4), below all of which `BEYOND` of the rows stay."""
    for quantile in torch.linspace(BEYOND, 1.0, 101).tolist():
        limits = found.quantile(quantile, dim=0)
        if (found <= limits).all(dim=1).double().mean() >= BEYOND:
            break
    return limits


def load_familiarity(name: str, folder: Path = ASSETS) -> Familiarity | None:
    """What is familiar to a shipped network; None if nobody has measured it with the weights that are there now."""
    folder = Path(folder)
    try:
        with safe_open(_file(name, folder), "pt") as noted:
            if (noted.metadata() or {}).get(_WEIGHTS) != weights_digest(folder / f"{name}.safetensors"):
                return None
            return Familiarity(*(noted.get_tensor(part).float() for part in Familiarity.__slots__))
    except (OSError, SafetensorError):
        return None


def save_familiarity(familiarity: Familiarity, name: str, folder: Path = ASSETS) -> Path:
    """Keeps it beside the network's weights, and returns the file."""
    folder = Path(folder)
    parts = {part: getattr(familiarity, part).contiguous() for part in Familiarity.__slots__}
    parts["patterns"] = parts["patterns"].half()
    save_file(parts, _file(name, folder), {_WEIGHTS: weights_digest(folder / f"{name}.safetensors")})
    return _file(name, folder)


def _file(name: str, folder: Path) -> Path:
    return folder / f"{name}_familiarity.safetensors"


def framed(images: Any) -> Tensor:
    """Pictures uint8 (N, H, W) or (N, H, W, 3) as (N, 3, 32, 32): grey ones three times, small ones within black."""
    pictures = torch.from_numpy(images)
    pictures = pictures[:, None].expand(-1, 3, -1, -1) if pictures.dim() == 3 else pictures.permute(0, 3, 1, 2)
    edge = (32 - pictures.shape[-1]) // 2
    return torch.nn.functional.pad(pictures, [edge] * 4).contiguous()


def strange_kinds() -> dict[str, Tensor]:
    """Pictures that no network here was trained on, float (N, 3, 32, 32) in [0, 1], by what they are."""
    random = np.random.default_rng(0)
    noise = torch.from_numpy(random.random((500, 3, 32, 32), np.float32))
    colours = torch.from_numpy(random.random((200, 3, 1, 1), np.float32)).expand(-1, -1, 32, 32)
    greys = torch.linspace(0, 1, 50)[:, None, None, None].expand(-1, 3, 32, 32)
    return {"blank": greys, "one colour": colours, "noise": noise, "grey noise": noise[:, :1].expand(-1, 3, -1, -1)}


def _batches(pictures: Tensor) -> list[Tensor]:
    return [batch.float() / 255 for batch in pictures.split(1000)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures what is familiar to a shipped network, keeps it beside its weights, and says how well it tells strangers."""
    from cnnviz.core.datasets import load_images  # pages need no Parquet
    from cnnviz.core.training.parts import drawn_digits

    parser = argparse.ArgumentParser(prog="python -m cnnviz.core.familiarity", description=main.__doc__)
    parser.add_argument("--network", required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of Parquet files, as for training")
    given = parser.parse_args(arguments)
    data, network = given.data, load_network(given.network)
    train, test = (load_images(data, given.network, split) for split in ("train", "test"))
    pictures, labels = framed(train.images[:ROWS]), torch.from_numpy(train.labels[:ROWS])
    own = {"its own test pictures": framed(test.images)}
    if given.network == "mnist":  # it has learned from drawings too
        random = np.random.default_rng(0)
        drawn, classes = drawn_digits(data, random, DRAWN, held_out=False)
        pictures, labels = torch.cat([pictures, drawn]), torch.cat([labels, classes])
        own["drawings by other hands"] = drawn_digits(data, random, DRAWN, held_out=True)[0]
    found = measured(network, (pictures, labels), torch.cat(list(own.values())))
    print(save_familiarity(found, given.network))
    other = "cifar10" if given.network == "mnist" else "mnist"
    others = framed(load_images(data, other, "test").images[:2000])
    kinds = {kind: batch.float() / 255 for kind, batch in (own | {f"test pictures of {other}": others}).items()}
    kinds |= strange_kinds()
    for kind, batch in kinds.items():
        beyond = found.measures(features_of(network, batch), batch) > found.limits
        shares = ", ".join(f"{name} {share:.1%}" for name, share in zip(MEASURES, beyond.float().mean(0), strict=True))
        print(f"{given.network}: of {kind} {beyond.any(dim=1).float().mean():.1%} are warned of ({shares})")


if __name__ == "__main__":
    main()
