"""The gallery: pictures that come with cnnviz, each with a reason to be looked at."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from .decoding import decode_image

FOLDER = Path(__file__).parent.parent / "assets" / "samples"
FILES = {"photograph": "photographs/{}.jpg", "digit": "digits/{}.png", "cifar10": "cifar10/{}.png"}
CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture of the gallery.

    ``size`` is the working size at which it shows best, in pixels a side; ``sentence`` says what to look for. Digits and
    CIFAR-10 pictures have a ``label``, the class's number.
    """

    key: str
    title: str
    group: Literal["pattern", "photograph", "digit", "cifar10"]
    size: int
    sentence: str
    label: int | None = None


def sample_image(key: str) -> np.ndarray:
    """The picture of a sample: float32 (C, H, W), read-only, since all students share it.

    Values lie in [0, 1], but the picture of small integers has 0 to 5. ValueError for a key that is not in `SAMPLES`.

    >>> sample_image("integers").shape
    (1, 7, 7)
    """
    if key not in SAMPLES:
        raise ValueError(f"There is no sample {key!r}: the samples are {', '.join(SAMPLES)}.")
    return _read(key)


@cache
def _read(key: str) -> np.ndarray:
    group = SAMPLES[key].group
    if group == "pattern":
        image = np.array(_PATTERNS[key], dtype=np.float32)[None]
    else:
        image = decode_image((FOLDER / FILES[group].format(key)).read_bytes())
    image.flags.writeable = False
    return image


def _grid(text: str, unit: float) -> np.ndarray:
    """A picture written as rows of digits, each digit times ``unit``."""
    return np.array([[int(digit) for digit in row] for row in text.split()]) * unit


def _slanted_line(degrees: float) -> np.ndarray:
    """A soft line through the middle of 12×12 pixels, rising to the right, in two decimals."""
    slope = np.deg2rad(degrees)
    distance = np.abs((_COLS - 5.5) * np.sin(slope) + (_ROWS - 5.5) * np.cos(slope))
    return np.clip(1.2 - distance, 0, 1).round(2)


def _dots(windows: tuple[tuple[int, int], ...]) -> np.ndarray:
    """12×12 pixels, with a dot in the top-left corner of each of these 2×2 windows."""
    image = np.zeros((12, 12))
    for row, col in windows:
        image[2 * row, 2 * col] = 1
    return image


_ROWS, _COLS = np.mgrid[0:12, 0:12]
_INTEGERS = "0001222 0012322 0123332 0124532 1124543 0123443 0012333"
_FACE = """
    000222222000
    002222222200
    022227222220
    022777777220
    029999999920
    029909909920
    099909909990
    079999999970
    097996699790
    009099990900
    009900009900
    000099990000
"""
_PLOUGH = ((0, 0), (1, 1), (1, 2), (2, 3), (2, 5), (4, 3), (4, 5))

_PATTERNS = {
    "integers": _grid(_INTEGERS, 1),
    "impulse": _grid("0000000 0000000 0000000 0001000 0000000 0000000 0000000", 1),
    "edge": _COLS >= 6,
    "checkerboard": (_ROWS // 2 + _COLS // 2) % 2,
    "gradient": 0.09 * _COLS,
    "line": _slanted_line(30),
    "dots": _dots(_PLOUGH),
    "face": _grid(_FACE, 0.1),
}

_SHOWN_PATTERNS = (
    ("integers", "Small integers", 7, "Every product and every sum can be checked in one's head."),
    ("impulse", "Impulse", 7, "A single 1: the feature map is the kernel itself, turned by 180°."),
    ("edge", "Step edge", 12, "Dark, then bright: only a window across the step sees a difference."),
    ("checkerboard", "Checkerboard", 12, "2×2 squares: average pooling keeps them or greys them out."),
    ("gradient", "Gradient", 12, "Each column is 0.09 brighter: an edge kernel answers alike everywhere."),
    ("line", "Line at an angle", 12, "One line at 30°: which kernel is the most like it?"),
    ("dots", "Dots", 12, "Each alone in its 2×2 window: max pooling keeps all seven, even moved by one."),
    ("face", "Face", 12, "Twelve pixels a side are enough for a smile."),
)
_PHOTOGRAPHS = (
    ("cat", "Cat", "Stripes, whiskers and two round eyes: edges in every direction."),
    ("astronaut", "Astronaut", "A face, an orange suit and a plain wall to compare."),
    ("coffee", "Coffee", "Ellipses with sharp rims, in a red that each channel sees differently."),
    ("rocket", "Rocket", "Upright lines before a smooth sky: an edge kernel finds the towers."),
    ("galaxies", "Galaxies", "Specks of light on black: nearly each one is an impulse."),
    ("retina", "Retina", "The back of an eye: smoothing loses its thin vessels, sharpening finds them."),
    ("photographer", "Photographer", "Dark coat, bright sky, a thin tripod: a classic for edges."),
    ("bricks", "Bricks", "Long joints and short ones: two directions, two kernels."),
    ("gravel", "Gravel", "Texture without a shape: detail everywhere, meaning nowhere."),
)
_DIGITS = (7, 2, 1, 0, 4, 1, 4, 9, 5, 9, 0, 6, 9, 0, 1, 5, 9, 7, 3, 4)
_THINGS = (3, 8, 8, 0, 6, 6, 1, 6, 3, 1, 0, 9, 5, 7, 9, 8, 5, 7, 8, 6)


def _gallery() -> Iterator[Sample]:
    for key, title, size, sentence in _SHOWN_PATTERNS:
        yield Sample(key, title, "pattern", size, sentence)
    for key, title, sentence in _PHOTOGRAPHS:
        yield Sample(key, title, "photograph", 64, sentence)
    for number, label in enumerate(_DIGITS):
        sentence = f"A {label} written by hand, one of the test images of MNIST."
        yield Sample(f"digit_{number}", str(label), "digit", 28, sentence, label)
    for number, label in enumerate(_THINGS):
        name = CIFAR10_CLASSES[label]
        sentence = f"Labelled “{name}” among the test images of CIFAR-10."
        yield Sample(f"cifar10_{number}", name.capitalize(), "cifar10", 32, sentence, label)


SAMPLES: dict[str, Sample] = {sample.key: sample for sample in _gallery()}
