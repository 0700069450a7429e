"""The notebook's network fitted to pictures."""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.core.network import ConvNet, NormedConvNet
from cnnviz.core.training.augmentation import augment
from cnnviz.core.training.descent import descend
from cnnviz.core.training.parts import Part
from cnnviz.core.training.recipes import Recipe


def fit(
    recipe: Recipe,
    parts: tuple[Part, ...],
    title: str,
    spare: bool = False,
    net: ConvNet | None = None,
    watch: Callable[[int, NormedConvNet, NormedConvNet], None] = lambda step, average, last: None,
) -> ConvNet:
    """Trains once, and folds the running average of the weights into a plain network.

    ``spare`` leaves out the held-out rows. ``net`` is trained in place of a fresh `ConvNet`. ``watch`` sees every
    step, as `descend` shows it.
    """
    rows = training_rows(parts, spare)
    mean, spread = _input_statistics(parts, rows)
    model = NormedConvNet(mean, spread, net)
    if recipe.grey:
        # three equal channels deserve three equal kernel slices, and equal gradients keep them so
        with torch.no_grad():
            model.net.conv1.weight.copy_(model.net.conv1.weight.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1))
    average = descend(
        model,
        recipe.descent,
        lambda: batches(recipe, parts, rows),
        steps_per_epoch(recipe, parts, spare),
        lambda model, images, labels: F.cross_entropy(model(images), labels, label_smoothing=recipe.smoothing),
        title,
        watch,
    )
    return average.folded()


def training_rows(parts: tuple[Part, ...], spare: bool) -> list[Tensor]:
    """The rows of each part that are trained on: all, or those not held out."""
    return [part.rows(held_out=False) if spare else torch.arange(len(part.labels)) for part in parts]


def steps_per_epoch(recipe: Recipe, parts: tuple[Part, ...], spare: bool = False) -> int:
    """How many batches show every row as often as it is to be shown."""
    rows = training_rows(parts, spare)
    examples = sum(len(some) * part.shown for part, some in zip(parts, rows, strict=True))
    return -(-examples // recipe.descent.batch)


def batches(recipe: Recipe, parts: tuple[Part, ...], rows: list[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch: these rows of every part, as often as they are shown, in random order.

    A batch is pictures (n, 3, 32, 32) and labels (n,).
    """
    where = torch.cat(
        [
            torch.cartesian_prod(torch.tensor([at]), some).repeat(part.shown, 1)
            for at, (part, some) in enumerate(zip(parts, rows, strict=True))
        ]
    )  # (examples, 2): part, row
    for chosen in where[torch.randperm(len(where))].split(recipe.descent.batch):
        picked = [(part, chosen[chosen[:, 0] == at, 1]) for at, part in enumerate(parts)]
        images = [part.images[some, torch.randint(part.images.shape[1], (len(some),))] for part, some in picked]
        labels = [part.labels[some] for part, some in picked]
        yield augment(torch.cat(images), recipe.augmentation).expand(-1, 3, -1, -1), torch.cat(labels)


def _input_statistics(parts: tuple[Part, ...], rows: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each of the three channels, from every tenth row."""
    samples = [part.images[some[::10], 0] for part, some in zip(parts, rows, strict=True)]
    spread, mean = torch.std_mean(torch.cat(samples).float() / 255, dim=(0, 2, 3))
    return mean.expand(3).clone(), spread.clamp(min=1e-3).expand(3).clone()
