"""The film of a training: a network's convolutions at some forty moments, from the random start to the end."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from cnnviz.core.network import ASSETS, NetworkError, load_card, read_tensors

TENSORS = {
    "conv1.weight": (6, 3, 5, 5),
    "conv1.bias": (6,),
    "conv2.weight": (16, 6, 5, 5),
    "conv2.bias": (16,),
}


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """F frames of a training, folded as the shipped network is: they take pictures in [0, 1].

    ``steps`` are the batches seen so far and ``epochs`` the passes through the data; ``accuracies`` were measured on
    pictures the training never saw. ``tensors`` holds "conv1.weight" (F, 6, 3, 5, 5), "conv1.bias" (F, 6), "conv2.weight"
    (F, 16, 6, 5, 5) and "conv2.bias" (F, 16). The last frame is the network as the filmed training left it.
    """

    steps: tuple[int, ...]
    epochs: tuple[float, ...]
    accuracies: tuple[float, ...]
    tensors: dict[str, Tensor]

    def __len__(self) -> int:
        return len(self.steps)

    def frame(self, number: int) -> dict[str, Tensor]:
        """The weights of one frame, named as in the network. Negative numbers count from the end."""
        return {key: tensor[number] for key, tensor in self.tensors.items()}


def load_film(name: str = "mnist", folder: Path = ASSETS) -> Film:
    """The film of the training of a shipped network. NetworkError if there is none, or it cannot be read."""
    told = load_card(name, folder).get("film")
    if not told:
        raise NetworkError(
            f"The card of the network {name!r} tells of no film. Run `make train DATA=folder` (see the README)."
        )
    frames = len(told["steps"])
    wanted = {key: (frames, *shape) for key, shape in TENSORS.items()}
    tensors = read_tensors(
        Path(folder) / f"{name}_film.safetensors", wanted, f"frames of the film of the network {name!r}"
    )
    return Film(told["steps"], told["epochs"], told["accuracy"], tensors)
