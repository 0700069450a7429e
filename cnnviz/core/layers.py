"""Layers as people write them: which arguments each takes, read from code and written as code. Nothing is evaluated."""

import re
from dataclasses import dataclass
from typing import Any

from cnnviz.core.padding import PADDING_MODES

Value = int | bool | str | None | tuple[int, ...]

LONGEST_TEXT = 6000
MOST_LAYERS = 40
MOST = 1_000_000  # no argument and no axis is larger: beyond that a number is a slip of the finger


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a layer, with torch's name and default.

    ``kind`` says what it may be: "count" a whole number, "size" a whole number or one for each axis, "padding" that or
    "same" or "valid", "axis" a whole number that may be negative, "flag", or "mode" one of ``options``. A "maybe_…" may
    also be None. ``default`` is `REQUIRED` where torch has none.
    """

    name: str
    kind: str
    default: Any
    help: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerKind:
    """A class of torch.nn: ``family`` is conv, max_pool, avg_pool, linear, flatten or relu; ``axes`` those it slides on."""

    name: str
    family: str
    axes: int
    arguments: tuple[Argument, ...]


REQUIRED = "required"

_KERNEL = Argument("kernel_size", "size", REQUIRED, "how many cells the window looks at along each axis")
_DILATION = Argument("dilation", "size", 1, "distance from one cell of the window to the next")
_POOL_STRIDE = Argument("stride", "maybe_size", None, "how far the window moves; None means as far as it is wide")
_POOL_PADDING = Argument("padding", "size", 0, "cells added at either end: −∞ for max pooling, 0 for average pooling")
_CEIL = Argument("ceil_mode", "flag", False, "round up, so that a last window may reach beyond the edge")
_CONV = (
    Argument("in_channels", "count", REQUIRED, "channels that arrive: slices of each filter"),
    Argument("out_channels", "count", REQUIRED, "how many filters there are: maps that leave"),
    _KERNEL,
    Argument("stride", "size", 1, "how far the window moves at each step"),
    Argument("padding", "padding", 0, "cells added at either end; same keeps the size, valid adds none"),
    _DILATION,
    Argument("groups", "count", 1, "parts into which the channels fall; each filter sees one part only"),
    Argument("bias", "flag", True, "one number added to each map"),
    Argument("padding_mode", "mode", "zeros", "what stands in the padding", PADDING_MODES),
)
_MAX_POOL = (
    _KERNEL,
    _POOL_STRIDE,
    _POOL_PADDING,
    _DILATION,
    Argument("return_indices", "flag", False, "also return where each maximum came from; then no layer can follow"),
    _CEIL,
)
_AVG_POOL = (
    _KERNEL,
    _POOL_STRIDE,
    _POOL_PADDING,
    _CEIL,
    Argument("count_include_pad", "flag", True, "count the padding's zeros as values when dividing"),
)
_DIVISOR = Argument("divisor_override", "maybe_count", None, "divide by this number instead of the window's cells")
_LINEAR = (
    Argument("in_features", "count", REQUIRED, "numbers that arrive on the last axis"),
    Argument("out_features", "count", REQUIRED, "units: numbers that leave on the last axis"),
    Argument("bias", "flag", True, "one number added to each unit"),
)
_FLATTEN = (
    Argument("start_dim", "axis", 1, "first axis that is merged; 1 leaves the batch alone"),
    Argument("end_dim", "axis", -1, "last axis that is merged; −1 is the last there is"),
)
_RELU = (Argument("inplace", "flag", False, "overwrite the input: no memory of its own, the same values"),)

KINDS: dict[str, LayerKind] = {
    kind.name: kind
    for kind in (
        *(LayerKind(f"Conv{axes}d", "conv", axes, _CONV) for axes in (1, 2, 3)),
        *(LayerKind(f"MaxPool{axes}d", "max_pool", axes, _MAX_POOL) for axes in (1, 2, 3)),
        LayerKind("AvgPool1d", "avg_pool", 1, _AVG_POOL),
        *(LayerKind(f"AvgPool{axes}d", "avg_pool", axes, (*_AVG_POOL, _DIVISOR)) for axes in (2, 3)),
        LayerKind("Linear", "linear", 0, _LINEAR),
        LayerKind("Flatten", "flatten", 0, _FLATTEN),
        LayerKind("ReLU", "relu", 0, _RELU),
    )
}


@dataclass(frozen=True, slots=True, repr=False)
class Layer:
    """A layer with all its arguments, in the order torch has them.

    >>> Layer.of("Conv2d", 3, 6, 3, stride=2, padding=1).code
    'Conv2d(3, 6, 3, stride=2, padding=1)'
    """

    kind: LayerKind
    values: tuple[Value, ...]

    @classmethod
    def of(cls, kind_name: str, /, *given: Value, **named: Value) -> "Layer":
        """A layer as torch would be asked for it. ValueError where name or arguments are none of torch's."""
        if kind_name not in KINDS:
            raise ValueError(f"“{kind_name}” is not among the layers of this page: {', '.join(KINDS)}.")
        kind = KINDS[kind_name]
        names = [argument.name for argument in kind.arguments]
        if len(given) > len(names):
            raise ValueError(f"{kind_name} takes at most {len(names)} arguments, not {len(given)}.")
        values = dict(zip(names, given, strict=False))
        for name, value in named.items():
            if name not in names:
                raise ValueError(f"{kind_name} has no argument “{name}”: it has {', '.join(names)}.")
            if name in values:
                raise ValueError(f"{kind_name} is given {name} twice.")
            values[name] = value
        for argument in kind.arguments:
            value = values.setdefault(argument.name, argument.default)
            if value is REQUIRED:
                raise ValueError(f"{kind_name} also needs {argument.name}: {argument.help}.")
            values[argument.name] = _checked(kind, argument, value)
        return cls(kind, tuple(values[name] for name in names))

    def __repr__(self) -> str:
        return f"<Layer {self.code}>"

    def __getitem__(self, name: str) -> Value:
        return self.values[[argument.name for argument in self.kind.arguments].index(name)]

    def per_axis(self, name: str) -> tuple[int, ...]:
        """A size for each axis that the layer slides on."""
        value = self[name]
        return value if isinstance(value, tuple) else (value,) * self.kind.axes

    def but(self, **changed: Value) -> "Layer":
        """The same layer with other arguments."""
        values = {argument.name: value for argument, value in zip(self.kind.arguments, self.values, strict=True)}
        return Layer.of(self.kind.name, **values | changed)

    @property
    def code(self) -> str:
        """As one writes it: required arguments by place, others by name where they differ from their default."""
        parts = [
            _text(value) if argument.default is REQUIRED else f"{argument.name}={_text(value)}"
            for argument, value in zip(self.kind.arguments, self.values, strict=True)
            if argument.default is REQUIRED or value != argument.default
        ]
        return f"{self.kind.name}({', '.join(parts)})"


