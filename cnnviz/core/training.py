"""Training of the shipped networks: `python -m cnnviz.core.training --network mnist --data DIR`."""

import argparse
import copy
import dataclasses
import itertools
import json
import math
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor, nn

from cnnviz.core.datasets import DatasetError, PenDigits, draw_strokes, hand_groups, load_images, load_pen_digits
from cnnviz.core.digits import SIDE, centre_digit
from cnnviz.core.network import ASSETS, NETWORKS, ConvNet, NormedConvNet, probe, weights_digest

CANVASES = (28, 64, 112, 280, 512)  # pixels a side, for the table of drawn digits
PENS = (0.0, 0.04, 0.08, 0.16)  # the pen's width as a share of the digit's longer side; 0 is one pixel


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far each picture is bent at random, anew each time it is shown."""

    degrees: float = 0.0  # rotation, either way
    scale: float = 0.0  # 0.1: from 0.9 to 1.1 times, each axis by itself
    shear: float = 0.0  # columns moved per row
    shift: float = 0.0  # pixels, either way


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that is decided before a training begins."""

    labels: tuple[str, ...]
    sources: tuple[str, ...]  # what the card says of the data
    load: Callable[[Path, np.random.Generator], tuple["Part", ...]]
    examine: Callable[[ConvNet, Path, np.random.Generator], dict]  # a closer look at the rehearsal's network
    epochs: int
    augmentation: Augmentation
    batch: int = 128
    peak_rate: float = 0.1
    decay: float = 5e-4  # on weights only
    momentum: float = 0.9  # Nesterov's
    warm_up: float = (
        0.15  # share of the steps up to the peak rate, in a straight line; then another one down to nothing
    )
    smoothing: float = 0.0  # of the labels; makes the probabilities timid: with 0.1 even a perfect 7 gets only 0.9
    average: float = 0.999  # how much of the running average of the weights each step keeps
    grey: bool = False  # one channel, shown to the network three times


@dataclass(frozen=True, slots=True)
class Part:
    """One source of examples. Each has several pictures of the same thing, of which an epoch shows ``shown`` at random.

    ``images`` is uint8 (N, variants, C, 32, 32), ``labels`` (N,), ``held_out`` (N,) marks the rows kept for choosing.
    """

    title: str
    images: Tensor
    labels: Tensor
    held_out: Tensor
    shown: int = 1

    def only(self, rows: Tensor) -> "Part":
        return Part(self.title, self.images[rows], self.labels[rows], self.held_out[rows], self.shown)


def load_digits(folder: Path, random: np.random.Generator) -> tuple[Part, ...]:
    """MNIST, framed to 32×32, and pen digits drawn on canvases of all sizes and centred, eight drawings of each."""
    mnist, pen = load_images(folder, "mnist", "train"), load_pen_digits(folder)
    drawn = np.zeros((len(pen.labels), 8, 1, SIDE, SIDE), dtype=np.uint8)
    progress = Progress("drawing the pen digits", len(pen.labels))
    for row, strokes in enumerate(pen.strokes):
        for variant in range(drawn.shape[1]):
            drawn[row, variant, 0] = _centred_drawing(strokes, random)
        progress.show(row + 1)
    chosen = torch.from_numpy(random.permutation(len(mnist.labels)) % 12 == 0)
    return (
        Part("MNIST", framed(mnist.images), torch.from_numpy(mnist.labels), chosen),
        Part("pen digits", torch.from_numpy(drawn), torch.from_numpy(pen.labels), _held_out_hands(pen), shown=2),
    )


def examine_digits(network: ConvNet, folder: Path, random: np.random.Generator, most: int = 600) -> dict:
    """Accuracy on held-out pen digits for each canvas size and pen width; digits small and large, anywhere on the canvas."""
    pen = load_pen_digits(folder)
    rows = random.permutation(np.flatnonzero(_held_out_hands(pen)))[:most]
    labels = torch.from_numpy(pen.labels[rows])
    progress = Progress("drawing the held-out digits", len(CANVASES) * len(PENS))
    table = []
    for done, (canvas, width) in enumerate(itertools.product(CANVASES, PENS), start=1):
        drawn = np.stack([_centred_drawing(pen.strokes[row], random, canvas, width) for row in rows])
        accuracy = _accuracy(network, torch.from_numpy(drawn)[:, None], labels)
        table.append({"canvas": canvas, "pen": width, "accuracy": accuracy})
        progress.show(done)
    return {"by_canvas_and_pen": table, "by_canvas_and_pen_rows": len(rows)}


