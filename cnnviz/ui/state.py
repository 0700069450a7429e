"""Every piece of state that a link can carry: one table from the link's text to the session and back."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote

import numpy as np
import streamlit as st

from cnnviz.core.cut import cut_from_text, cut_to_text, square_from_text
from cnnviz.core.edits import edits_from_text, edits_to_text
from cnnviz.core.filter_bank import KERNEL_SIDES, MOST_FILTERS, PLANES
from cnnviz.core.images import SIDES
from cnnviz.core.invariance import BORDERS, LARGEST_SHIFT
from cnnviz.core.kernels import KERNELS
from cnnviz.core.layers import MOST, Layer, layers_from_text, layers_to_text
from cnnviz.core.network import NETWORKS
from cnnviz.core.padding import PADDING_MODES
from cnnviz.core.samples import SAMPLES
from cnnviz.core.signals import MOST_TAPS, SIGNALS, TAPS
from cnnviz.core.strokes import strokes_from_text, strokes_to_text

LARGEST_KERNEL = 11
LARGEST_WEIGHT = 1000.0
DEEPEST = 10  # units on the way from a class down to a pixel
GROUNDS = {"white": 1.0, "grey": 0.5, "black": 0.0}  # what is seen through transparent places
DRAW, UPLOAD = "draw", "upload"  # pictures that are no sample
PANELS = ("code", "export")  # below the stage, one open at a time
_SEEDED = "_seeded"
_CHOICES = "_choices"
_LINKED = "_image_linked"
_NOTES = "_notes"
_STAND_IN = "_stand_in_image"


@dataclass(frozen=True, slots=True)
class Weights:
    """Typed weights: one slice, or one for each channel; ``slices`` holds rows of numbers."""

    slices: tuple[tuple[tuple[float, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One entry of the table: its name in link and session, its default, and how text becomes a value and text again.

    ``parse`` raises ValueError with what the value must be.
    """

    name: str
    default: Any
    parse: Callable[[str], Any]
    text: Callable[[Any], str] = str


def _number(least: float, most: float, kind: Callable[[str], Any] = int) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        # int and float also read "1_0", "１２" and " 7"
        bare = text.isascii() and not set(text) & set("_ \t\n\r\f\v") and len(text) <= 24
        value = kind(text) if bare else None
        if value is None or not least <= value <= most:  # NaN fails the comparison
            raise ValueError(f"a number from {least} to {most}")
        return value

    return parse


def _one_of(options: Iterable[str]) -> Callable[[str], str]:
    allowed = frozenset(options)

    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError("one of the names on the page")
        return text

    return parse


def _pair(text: str) -> tuple[int, int]:
    row, _, col = text.partition(",")
    cell = _number(0, 10_000)
    return cell(row), cell(col)


def _axes(least: int, most: int) -> Callable[[str], tuple[int, int]]:
    """A number for the rows and one for the columns: "2" for both, or "2,3"."""
    number = _number(least, most)

    def parse(text: str) -> tuple[int, int]:
        rows, comma, cols = text.partition(",")
        return number(rows), number(cols if comma else rows)

    return parse


def _axes_text(axes: tuple[int, int]) -> str:
    rows, cols = axes
    return str(rows) if rows == cols else f"{rows},{cols}"


def _triple(text: str) -> tuple[int, int, int]:
    number = _number(0, 10_000)
    first, second, third = (number(part) for part in text.split(",", 2))
    return first, second, third


_weight = _number(-LARGEST_WEIGHT, LARGEST_WEIGHT, float)


def _list(text: str, most: int) -> tuple[float, ...]:
    parts = text.split(",")
    if len(parts) > most:
        raise ValueError(f"at most {most} numbers")
    return tuple(_weight(part) for part in parts)


def _list_text(numbers: Iterable[float]) -> str:
    return ",".join(f"{number:.9g}" for number in numbers)


def _slices(text: str) -> tuple[tuple[int, tuple[float, ...]], ...]:
    """Changed filters: "number~all its weights", parted by "~~"."""
    if not text:
        return ()
    edits = {}
    for part in text.split("~~"):
        number, tilde, numbers = part.partition("~")
        if not tilde:
            raise ValueError("number~weights for each changed filter")
        edits[_number(0, MOST_FILTERS - 1)(number)] = _list(numbers, len(PLANES) * max(KERNEL_SIDES) ** 2)
    return tuple(sorted(edits.items()))


