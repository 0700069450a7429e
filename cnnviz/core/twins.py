"""Networks that differ in one thing only: how they make their maps smaller, and whether they learned from moved pictures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from cnnviz.core.network import ASSETS, ConvNet, NetworkError, read_card, read_tensors

TWINS = ASSETS / "twins"
DATASETS = ("mnist", "cifar10")
POOLINGS = {
    "max": "2×2 max pooling",
    "average": "2×2 average pooling",
    "stride": "stride 2 in both convolutions, no pooling",
}


class Twin(ConvNet):
    """The notebook's network with another kind of subsampling; 62,006 parameters each, and the same shapes.

    "max" is the notebook's own. "average" takes the mean of each 2×2 window instead. "stride" leaves the pooling out and
    lets both 5×5 convolutions, still without padding, take steps of 2: ⌊(32 − 5)/2⌋ + 1 = 14 and ⌊(14 − 5)/2⌋ + 1 = 5, the
    sizes that pooling leaves. Its maps are the convolution's at every second row and column. ValueError for another word.

    >>> [sum(parameter.numel() for parameter in Twin(pooling).parameters()) for pooling in POOLINGS]
    [62006, 62006, 62006]
    """

    def __init__(self, pooling: str) -> None:
        super().__init__()
        if pooling not in POOLINGS:
            raise ValueError(f"There is no pooling {pooling!r}; there is {', '.join(map(repr, POOLINGS))}.")
        if pooling == "average":
            self.pool = nn.AvgPool2d(2)
        elif pooling == "stride":
            self.pool = None
            self.conv1 = nn.Conv2d(3, 6, 5, stride=2)  # (N, 6, 14, 14)
            self.conv2 = nn.Conv2d(6, 16, 5, stride=2)  # (N, 16, 5, 5)

    def forward(self, x: Tensor) -> Tensor:
        if self.pool is not None:
            return super().forward(x)
        x = self.relu(self.conv1(x))
        x = self.relu(self.conv2(x))
        x = self.flatten(x)
        x = self.relu(self.fc1(x))
        x = self.relu(self.fc2(x))
        return self.fc3(x)


def twin_file(dataset: str, pooling: str, shifted: bool) -> str:
    """The name of a twin's weights.

    >>> twin_file("mnist", "max", shifted=True)
    'mnist_max_shifted.safetensors'
    """
    return f"{dataset}_{pooling}{'_shifted' if shifted else ''}.safetensors"


def load_twin(dataset: str, pooling: str, shifted: bool, folder: Path = TWINS) -> Twin:
    """A trained twin, in eval mode and without gradients for its weights.

    ``dataset`` is one of `DATASETS`, ``pooling`` of `POOLINGS`; ``shifted`` says whether it learned from pictures moved at
    random. It takes (N, 3, 32, 32) in [0, 1]. NetworkError if there is no such twin or its weights cannot be read.
    """
    if dataset not in DATASETS or pooling not in POOLINGS:
        raise NetworkError(
            f"There is no twin {pooling!r} for {dataset!r}; there are {', '.join(POOLINGS)} for {' and '.join(DATASETS)}."
        )
    twin = Twin(pooling)
    wanted = {key: tuple(tensor.shape) for key, tensor in twin.state_dict().items()}
    path = Path(folder) / twin_file(dataset, pooling, shifted)
    twin.load_state_dict(read_tensors(path, wanted, f"weights of the twin {path.stem!r}"))
    return twin.eval().requires_grad_(False)


def load_twins_card(folder: Path = TWINS) -> Mapping[str, Any]:
    """What is known about the twins: recipes, and for each of the ``twins`` its file and accuracies. Read only."""
    return read_card(Path(folder) / "card.json", "card of the twins")