def _centred_drawing(
    strokes: list, random: np.random.Generator, canvas: int | None = None, pen: float | None = None
) -> np.ndarray:
    """One channel of a digit drawn somewhere on a canvas and centred: uint8 (32, 32); canvas and pen at random unless given."""
    if canvas is None:
        canvas = round(math.exp(random.uniform(math.log(28), math.log(300))))
    size = min(0.85 * canvas, max(15.0, canvas * random.uniform(0.3, 0.85)))
    if pen is None:
        pen = math.exp(random.uniform(math.log(0.01), math.log(0.18)))
    width = max(1.0, pen * size)
    slack = max(0.0, canvas - size - width)
    top, left = width / 2 + slack * random.random(2)
    drawing = draw_strokes(strokes, canvas, width, top, left, size)
    return np.round(255 * centre_digit(drawing)[0]).astype(np.uint8)


def _held_out_hands(pen: PenDigits) -> Tensor:
    return torch.from_numpy(hand_groups(pen) % 5 == 0)


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
        epochs=15,
        augmentation=Augmentation(degrees=12, scale=0.12, shear=0.2, shift=1.5),
        grey=True,
    ),
}


def framed(images: np.ndarray) -> Tensor:
    """uint8 (N, H, W) or (N, H, W, 3) in the middle of 32×32 zeros: (N, 1, C, 32, 32), one variant of each."""
    stacked = torch.from_numpy(images.reshape(*images.shape[:3], -1)).permute(0, 3, 1, 2)
    high, wide = SIDE - stacked.shape[2], SIDE - stacked.shape[3]
    if high < 0 or wide < 0:
        raise DatasetError(f"The pictures may be {SIDE}×{SIDE} at most; these are {tuple(images.shape[1:3])}.")
    return F.pad(stacked, (wide // 2, wide - wide // 2, high // 2, high - high // 2))[:, None].contiguous()


def augment(images: Tensor, how: Augmentation) -> Tensor:
    """Each of the pictures (N, C, H, W) rotated, scaled, sheared and shifted at random, black where nothing was."""
    if how == Augmentation():
        return images
    count, side = len(images), images.shape[-1]

    def spread(most: float) -> Tensor:
        return (2 * torch.rand(count) - 1) * most

    angle = spread(math.radians(how.degrees))
    shear = spread(how.shear)
    cos, sin = torch.cos(angle), torch.sin(angle)
    tall, wide = 1 + spread(how.scale), 1 + spread(how.scale)
    # affine_grid asks where in the old picture each new pixel comes from, in half pictures: x (columns) first
    maps = torch.stack(
        [
            torch.stack([wide * cos, wide * (shear * cos - sin), spread(2 * how.shift / side)], dim=1),
            torch.stack([tall * sin, tall * (shear * sin + cos), spread(2 * how.shift / side)], dim=1),
        ],
        dim=1,
    )  # (N, 2, 3)
    grid = F.affine_grid(maps, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


def fit(recipe: Recipe, parts: tuple[Part, ...], title: str) -> dict[str, ConvNet]:
    """Trains once on all rows of the parts: the running "average" of the weights and the "last" weights, both folded."""
    mean, spread = _input_statistics(parts)
    model = NormedConvNet(mean, spread)
    if recipe.grey:
        # three equal channels deserve three equal kernel slices, and equal gradients keep them so
        with torch.no_grad():
            model.net.conv1.weight.copy_(model.net.conv1.weight.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1))
    average = copy.deepcopy(model)
    weights = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    optimiser = torch.optim.SGD(
        [{"params": weights, "weight_decay": recipe.decay}, {"params": others}],
        lr=recipe.peak_rate,
        momentum=recipe.momentum,
        nesterov=True,
    )
    per_epoch = math.ceil(sum(len(part.labels) * part.shown for part in parts) / recipe.batch)
    total = per_epoch * recipe.epochs
    rising = max(1, round(recipe.warm_up * total))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / rising, (total - step) / max(1, total - rising))
    )
    progress = Progress(title, total)
    step = 0
    model.train()
    for _ in range(recipe.epochs):
        for images, labels in _batches(recipe, parts):
            loss = F.cross_entropy(model(images), labels, label_smoothing=recipe.smoothing)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            step += 1
            # young averages forget faster, or they would remember the random start
            _blend(average, model, min(recipe.average, (1 + step) / (10 + step)))
            progress.show(step, f"loss {loss.item():.3f}")
    return {"average": average.folded(), "last": model.folded()}


