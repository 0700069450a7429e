"""The shape calculator: what the browser is told of layers, and what Python makes of a chain of them."""

from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

from cnnviz.core.costs import BYTES, INDEX_BYTES, Row, chain, code, formulas, readable_bytes, returns_two
from cnnviz.core.layers import KINDS, REQUIRED, Layer, layers_from_text
from cnnviz.core.mismatch import times
from cnnviz.core.torch_check import torchs_shape
from cnnviz.ui import parameters, state
from cnnviz.ui.component import component
from cnnviz.ui.feed import feed

_KEY = "shape_calculator"
_SEED = "_shapes_seed"
_REVISION = "_shapes_revision"
_SAID = "_shapes_said"
_ADOPT = "_shapes_adopt"

_NETWORK = (
    "Conv2d(3,6,5);ReLU();MaxPool2d(2);Conv2d(6,16,5);ReLU();MaxPool2d(2);Flatten();"
    "Linear({},120);ReLU();Linear(120,84);ReLU();Linear(84,10)"
)
# title, input shape, chain, the row to begin with
EXAMPLES = (
    ("Conv2d(3, 5, 5)", (1, 3, 32, 32), "Conv2d(3,5,5)", 0),
    ("(1, 3, 7, 7) → (1, 6, 4, 4)", (1, 3, 7, 7), "Conv2d(3,6,3,stride=2,padding=1)", 0),
    ("MaxPool2d(2, 2)", (1, 3, 8, 8), "MaxPool2d(2,stride=2)", 0),
    ("the whole network", (1, 3, 32, 32), _NETWORK.format(400), 7),
    ("why not 1655?", (1, 3, 32, 32), _NETWORK.format(1655), 7),
)
# what a new layer begins with, where torch has no default
_START = {"in_channels": 3, "out_channels": 6, "kernel_size": 3, "in_features": 10, "out_features": 10}


def shape_calculator(*, arrived: bool) -> None:
    """Mounts the calculator. The browser owns the chain and tells it when it rests; Python answers with its sheet."""
    if arrived or _SEED not in st.session_state:
        st.session_state[_SAID], st.session_state[_ADOPT] = "", False
        state.begin("shapes", _KEY, _REVISION, settled)
        st.session_state[_SEED] = {
            "shape": list(state.settings().shape),
            "layers": [_plain(layer) for layer in state.settings().chain],
        }
    with st.container(key="feeds"):
        feed(
            "sheet",
            revision=st.session_state[_REVISION],
            said=st.session_state[_SAID],
            adopt=st.session_state[_ADOPT],
            **sheet(state.settings().chain, state.settings().shape),
        )
    component("shapes", js="shapes.js", css="shapes.css")(
        key=_KEY,
        data={
            "kinds": _KINDS_TABLE,
            "examples": _EXAMPLES_TABLE,
            "defaults": _DEFAULTS,
            "revision": state.first_revision(_REVISION),
            **st.session_state[_SEED],
        },
        on_settled_change=settled,
    )


def settled() -> None:
    """Takes what the calculator says at rest: "revision;query", with pasted code in the query if there is any."""
    if not (message := state.heard(_KEY, _REVISION)):
        return
    (query,) = message
    said = dict(parse_qsl(query, keep_blank_values=True))
    pasted = said.get("paste")
    state.settle(query, parameters.SHAPES)
    st.session_state[_SAID], st.session_state[_ADOPT] = "", False
    if pasted is None:
        return
    try:
        layers = layers_from_text(pasted)
        if not layers:
            raise ValueError("There is no layer in this text: it reads like nn.Conv2d(3, 6, 5), nn.ReLU().")
    except ValueError as error:
        st.session_state[_SAID] = f"{error} The chain stays as it was."
    else:
        state.settings().chain = layers
        st.session_state[_ADOPT] = True


def sheet(layers: tuple[Layer, ...], shape: tuple[int, ...]) -> dict[str, Any]:
    """All that is to be said of a chain: its rows, its totals, its code."""
    rows = chain(layers, shape)
    return {
        "layers": [_plain(layer) for layer in layers],
        "rows": [_row(row) for row in rows],
        "totals": _totals(rows, shape),
        "code": code(rows, shape),
    }


def _row(row: Row) -> dict[str, Any]:
    if row.mismatch is not None:
        torchs_words = row.mismatch.torch_says
        repair = [_plain(layer) for layer in row.mismatch.repair]
        return {"made": None, "refused": {"sentence": str(row.mismatch), "torch": torchs_words, "repair": repair}}
    if row.made is None:
        return {"made": None, "refused": None}
    two = returns_two(row.layer)
    return {
        "made": list(row.made),
        "refused": None,
        "two": two,
        "formulas": formulas(row.layer, row.given, row.made),
        "weight": _weight(row.layer),
        "parameters": _sum(row.parameters),
        "work": _sum(row.work),
        "dense": row.dense and _sum(row.dense),
        "memory": readable_bytes(row.bytes_kept),
        "memoryArithmetic": _memory(row, two),
    }