def _text(value: Value) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _checked(kind: LayerKind, argument: Argument, value: Value) -> Value:
    """The value if torch's signature has room for it, several equal sizes as one. What fits the input is no matter here."""
    form = argument.kind.removeprefix("maybe_")
    where = f"{kind.name}’s {argument.name}"
    if value is None and form != argument.kind:
        return None
    if form == "flag":
        if not isinstance(value, bool):
            raise ValueError(f"{where} is True or False, not {_text(value)}.")
        return value
    words = argument.options if form == "mode" else ("same", "valid") if form == "padding" else ()
    if isinstance(value, str) or form == "mode":
        if value not in words:
            raise ValueError(f"{where} is {_one_of(words) or 'a whole number'}, not {_text(value)}.")
        return value
    numbers = value if isinstance(value, tuple) else (value,)
    if any(isinstance(number, bool) or not isinstance(number, int) for number in numbers):
        raise ValueError(f"{where} is made of whole numbers, not {_text(value)}.")
    if any(abs(number) > MOST for number in numbers):
        raise ValueError(f"{where} is {_text(value)}: this page counts to {MOST:,}.")
    if not isinstance(value, tuple):
        return value
    if form in ("count", "axis") or len(value) not in (1, kind.axes):
        wanted = f"one number, or {kind.axes}" if form in ("size", "padding") else "one number"
        raise ValueError(f"{where} is {wanted}, not {len(value)} numbers.")
    return value[0] if len(set(value)) == 1 else value


def _one_of(words: tuple[str, ...]) -> str:
    return " or ".join(f'"{word}"' for word in words)


# --- reading code -----------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<name>[A-Za-z_][\w.]*)|(?P<number>[+\-−]?\d[\d_]*(?:\.\d*)?)|(?P<string>"[^"\n]*"|'[^'\n]*')|(?P<sign>[()\[\],;=])"""
)
_WORDS = {"True": True, "False": False, "None": None}
_WRAPPERS = ("Sequential", "ModuleList", "OrderedDict")


