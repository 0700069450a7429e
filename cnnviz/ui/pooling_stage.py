"""The pooling window on the stage: its input, torch's pooled map, and torch's gradient of one cell of it."""

from functools import cache
from typing import Any

import numpy as np
import streamlit as st
import torch

from cnnviz.core.operations import Operation
from cnnviz.core.pooling import pooling, pooling_gradient
from cnnviz.core.windows import WindowSpec
from cnnviz.ui import parameters, state
from cnnviz.ui.component import component
from cnnviz.ui.feed import feed
from cnnviz.ui.inputs import CurrentImage
from cnnviz.ui.shift_lab import session_layers

_KEY = "pooling_stage"
_SEED = "_pooling_stage_seed"
_REVISION = "_pooling_stage_revision"


@cache
def notebook_input() -> np.ndarray:
    """Any input of the notebook's shape (3, 8, 8): random, from 0 to 1 in two decimals, always the same."""
    values = np.random.default_rng(8).integers(0, 101, (3, 8, 8)) / 100
    values = values.astype(np.float32)
    values.setflags(write=False)
    return values


def pooling_stage(image: CurrentImage, *, arrived: bool) -> None:
    """Mounts the stage. It owns the pooling's settings and the window's place, and tells them when they rest."""
    if arrived or _SEED not in st.session_state:
        state.begin("pooling_stage", _KEY, _REVISION, settled)
        st.session_state[_SEED] = state.link(parameters.POOLING_STAGE)
    source = state.settings().source
    values = session_input(image)
    bottom, top = (image.bottom, image.top) if source == "image" else (0.0, max(1.0, float(values.max())))
    with st.container(key="feeds_stage"):
        feed("pool_input", values, source=source, bottom=bottom, top=top)
        _answer(values, source)
    component("pooling_stage", js="pooling_stage.js", css="pooling.css")(
        key=_KEY,
        data={"seed": st.session_state[_SEED], "revision": state.first_revision(_REVISION)},
        on_settled_change=settled,
    )


def settled() -> None:
    """Takes what the stage says at rest: "revision;query"."""
    if said := state.heard(_KEY, _REVISION):
        state.settle(*said, parameters.POOLING_STAGE)


@torch.no_grad()
def session_input(image: CurrentImage) -> np.ndarray:
    """What is pooled, float32 (C, H, W): the lab's map after ReLU without a shift, the image, or the notebook's shape."""
    if state.settings().source == "example":
        return notebook_input()
    picture = image.painted()
    if state.settings().source == "image":
        return picture
    try:
        return session_layers(len(picture))[:3](torch.tensor(picture, dtype=torch.float64)[None])[0].float().numpy()
    except RuntimeError:  # the lab above says that its kernel does not fit
        return picture


def session_pooling(values: np.ndarray) -> Operation:
    """The pooling that the session's settings describe. ValueError where torch refuses."""
    now = state.settings()
    axes = zip(now.pool_window, now.pool_stride, now.pool_padding, strict=True)
    rows, cols = (WindowSpec(*numbers) for numbers in axes)
    kind = {"max": "max_pool2d", "average": "avg_pool2d"}[now.pooling]
    return pooling(torch.tensor(values)[None], kind, rows, cols, ceil_mode=now.ceil)


def _answer(values: np.ndarray, source: str) -> None:
    about: dict[str, Any] = {"revision": st.session_state[_REVISION], "source": source}
    try:
        operation = session_pooling(values)
    except ValueError as error:
        feed("pool_answer", refused=str(error), **about)
        return
    now = state.settings()
    channel = min(now.pool_map, len(values) - 1)
    position = tuple(min(at, size - 1) for at, size in zip(now.pool_cell, operation.output.shape[2:], strict=True))
    gradient = pooling_gradient(operation, position, channel)
    cells = [[row, col, gradient[row, col].item()] for row, col in gradient.nonzero().tolist()]
    feed(
        "pool_answer",
        operation.output[0, channel].numpy(),
        gradient={"cells": cells, "zeros": gradient.numel() - len(cells)},
        **about,
    )
