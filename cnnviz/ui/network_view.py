"""The network page: what the browser is told of the networks, and what torch makes of the same picture."""

from urllib.parse import parse_qsl

import numpy as np
import streamlit as st
import torch

from cnnviz.core.edits import edited
from cnnviz.core.familiarity import BEYOND, FEATURES, MEASURES, PATTERNS
from cnnviz.core.network import NETWORKS, ConvNet, NetworkError
from cnnviz.core.operations import Operation
from cnnviz.core.receptive import active_part
from cnnviz.core.trace import Trace, trace
from cnnviz.ui import cached, network_input, parameters, state
from cnnviz.ui.component import component
from cnnviz.ui.feed import around_lesson, feed

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
    begins = arrived or _SEED not in st.session_state
    if begins:
        state.begin("network", _KEY, _REVISION, settled)
    names = list(descriptions)
    now = state.settings()
    if now.network not in names:
        now.network = names[0]
    name = now.network
    if begins:
        shown, strokes = network_input.shown_image(name)
        st.session_state[_SEED] = {
            "seed": state.link(parameters.NETWORK),
            "chosen": name,
            "image": shown,
            "strokes": parameters.PARAMETERS["strokes"].text(strokes),
        }
    unit, edits = now.unit, now.edits
    # remembered: much of what rests, a switch or a scale, is nothing to torch
    values, strange = state.remembered(
        "network answer", (network_input.input_key(name), unit, edits), lambda: _answered(name)
    )
    with st.container(key="feeds"):
        feed("answer", values, revision=st.session_state[_REVISION], network=name, unit=unit, warning=strange)
    component("network", js="network.js", css="network.css")(
        key=_KEY,
        data={
            "networks": [*descriptions.values()],
            "refused": refused,
            "revision": state.first_revision(_REVISION),
            **st.session_state[_SEED],
        },
        on_settled_change=settled,
    )


def send_pictures() -> None:
    """Sends the pictures that can be chosen."""
    with around_lesson():
        feed("digits", **cached.encoded_gallery("mnist"))
        if state.settings().network == "cifar10":
            feed("things", **cached.encoded_gallery("cifar10"))
            network_input.send_source()


def available() -> tuple[dict[str, str], list[dict]]:
    """The networks that can be had, by name, as the browser takes them, and for the others why not."""
    descriptions, refused = {}, []
    for name in NETWORKS:
        try:
            descriptions[name] = cached.network_text(name)
        except NetworkError as error:
            refused.append({"name": name, "short": cached.SHORT[name], "sentence": str(error)})
    return descriptions, refused


def settled() -> None:
    """Takes what the view says at rest: "revision;query". In it, "choice" counts the choices in the image chooser that the
    view has heard of: when somebody has chosen another picture since, the one that it names is not heard."""
    if not (message := state.heard(_KEY, _REVISION)):
        return
    (query,) = message
    state.settle(query, parameters.NETWORK)
    now = state.settings()
    before, said = now.image, dict(parse_qsl(query))
    shown = network_input.shown_image(now.network)[0]
    if said.get("choice", str(state.choices())) != str(state.choices()):
        return
    if "image" not in said or (before != shown == said["image"] and "strokes" not in said):
        return  # whoever only looks at a stand-in picture keeps the picture, and the strokes, of the other pages
    state.settle(query, (*parameters.STROKES, parameters.PARAMETERS["image"]))
    if now.image != before:
        now.size = None


def _answered(name: str) -> tuple[np.ndarray, str]:
    layers = session_trace(name)
    return answer(name, layers), warning(name, layers)


def answer(name: str, layers: Trace) -> np.ndarray:
    """Torch's values of every layer, one after the other: float32.

    If a unit is taken apart, the strength of its answer to each pixel stands behind them (see `unit_gradient`).
    """
    parts = [operation.output.flatten() for operation in layers]
    if (gradient := unit_gradient(session_network(name), layers, state.settings().unit)) is not None:
        parts.append(gradient.flatten())
    return torch.cat(parts).numpy()


def warning(name: str, layers: Trace) -> str:
    """A plain sentence if the picture lies far from what the network was trained on, with how that is judged; or ""."""
    familiarity = cached.familiarity(name)
    if (
        familiarity is None or state.settings().edits
    ):  # a changed network has changed features: nothing is known of them
        return ""
    found = familiarity.measures(layers[FEATURES].output, layers[0].input)[0]
    beyond = found - familiarity.limits
    if not (beyond > 0).any():
        return ""
    # the measure that is furthest beyond, in terms of its own limit
    at = int((beyond / familiarity.limits.abs()).argmax())
    return (
        "This picture is unlike those the network was trained on, so its answer means little: "
        f"{_strange(MEASURES[at], found[at].item(), familiarity.limits[at].item())}. "
        f"{BEYOND:.0%} of the test pictures keep within this limit and three others."
    )


def _strange(measure: str, value: float, limit: float) -> str:
    """What is strange about a picture, in words: its measure, beyond the limit."""
    if measure == "features":
        return (
            f"in dense 2 it lies {value:.1f} standard deviations from the nearest class, where the limit is {limit:.1f}"
        )
    if measure == "flatness":
        return f"its pixels hardly differ, with a standard deviation of {-value:.3f}, where the limit is {-limit:.3f}"
    patterns = f"the {PATTERNS} patterns that training pictures are mostly made of"
    if measure == "share":
        return f"{patterns} leave {value:.0%} of it unexplained, where the limit is {limit:.0%}"
    return f"{patterns} miss its grey pixels by {value / 32:.2f} on average, where the limit is {limit / 32:.2f}"


def session_network(name: str) -> ConvNet:
    """The network with the session's edits in it; without any, the one that all students share."""
    network = cached.network(name)
    edits = state.settings().edits
    return edited(network, edits) if edits else network


def session_trace(name: str) -> Trace:
    """The trace of the network for the picture that the session holds."""
    return trace(session_network(name), torch.from_numpy(network_input.session_input(name))[None])


def unit_gradient(network: ConvNet, layers: Trace, path: str) -> torch.Tensor | None:
    """How strongly the last unit of the path answers to each pixel of the traced picture, as `active_part` has it: (H, W).

    It is the unit before ReLU; None for a unit there is not.
    """
    layer, *numbers = path.split("~")[-1].split(",")
    if layer not in layers.names:
        return None
    unit = [int(number) for number in numbers[: layers[layer].output.dim() - 1]]  # a dense unit's row and column are 0
    try:
        return active_part(network, layers[0].input, layer, unit)
    except IndexError:
        return None


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
