"""The shift lab: what the browser is given, what it says, and what torch makes of the same shift."""

import math
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import nn

from cnnviz.core.comparison import Comparison, Shift, change, nearest_moves, realigned
from cnnviz.core.invariance import all_shifts, shifted
from cnnviz.core.kernels import KERNELS
from cnnviz.core.trace import trace
from cnnviz.ui import cached, parameters, state
from cnnviz.ui.component import component
from cnnviz.ui.feed import around_lesson, feed
from cnnviz.ui.inputs import CurrentImage

_KEY = "shift_lab"
_SEED = "_shift_lab_seed"
_REVISION = "_shift_lab_revision"
_TRIED = "_shift_lab_tried"


def shift_lab(image: CurrentImage, *, arrived: bool) -> None:
    """Mounts the lab. It owns kernel, pooling, border and shift, and tells them when they rest."""
    if arrived or _SEED not in st.session_state:
        st.session_state[_TRIED] = False
        state.begin("pooling", _KEY, _REVISION, settled)
        st.session_state[_SEED] = state.link(parameters.POOLING)
    with st.container(key="feeds"):
        _answer(image.painted(), _name(image))
    # the first picture of this page is another than that of the others, so the link always names it
    image_link = state.link((*parameters.IMAGE, *parameters.STROKES, *parameters.POOLING_STAGE))
    shown = state.settings().image
    if shown == parameters.PARAMETERS["image"].default:
        image_link = "&".join(filter(None, [f"image={shown}", image_link]))
    component("pooling", js="shift_lab.js", css="pooling.css")(
        key=_KEY,
        data={
            "kernels": cached.kernel_text(),
            "seed": st.session_state[_SEED],
            "revision": state.first_revision(_REVISION),
            "link": image_link,
            "note": image.note,
        },
        on_settled_change=settled,
    )


def send_image(image: CurrentImage) -> None:
    """Sends the picture that is shifted."""
    about = {"id": _name(image), "key": state.settings().image, "bottom": image.bottom, "top": image.top}
    with around_lesson():
        feed("lab_image", image.painted(), **about)


def _name(image: CurrentImage) -> str:
    """Which choice of a picture it is, and as what."""
    return image.source + image.id


def settled() -> None:
    """Takes what the lab says at rest: "revision;tried;image;query"; the image is one that it asks for, or empty."""
    if not (message := state.heard(_KEY, _REVISION, parts=4)):
        return
    tried, image, query = message
    st.session_state[_TRIED] = tried == "1"
    state.settle(query, parameters.POOLING)
    if image and not state.read({"image": image}, parameters.IMAGE):
        state.choose(state.settings().image)


def _answer(picture: np.ndarray, image: str) -> None:
    """Sends torch's maps after the shift, and the figures of change, with the revision they belong to."""
    about: dict[str, Any] = {"revision": st.session_state[_REVISION], "image": image}
    try:
        comparison = session_comparison(picture)
    except (ValueError, RuntimeError) as error:
        feed("lab_answer", refused=str(error), **about)
        return
    now = state.settings()
    shift, step = now.shift, now.step
    about["figures"] = [
        _figure(before.output[0], after.output[0], nearest_moves(shift, (jump, jump)))
        for before, after, jump in zip(comparison.a, comparison.b, (1, 1, 1, step), strict=True)
    ]
    if st.session_state[_TRIED]:
        about["tried"] = least_change(picture)
    maps = [operation.output.flatten().float() for operation in comparison.b[1:]]
    feed("lab_answer", torch.cat(maps).numpy(), **about)


def session_comparison(picture: np.ndarray) -> Comparison:
    """The session's stages before and after the session's shift, of a picture (C, H, W): four operations each.

    They run in double precision, and comparisons round to float32: then a sum does not depend on where in the map it
    stands, which float32 convolutions do in their last bit. ValueError or RuntimeError where a window does not fit.
    """
    layers = session_layers(picture.shape[0])
    x = torch.tensor(picture, dtype=torch.float64)[None]
    now = state.settings()
    return Comparison(trace(layers, x), trace(layers, shifted(x, now.shift, now.enters)))


def session_layers(channels: int) -> nn.Sequential:
    """Nothing, convolution, ReLU and pooling, as the session has them, in double precision."""
    kernel = KERNELS[state.settings().detector]
    # divided in double precision and rounded once, as the browser does
    weight = torch.tensor(kernel.weights, dtype=torch.float64) / (channels if kernel.averaging else 1)
    convolution = nn.Conv2d(channels, 1, tuple(weight.shape), bias=False, dtype=torch.float64).requires_grad_(False)
    convolution.weight.copy_(weight.float())
    now = state.settings()
    window, step = now.window, now.step
    pool = nn.MaxPool2d(window, step) if now.pool == "max" else nn.AvgPool2d(window, step)
    return nn.Sequential(nn.Identity(), convolution, nn.ReLU(), pool)


@torch.no_grad()
def least_change(picture: np.ndarray) -> dict[str, Any]:
    """Over all 288 shifts: how many leave the session's pooled map identical, and the least relative change."""
    layers = session_layers(picture.shape[0])
    x = torch.tensor(picture, dtype=torch.float64)
    shifts = [shift for shift in all_shifts() if shift != (0, 0)]
    before = layers(x[None])[0]
    after = layers(torch.stack([shifted(x, shift, state.settings().enters) for shift in shifts]))
    changes = [change(before, one) for one in after]
    return {
        "identical": sum(found.equal for found in changes),
        "relative": _finite(min(found.relative for found in changes)),
    }


def _figure(before: torch.Tensor, after: torch.Tensor, moves: tuple[Shift, ...]) -> dict[str, Any]:
    stayed = change(before, after)
    try:
        moved = realigned(before, after, moves)
    except ValueError:  # nothing overlaps any more
        moved = None
    return {
        "relative": _finite(stayed.relative),
        "unchanged": stayed.unchanged,
        "equal": stayed.equal,
        "realigned": _finite(moved.change.relative) if moved else None,
        "realigned_equal": moved.change.equal if moved else None,
    }


def _finite(value: float) -> float:
    """JSON has no infinity: −1 stands for it."""
    return value if math.isfinite(value) else -1.0
