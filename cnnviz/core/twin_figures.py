"""What shifts do to the twins, over many pictures: what was measured on the test sets and is shipped, and how.

`python -m cnnviz.core.twin_figures --data folder` measures it again.
"""

import argparse
import itertools
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor

from cnnviz.core.familiarity import framed
from cnnviz.core.invariance import (
    LARGEST_SHIFT,
    Border,
    ShiftChange,
    Spread,
    along,
    change_along,
    pieces,
    spread,
    surrounded,
)
from cnnviz.core.network import NetworkError, read_card, read_tensors, weights_digest
from cnnviz.core.samples import SAMPLES, sample_image
from cnnviz.core.twins import DATASETS, POOLINGS, TWINS, Twin, load_twin, twin_file

ROWS = 500  # test pictures of each data set that the shipped figures are of
MEASURED_BORDERS: tuple[Border, ...] = ("black", "edge")
Kind = tuple[str, bool]  # pooling, and whether it learned from shifted pictures
KINDS: tuple[Kind, ...] = tuple((pooling, shifted) for shifted in (False, True) for pooling in POOLINGS)
_SIDE = 2 * LARGEST_SHIFT + 1
_SHAPES = {
    "probability": (_SIDE, _SIDE),
    "probability_along": (_SIDE,),
    "kept": (),
    "stayed": (3, _SIDE),
    "moved": (3, _SIDE),
}


@dataclass(frozen=True, slots=True, eq=False)
class TwinFigures:
    """One twin over all shifts of many pictures, each figure with its mean and spread over the pictures.

    ``probability`` (17, 17) is that of the right class, ``probability_along`` (17,) the same along the axes; ``kept`` ()
    is the share of all shifts that keep the verdict; ``stayed`` and ``moved`` (3, 17) are the changes of the three layers in
    layers, as in `ShiftChange`, along the axes.
    """

    probability: Spread
    probability_along: Spread
    kept: Spread
    stayed: Spread
    moved: Spread


@dataclass(frozen=True, slots=True, eq=False)
class TwinChange:
    """One twin over all shifts of one picture: see `TwinFigures`. ``kept`` is a number, the ``layers`` are (17,) each."""

    probability: Tensor
    kept: float
    layers: tuple[ShiftChange, ShiftChange, ShiftChange]