def _slices_text(edits: tuple[tuple[int, tuple[float, ...]], ...]) -> str:
    return "~~".join(f"{number}~{_list_text(numbers)}" for number, numbers in edits)


def _curve(text: str) -> tuple[float, ...]:
    """A drawn signal: two characters in base 36 for each sample, hundredths above −1."""
    if not text:
        return ()
    if not re.fullmatch(r"([0-9a-z]{2}){5,128}", text):
        raise ValueError("5 to 128 samples of two characters")
    hundredths = [int(text[at : at + 2], 36) for at in range(0, len(text), 2)]
    if max(hundredths) > 200:
        raise ValueError("samples from −1 to 1")
    return tuple((each - 100) / 100 for each in hundredths)


def _curve_text(curve: tuple[float, ...]) -> str:
    return "".join(np.base_repr(round(100 * value + 100), 36).lower().rjust(2, "0") for value in curve)


def _side(text: str) -> int:
    return int(_one_of(map(str, KERNEL_SIDES))(text))


def _shape(text: str) -> tuple[int, ...]:
    sizes = text.split("x")
    if len(sizes) > 6:
        raise ValueError("at most six sizes")
    return tuple(_number(1, MOST)(size) for size in sizes)


def _chain(text: str) -> tuple[Layer, ...]:
    layers = layers_from_text(text)
    if text and not layers:
        raise ValueError("layers, as in Conv2d(3,6,5);ReLU()")
    return layers


def _shift(text: str) -> tuple[int, int]:
    down, _, across = text.partition(",")
    pixels = _number(-LARGEST_SHIFT, LARGEST_SHIFT)
    return pixels(down), pixels(across)


def _weights(text: str) -> Weights | None:
    if not text:
        return None
    size, *slices = text.split("~")
    side = _number(1, LARGEST_KERNEL)
    rows, cols = (side(part) for part in size.split("x", 1))
    weight = _number(-LARGEST_WEIGHT, LARGEST_WEIGHT, float)
    tables = []
    for numbers in slices:
        values = [weight(number) for number in numbers.split(",")]
        if len(values) != rows * cols:
            raise ValueError(f"{rows * cols} weights for each slice")
        tables.append(tuple(tuple(values[at : at + cols]) for at in range(0, len(values), cols)))
    if len(tables) not in (1, 3):
        raise ValueError("one slice, or three")
    return Weights(tuple(tables))


def _weights_text(weights: Weights | None) -> str:
    if weights is None:
        return ""
    table = weights.slices[0]
    lists = (",".join(f"{value:.9g}" for row in rows for value in row) for rows in weights.slices)
    return "~".join([f"{len(table)}x{len(table[0])}", *lists])


def _flag(text: str) -> bool:
    return _one_of(("0", "1"))(text) == "1"


def _flag_text(flag: bool) -> str:
    return str(int(flag))


