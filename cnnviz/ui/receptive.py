"""What the units of a network see: the receptive field layer by layer, of one unit, and of a stack of one's own."""

import base64
import io
import re
from collections import OrderedDict
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

from cnnviz.core.network import NETWORKS
from cnnviz.core.receptive import Layer, ReceptiveField, active_part, receptive_fields
from cnnviz.core.samples import sample_image
from cnnviz.core.trace import Trace, trace
from cnnviz.figures.receptive import image_with_box, map_picture
from cnnviz.ui import cached
from cnnviz.ui.inputs import CurrentImage

OWN = "own"
LONGEST_STACK = 12
_STYLE = """<style>
.strip { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 8px 14px; max-width: 1180px; }
.strip.unit-fields { grid-template-columns: repeat(2, minmax(0, 340px)); }
.strip img { display: block; width: 100%; aspect-ratio: 1; border-radius: 4px; }
.strip p { margin: 4px 0 12px; font-size: 14px; opacity: .8; }
@media (max-width: 767px) {
  .strip { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .strip:not(.unit-fields) > :first-child { grid-column: 1 / -1; width: 50%; }
  [class*="st-key-wide_table"] :is(th, td) { padding: 3px 4px !important; font-size: 12px; }
}
</style>"""
_FIRST_STACK = [
    {"layer": "conv", "kernel": 3, "stride": 1, "padding": 1},
    {"layer": "conv", "kernel": 3, "stride": 1, "padding": 1},
    {"layer": "max pool", "kernel": 2, "stride": 2, "padding": 0},
    {"layer": "conv", "kernel": 3, "stride": 1, "padding": 1},
    {"layer": "max pool", "kernel": 2, "stride": 2, "padding": 0},
]


def network_picture(name: str, key: str) -> np.ndarray:
    """A gallery picture as a trained network reads it: float32 (3, 32, 32)."""
    image = sample_image(key)
    margin = (32 - image.shape[-1]) // 2
    return np.ascontiguousarray(np.broadcast_to(np.pad(image, ((0, 0), (margin,) * 2, (margin,) * 2)), (3, 32, 32)))


def receptive_section(image: CurrentImage) -> None:
    """The table with numbers in the formula, and one unit's box and active part on the image."""
    choice = st.segmented_control("Layers of", [*NETWORKS, OWN], format_func=lambda key: NETWORKS.get(key, "a stack of your own"), default="mnist", required=True, key="field_of")  # fmt: skip
    if choice == OWN:
        picture = image.painted()
        st.caption(
            "Every row is a layer; add and delete rows. Convolutions have one filter with random weights (seed 0, their sum positive), no bias, and a ReLU behind them; the image is the one chosen above."
        )
        rows = st.data_editor(
            pd.DataFrame(_FIRST_STACK), num_rows="dynamic", hide_index=True, key="field_stack", width=560,
            column_config={
                "layer": st.column_config.SelectboxColumn("layer", options=["conv", "max pool", "average pool"], required=True, default="conv"),
                "kernel": st.column_config.NumberColumn("window", min_value=1, max_value=11, step=1, required=True, default=3),
                "stride": st.column_config.NumberColumn("stride", min_value=1, max_value=8, step=1, required=True, default=1),
                "padding": st.column_config.NumberColumn("padding", min_value=0, max_value=5, step=1, required=True, default=0),
            },
        ).to_dict("records")  # fmt: skip
        try:
            module = own_stack(rows, len(picture))
            traced = trace(module, torch.tensor(picture)[None])
        except (ValueError, RuntimeError) as error:
            st.warning(_reason(error))
            return
    else:
        key = _picked(choice, "field_picture")
        picture, module = network_picture(choice, key), cached.network(choice)
        traced = trace(module, torch.tensor(picture)[None])
    layers = receptive_fields(traced)
    st.markdown(
        "**size** = size before + (window − 1) · jump before: pixels of the image, on one axis, that a unit sees. **jump** = jump "
        "before · stride: pixels from one unit to the next. **start**: the first pixel that the first unit sees; below 0 it is padding."
    )
    wide_table(field_table(layers), "field")
    _unit(module, traced, layers, picture, choice)


