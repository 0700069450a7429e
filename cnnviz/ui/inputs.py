"""The image that every page shares: gallery, files, camera, crop and size behind one button that shows it."""

import functools
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

from cnnviz.core.cut import cut_to_text
from cnnviz.core.images import SIDES, preview
from cnnviz.core.samples import FILES, SAMPLES, sample_image
from cnnviz.figures import contact_sheet
from cnnviz.ui import cached, parameters, state, uploads
from cnnviz.ui.component import component
from cnnviz.ui.current import CurrentImage, current_image, natural_size, uploaded_picture
from cnnviz.ui.parameters import DRAW, UPLOAD

__all__ = ["CurrentImage", "current_image", "image_chooser", "natural_size", "uploaded_picture"]

_GROUPS = {
    "pattern": "Patterns to think with",
    "photograph": "Photographs",
    "digit": "Digits by hand (test images of MNIST)",
    "cifar10": "Small photographs (test images of CIFAR-10)",
}
_KEY = "image_chooser"
_HEARD = "_chooser_heard"
_BUTTON_SIDE = 60  # pixels of the button's thumbnail, twice as many as the page shows of it


def image_chooser(tinted: CurrentImage | None = None, *, cropping: bool = True, stand_in: str | None = None) -> None:
    """A button with the image's thumbnail and name that opens gallery, file, camera, crop and size.

    A page that mounts this also takes pictures that are dropped or pasted on it. A page whose image has colours of its own
    gives it as ``tinted``, and there is no choice of colour or grey. Without ``cropping`` the crop is left to the page.
    ``stand_in`` is the sample that the page shows in place of the session's image: it is named instead.

    The browser says what somebody chooses, once; the session is what holds it. With each answer it is told which of its
    messages was the last to be heard, and until then keeps what is being changed.
    """
    image = tinted or current_image()
    with st.container(key="chooser"):
        component("chooser", js="chooser.js", css="chooser.css")(
            key=_KEY,
            data={
                "gallery": _gallery(),
                "sheet": _sheet(),
                "sides": SIDES,
                "grounds": tuple(parameters.GROUNDS),
                "colour": state.settings().colour,
                "tinted": tinted is not None,
                "heard": st.session_state.get(_HEARD),
                "arrived": uploads.arrived(),
                "own": _own(),
                **(_about(image, cropping) if stand_in is None else _about_sample(stand_in)),
            },
            on_asked_change=_asked,
            on_file_change=_brought,
        )


def chosen() -> tuple:
    """All that the chooser shows of the session, but for strokes: with those, the lesson they are drawn in shows it the image."""
    now = state.settings()
    return now.image, now.size, now.cut, now.colour, now.ground


@functools.cache
def _gallery() -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    """The samples as the browser takes them, group by group: (name, title, their keys and titles)."""
    return tuple(
        (group, title, tuple((key, sample.title) for key, sample in SAMPLES.items() if sample.group == group))
        for group, title in _GROUPS.items()
    )


@functools.cache
def _sheet() -> dict[str, Any]:
    """Where their pictures are; another sheet has another address."""
    digest = hashlib.sha256(contact_sheet.FILE.read_bytes()).hexdigest()[:12]
    return {
        "file": f"{contact_sheet.FILE.name}?v={digest}",
        "columns": contact_sheet.COLUMNS,
        "count": len(SAMPLES),
    }


def _own() -> dict[str, str] | None:
    """The last picture that was brought along."""
    if not (upload := uploads.current_upload()):
        return None
    return {"title": upload.name, "picture": upload.thumbnail}


def _about(image: CurrentImage, cropping: bool) -> dict[str, Any]:
    """The image, and how it became what it is."""
    key = state.settings().image
    upload = uploads.current_upload()
    transparent = key == UPLOAD and upload and upload.picture.over_white is not None
    height, width = image.base.shape[1:]
    return {
        "shown": key,
        "source": image.source,
        "title": image.title,
        "height": height,
        "width": width,
        "thumbnail": _thumbnail(image),
        "about": SAMPLES[key].sentence if key in SAMPLES else image.note,
        "fitted": True,
        "choice": state.choices(),
        "crop": _crop(key, image) if cropping and key != DRAW else None,
        "ground": state.settings().ground if transparent else None,
        "size": state.settings().size or natural_size(key),
    }


def _about_sample(key: str) -> dict[str, Any]:
    """A sample that is shown as it is."""
    picture = sample_image(key)
    height, width = picture.shape[1:]
    return {
        "shown": key,
        "source": key,
        "title": SAMPLES[key].title,
        "height": height,
        "width": width,
        "thumbnail": cached.thumbnail_url(picture, _BUTTON_SIDE),
        "about": SAMPLES[key].sentence,
        "fitted": False,
        "choice": state.choices(),
        "crop": None,
        "ground": None,
        "size": max(height, width),
    }


def _thumbnail(image: CurrentImage) -> str:
    """The image small, with the strokes on it."""
    about = image.id, state.settings().strokes
    return state.remembered("thumbnail", about, lambda: cached.thumbnail_url(image.painted(), _BUTTON_SIDE))


def _crop(key: str, image: CurrentImage) -> dict[str, Any]:
    """The whole picture, and which piece of it is worked on."""
    height, width = image.whole.shape[1:]
    about = {"text": cut_to_text(image.cut) if image.cut else "", "height": height, "width": width}
    if key in SAMPLES and SAMPLES[key].group in FILES:  # the browser has it from where the weights come
        return about | {"file": f"samples/{FILES[SAMPLES[key].group].format(key)}"}
    picture = state.remembered("preview", image.source, lambda: cached.data_url(*preview(image.whole)))
    return about | {"picture": picture}


def _asked() -> None:
    """Takes what the chooser says: "number;query"."""
    text = st.session_state[_KEY].asked
    number, _, query = text.partition(";") if isinstance(text, str) else ("", "", "")
    st.session_state[_HEARD] = number
    take(dict(parse_qsl(query, keep_blank_values=True)))


def take(said: Mapping[str, str]) -> None:
    """Another picture (image), or how this one becomes what it is (size, cut, ground), and in either case the colours.

    What was said of a picture when another was already chosen (choice) is not heard, nor what no chooser says.
    """
    table = parameters.PARAMETERS
    state.read(said, [table["colour"]])
    key = said.get("image")
    if key in SAMPLES or key == DRAW or (key == UPLOAD and uploads.current_upload()):
        state.choose(key)
    elif said.get("choice") == str(state.choices()):
        state.read(said, [table[name] for name in ("size", "cut", "ground")])
        now = state.settings()
        if now.size == natural_size(now.image):
            now.size = None  # which no link needs to say


def _brought() -> None:
    uploads.receive(st.session_state[_KEY].file)
