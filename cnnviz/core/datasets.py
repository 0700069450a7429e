"""Labelled pictures from folders of Parquet files."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from PIL import Image, ImageDraw

COLUMNS = {"mnist": "image", "cifar10": "img", "pendigits": "image"}  # the column that holds the pictures
Strokes = list[list[list[float]]]  # strokes of points [x, y], in whatever unit the tablet had


class DatasetError(Exception):
    """A data set cannot be read; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Pictures with what they show: ``images`` uint8 (N, H, W) or (N, H, W, 3), ``labels`` int64 (N,)."""

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, slots=True)
class PenDigits:
    """Digits as the pen wrote them: ``strokes`` of N digits, ``labels`` int64 (N,)."""

    strokes: tuple[Strokes, ...]
    labels: np.ndarray


def load_images(folder: Path, name: str, split: str) -> Dataset:
    """The pictures of ``folder/name/split.parquet``, laid out as Hugging Face `datasets` saves MNIST and CIFAR-10.

    A row has a label and a picture {bytes, path}, in the column "image" or, for CIFAR-10, "img". DatasetError if the
    file, a column or a picture cannot be read, or if the pictures differ in size.
    """
    column = COLUMNS[name]
    table = _read(folder, name, split, (column, "label"))
    try:
        images = [np.asarray(Image.open(io.BytesIO(cell["bytes"]))) for cell in table[column].to_pylist()]
        return Dataset(np.stack(images), _labels(table))
    except (OSError, TypeError, KeyError, ValueError) as error:
        place = Path(folder) / name / f"{split}.parquet"
        raise DatasetError(
            f"{place} should hold pictures of one size as {{bytes, path}}, with labels: {error}."
        ) from error


def load_pen_digits(folder: Path, split: str = "train") -> PenDigits:
    """The digits of ``folder/pendigits/split.parquet``: strokes as JSON, each a list of [x, y], and labels."""
    table = _read(folder, "pendigits", split, ("strokes", "label"))
    try:
        strokes = tuple(json.loads(text) for text in table["strokes"].to_pylist())
        for digit in strokes:
            np.concatenate(_points(digit))  # an error now rather than in the middle of a training
        return PenDigits(strokes, _labels(table))
    except (TypeError, ValueError) as error:
        place = Path(folder) / "pendigits" / f"{split}.parquet"
        raise DatasetError(f"{place} should hold strokes as JSON lists of [x, y], with labels: {error}.") from error


def draw_strokes(strokes: Strokes, canvas: int, pen: float, top: float, left: float, size: float) -> np.ndarray:
    """The strokes drawn on a square canvas: float32 (canvas, canvas) in [0, 1], white ink on black.

    The pen's path is scaled until its longer side takes ``size`` pixels and begins at (``top``, ``left``); the pen is
    ``pen`` pixels wide, with round ends.
    """
    # finer first, then averaged: Pillow's lines have hard edges, and whole numbers for their width
    finer = max(2, 512 // canvas)
    points = _points(strokes)
    everywhere = np.concatenate(points)
    lowest, extent = everywhere.min(axis=0), max(1e-6, np.ptp(everywhere, axis=0).max())
    picture = Image.new("L", (canvas * finer, canvas * finer))
    brush = ImageDraw.Draw(picture)
    radius = max(0.5, pen * finer / 2)
    for stroke in points:
        path = ((stroke - lowest) * size / extent + (left, top)) * finer
        brush.line([tuple(point) for point in path], fill=255, width=max(1, round(2 * radius)))
        for x, y in path:
            brush.ellipse((x - radius, y - radius, x + radius - 1, y + radius - 1), fill=255)
    return np.asarray(picture.reduce(finer), dtype=np.float32) / 255


def hand_groups(digits: PenDigits, groups: int = 24, seed: int = 0) -> np.ndarray:
    """A group number for each digit, 0 to ``groups`` − 1: digits of one class in one group are written alike.

    The file names no writers and its rows are shuffled (neighbours are no more alike than strangers). To hold out hands
    rather than rows, each class is therefore split by the shape of the pen's path, with k-means on 24 points at equal
    steps along it. A writer's sevens resemble each other, so they mostly fall into one group.
    """
    random = np.random.default_rng(seed)
    paths = np.stack([_even_path(strokes) for strokes in digits.strokes])  # (N, 48)
    found = np.zeros(len(paths), dtype=np.int64)
    for label in np.unique(digits.labels):
        members = np.flatnonzero(digits.labels == label)
        shapes = paths[members]
        centres = shapes[random.choice(len(members), min(groups, len(members)), replace=False)]
        for _ in range(30):
            distances = ((shapes[:, None] - centres[None]) ** 2).sum(axis=2)  # (members, groups)
            nearest = distances.argmin(axis=1)
            for group in np.unique(nearest):
                centres[group] = shapes[nearest == group].mean(axis=0)
        found[members] = nearest
    return found


def _even_path(strokes: Strokes, points: int = 24) -> np.ndarray:
    """The whole path as ``points`` places at equal steps, moved to its middle and scaled to longest side 1: (2·points,)."""
    path = np.concatenate(_points(strokes))
    steps = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    places = np.linspace(0.0, steps[-1], points)
    even = np.stack([np.interp(places, steps, path[:, axis]) for axis in (0, 1)], axis=1)
    return ((even - even.mean(axis=0)) / max(1e-6, np.ptp(even, axis=0).max())).ravel()


def _points(strokes: Strokes) -> list[np.ndarray]:
    """Each stroke as an array (points, 2); ValueError if it is none."""
    arrays = [np.asarray(stroke, dtype=float) for stroke in strokes]
    if any(array.ndim != 2 or array.shape[1] != 2 for array in arrays):
        raise ValueError("a point is two numbers")
    return arrays


def _read(folder: Path, name: str, split: str, columns: tuple[str, ...]) -> pa.Table:
    path = Path(folder) / name / f"{split}.parquet"
    if not path.is_file():
        raise DatasetError(f"{path} is missing: --data takes a folder that holds {name}/{split}.parquet.")
    try:
        present = parquet.read_schema(path).names
        absent = [column for column in columns if column not in present]
        if absent:
            raise DatasetError(f"{path} has no column {absent[0]!r}; its columns are {', '.join(present)}.")
        return parquet.read_table(path, columns=list(columns))
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"{path} cannot be read as Parquet: {error}.") from error


def _labels(table: pa.Table) -> np.ndarray:
    labels = np.asarray(table["label"].to_pylist(), dtype=np.int64)
    if len(labels) == 0 or labels.min() < 0 or labels.max() > 9:
        raise ValueError("labels run from 0 to 9, and there is at least one")
    return labels
