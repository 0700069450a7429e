"""Every piece of state that a link can carry: the one table of names, defaults and texts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cnnviz.core.cut import cut_from_text, cut_to_text, square_from_text
from cnnviz.core.edits import edits_from_text, edits_to_text
from cnnviz.core.filter_bank import MOST_FILTERS, PLANES
from cnnviz.core.images import SIDES
from cnnviz.core.invariance import BORDERS
from cnnviz.core.kernels import KERNELS
from cnnviz.core.layers import Layer, layers_to_text
from cnnviz.core.network import NETWORKS
from cnnviz.core.padding import PADDING_MODES
from cnnviz.core.samples import SAMPLES
from cnnviz.core.signals import MOST_TAPS, SIGNALS, TAPS
from cnnviz.core.strokes import strokes_from_text, strokes_to_text
from cnnviz.ui.texts import (
    LARGEST_WEIGHT,
    axes,
    axes_text,
    chain,
    curve,
    curve_text,
    flag,
    flag_text,
    kernel_side,
    list_of_weights,
    list_text,
    number_in,
    one_of,
    pair,
    shape,
    shift,
    slice_edits,
    slice_edits_text,
    triple,
    typed_weights,
    typed_weights_text,
    unit_path,
)

GROUNDS = {"white": 1.0, "grey": 0.5, "black": 0.0}  # what is seen through transparent places
DRAW, UPLOAD = "draw", "upload"  # pictures that are no sample
PANELS = ("code", "export")  # below the stage, one open at a time


@dataclass(frozen=True, slots=True)
class Parameter:
    """One entry of the table: its name in link and session, its default, and how text becomes a value and text again.

    ``parse`` raises ValueError with what the value must be.
    """

    name: str
    default: Any
    parse: Callable[[str], Any]
    text: Callable[[Any], str] = str


IMAGE = (
    Parameter("image", "integers", one_of([*SAMPLES, DRAW, UPLOAD])),
    Parameter("size", None, number_in(*SIDES)),
    Parameter("colour", False, flag, flag_text),
    Parameter("cut", None, cut_from_text, cut_to_text),
    Parameter("ground", "white", one_of(GROUNDS)),
)
STROKES = (Parameter("strokes", (), strokes_from_text, strokes_to_text),)
CONVOLUTION = (
    Parameter("kernel", "sobel_x", one_of(KERNELS)),
    Parameter("weights", None, typed_weights, typed_weights_text),
    Parameter("stride", (1, 1), axes(1, 16), axes_text),
    Parameter("padding", (0, 0), axes(0, 16), axes_text),
    Parameter("padding_mode", "zeros", one_of(PADDING_MODES)),
    Parameter("dilation", (1, 1), axes(1, 16), axes_text),
    Parameter("bias", 0.0, number_in(-LARGEST_WEIGHT, LARGEST_WEIGHT, float), lambda value: f"{value:.9g}"),
    Parameter("relu", False, flag, flag_text),
    Parameter("at", (0, 0), pair, lambda at: f"{at[0]},{at[1]}"),
    Parameter("panel", "", one_of(PANELS)),
)
NETWORK = (
    Parameter("network", "mnist", one_of(NETWORKS)),
    Parameter("square", None, square_from_text, cut_to_text),
    Parameter("edits", (), edits_from_text, edits_to_text),
    Parameter("sums", False, flag, flag_text),
    Parameter("centre", True, flag, flag_text),
    Parameter("show", "activation", one_of(("activation", "pre_activation"))),
    Parameter("scale", "layer", one_of(("map", "layer", "network"))),
    Parameter("unit", "", unit_path),
)
SHAPES = (
    Parameter("shape", (1, 3, 7, 7), shape, lambda shape: "x".join(map(str, shape))),
    Parameter("chain", (Layer.of("Conv2d", 3, 6, 3, stride=2, padding=1),), chain, layers_to_text),
)
POOLING = (
    Parameter("detector", "sobel_x", one_of(KERNELS)),
    Parameter("pool", "max", one_of(("max", "average"))),
    Parameter("window", 2, number_in(1, 8)),
    Parameter("step", 2, number_in(1, 8)),
    Parameter("enters", "edge", one_of(BORDERS)),
    Parameter("shift", (0, 0), shift, lambda shift: f"{shift[0]},{shift[1]}"),
)
POOLING_STAGE = (
    Parameter("source", "example", one_of(("example", "relu", "image"))),
    Parameter("pooling", "max", one_of(("max", "average"))),
    Parameter("pool_window", (2, 2), axes(1, 8), axes_text),
    Parameter("pool_stride", (2, 2), axes(1, 8), axes_text),
    Parameter("pool_padding", (0, 0), axes(0, 4), axes_text),
    Parameter("ceil", False, flag, flag_text),
    Parameter("pool_map", 0, number_in(0, 2)),
    Parameter("pool_cell", (0, 0), pair, lambda at: f"{at[0]},{at[1]}"),
)
# said by every component, whatever else it says
SHARED = (Parameter("projector", False, flag, flag_text),)
SIGNAL = (
    Parameter("signal", "step", one_of([*SIGNALS, "drawn", "column"])),
    Parameter("curve", (), curve, curve_text),
    Parameter("wave", "average_3", one_of(TAPS)),
    Parameter("taps", (), lambda text: list_of_weights(text, MOST_TAPS) if text else (), list_text),
    Parameter("act", "conv", one_of(("conv", "max", "average"))),
    Parameter("pace", 1, number_in(1, 16)),
    Parameter("lead", 0, number_in(0, 32)),
    Parameter("causal", False, flag, flag_text),
    Parameter("spread", 1, number_in(1, 16)),
    Parameter("sample", 0, number_in(0, 10_000)),
)
BELOW_CHANNELS = (
    Parameter(
        "more", None, lambda text: one_of(("volume", "shuffle"))(text) if text else None, lambda more: more or ""
    ),
    Parameter("batch", 2, number_in(1, 3)),
)
CHANNELS = (
    Parameter("planes", 3, number_in(3, len(PLANES))),
    Parameter("side", 3, kernel_side),
    Parameter("groups", 1, number_in(1, len(PLANES))),
    Parameter("filters", 5, number_in(1, MOST_FILTERS)),
    Parameter("hop", 1, number_in(1, 8)),
    Parameter("rim", 0, number_in(0, 8)),
    Parameter("cell", (0, 0, 0), triple, lambda cell: ",".join(map(str, cell))),
    Parameter("slices", (), slice_edits, slice_edits_text),
    Parameter("biases", (), lambda text: list_of_weights(text, MOST_FILTERS) if text else (), list_text),
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