def train(name: str, folder: Path, out: Path = ASSETS, epochs: int | None = None, seed: int = 0) -> dict:
    """Trains a network of `RECIPES` on the Parquet files in ``folder`` and writes its weights and card to ``out``.

    First a rehearsal without the held-out rows, which decides whether the average or the last weights are kept. Then one
    training on everything. The test set only measures the result; nothing is chosen by it. Returns the card.
    """
    started = time.perf_counter()
    recipe = RECIPES[name] if epochs is None else dataclasses.replace(RECIPES[name], epochs=epochs)
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    # read early, so that a missing file is missed before the long part
    test = load_images(folder, name, "test")
    test_images, test_labels = framed(test.images)[:, 0], torch.from_numpy(test.labels)
    parts = recipe.load(folder, random)

    candidates = fit(recipe, tuple(part.only(~part.held_out) for part in parts), "rehearsal")
    scores = {which: _held_out_accuracy(network, parts) for which, network in candidates.items()}
    kept = max(scores, key=lambda which: sum(scores[which].values()))
    closer = recipe.examine(candidates[kept], folder, random)

    network = fit(recipe, parts, "training")[kept]
    path = Path(out) / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(save(network.state_dict()))
    matrix = confusion_matrix(predict(network, test_images), test_labels, len(recipe.labels))
    card = {
        "name": name,
        "title": NETWORKS[name],
        "labels": list(recipe.labels),
        "parameters": sum(tensor.numel() for tensor in network.state_dict().values()),
        "test_accuracy": _rounded(matrix.trace() / matrix.sum()),
        "test_rows": int(matrix.sum()),
        "class_accuracy": [_rounded(x) for x in matrix.diagonal() / matrix.sum(dim=1).clamp(min=1)],
        "confusion_matrix": matrix.tolist(),
        "confusion_matrix_axes": ["label", "prediction"],
        "held_out": {
            "rows": {part.title: int(part.held_out.sum()) for part in parts},
            "accuracy": scores[kept],
            "weights_kept": kept,
            **closer,
        },
        "training_rows": {part.title: len(part.labels) for part in parts},
        "data": list(recipe.sources),
        "recipe": _recipe_for_card(recipe),
        "epochs": recipe.epochs,
        "seed": seed,
        "probe_logits": [round(x, 5) for x in network(probe())[0].tolist()],
        "seconds": round(time.perf_counter() - started),
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
        "date": datetime.now(UTC).date().isoformat(),
        "sha256": weights_digest(path),
    }
    (Path(out) / f"{name}.json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    return card


@torch.inference_mode()
def predict(network: nn.Module, images: Tensor) -> Tensor:
    """The class the network gives each of the pictures uint8 (N, 1 or 3, 32, 32): int64 (N,)."""
    found = [network(_as_input(chunk)).argmax(dim=1) for chunk in images.split(1000)]
    return torch.cat(found) if found else torch.zeros(0, dtype=torch.int64)


def confusion_matrix(predictions: Tensor, labels: Tensor, classes: int) -> Tensor:
    """How often each label (row) was taken for each class (column).

    >>> confusion_matrix(torch.tensor([0, 1, 1]), torch.tensor([0, 0, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    return torch.bincount(labels * classes + predictions, minlength=classes * classes).view(classes, classes)


@dataclass
class Progress:
    """A bar with the time left: redrawn in place on a terminal, a line for every tenth in a log."""

    title: str
    total: int
    started: float = field(default_factory=time.perf_counter)
    tenths: int = -1
    shown: float = 0.0

    def show(self, done: int, note: str = "") -> None:
        now = time.perf_counter()
        live = sys.stderr.isatty()
        tenths = 10 * done // self.total
        if done < self.total and not (now - self.shown > 0.2 if live else tenths > self.tenths):
            return
        self.shown, self.tenths = now, tenths
        left = (now - self.started) * (self.total - done) / done
        filled = 24 * done // self.total
        line = f"{self.title:28} {'█' * filled}{'·' * (24 - filled)} {100 * done // self.total:3} %  {_clock(left)} left  {note}"
        end = "" if live and done < self.total else "\n"
        print(f"\r{line:88}" if live else line.rstrip(), end=end, file=sys.stderr, flush=True)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _as_input(images: Tensor) -> Tensor:
    return (images.float() / 255).expand(-1, 3, -1, -1)


def _batches(recipe: Recipe, parts: tuple[Part, ...]) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch: every row of every part, as often as it is shown, in random order."""
    where = torch.cat(
        [
            torch.cartesian_prod(torch.tensor([at]), torch.arange(len(part.labels))).repeat(part.shown, 1)
            for at, part in enumerate(parts)
        ]
    )  # (examples, 2): part, row
    for chosen in where[torch.randperm(len(where))].split(recipe.batch):
        images, labels = [], []
        for at, part in enumerate(parts):
            rows = chosen[chosen[:, 0] == at, 1]
            images.append(part.images[rows, torch.randint(part.images.shape[1], (len(rows),))])
            labels.append(part.labels[rows])
        bent = augment(torch.cat(images).float() / 255, recipe.augmentation)
        yield bent.expand(-1, 3, -1, -1), torch.cat(labels)


def _input_statistics(parts: tuple[Part, ...]) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each of the three channels, from every tenth row."""
    sample = torch.cat([part.images[::10, 0] for part in parts]).float() / 255
    spread, mean = torch.std_mean(sample, dim=(0, 2, 3))
    return mean.expand(3).clone(), spread.clamp(min=1e-3).expand(3).clone()


@torch.no_grad()
def _blend(average: nn.Module, model: nn.Module, kept: float) -> None:
    for old, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if old.is_floating_point():
            old.lerp_(new, 1 - kept)


def _accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    return _rounded((predict(network, images) == labels).double().mean())


def _held_out_accuracy(network: nn.Module, parts: tuple[Part, ...]) -> dict[str, float]:
    """Accuracy on the held-out rows of each part, all variants of a row counted."""
    accuracy = {}
    for part in (part.only(part.held_out) for part in parts):
        labels = part.labels.repeat_interleave(part.images.shape[1])
        accuracy[part.title] = _accuracy(network, part.images.flatten(0, 1), labels)
    return accuracy


def _recipe_for_card(recipe: Recipe) -> dict:
    told = dataclasses.asdict(recipe)
    for elsewhere in ("labels", "sources", "load", "examine", "epochs"):
        del told[elsewhere]
    return told


def _rounded(share: Tensor | float) -> float:
    return round(float(share), 4)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m cnnviz.core.training", description="Train a shipped network again."
    )
    parser.add_argument("--network", choices=list(RECIPES), default="mnist")
    parser.add_argument("--data", type=Path, required=True, help="folder with mnist/train.parquet and so on")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's own number")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ASSETS, help="folder for the weights and the card")
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(min(2, torch.get_num_threads()))
    try:
        card = train(chosen.network, chosen.data, chosen.out, chosen.epochs, chosen.seed)
    except DatasetError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{card['title']}: {100 * card['test_accuracy']:.2f} % on {card['test_rows']:,} test pictures")
    for title, accuracy in card["held_out"]["accuracy"].items():
        print(f"{100 * accuracy:.2f} % on held-out {title}, in the rehearsal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