@torch.no_grad()
def twin_change(dataset: str, kind: Kind, image: Tensor, label: int, border: Border) -> TwinChange:
    """What all shifts of one picture (3, 32, 32) do to one twin."""
    first, second, scores = outputs_of_all_shifts(_twin(dataset, kind), kind[0], image, border)
    verdicts = scores.argmax(dim=1)
    return TwinChange(
        scores.softmax(dim=1)[:, label].view(_SIDE, _SIDE),
        (verdicts == verdicts[len(verdicts) // 2]).double().mean().item(),
        (change_along(first, (2, 2)), change_along(second, (4, 4)), change_along(scores, (1, 1))),
    )


def outputs_of_all_shifts(twin: Twin, pooling: str, image: Tensor, border: Border) -> tuple[Tensor, Tensor, Tensor]:
    """What the twin's two halves and its scores are after every shift: (289, 6, 14, 14), (289, 16, 5, 5) and (289, 10).

    Before the dense layers nothing depends on where in the image it happens. So these layers run once, at every place of
    the image with all that the shifts bring in; a shift sees every second or fourth cell of that. Where the layers before
    leave out every second cell, the next one's taps lie two apart.
    """
    whole = surrounded(image, border, LARGEST_SHIFT)[None]
    first = _pooled(F.relu(F.conv2d(whole, twin.conv1.weight, twin.conv1.bias)), pooling, 1)
    second = _pooled(F.relu(F.conv2d(first, twin.conv2.weight, twin.conv2.bias, dilation=2)), pooling, 2)
    first, second = pieces(first[0], (14, 14), LARGEST_SHIFT, 2), pieces(second[0], (5, 5), LARGEST_SHIFT, 4)
    scores = twin.fc3(F.relu(twin.fc2(F.relu(twin.fc1(second.flatten(1))))))
    return first, second, scores


def _pooled(maps: Tensor, pooling: str, apart: int) -> Tensor:
    """A window of 2 at every place of the maps, its taps so far apart; nothing where the convolution has the stride."""
    if pooling == "stride":
        return maps
    if pooling == "max":
        return F.max_pool2d(maps, 2, stride=1, dilation=apart)
    rows = maps[..., :-apart, :] + maps[..., apart:, :]
    return (rows[..., :-apart] + rows[..., apart:]) / 4


def twin_figures(changes: Sequence[TwinChange]) -> TwinFigures:
    """Mean and spread of what `twin_change` found, picture by picture."""
    return TwinFigures(
        spread(change.probability for change in changes),
        spread(along(change.probability) for change in changes),
        spread(torch.tensor(change.kept) for change in changes),
        spread(torch.stack([layer.stayed for layer in change.layers]) for change in changes),
        spread(torch.stack([layer.moved for layer in change.layers]) for change in changes),
    )


def bundled_pictures(dataset: str) -> list[tuple[Tensor, int]]:
    """The 20 test pictures that come with the app, as the networks read them (3, 32, 32), with their labels."""
    group = {"mnist": "digit", "cifar10": "cifar10"}[dataset]
    samples = [(sample_image(key), sample.label) for key, sample in SAMPLES.items() if sample.group == group]
    pixels = np.stack([np.rint(255 * image).astype(np.uint8) for image, _ in samples])  # (20, C, H, W)
    pictures = framed(pixels[:, 0] if dataset == "mnist" else np.moveaxis(pixels, 1, -1)).float() / 255
    return [(picture, label) for picture, (_, label) in zip(pictures, samples, strict=True)]


def shipped_figures(dataset: str, border: Border, folder: Path = TWINS) -> dict[Kind, TwinFigures]:
    """What was measured on the test set, for each twin. NetworkError if there are no figures, or they are of other weights."""
    card = read_card(Path(folder) / "shifts.json", "card of the twins' figures")
    wanted = {
        f"{_key(which, edge, kind)}.{field}": (2, *shape)
        for which, edge, kind in itertools.product(DATASETS, card["borders"], KINDS)
        for field, shape in _SHAPES.items()
    }
    tensors = read_tensors(Path(folder) / "shifts.safetensors", wanted, "figures of the twins")
    if border not in card["borders"]:
        raise NetworkError(f"The twins were measured with {' and '.join(card['borders'])} borders, not with {border}.")
    for kind in KINDS:
        file = twin_file(dataset, *kind)
        if card["weights"].get(file) != weights_digest(Path(folder) / file):
            raise NetworkError(
                f"The figures were measured with other weights than those in {file}: measure them again."
            )

    def figures(kind: Kind) -> TwinFigures:
        found = (tensors[f"{_key(dataset, border, kind)}.{field}"] for field in _SHAPES)
        return TwinFigures(*(Spread(mean, deviation, card["rows"]) for mean, deviation in found))

    return {kind: figures(kind) for kind in KINDS}


def measure(data: Path, out: Path, rows: int = ROWS, say: Callable[[str], None] = print) -> None:
    """Measures all twins on so many rows of each test set, spread evenly over it; writes figures and their card."""
    from cnnviz.core.datasets import load_images  # pages need no Parquet

    started = time.process_time()
    tensors: dict[str, Tensor] = {}
    for dataset in DATASETS:
        test = load_images(data, dataset, "test")
        # not the first ones: in MNIST's test set these are the easier half
        chosen = np.linspace(0, len(test.labels), rows, endpoint=False).astype(int)
        pictures = framed(test.images[chosen]).float() / 255
        labels = test.labels[chosen].tolist()
        ring = torch.ones(32, 32, dtype=torch.bool)
        ring[1:-1, 1:-1] = False
        framed_in_black = not pictures[..., ring].any()
        for border, kind in itertools.product(MEASURED_BORDERS, KINDS):
            key = _key(dataset, border, kind)
            if border == "edge" and framed_in_black:  # then the edge's own pixels are black, too
                black = _key(dataset, "black", kind)
                tensors |= {f"{key}.{name}": tensors[f"{black}.{name}"].clone() for name in _SHAPES}
                continue
            found = [
                twin_change(dataset, kind, picture, label, border)
                for picture, label in zip(pictures, labels, strict=True)
            ]
            figures = twin_figures(found)
            for name in _SHAPES:
                one = getattr(figures, name)
                tensors[f"{key}.{name}"] = torch.stack([one.mean, one.deviation]).float()
            kept = f"{100 * figures.kept.mean.item():.1f} % ± {100 * figures.kept.deviation.item():.0f}"
            say(f"{key}: the verdict is kept in {kept}")
    card = {
        "rows": rows,
        "rows_are": "of each test set, evenly spread over it",
        "borders": MEASURED_BORDERS,
        "largest_shift": LARGEST_SHIFT,
        "figures_are": "mean and standard deviation over the pictures (see cnnviz/core/twin_figures.py)",
        "command": f"python -m cnnviz.core.twin_figures --data FOLDER --rows {rows}",
        "weights": {
            (file := twin_file(dataset, *kind)): weights_digest(TWINS / file)
            for dataset, kind in itertools.product(DATASETS, KINDS)
        },
        "seconds": round(time.process_time() - started),
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "shifts.safetensors").write_bytes(save(tensors))
    (out / "shifts.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _key(dataset: str, border: Border, kind: Kind) -> str:
    return f"{dataset}.{border}.{kind[0]}{'_shifted' if kind[1] else ''}"


@cache
def _twin(dataset: str, kind: Kind) -> Twin:
    return load_twin(dataset, *kind)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures what shifts do to the shipped twins, and writes it beside their weights."""
    parser = argparse.ArgumentParser(prog="python -m cnnviz.core.twin_figures", description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of Parquet files, as for training")
    parser.add_argument("--rows", type=int, default=ROWS, help="how many pictures of each test set")
    parser.add_argument("--out", type=Path, default=TWINS)
    given = parser.parse_args(arguments)
    measure(given.data, given.out, given.rows)


if __name__ == "__main__":
    main()
