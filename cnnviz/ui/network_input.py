"""What a network reads of the session's picture: a digit centred, or a photograph through its crop."""

import numpy as np
import streamlit as st

from cnnviz.core.cut import centre_square, square_within
from cnnviz.core.digits import centre_digit, shrink_digit
from cnnviz.core.images import shrunk
from cnnviz.core.samples import SAMPLES, sample_image
from cnnviz.core.squares import averaged_square
from cnnviz.core.strokes import Stroke, paint
from cnnviz.ui import cached, inputs, state
from cnnviz.ui.feed import feed
from cnnviz.ui.parameters import DRAW, UPLOAD
from cnnviz.ui.uploads import current_upload

CANVAS = 112  # pixels a side of the drawing: four for each of MNIST's
DIGITS = cached.gallery("mnist")
THINGS = cached.gallery("cifar10")
SOURCE_SIDE = 128  # pixels of the shared image's shorter side: four for each that the network reads
STAND_IN = "cat"  # what the photograph network shows beside its gallery before a picture has been chosen
_OWN = "_network_own"


def shown_image(name: str) -> tuple[str, tuple[Stroke, ...]]:
    """The picture that a network shows, and the strokes on it: the session's, or one that stands in for it.

    Digits go to the digit network only, and a session in which nobody has chosen a picture yet starts with a real one.
    """
    now = state.settings()
    key, strokes = now.image, now.strokes
    if name == "mnist":
        return (key, strokes) if key in (*DIGITS, DRAW) else (DIGITS[0], ())
    nothing_chosen = not state.picture_chosen() and not strokes
    lost = key == UPLOAD and inputs.uploaded_picture() is None
    return (THINGS[0], ()) if key in DIGITS or nothing_chosen or lost else (key, strokes)


def input_key(name: str) -> tuple:
    """All that the network's input depends on."""
    now, upload = state.settings(), current_upload()
    return name, shown_image(name), now.square, now.centre, now.ground, upload and upload.digest


def session_input(name: str) -> np.ndarray:
    """What the network reads, float32 (3, 32, 32)."""
    make = _digit if name == "mnist" else _photograph
    return state.remembered("network input", input_key(name), lambda: make(*shown_image(name)))


def _digit(key: str, strokes: tuple[Stroke, ...]) -> np.ndarray:
    """A gallery digit as it is, a drawing centred or merely shrunk."""
    if key != DRAW and not strokes:
        return np.ascontiguousarray(np.pad(sample_image(key), ((0, 0), (2, 2), (2, 2))).repeat(3, axis=0))
    if key == DRAW:
        canvas = np.zeros((1, CANVAS, CANVAS), dtype=np.float32)
    else:
        digit = sample_image(key)
        times = CANVAS // digit.shape[-1]
        canvas = digit.repeat(times, axis=1).repeat(times, axis=2)
    canvas = paint(canvas, strokes)[0]
    return centre_digit(canvas) if state.settings().centre else shrink_digit(canvas)


def _photograph(key: str, strokes: tuple[Stroke, ...]) -> np.ndarray:
    """The crop of a picture, averaged to what the network reads."""
    picture = source_picture(key)
    bottom, top = _range(picture)
    height, width = picture.shape[1:]
    square = state.settings().square
    square = square_within(square, height, width) if square else centre_square(height, width)
    return averaged_square(paint(picture, strokes, top), square, bottom=bottom, top=top)


def source_picture(key: str) -> np.ndarray:
    """A picture of the session before it is cropped: float32 (1 or 3, H, W)."""
    if key in THINGS:
        return sample_image(key)
    if key == DRAW:
        return cached.blank(SOURCE_SIDE, True)
    if key == UPLOAD:
        return cached.stepped(shrunk(inputs.uploaded_picture(), SOURCE_SIDE))
    return cached.source_sample(key, SOURCE_SIDE)


def _range(picture: np.ndarray) -> tuple[float, float]:
    """The values that are black and white in it."""
    return float(min(0.0, picture.min())), float(max(1.0, picture.max()))


def send_source() -> None:
    """Sends the shared image to the browser, and whether it is what the session has chosen."""
    key = shown_image("cifar10")[0]
    if key not in THINGS:
        st.session_state[_OWN] = key
    own = st.session_state.get(_OWN, STAND_IN)
    if own == UPLOAD and inputs.uploaded_picture() is None:
        own = STAND_IN
    image = inputs.current_image()
    picture = source_picture(own)
    bottom, top = _range(picture)
    feed(
        "source",
        picture,
        key=own,
        title=image.title if own == state.settings().image else SAMPLES[own].title if own in SAMPLES else "Drawing",
        choice=state.choices(),
        source=image.source,
        current=own == state.settings().image,
        bottom=bottom,
        top=top,
    )
