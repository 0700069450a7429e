"""How far a picture lies from those a network was trained on, by what its last hidden layer makes of them.

``python -m cnnviz.core.familiarity --network cifar10 --data folder`` measures it anew, for weights trained anew.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cnnviz.core.network import ASSETS, ConvNet, load_network, weights_digest

BEYOND = 0.99  # of the test pictures lie nearer than the limit
ROWS = 10_000  # training pictures that are enough to know their mean and spread
_LEAST_SPREAD = 1e-3  # units that are nearly always 0 would make any activity infinitely far


@dataclass(frozen=True, slots=True)
class Familiarity:
    """Where the training pictures lie among the 84 units of dense 2, after ReLU.

    ``means`` (10, 84) holds each class's mean, ``spread`` (84,) the standard deviation about it that all classes share, and
    ``limit`` the distance that `BEYOND` of the test pictures do not reach.
    """

    means: Tensor
    spread: Tensor
    limit: float

    def distance(self, features: Tensor) -> Tensor:
        """How far features (N, 84) are from the nearest class's mean, in standard deviations: (N,).

        The root of the mean square over the units: a diagonal form of the Mahalanobis distance that Lee, Lee, Lee and Shin
        use to tell strange inputs ("A Simple Unified Framework", 2018).
        """
        apart = (features[:, None] - self.means) / self.spread  # (N, 10, 84)
        return apart.square().mean(dim=2).sqrt().amin(dim=1)


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
    features = _in_batches(network, pictures)
    means = torch.stack([features[labels == label].mean(dim=0) for label in range(10)])
    spread = (features - means[labels]).square().mean(dim=0).sqrt().clamp_min(_LEAST_SPREAD)
    found = Familiarity(means, spread, 0.0)
    limit = found.distance(_in_batches(network, test)).quantile(BEYOND).item()
    return Familiarity(means, spread, limit)


def load_familiarity(name: str, folder: Path = ASSETS) -> Familiarity | None:
    """What is familiar to a shipped network; None if nobody has measured it with the weights that are there now."""
    try:
        noted = json.loads((Path(folder) / f"{name}.familiarity.json").read_text("utf-8"))
        if noted["sha256"] != weights_digest(Path(folder) / f"{name}.safetensors"):
            return None
        return Familiarity(torch.tensor(noted["means"]), torch.tensor(noted["spread"]), float(noted["limit"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def framed(images: Any) -> Tensor:
    """Pictures uint8 (N, H, W) or (N, H, W, 3) as (N, 3, 32, 32): grey ones three times, small ones within black."""
    pictures = torch.from_numpy(images)
    pictures = pictures[:, None].expand(-1, 3, -1, -1) if pictures.dim() == 3 else pictures.permute(0, 3, 1, 2)
    edge = (32 - pictures.shape[-1]) // 2
    return torch.nn.functional.pad(pictures, [edge] * 4).contiguous()


def _in_batches(network: ConvNet, pictures: Tensor) -> Tensor:
    return torch.cat([features_of(network, batch.float() / 255) for batch in pictures.split(1000)])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures what is familiar to a shipped network, and writes it beside its weights."""
    from cnnviz.core.datasets import load_images  # pages need no Parquet

    parser = argparse.ArgumentParser(prog="python -m cnnviz.core.familiarity", description=main.__doc__)
    parser.add_argument("--network", required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of Parquet files, as for training")
    given = parser.parse_args(arguments)
    train, test = (load_images(given.data, given.network, split) for split in ("train", "test"))
    pictures, labels = framed(train.images[:ROWS]), torch.from_numpy(train.labels[:ROWS])
    found = measured(load_network(given.network), (pictures, labels), framed(test.images))
    noted = {
        "sha256": weights_digest(ASSETS / f"{given.network}.safetensors"),
        "limit": round(found.limit, 3),
        "means": [[round(value, 3) for value in row] for row in found.means.tolist()],
        "spread": [max(_LEAST_SPREAD, round(value, 4)) for value in found.spread.tolist()],
    }
    (ASSETS / f"{given.network}.familiarity.json").write_text(json.dumps(noted) + "\n", "utf-8")
    print(f"{given.network}: {BEYOND:.0%} of the test pictures lie nearer than {found.limit:.3f}.")


if __name__ == "__main__":
    main()
