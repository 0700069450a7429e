"""The network page: what the browser is told of a trained network, and what torch makes of the same picture."""

from functools import partial
from urllib.parse import parse_qsl

import numpy as np
import streamlit as st
import torch

from cnnviz.core.digits import centre_digit, shrink_digit
from cnnviz.core.operations import Operation
from cnnviz.core.samples import SAMPLES, sample_image
from cnnviz.core.strokes import paint
from cnnviz.core.trace import Trace, trace
from cnnviz.ui import cached, state
from cnnviz.ui.component import component
from cnnviz.ui.feed import feed
from cnnviz.ui.state import DRAW

CANVAS = 112  # pixels a side of the drawing: four for each of MNIST's
DIGITS = tuple(key for key, sample in SAMPLES.items() if sample.group == "digit")
_KEY = "network_view"
_SEED = "_network_seed"
_REVISION = "_network_revision"


def network_view(name: str, *, arrived: bool) -> None:
    """Mounts the network. The browser owns drawing, switches and the unit on show, and tells them when they rest."""
    if arrived or _SEED not in st.session_state:
        if st.session_state.image not in (*DIGITS, DRAW):  # this network reads digits only
            digit, strokes = DIGITS[0], ""
        else:
            digit, strokes = st.session_state.image, state.link(state.STROKES).removeprefix("strokes=")
        st.session_state[_SEED] = {"seed": state.link(state.NETWORK), "image": digit, "strokes": strokes}
        st.session_state[_REVISION] = 0
    with st.container(key="feeds"):
        digits = np.stack([sample_image(key)[0] for key in DIGITS])
        feed("digits", digits, keys=list(DIGITS), labels=[SAMPLES[key].title for key in DIGITS])
        feed("answer", answer(name), revision=st.session_state[_REVISION])
    component("network", js="network.js", css="network.css")(
        key=_KEY,
        data=cached.network_description(name) | st.session_state[_SEED],
        on_settled_change=partial(settled, name),
    )


def settled(name: str) -> None:
    """Takes what the view says at rest: "revision;query"."""
    text = st.session_state[_KEY].settled
    number, _, query = text.partition(";") if isinstance(text, str) else ("", "", "")
    try:
        revision = state.revision(number)
    except ValueError:  # no view writes such a message
        return
    st.session_state[_REVISION] = revision
    state.settle(query, state.NETWORK)
    before, said = st.session_state.image, dict(parse_qsl(query))
    untouched = said.get("image") == st.session_state.get(_SEED, {}).get("image") and "strokes" not in said
    if before not in (*DIGITS, DRAW) and untouched:
        return  # whoever only looks at the stand-in digit keeps the picture, and the strokes, of the other pages
    state.settle(query, (*state.STROKES, state.PARAMETERS["image"]))
    if st.session_state.image != before:
        st.session_state.size = None


def answer(name: str) -> np.ndarray:
    """Torch's values of every layer for the session's digit, one after the other: float32."""
    outputs = [operation.output.flatten() for operation in session_trace(name)]
    return torch.cat(outputs).numpy()


def session_trace(name: str) -> Trace:
    """The trace of the network for the digit that the session holds."""
    picture = torch.from_numpy(network_input())
    return trace(cached.network(name), picture[None])


def network_input() -> np.ndarray:
    """What the network reads, float32 (3, 32, 32): a gallery digit as it is, a drawing centred or merely shrunk."""
    key, strokes = st.session_state.image, st.session_state.strokes
    if key not in (*DIGITS, DRAW):
        key, strokes = DIGITS[0], ()
    if key != DRAW and not strokes:
        return np.ascontiguousarray(np.pad(sample_image(key), ((0, 0), (2, 2), (2, 2))).repeat(3, axis=0))
    if key == DRAW:
        canvas = np.zeros((1, CANVAS, CANVAS), dtype=np.float32)
    else:
        digit = sample_image(key)
        times = CANVAS // digit.shape[-1]
        canvas = digit.repeat(times, axis=1).repeat(times, axis=2)
    canvas = paint(canvas, strokes)[0]
    return centre_digit(canvas) if st.session_state.centre else shrink_digit(canvas)


def shape_table(name: str) -> str:
    """The network's layers as a Markdown table: in, out, parameters with their arithmetic."""
    rows = ["| layer | in | out | parameters |", "|---|---|---|---|"]
    total = 0
    for operation in cached.blank_trace(name):
        if operation.kind == "relu":
            continue
        total += operation.parameters
        rows.append(
            f"| {cached.layer_title(operation.name)} | {_times(operation.input)} | {_times(operation.output)} | {_arithmetic(operation)} |"
        )
    rows.append(f"| **all** | | | **{total:,}** |")
    return "\n".join(rows)


def _times(tensor: torch.Tensor) -> str:
    return " × ".join(str(size) for size in tensor.shape[1:])


def _arithmetic(operation: Operation) -> str:
    """How a layer's parameters are counted: weights of one output, its bias, times the outputs."""
    if operation.weight is None:
        return "0"
    outputs, *per_output = operation.weight.shape
    return f"{outputs} · ({'·'.join(map(str, per_output))} + 1) = {operation.parameters:,}"
