"""The image that every page shares: how it is chosen, and what it is now."""

import hashlib
import re
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnnviz.core.decoding import decode_image
from cnnviz.core.image_files import ImageError
from cnnviz.core.images import shrunk
from cnnviz.core.samples import SAMPLES
from cnnviz.ui import cached, state
from cnnviz.ui.state import DRAW, UPLOAD

DRAWING_SIZE = 28
UPLOAD_SIZE = 64
KEPT_SIDE = 256  # an upload is kept at twice the largest working size: 0.8 MB a student, not 50
_UPLOADED = "_uploaded"
_GENERATION = "_image_generation"


@dataclass(frozen=True, slots=True)
class Upload:
    """A decoded upload: its array, the name it came with, a digest of its bytes, and its picture as Markdown."""

    array: np.ndarray
    name: str
    digest: str
    label: str


@dataclass(frozen=True, slots=True)
class CurrentImage:
    """The image on the page: ``base`` is float32 (C, H, W) before the pen touched it.

    ``id`` changes with every pixel of the base; ``source`` only when another picture is chosen. ``bottom`` and ``top``
    are the values shown black and white, and ``top`` is what the pen paints.
    """

    id: str
    source: str
    title: str
    base: np.ndarray
    bottom: float
    top: float

    def painted(self) -> np.ndarray:
        """The base with the session's strokes on it, two decimals a pixel."""
        return cached.painted(self.base, st.session_state.strokes, self.top)


def current_image() -> CurrentImage:
    """The image that the session holds now, at its working size."""
    key, colour = st.session_state.image, st.session_state.colour
    upload: Upload | None = st.session_state.get(_UPLOADED)
    size = st.session_state.size or natural_size(key)
    if key == UPLOAD and upload is None:
        key = state.PARAMETERS["image"].default
    if key == UPLOAD:
        name, title = upload.digest, upload.name
        base = cached.fitted_upload(upload.digest, size, colour, _array=upload.array)
    elif key == DRAW:
        name, title = key, "Drawing"
        base = cached.blank(size, colour)
    else:
        name, title = key, SAMPLES[key].title
        base = cached.fitted_sample(key, size, colour)
    return CurrentImage(
        id=f"{name}-{size}-{'rgb' if colour else 'grey'}",
        source=f"{name}.{st.session_state.get(_GENERATION, 0)}",
        title=title,
        base=base,
        bottom=float(min(0.0, base.min())),
        top=float(max(1.0, base.max())),
    )


def uploaded_picture() -> np.ndarray | None:
    """The picture that this session has uploaded, float32 (C, H, W); None if there is none."""
    upload: Upload | None = st.session_state.get(_UPLOADED)
    return upload.array if upload else None


def as_text(name: str) -> str:
    """A name that anybody may have made up, as Markdown that shows it letter by letter, and loads nothing.

    >>> print(as_text("![**cat**](1.png)"))
    \\!\\[\\*\\*cat\\*\\*\\]\\(1\\.png\\)
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(name.split()))


def natural_size(key: str) -> int:
    """The working size that a picture opens at, in pixels a side."""
    if key == UPLOAD:
        return UPLOAD_SIZE
    return DRAWING_SIZE if key == DRAW else SAMPLES[key].size


def image_chooser() -> None:
    """A button with the image's name that opens gallery, upload and size."""
    image = current_image()
    height, width = image.base.shape[-2:]
    icon = cached.markdown_picture(image.painted())
    labels = cached.gallery_labels() | {DRAW: ":material/draw: Draw"}
    if upload := st.session_state.get(_UPLOADED):
        labels[UPLOAD] = f"{upload.label} Upload"
    with st.container(key="chooser"), st.popover(f"{icon} **{as_text(image.title)}** {height} × {width}", width=246):
        st.pills(
            "Image",
            [DRAW, *SAMPLES, *([UPLOAD] if upload else [])],
            format_func=labels.get,
            key="image",
            required=True,
            on_change=another_picture,
            persist_state="session",
        )
        st.file_uploader(
            "Your own picture",
            type=["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"],
            key="file",
            on_change=_uploaded,
            help="It stays in this session: nothing is written to disk, and it cannot travel in a link.",
        )
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        # the slider needs a number; the session says None as long as the picture stands at its natural size
        st.session_state.working_size = st.session_state.size or natural_size(st.session_state.image)
        left.slider("Pixels a side", *state.SIZES, key="working_size", on_change=_resized, persist_state="session")
        right.toggle("Colour", key="colour", persist_state="session")


def another_picture() -> None:
    """Another picture: no strokes on it, and at its own size."""
    st.session_state.strokes = ()
    st.session_state.size = None
    st.session_state[_GENERATION] = st.session_state.get(_GENERATION, 0) + 1


def _resized() -> None:
    size = st.session_state.working_size
    st.session_state.size = None if size == natural_size(st.session_state.image) else size


def _uploaded() -> None:
    """Decodes what was uploaded; what is no picture is explained, and the last good image stays."""
    file = st.session_state.file
    if file is None:
        return
    data = file.getvalue()
    try:
        array = shrunk(decode_image(data), KEPT_SIDE)
    except ImageError as error:
        state.note(str(error))
        return
    digest = hashlib.sha256(data).hexdigest()[:16]
    st.session_state[_UPLOADED] = Upload(array, file.name, digest, cached.markdown_picture(array))
    st.session_state.image = UPLOAD
    another_picture()