def layers_from_text(text: str) -> tuple[Layer, ...]:
    """The layers in a piece of code: calls one after another, or inside nn.Sequential(…), with or without names.

    Only the form is read; nothing runs. ValueError with a sentence where the text holds anything else.

    >>> [layer.code for layer in layers_from_text("nn.Sequential(nn.Conv2d(3, 5, kernel_size=5), nn.ReLU())")]
    ['Conv2d(3, 5, 5)', 'ReLU()']
    """
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"This text has {len(text):,} characters: a chain of layers has at most {LONGEST_TEXT:,}.")
    layers = _Reader(text).chain(end=None)
    if len(layers) > MOST_LAYERS:
        raise ValueError(f"These are {len(layers)} layers: this page has room for {MOST_LAYERS}.")
    return tuple(layers)


def layers_to_text(layers: tuple[Layer, ...]) -> str:
    """The chain as a link carries it: its calls without blanks, parted by semicolons."""
    return ";".join(layer.code.replace(" ", "").replace('"', "'") for layer in layers)


class _Reader:
    """Recursive descent over the tokens of a text."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if not found:
                raise ValueError(f"“{text[at]}” belongs to no layer: a chain reads like Conv2d(3, 6, 5); ReLU().")
            if found.lastgroup:
                self.tokens.append((found.lastgroup, found[0]))
            at = found.end()
        self.at = 0

    def peek(self, ahead: int = 0) -> str | None:
        at = self.at + ahead
        return self.tokens[at][1] if at < len(self.tokens) else None

    def take(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise ValueError("The code ends in the middle of a layer: a bracket is missing.")
        self.at += 1
        return self.tokens[self.at - 1]

    def chain(self, end: str | None, depth: int = 0) -> list[Layer]:
        layers: list[Layer] = []
        while self.peek() != end:
            kind, text = self.take()
            if text in (",", ";"):
                continue
            if kind != "name":
                raise ValueError(f"“{text}” does not begin a layer: a chain reads like Conv2d(3, 6, 5); ReLU().")
            if self.peek() == "=":  # model = nn.Sequential(…), self.conv1 = nn.Conv2d(…)
                self.take()
                continue
            name = text.rsplit(".", 1)[-1]
            if self.peek() != "(":
                raise ValueError(f"“{text}” is no layer: after its name a layer has its arguments in brackets.")
            self.take()
            if name in _WRAPPERS:
                if depth > 8:
                    raise ValueError("These are more nn.Sequential inside each other than this page reads.")
                layers += self.chain(end=")", depth=depth + 1)
                self.take()
            else:
                layers.append(self.layer(name))
        return layers

    def layer(self, name: str) -> Layer:
        given: list[Value] = []
        named: dict[str, Value] = {}
        while self.peek() != ")":
            if self.peek(1) == "=" and self.tokens[self.at][0] == "name":
                key = self.take()[1]
                self.take()
                if key in named:
                    raise ValueError(f"{name} is given {key} twice.")
                named[key] = self.value(name)
            elif named:
                raise ValueError(f"In {name}(…) an argument without a name stands behind one with a name.")
            else:
                given.append(self.value(name))
            if self.peek() == ",":
                self.take()
            elif self.peek() != ")":
                raise ValueError(f"In {name}(…) a comma or a closing bracket is missing before “{self.take()[1]}”.")
        self.take()
        return Layer.of(name, *given, **named)

    def value(self, name: str) -> Value:
        kind, text = self.take()
        if kind == "number":
            return _whole(text, name)
        if kind == "string":
            return text[1:-1]
        if text in _WORDS:
            return _WORDS[text]
        if text in "([":
            numbers = []
            while self.peek() not in (")", "]"):
                kind, text = self.take()
                if kind != "number":
                    raise ValueError(f"In {name}(…) a bracket holds “{text}”: it should hold whole numbers.")
                numbers.append(_whole(text, name))
                if self.peek() == ",":
                    self.take()
            self.take()
            if not numbers:
                raise ValueError(f"In {name}(…) a bracket is empty: it should hold a number for each axis.")
            return tuple(numbers)
        raise ValueError(f"In {name}(…) “{text}” is no number: write the numbers themselves.")


def _whole(text: str, name: str) -> int:
    if "." in text or len(text) > 12:
        raise ValueError(f"In {name}(…) “{text[:20]}” should be a whole number of at most {MOST:,}.")
    return int(text.replace("−", "-").replace("_", ""))