def own_stack(rows: list[dict[str, Any]], channels: int) -> nn.Sequential:
    """The user's rows as a module: each conv has one filter and a ReLU behind it. ValueError for rows that are none."""
    if not 1 <= len(rows) <= LONGEST_STACK:
        raise ValueError(f"A stack has 1 to {LONGEST_STACK} layers, not {len(rows)}.")
    layers: dict[str, nn.Module] = {}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for number, row in enumerate(rows, start=1):
            if any(pd.isna(value) for value in row.values()):
                raise ValueError(f"Row {number} is not filled in.")
            kernel, stride, padding = (int(row[key]) for key in ("kernel", "stride", "padding"))
            if row["layer"] == "conv":
                layers[f"row{number}"] = _filter(channels, kernel, stride, padding)
                layers[f"row{number}_relu"] = nn.ReLU()
                channels = 1
            elif padding > kernel // 2:
                raise ValueError(
                    f"Row {number}: pooling takes a padding of at most half its window, here {kernel // 2}."
                )
            else:
                pool = nn.MaxPool2d if row["layer"] == "max pool" else nn.AvgPool2d
                layers[f"row{number}"] = pool(kernel, stride, padding)
    return nn.Sequential(OrderedDict(layers)).requires_grad_(False).eval()


@torch.no_grad()
def _filter(channels: int, kernel: int, stride: int, padding: int) -> nn.Conv2d:
    """One filter of random weights whose sum is positive: of a bright picture something passes the ReLU behind it."""
    convolution = nn.Conv2d(channels, 1, kernel, stride, padding, bias=False)
    if convolution.weight.sum() < 0:
        convolution.weight.neg_()
    return convolution


def field_table(layers: tuple[Layer, ...]) -> str:
    """The recurrence with its numbers, a row a layer that slides, as Markdown; columns of pixels, rows are alike here."""
    lines = [
        "| layer | window, stride, padding | map | size | jump | start |",
        "|---|---|---|---|---|---|",
        "| image | | | 1 | 1 | 0 |",
    ]
    before = ReceptiveField()
    for layer in layers:
        if not layer.windows:
            continue
        spec, now = layer.windows[0], layer.rows
        lines.append(
            f"| {_title(layer)} | {spec.kernel_size}, {spec.stride}, {spec.padding} | {layer.cells[0]} × {layer.cells[1]} "
            f"| {before.size} + ({spec.kernel_size} − 1) · {before.jump} = **{now.size}** | {before.jump} · {spec.stride} = **{now.jump}** "
            f"| {str(now.start).replace('-', '−')} |"
        )
        before = now
    dense = next((layer for layer in layers if layer.kind == "linear"), None)
    if dense:
        lines.append(f"| dense layers | all there is | | {dense.rows.size} | | {dense.rows.start} |")
    return "\n".join(lines)


def _unit(module: nn.Module, traced: Trace, layers: tuple[Layer, ...], picture: np.ndarray, choice: str) -> None:
    named = {layer.name: layer for layer in layers if layer.kind != "flatten"}
    columns = st.columns([2, 1, 1, 1, 3], vertical_alignment="bottom")
    last = [name for name, layer in named.items() if layer.windows][-1]
    name = columns[0].selectbox(
        "Unit of",
        [*named],
        index=[*named].index(last),
        format_func=lambda key: _title(named[key]),
        key=f"field_layer_{choice}",
    )
    layer, output = named[name], traced[name].output
    rows, cols = layer.cells
    # it opens on the strongest unit: many another one is behind a ReLU that is off
    first = [int(at) for at in np.unravel_index(int(output[0].argmax()), output.shape[1:])]
    channel = _number(
        columns[1], "Map" if output.dim() == 4 else "Unit", output.shape[1], first[0], f"field_map_{choice}_{name}"
    )
    row = _number(columns[2], "Row", rows, first[1] if output.dim() == 4 else 0, f"field_row_{choice}_{name}")
    col = _number(columns[3], "Column", cols, first[2] if output.dim() == 4 else 0, f"field_col_{choice}_{name}")
    unit = (channel, row, col) if output.dim() == 4 else (channel,)
    box = layer.box((row, col))
    active = active_part(module, torch.tensor(picture)[None], name, unit).numpy()
    pictures, text = st.columns([2, 1.2])
    whole = _figure((image_with_box(picture, box), "exact box: every pixel that can matter"))
    part = _figure(
        (image_with_box(picture, box, active=active), "active part: what matters for this image; the rest fades")
    )
    pictures.html(f'{_STYLE}<div class="strip unit-fields">{whole}{part}</div>')
    text.markdown(unit_sentence(layer, box, active, float(output[(0, *unit)])))