IMAGE = (
    Parameter("image", "integers", _one_of([*SAMPLES, DRAW, UPLOAD])),
    Parameter("size", None, _number(*SIDES)),
    Parameter("colour", False, _flag, _flag_text),
    Parameter("cut", None, cut_from_text, cut_to_text),
    Parameter("ground", "white", _one_of(GROUNDS)),
)
STROKES = (Parameter("strokes", (), strokes_from_text, strokes_to_text),)
CONVOLUTION = (
    Parameter("kernel", "sobel_x", _one_of(KERNELS)),
    Parameter("weights", None, _weights, _weights_text),
    Parameter("stride", (1, 1), _axes(1, 16), _axes_text),
    Parameter("padding", (0, 0), _axes(0, 16), _axes_text),
    Parameter("padding_mode", "zeros", _one_of(PADDING_MODES)),
    Parameter("dilation", (1, 1), _axes(1, 16), _axes_text),
    Parameter("bias", 0.0, _number(-LARGEST_WEIGHT, LARGEST_WEIGHT, float), lambda value: f"{value:.9g}"),
    Parameter("relu", False, _flag, _flag_text),
    Parameter("at", (0, 0), _pair, lambda at: f"{at[0]},{at[1]}"),
    Parameter("panel", "", _one_of(PANELS)),
)
NETWORK = (
    Parameter("network", "mnist", _one_of(NETWORKS)),
    Parameter("square", None, square_from_text, cut_to_text),
    Parameter("edits", (), edits_from_text, edits_to_text),
    Parameter("sums", False, _flag, _flag_text),
    Parameter("centre", True, _flag, _flag_text),
    Parameter("show", "activation", _one_of(("activation", "pre_activation"))),
    Parameter("scale", "layer", _one_of(("map", "layer", "network"))),
    Parameter("unit", "", lambda text: _path(text)),
)
SHAPES = (
    Parameter("shape", (1, 3, 7, 7), _shape, lambda shape: "x".join(map(str, shape))),
    Parameter("chain", (Layer.of("Conv2d", 3, 6, 3, stride=2, padding=1),), _chain, layers_to_text),
)
POOLING = (
    Parameter("detector", "sobel_x", _one_of(KERNELS)),
    Parameter("pool", "max", _one_of(("max", "average"))),
    Parameter("window", 2, _number(1, 8)),
    Parameter("step", 2, _number(1, 8)),
    Parameter("enters", "edge", _one_of(BORDERS)),
    Parameter("shift", (0, 0), _shift, lambda shift: f"{shift[0]},{shift[1]}"),
)
POOLING_STAGE = (
    Parameter("source", "example", _one_of(("example", "relu", "image"))),
    Parameter("pooling", "max", _one_of(("max", "average"))),
    Parameter("pool_window", (2, 2), _axes(1, 8), _axes_text),
    Parameter("pool_stride", (2, 2), _axes(1, 8), _axes_text),
    Parameter("pool_padding", (0, 0), _axes(0, 4), _axes_text),
    Parameter("ceil", False, _flag, _flag_text),
    Parameter("pool_map", 0, _number(0, 2)),
    Parameter("pool_cell", (0, 0), _pair, lambda at: f"{at[0]},{at[1]}"),
)
# said by every component, whatever else it says
SHARED = (Parameter("projector", False, _flag, _flag_text),)
SIGNAL = (
    Parameter("signal", "step", _one_of([*SIGNALS, "drawn", "column"])),
    Parameter("curve", (), _curve, _curve_text),
    Parameter("wave", "average_3", _one_of(TAPS)),
    Parameter("taps", (), lambda text: _list(text, MOST_TAPS) if text else (), _list_text),
    Parameter("act", "conv", _one_of(("conv", "max", "average"))),
    Parameter("pace", 1, _number(1, 16)),
    Parameter("lead", 0, _number(0, 32)),
    Parameter("causal", False, _flag, _flag_text),
    Parameter("spread", 1, _number(1, 16)),
    Parameter("sample", 0, _number(0, 10_000)),
)
BELOW_CHANNELS = (
    Parameter(
        "more", None, lambda text: _one_of(("volume", "shuffle"))(text) if text else None, lambda more: more or ""
    ),
    Parameter("batch", 2, _number(1, 3)),
)
CHANNELS = (
    Parameter("planes", 3, _number(3, len(PLANES))),
    Parameter("side", 3, _side),
    Parameter("groups", 1, _number(1, len(PLANES))),
    Parameter("filters", 5, _number(1, MOST_FILTERS)),
    Parameter("hop", 1, _number(1, 8)),
    Parameter("rim", 0, _number(0, 8)),
    Parameter("cell", (0, 0, 0), _triple, lambda cell: ",".join(map(str, cell))),
    Parameter("slices", (), _slices, _slices_text),
    Parameter("biases", (), lambda text: _list(text, MOST_FILTERS) if text else (), _list_text),
)
PARAMETERS = {
    parameter.name: parameter
    for parameter in SHARED
    + IMAGE
    + STROKES
    + CONVOLUTION
    + NETWORK
    + SHAPES
    + CHANNELS
    + BELOW_CHANNELS
    + SIGNAL
    + POOLING
    + POOLING_STAGE
}


def _path(text: str) -> str:
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
            _number(0, 10_000)(number)
    return text


