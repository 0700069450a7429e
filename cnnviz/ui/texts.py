"""How each value of a link is written as text, and read back from text that anybody may have typed."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.core.filter_bank import KERNEL_SIDES, MOST_FILTERS, PLANES
from cnnviz.core.invariance import LARGEST_SHIFT
from cnnviz.core.layers import MOST, Layer, layers_from_text

LARGEST_KERNEL = 11
LARGEST_WEIGHT = 1000.0
DEEPEST = 10  # units on the way from a class down to a pixel


@dataclass(frozen=True, slots=True)
class Weights:
    """Typed weights: one slice, or one for each channel; ``slices`` holds rows of numbers."""

    slices: tuple[tuple[tuple[float, ...], ...], ...]


def number_in(least: float, most: float, kind: Callable[[str], Any] = int) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        # int and float also read "1_0", "１２" and " 7"
        bare = text.isascii() and not set(text) & set("_ \t\n\r\f\v") and len(text) <= 24
        value = kind(text) if bare else None
        if value is None or not least <= value <= most:  # NaN fails the comparison
            raise ValueError(f"a number from {least} to {most}")
        return value

    return parse


def one_of(options: Iterable[str]) -> Callable[[str], str]:
    allowed = frozenset(options)

    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError("one of the names on the page")
        return text

    return parse


def pair(text: str) -> tuple[int, int]:
    row, _, col = text.partition(",")
    cell = number_in(0, 10_000)
    return cell(row), cell(col)


def axes(least: int, most: int) -> Callable[[str], tuple[int, int]]:
    """A number for the rows and one for the columns: "2" for both, or "2,3"."""
    number = number_in(least, most)

    def parse(text: str) -> tuple[int, int]:
        rows, comma, cols = text.partition(",")
        return number(rows), number(cols if comma else rows)

    return parse


def axes_text(axes: tuple[int, int]) -> str:
    rows, cols = axes
    return str(rows) if rows == cols else f"{rows},{cols}"


def triple(text: str) -> tuple[int, int, int]:
    number = number_in(0, 10_000)
    first, second, third = (number(part) for part in text.split(",", 2))
    return first, second, third


one_weight = number_in(-LARGEST_WEIGHT, LARGEST_WEIGHT, float)


def list_of_weights(text: str, most: int) -> tuple[float, ...]:
    parts = text.split(",")
    if len(parts) > most:
        raise ValueError(f"at most {most} numbers")
    return tuple(one_weight(part) for part in parts)


def list_text(numbers: Iterable[float]) -> str:
    return ",".join(f"{number:.9g}" for number in numbers)


def slice_edits(text: str) -> tuple[tuple[int, tuple[float, ...]], ...]:
    """Changed filters: "number~all its weights", parted by "~~"."""
    if not text:
        return ()
    edits = {}
    for part in text.split("~~"):
        number, tilde, numbers = part.partition("~")
        if not tilde:
            raise ValueError("number~weights for each changed filter")
        edits[number_in(0, MOST_FILTERS - 1)(number)] = list_of_weights(numbers, len(PLANES) * max(KERNEL_SIDES) ** 2)
    return tuple(sorted(edits.items()))


def slice_edits_text(edits: tuple[tuple[int, tuple[float, ...]], ...]) -> str:
    return "~~".join(f"{number}~{list_text(numbers)}" for number, numbers in edits)


def curve(text: str) -> tuple[float, ...]:
    """A drawn signal: two characters in base 36 for each sample, hundredths above −1."""
    if not text:
        return ()
    if not re.fullmatch(r"([0-9a-z]{2}){5,128}", text):
        raise ValueError("5 to 128 samples of two characters")
    hundredths = [int(text[at : at + 2], 36) for at in range(0, len(text), 2)]
    if max(hundredths) > 200:
        raise ValueError("samples from −1 to 1")
    return tuple((each - 100) / 100 for each in hundredths)


def curve_text(curve: tuple[float, ...]) -> str:
    return "".join(np.base_repr(round(100 * value + 100), 36).lower().rjust(2, "0") for value in curve)


def kernel_side(text: str) -> int:
    return int(one_of(map(str, KERNEL_SIDES))(text))


def shape(text: str) -> tuple[int, ...]:
    sizes = text.split("x")
    if len(sizes) > 6:
        raise ValueError("at most six sizes")
    return tuple(number_in(1, MOST)(size) for size in sizes)


def chain(text: str) -> tuple[Layer, ...]:
    layers = layers_from_text(text)
    if text and not layers:
        raise ValueError("layers, as in Conv2d(3,6,5);ReLU()")
    return layers


def shift(text: str) -> tuple[int, int]:
    down, _, across = text.partition(",")
    pixels = number_in(-LARGEST_SHIFT, LARGEST_SHIFT)
    return pixels(down), pixels(across)


def typed_weights(text: str) -> Weights | None:
    if not text:
        return None
    size, *slices = text.split("~")
    side = number_in(1, LARGEST_KERNEL)
    rows, cols = (side(part) for part in size.split("x", 1))
    weight = number_in(-LARGEST_WEIGHT, LARGEST_WEIGHT, float)
    tables = []
    for numbers in slices:
        values = [weight(number) for number in numbers.split(",")]
        if len(values) != rows * cols:
            raise ValueError(f"{rows * cols} weights for each slice")
        tables.append(tuple(tuple(values[at : at + cols]) for at in range(0, len(values), cols)))
    if len(tables) not in (1, 3):
        raise ValueError("one slice, or three")
    return Weights(tuple(tables))


def typed_weights_text(weights: Weights | None) -> str:
    if weights is None:
        return ""
    table = weights.slices[0]
    lists = (",".join(f"{value:.9g}" for row in rows for value in row) for rows in weights.slices)
    return "~".join([f"{len(table)}x{len(table[0])}", *lists])


def flag(text: str) -> bool:
    return one_of(("0", "1"))(text) == "1"


def flag_text(flag: bool) -> str:
    return str(int(flag))


def unit_path(text: str) -> str:
    """From a unit down to one of its inputs and on: layer,map,row,column each, as in "fc1,7,0,0~pool_1,5,0,3".

    The last may end in the number of one product of its sum. The browser knows which units there are.
    """
    units = text.split("~")
    if len(units) > DEEPEST:
        raise ValueError(f"at most {DEEPEST} units")
    for unit in units:
        layer, *numbers = unit.split(",")
        if not layer.isidentifier() or not layer.isascii() or len(layer) > 40 or len(numbers) not in (3, 4):
            raise ValueError("layer,map,row,column")
        for number in numbers:
            number_in(0, 10_000)(number)
    return text
