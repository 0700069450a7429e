"""What the networks learn from: pictures from Parquet files, framed, drawn anew, and partly held out."""

import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.core.datasets import (
    Dataset,
    DatasetError,
    PenDigits,
    draw_strokes,
    hand_groups,
    load_images,
    load_pen_digits,
)
from cnnviz.core.digits import SIDE, centre_digit
from cnnviz.core.training.measures import accuracy
from cnnviz.core.training.progress import Progress

CANVASES = (28, 64, 112, 280, 512)  # pixels a side, for the table of drawn digits
PENS = (0.0, 0.04, 0.08, 0.16)  # the pen's width as a share of the digit's longer side; 0 is one pixel


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

    def rows(self, held_out: bool) -> Tensor:
        """The numbers of the rows that are held out, or of those that are not."""
        return torch.nonzero(self.held_out == held_out)[:, 0]


def load_digits(folder: Path, random: np.random.Generator) -> tuple[Part, ...]:
    """MNIST, framed to 32×32, and pen digits drawn on canvases of all sizes and centred, eight drawings of each."""
    mnist, pen = load_images(folder, "mnist", "train"), load_pen_digits(folder)
    drawn = np.zeros((len(pen.labels), 8, 1, SIDE, SIDE), dtype=np.uint8)
    progress = Progress("drawing the pen digits", len(pen.labels))
    for row, strokes in enumerate(pen.strokes):
        for variant in range(drawn.shape[1]):
            drawn[row, variant, 0] = _centred_drawing(strokes, random)
        progress.show(row + 1)
    return (
        part_of(mnist, "MNIST", random, every=12),
        Part("pen digits", torch.from_numpy(drawn), torch.from_numpy(pen.labels), _held_out_hands(pen), shown=2),
    )


def load_things(folder: Path, random: np.random.Generator) -> tuple[Part, ...]:
    """CIFAR-10's training pictures."""
    return (part_of(load_images(folder, "cifar10", "train"), "CIFAR-10", random, every=40),)


def part_of(data: Dataset, title: str, random: np.random.Generator, every: int) -> Part:
    """The pictures of a data set, framed, with one row out of ``every`` held out at random."""
    held_out = torch.from_numpy(random.permutation(len(data.labels)) % every == 0)
    return Part(title, framed(data.images), torch.from_numpy(data.labels), held_out)


def examine_digits(network: nn.Module, folder: Path, random: np.random.Generator, most: int = 600) -> dict:
    """Accuracy on held-out pen digits for each canvas size and pen width; digits small and large, anywhere on the canvas."""
    pen = load_pen_digits(folder)
    rows = random.permutation(np.flatnonzero(_held_out_hands(pen)))[:most]
    labels = torch.from_numpy(pen.labels[rows])
    progress = Progress("drawing the held-out digits", len(CANVASES) * len(PENS))
    table = []
    for done, (canvas, width) in enumerate(itertools.product(CANVASES, PENS), start=1):
        drawn = np.stack([_centred_drawing(pen.strokes[row], random, canvas, width) for row in rows])
        read = accuracy(network, torch.from_numpy(drawn)[:, None], labels)
        table.append({"canvas": canvas, "pen": width, "accuracy": read})
        progress.show(done)
    return {"by_canvas_and_pen": table, "by_canvas_and_pen_rows": len(rows)}


def drawn_digits(folder: Path, random: np.random.Generator, most: int, *, held_out: bool) -> tuple[Tensor, Tensor]:
    """Pen digits, of hands that were held out or of others, each drawn once and centred: uint8 (N, 3, 32, 32), labels (N,)."""
    pen = load_pen_digits(folder)
    rows = random.permutation(np.flatnonzero(_held_out_hands(pen) == held_out))[:most]
    drawn = np.stack([_centred_drawing(pen.strokes[row], random) for row in rows])
    return torch.from_numpy(drawn)[:, None].expand(-1, 3, -1, -1).contiguous(), torch.from_numpy(pen.labels[rows])


def framed(images: np.ndarray) -> Tensor:
    """uint8 (N, H, W) or (N, H, W, 3) in the middle of 32×32 zeros: (N, 1, C, 32, 32), one variant of each."""
    stacked = torch.from_numpy(images.reshape(*images.shape[:3], -1)).permute(0, 3, 1, 2)
    high, wide = SIDE - stacked.shape[2], SIDE - stacked.shape[3]
    if high < 0 or wide < 0:
        raise DatasetError(f"The pictures may be {SIDE}×{SIDE} at most; these are {tuple(images.shape[1:3])}.")
    return F.pad(stacked, (wide // 2, wide - wide // 2, high // 2, high - high // 2))[:, None].contiguous()


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