def unit_sentence(layer: Layer, box: tuple[int, int, int, int] | None, active: np.ndarray, value: float) -> str:
    """Where the box lies, and how much of it counts for this image."""
    if box is None:
        return "This unit sees nothing but padding."
    top, left, bottom, right = box
    height, width = bottom - top, right - left
    counting = int((active > 0).sum())
    nominal = (
        ""
        if (height, width) == (layer.rows.size, layer.cols.size)
        else f" By the formula it is {layer.rows.size} × {layer.cols.size}; the rest lies in the padding or beyond the image."
    )
    shares = (
        f"Of its {height * width} pixels **{counting}** move this unit at all, by torch's gradient. The others lie behind a ReLU that "
        "is off or behind cells that lost in a max pooling: they are in the box, but not in the answer, as long as the change is small."
        if counting
        else "For this image not a single pixel moves it: a ReLU on every way to it is off, so its gradient is 0."
    )
    return (
        f"The unit's value is {value:.4f}.".replace("-", "−")
        + f" It sees rows {top + 1} to {bottom} and columns {left + 1} to {right}: **{height} × {width} pixels**.{nominal}\n\n"
        + shares
    )


def _picked(name: str, widget: str) -> str:
    """The key of a picture that somebody picks for a network, among those of its own kind."""
    keys = cached.gallery(name)
    return st.pills(
        "Picture",
        keys,
        format_func=cached.gallery_labels().get,
        default=keys[0],
        required=True,
        key=f"{widget}_{name}",
    )


def strip_section() -> None:
    """The same image through a trained network: resolution falls, and each cell sees more."""
    name = st.segmented_control("Network", [*NETWORKS], format_func=NETWORKS.get, default="cifar10" if "cifar10" in NETWORKS else "mnist", required=True, key="strip_network")  # fmt: skip
    key = _picked(name, "strip_picture")
    cached.drawn("strip", (name, key), lambda: _draw_strip(name, key))


def _draw_strip(name: str, key: str) -> None:
    picture = network_picture(name, key)
    traced = trace(cached.network(name), torch.tensor(picture)[None])
    layers = {layer.name: layer for layer in receptive_fields(traced)}
    shown = [layer for layer in layers.values() if layer.windows]
    figures = [_figure((image_with_box(picture, None), "image, 32 × 32 pixels"))]
    for layer in shown:
        maps = F.relu(traced[layer.name].output[0])
        values = maps[maps.flatten(1).norm(dim=1).argmax()].numpy()
        cell = np.unravel_index(values.argmax(), values.shape)
        place = (int(cell[0]), int(cell[1]))
        drawn = map_picture(values, top=float(values.max()) or 1.0, cell=place)
        field = layer.rows
        seen = (
            f"its strongest cell sees {field.size} × {field.size} pixels; the next cell’s begin {field.jump} further on"
        )
        figures.append(
            _figure(
                (drawn, f"{_title(layer)}: {layer.cells[0]} × {layer.cells[1]} cells"),
                (image_with_box(picture, layer.box(place)), seen),
            )
        )
    st.html(f'{_STYLE}<div class="strip">{"".join(figures)}</div>')
    st.markdown(
        "From layer to layer the maps lose resolution, "
        + " → ".join(f"{layer.cells[0]}" for layer in shown)
        + " cells a side, while each cell sees more of the image, "
        + " → ".join(f"{layer.rows.size}" for layer in shown)
        + " pixels. Shown is the strongest map of each layer, after ReLU; each on a scale of its own."
    )


def wide_table(markdown: str, key: str) -> None:
    """A Markdown table that a phone has room for, too."""
    with st.container(key=f"wide_table_{key}"):
        st.html(_STYLE)
        st.markdown(markdown)


def _figure(*pictures: tuple[np.ndarray, str]) -> str:
    """Pictures (H, W, 3) below each other, each with its caption, as HTML."""
    parts = []
    for pixels, caption in pictures:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        data = base64.b64encode(file.getvalue()).decode()
        parts.append(f'<img src="data:image/png;base64,{data}" alt="{caption}"><p>{caption}</p>')
    return f"<div>{''.join(parts)}</div>"


def _number(place: Any, label: str, count: int, default: int, key: str) -> int:
    """A choice among so many, counted from one on the page."""
    return int(place.number_input(label, 1, max(1, count), min(count, default + 1), key=key)) - 1


def _title(layer: Layer) -> str:
    if row := re.fullmatch(r"row(\d+)(_relu)?", layer.name):
        word = {"conv2d": "conv", "max_pool2d": "max pool", "avg_pool2d": "average pool", "relu": "ReLU"}[layer.kind]
        return f"row {row[1]}: {word}"
    return cached.layer_title(layer.name)


def _reason(error: Exception) -> str:
    """One sentence; torch's own says what does not fit, but over several lines."""
    text = str(error).splitlines()[0]
    if isinstance(error, ValueError):
        return text
    return (
        f"This stack does not fit the image any more: use smaller windows or strides, or fewer layers. (torch: {text})"
    )
