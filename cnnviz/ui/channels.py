"""The channels page: planes, filters and maps as the browser takes them, and what torch makes of the same."""

import json
from dataclasses import replace

import numpy as np
import streamlit as st
import torch

from cnnviz.core.filter_bank import BANKS, PLANES, bank_weight, grouped_convolution, planes_of
from cnnviz.core.operations import Operation
from cnnviz.ui import parameters, state
from cnnviz.ui.component import component
from cnnviz.ui.feed import around_lesson, feed
from cnnviz.ui.inputs import CurrentImage

_KEY = "channels_view"
_SEED = "_channels_seed"
_REVISION = "_channels_revision"
INTEGERS = "The red plane is the picture of small integers, the green one its mirror image about the diagonal, the blue one upside down."
EQUAL = "This picture is grey: its three planes are equal."


def coloured(image: CurrentImage) -> CurrentImage:
    """The image with three planes that differ wherever it has any colour; the small integers get some."""
    if state.settings().image != "integers":
        return image
    plane = image.base[0]
    turned = plane.T if plane.shape[0] == plane.shape[1] else plane[:, ::-1]
    # another name, as its pixels are others than those that the other pages show
    return replace(image, id=f"{image.id}-planes", base=np.stack([plane, turned, plane[::-1]]))


def send_planes(image: CurrentImage) -> None:
    """Sends the picture's planes, with their brightness as a fourth."""
    with around_lesson():
        planes = planes_of(image.painted(), len(PLANES))
        feed("planes", planes, id=_drawn(image), bottom=image.bottom, top=image.top)


def channels_view(image: CurrentImage, *, arrived: bool) -> None:
    """Mounts the view of channels. It owns the layer's settings, its edited weights and the position."""
    if arrived or _SEED not in st.session_state:
        state.begin("channels", _KEY, _REVISION, settled)
        st.session_state[_SEED] = state.link(parameters.CHANNELS)
    picture = image.painted()
    drawn = _drawn(image)
    with st.container(key="feeds"):
        answer(picture, drawn)
    alike = np.array_equal(picture[0], picture[1]) and np.array_equal(picture[0], picture[2])
    component("channels", js="channels.js", css="channels.css")(
        key=_KEY,
        data={
            "banks": _BANKS_TEXT,
            "seed": st.session_state[_SEED],
            "revision": state.first_revision(_REVISION),
            "image": drawn,
            "note": image.note or EQUAL
            if alike or image.note
            else INTEGERS
            if state.settings().image == "integers"
            else "",
            "link": "&".join(
                filter(None, map(state.link, (parameters.IMAGE, parameters.STROKES, parameters.BELOW_CHANNELS)))
            ),
        },
        on_settled_change=settled,
    )


def settled() -> None:
    """Takes what the view says at rest: "revision;query"."""
    if said := state.heard(_KEY, _REVISION):
        state.settle(*said, parameters.CHANNELS)


def answer(picture: np.ndarray, drawn: str) -> None:
    """Sends torch's maps for what the session holds, with the revision they belong to."""
    about = {"revision": st.session_state[_REVISION], "image": drawn}
    try:
        operation = session_layer(picture)
    except ValueError as error:
        feed("maps", refused=str(error), **about)
    else:
        feed("maps", operation.output[0].numpy(), **about)


def _drawn(image: CurrentImage) -> str:
    """Which picture it is, with the strokes that are on it."""
    return f"{image.id}.{state.link(parameters.STROKES)}"


def session_layer(picture: np.ndarray) -> Operation:
    """The layer that the session's settings describe, on a picture (3, H, W). ValueError where torch refuses."""
    session = state.settings()
    weight = bank_weight(session.side, session.filters, session.planes, session.groups)
    for number, numbers in session.slices:
        if number < len(weight) and len(numbers) == weight[0].numel():
            weight[number] = torch.tensor(numbers, dtype=torch.float32).reshape(weight[0].shape)
    given = session.biases or tuple(each.bias for each in BANKS[session.side])
    bias = torch.tensor((given + (0.0,) * len(weight))[: len(weight)], dtype=torch.float32)
    x = torch.from_numpy(np.array(planes_of(picture, session.planes)))[None]
    return grouped_convolution(x, weight, bias, stride=session.hop, padding=session.rim, groups=session.groups)


_BANKS_TABLE = {
    str(side): [
        {
            "title": each.title,
            "sentence": each.sentence,
            "bias": each.bias,
            "weights": each.weights.flatten(1).tolist(),
            "alike": each.alike.flatten().tolist(),
        }
        for each in bank
    ]
    for side, bank in BANKS.items()
}
_BANKS_TEXT = json.dumps(_BANKS_TABLE)  # Streamlit would look at every single number of the table, at each run