def seed(back: str | None = None) -> None:
    """Fills the session from the link, once; what cannot be read is noted and stands at its default.

    ``back`` is the link's query where a browser has come back from another session: what Streamlit knows is older.
    """
    if _SEEDED in st.session_state:
        return
    st.session_state[_SEEDED] = True
    st.session_state[_NOTES] = []
    for parameter in PARAMETERS.values():
        st.session_state.setdefault(parameter.name, parameter.default)
    link_texts = st.query_params if back is None else dict(parse_qsl(back, keep_blank_values=True))
    given = {name: text for name, text in link_texts.items() if name in PARAMETERS}
    refused = read(given, PARAMETERS.values())
    st.session_state[_LINKED] = "image" in given and "image" not in refused
    if refused:
        note(
            f"The link holds something that cannot be read ({', '.join(sorted(refused))}): the page shows its default."
        )
    if st.session_state.image == UPLOAD:
        for parameter in IMAGE:  # size and cut were meant for that picture
            st.session_state[parameter.name] = parameter.default
        if back is None:
            note("An uploaded picture cannot travel in a link: it stays with the one who uploaded it.")
        else:
            # the page runs twice: for the link, and for what its component says again
            lost = "The app was started again, and has lost your picture: upload it once more. All else is as it was."
            note(lost, runs=2)


def choose(key: str) -> None:
    """Another picture, a sample, a drawing or what was brought along: nothing is drawn on it, cut off, or resized."""
    st.session_state.image = key
    for name in ("strokes", "size", "cut", "ground"):
        st.session_state[name] = PARAMETERS[name].default
    st.session_state[_CHOICES] = choices() + 1


def choices() -> int:
    """How often this session has chosen a picture; the same one chosen anew is another."""
    return st.session_state.get(_CHOICES, 0)


def picture_chosen() -> bool:
    """Has anybody chosen the picture: here, or in the link that was opened? The default can be chosen too."""
    return (
        st.session_state.image != PARAMETERS["image"].default or choices() > 0 or st.session_state.get(_LINKED, False)
    )


def read(texts: dict[str, str], parameters: Iterable[Parameter]) -> set[str]:
    """Puts the texts' values into the session; returns the names of those that could not be read, left as they were."""
    refused = set()
    for parameter in parameters:
        if parameter.name in texts:
            try:
                st.session_state[parameter.name] = parameter.parse(texts[parameter.name])
            except (ValueError, OverflowError):
                refused.add(parameter.name)
    return refused


def keep_widgets() -> None:
    """A widget of the same key on another page would begin empty, as if nobody had chosen; a value that was set does not."""
    for parameter in IMAGE:
        st.session_state[parameter.name] = st.session_state[parameter.name]


def stand_in(image: str) -> None:
    """Shows this sample as long as nobody has chosen a picture; `dismiss_stand_in` takes it away again."""
    if not picture_chosen():
        st.session_state.image = st.session_state[_STAND_IN] = image


def dismiss_stand_in() -> None:
    """Another page shows its own first picture, unless somebody has chosen one meanwhile."""
    if _STAND_IN in st.session_state and st.session_state.pop(_STAND_IN) == st.session_state.image:
        st.session_state.image = PARAMETERS["image"].default


def settle(query: str, parameters: Iterable[Parameter]) -> set[str]:
    """What a component says of its own state: a name that its text leaves out stands at its default.

    Returns the names that could not be read; only a hand-made message holds any.
    """
    parameters = (*parameters, *SHARED)
    texts = dict(parse_qsl(query, keep_blank_values=True))
    for parameter in parameters:
        if parameter.name not in texts:
            st.session_state[parameter.name] = parameter.default
    return read(texts, parameters)


def revision(text: str) -> int:
    """The number of a change in the browser, as its message names it; ValueError if it is none."""
    return _number(0, 2**53)(text)


def link(parameters: Iterable[Parameter]) -> str:
    """The query text of all that differs from its default."""
    return "&".join(
        f"{parameter.name}={quote(parameter.text(value), safe=',~')}"
        for parameter in parameters
        if (value := st.session_state[parameter.name]) != parameter.default
    )


def note(sentence: str, runs: int = 1) -> None:
    """Keeps a sentence to be shown at the top of the page, for one run of it or for some."""
    st.session_state[_NOTES].append((sentence, runs))


def take_notes() -> list[str]:
    """The sentences that this run shows."""
    notes = st.session_state[_NOTES]
    st.session_state[_NOTES] = [(sentence, runs - 1) for sentence, runs in notes if runs > 1]
    return [sentence for sentence, _ in notes]