def _weight(layer: Layer) -> str:
    """The weight tensor in words and as torch shapes it; nothing where there is none."""
    bias = (
        ", and a bias each" if "bias" in [argument.name for argument in layer.kind.arguments] and layer["bias"] else ""
    )
    if layer.kind.family == "linear":
        out, inside = layer["out_features"], layer["in_features"]
        return f"{out} units of {inside} weights{bias}: ({out}, {inside})"
    if layer.kind.family != "conv":
        return ""
    inside = (layer["in_channels"] // layer["groups"], *layer.per_axis("kernel_size"))
    out = layer["out_channels"]
    return f"{out} filter{'s' if out > 1 else ''} of {times(inside)}{bias}: {(out, *inside)}"


def _memory(row: Row, two: bool) -> str:
    if not row.bytes_kept:
        return "none of its own: the same numbers stay where they are"
    each = f"({BYTES} + {INDEX_BYTES}) B, an index beside each number," if two else f"{BYTES} B (float32)"
    return f"{times(row.made).replace('×', '·')} · {each} = {readable_bytes(row.bytes_kept)}"


def _totals(rows: list[Row], shape: tuple[int, ...]) -> dict[str, Any]:
    made = rows[-1].made if rows else shape
    parameters = sum(row.parameters.value for row in rows)
    input_bytes = BYTES
    for size in shape:
        input_bytes *= size
    kept = input_bytes + sum(row.bytes_kept for row in rows)
    batch = f"a batch of {shape[0]}" if len(shape) > 1 else "one sample"
    memory = (
        f"Training keeps every output until the backward pass: {readable_bytes(kept)} for {batch}, input included, and "
        f"{readable_bytes(2 * BYTES * parameters)} for parameters and their gradients; torch’s own working memory is not counted."
    )
    return {
        "made": None if made is None else list(made),
        "parameters": parameters,
        "work": sum(row.work.value for row in rows),
        "memory": memory,
        **_agreement(rows),
    }


def _agreement(rows: list[Row]) -> dict[str, str]:
    """Torch runs every layer that is small enough, and must make, or refuse, what the formulas say."""
    ran = refused = 0
    for row in rows:
        if row.given is None or (row.mismatch is not None and not row.mismatch.torch_says):
            continue
        torchs = torchs_shape(row.layer, row.given)
        if torchs is None:
            continue
        ours = row.made if row.mismatch is None else row.mismatch.torch_says
        if torchs != ours:
            said = torchs if isinstance(torchs, str) else times(torchs)
            return {
                "agrees": "differs",
                "agreement": f"torch says otherwise of {row.layer.code}: {said}. Trust torch, and please report this.",
            }
        ran += row.mismatch is None
        refused += row.mismatch is not None
    which = (
        f"{ran} of these {len(rows)} layers" if ran < len(rows) else "this layer" if ran == 1 else f"all {ran} layers"
    )
    parts = [f"torch has run {which} and made the same shape{'s' if ran > 1 else ''}"] if ran else []
    parts += ["torch itself refuses the marked one in these words"] if refused else []
    return {"agrees": "agrees" if parts else "waiting", "agreement": "; ".join(parts)}


def _sum(sum_: Any) -> dict[str, Any]:
    return {"value": sum_.value, "arithmetic": sum_.arithmetic}


def _plain(layer: Layer) -> dict[str, Any]:
    """A layer as JSON."""
    names = (argument.name for argument in layer.kind.arguments)
    return {
        "kind": layer.kind.name,
        "values": {name: _json(value) for name, value in zip(names, layer.values, strict=True)},
    }


def _json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


_KINDS_TABLE = [
    {
        "name": kind.name,
        "axes": kind.axes,
        "arguments": [
            {
                "name": argument.name,
                "kind": argument.kind,
                "required": argument.default is REQUIRED,
                "default": None if argument.default is REQUIRED else argument.default,
                "help": argument.help,
                "options": list(argument.options),
                **({"start": _START[argument.name]} if argument.default is REQUIRED else {}),
            }
            for argument in kind.arguments
        ],
    }
    for kind in KINDS.values()
]
_EXAMPLES_TABLE = [
    {
        "title": title,
        "shape": list(shape),
        "layers": [_plain(layer) for layer in layers_from_text(text)],
        "selected": selected,
    }
    for title, shape, text, selected in EXAMPLES
]
_DEFAULTS = {parameter.name: parameter.text(parameter.default) for parameter in parameters.SHAPES}
