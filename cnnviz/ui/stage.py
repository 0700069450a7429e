"""The convolution stage: what it is given, what it says, and what torch makes of it."""

import numpy as np
import streamlit as st
import torch

from cnnviz.core.kernels import KERNELS
from cnnviz.core.operations import Operation, convolution
from cnnviz.core.windows import WindowSpec
from cnnviz.figures.slide import Look
from cnnviz.ui import cached, film, parameters, state, texts
from cnnviz.ui.component import component
from cnnviz.ui.feed import around_lesson, feed
from cnnviz.ui.inputs import CurrentImage, current_image

_KEY = "convolution_stage"
_SEED = "_convolution_seed"
_REVISION = "_convolution_revision"
_SOURCE = "_convolution_source"


def convolution_stage(image: CurrentImage, *, arrived: bool) -> None:
    """Mounts the stage. It owns kernel, hyperparameters, position and strokes, and tells them when they rest.

    The seed stays what it was when the page was entered: from then on the browser knows better.
    """
    if arrived or _SEED not in st.session_state:
        state.begin("convolution", _KEY, _REVISION, settled)
        st.session_state[_SEED] = state.link(parameters.CONVOLUTION)
    with st.container(key="feeds"):
        answer(image)
        film.send()
    # the strokes, too, are only a seed: as long as the picture stays, they are the browser's
    if arrived or st.session_state.get(_SOURCE, ("",))[0] != image.source:
        st.session_state[_SOURCE] = (image.source, state.link(parameters.STROKES).removeprefix("strokes="))
    component("convolution", js="convolution.js", css="convolution.css")(
        key=_KEY,
        data={
            "kernels": cached.kernel_text(),
            "seed": st.session_state[_SEED],
            "revision": state.first_revision(_REVISION),
            "image": {
                "id": image.id,
                "source": image.source,
                "strokes": st.session_state[_SOURCE][1],
                "draw": state.settings().image == parameters.DRAW,
                "note": image.note,
            },
            "link": state.link(parameters.IMAGE),
        },
        on_settled_change=settled,
        on_asked_change=asked,
    )


def send_image(image: CurrentImage) -> None:
    """Sends the image without strokes."""
    with around_lesson():
        feed("image", image.base, id=image.id, bottom=image.bottom, top=image.top)


def settled() -> None:
    """Takes what the stage says at rest: "revision;source;query"."""
    if not (message := state.heard(_KEY, _REVISION, parts=3)):
        return
    source, query = message
    state.settle(query, parameters.CONVOLUTION)
    if source == st.session_state.get(_SOURCE, ("",))[0]:  # else they were drawn on a picture that is gone
        state.settle(query, parameters.STROKES)


def asked() -> None:
    """Does what the panel "Export" asks for, with all as it stands now."""
    settled()  # what it is to be made of comes in the same message
    image = current_image()
    look = Look(image.bottom, image.top)
    film.ask(st.session_state[_KEY].asked, lambda: session_convolution(image.painted()), look)


def answer(image: CurrentImage) -> None:
    """Sends torch's feature map for what the session holds, with the revision it belongs to."""
    about = {"revision": st.session_state[_REVISION], "image": image.id, "source": image.source}
    try:
        operation = session_convolution(image.painted())
    except ValueError as error:
        feed("answer", refused=str(error), **about)
    else:
        feed("answer", operation.output[0].numpy(), **about)


def session_convolution(picture: np.ndarray) -> Operation:
    """The convolution that the session's settings describe, of a picture (C, H, W). ValueError where torch refuses."""
    weight = session_filter(picture.shape[0])
    session = state.settings()
    rows, cols = map(WindowSpec, weight.shape[-2:], session.stride, session.padding, session.dilation)
    return convolution(
        torch.from_numpy(np.array(picture))[None],
        weight[None],
        torch.tensor([session.bias], dtype=torch.float32),
        rows=rows,
        cols=cols,
        padding_mode=session.padding_mode,
        activation="relu" if session.relu else None,
    )


def session_filter(channels: int) -> torch.Tensor:
    """The filter (C, kh, kw): typed weights, or a preset on every channel; averages share themselves out."""
    typed: texts.Weights | None = state.settings().weights
    if typed is not None:
        slices = torch.tensor(typed.slices, dtype=torch.float32)
        return slices if len(slices) == channels else slices[:1].expand(channels, -1, -1)
    kernel = KERNELS[state.settings().kernel]
    # divided in double precision and rounded once, as the browser does
    weights = torch.tensor(kernel.weights, dtype=torch.float64) / (channels if kernel.averaging else 1)
    return weights.to(torch.float32).expand(channels, -1, -1)
