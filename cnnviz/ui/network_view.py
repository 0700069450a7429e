"""The network page: what the browser is told of the networks, and what torch makes of the same picture."""

from urllib.parse import parse_qsl

import numpy as np
import streamlit as st
import torch

from cnnviz.core.edits import edited
from cnnviz.core.familiarity import BEYOND, features_of
from cnnviz.core.network import NETWORKS, ConvNet, NetworkError
from cnnviz.core.operations import Operation
from cnnviz.core.samples import sample_image
from cnnviz.core.trace import Trace, trace
from cnnviz.ui import cached, network_input, state
from cnnviz.ui.component import component
from cnnviz.ui.feed import feed

_KEY = "network_view"
_SEED = "_network_seed"
_REVISION = "_network_revision"


def network_view(*, arrived: bool) -> None:
    """Mounts the networks. The browser owns which of them is on show, the drawing, the crop, the switches, the edits and
    the unit taken apart, and tells them when they rest. NetworkError if no network at all can be had."""
    descriptions, refused = available()
    if not descriptions:
        raise NetworkError(refused[0]["sentence"])
    for failure in refused:
        st.error(failure["sentence"])
    names = [description["network"]["name"] for description in descriptions]
    if st.session_state.network not in names:
        st.session_state.network = names[0]
    name = st.session_state.network
    if arrived or _SEED not in st.session_state:
        shown, strokes = network_input.shown_image(name)
        st.session_state[_SEED] = {
            "seed": state.link(state.NETWORK),
            "chosen": name,
            "image": shown,
            "strokes": state.PARAMETERS["strokes"].text(strokes),
        }
        st.session_state[_REVISION] = 0
    with st.container(key="feeds"):
        if "mnist" in names:
            digits = cached.gallery("mnist")
            feed("digits", np.stack([sample_image(key)[0] for key in digits]), keys=list(digits))
        if name == "cifar10":
            things = cached.gallery(name)
            feed("things", np.stack([sample_image(key) for key in things]), keys=list(things))
            network_input.send_source()
        feed(
            "answer",
            answer(name),
            revision=st.session_state[_REVISION],
            network=name,
            unit=st.session_state.unit,
            warning=warning(name, cached.network(name), torch.from_numpy(network_input.session_input(name))[None]),
        )
    component("network", js="network.js", css="network.css")(
        key=_KEY,
        data={"networks": descriptions, "refused": refused} | st.session_state[_SEED],
        on_settled_change=settled,
    )


def available() -> tuple[list[dict], list[dict]]:
    """The networks that can be had, as the browser takes them, and for the others why not."""
    descriptions, refused = [], []
    for name in NETWORKS:
        try:
            descriptions.append(cached.network_description(name))
        except NetworkError as error:
            refused.append({"name": name, "short": cached.SHORT[name], "sentence": str(error)})
    return descriptions, refused


def settled() -> None:
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
    shown = network_input.shown_image(st.session_state.network)[0]
    if "image" not in said or (before != shown == said["image"] and "strokes" not in said):
        return  # whoever only looks at a stand-in picture keeps the picture, and the strokes, of the other pages
    state.settle(query, (*state.STROKES, state.PARAMETERS["image"]))
    if st.session_state.image != before:
        st.session_state.size = None


def answer(name: str) -> np.ndarray:
    """Torch's values of every layer for the session's picture, one after the other: float32.

    If a unit is taken apart, the strength of its answer to each pixel stands behind them (see `unit_gradient`).
    """
    network = session_network(name)
    picture = torch.from_numpy(network_input.session_input(name))[None]
    parts = [operation.output.flatten() for operation in trace(network, picture)]
    if (gradient := unit_gradient(network, picture, st.session_state.unit)) is not None:
        parts.append(gradient.flatten())
    return torch.cat(parts).numpy()


def warning(name: str, network: ConvNet, picture: torch.Tensor) -> str:
    """A plain sentence if the picture lies far from what the network was trained on, with how that is judged; or ""."""
    familiarity = cached.familiarity(name)
    if (
        familiarity is None or st.session_state.edits
    ):  # a changed network has changed features: nothing is known of them
        return ""
    distance = familiarity.distance(features_of(network, picture)).item()
    if distance <= familiarity.limit:
        return ""
    return (
        f"This picture is unlike those the network was trained on, so its answer means little: in dense 2 it lies {distance:.1f} "
        f"standard deviations from the nearest class, and {BEYOND:.0%} of the test pictures lie within {familiarity.limit:.1f}."
    )


def session_network(name: str) -> ConvNet:
    """The network with the session's edits in it; without any, the one that all students share."""
    network = cached.network(name)
    return edited(network, st.session_state.edits) if st.session_state.edits else network


def session_trace(name: str) -> Trace:
    """The trace of the network for the picture that the session holds."""
    return trace(session_network(name), torch.from_numpy(network_input.session_input(name))[None])


def unit_gradient(network: ConvNet, picture: torch.Tensor, path: str) -> torch.Tensor | None:
    """How strongly the last unit of the path answers to each pixel of ``picture`` (1, 3, H, W): (H, W), from 0 up.

    The length, over the three channels, of the gradient of its value before ReLU; None for a unit there is not. A pixel
    outside the unit's receptive field has exactly 0.
    """
    if not path:
        return None
    layer, *numbers = path.split("~")[-1].split(",")
    place = [int(number) for number in numbers[:3]]
    x = picture.clone().requires_grad_(True)
    caught: list[torch.Tensor] = []
    module, use = (layer.rpartition("_")[0], int(layer.rpartition("_")[2])) if layer.startswith("pool_") else (layer, 0)
    if module not in dict(network.named_children()):
        return None
    handle = getattr(network, module).register_forward_hook(lambda *call: caught.append(call[-1]))
    try:
        with torch.enable_grad():
            network(x)
    finally:
        handle.remove()
    if use >= len(caught):
        return None
    value = caught[use][0]
    place = place if value.dim() == 3 else place[:1]
    if any(at >= size for at, size in zip(place, value.shape, strict=True)):
        return None
    (gradient,) = torch.autograd.grad(value[tuple(place)], x)
    return gradient[0].norm(dim=0)


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
