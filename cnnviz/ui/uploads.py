"""Pictures that somebody brings along: dropped on the page, pasted, opened from a file, or taken with the camera."""

import base64
import binascii
import hashlib
import unicodedata
from dataclasses import dataclass

import streamlit as st

from cnnviz.core.decoding import Picture, decode_picture
from cnnviz.core.image_files import check_bytes
from cnnviz.core.images import shrunk
from cnnviz.core.rasters import ImageError
from cnnviz.ui import cached, parameters, state

KEPT_SIDE = 384  # the shorter side of a kept picture: 2 MB a student, and a crop to a third is still sharp at 128
LONGEST_NAME = 100
THUMBNAIL_SIDE = 104  # pixels, twice as many as the gallery shows
_UPLOADED = "_uploaded"
_ARRIVED = "_arrived"


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that was brought along: its pixels, the name to show, a digest of the file's bytes, and a small picture."""

    picture: Picture
    name: str
    digest: str
    thumbnail: str

    @property
    def side(self) -> int:
        """The shorter side in pixels."""
        return min(self.picture.over_black.shape[1:])


def current_upload() -> Upload | None:
    """The picture that this session brought along last. No cache holds it: it is nobody else's."""
    return st.session_state.get(_UPLOADED)


def arrived() -> int:
    """How many files have arrived in this session, those included that are no picture."""
    return st.session_state.get(_ARRIVED, 0)


def receive(message: object) -> bool:
    """Makes a picture of what the browser sent; what is none is explained, and the last good image stays."""
    st.session_state[_ARRIVED] = arrived() + 1
    try:
        name, data = _file(message)
        decoded = decode_picture(data)
    except ImageError as error:
        state.note(str(error))
        return False
    white = None if decoded.over_white is None else shrunk(decoded.over_white, KEPT_SIDE)
    picture = Picture(shrunk(decoded.over_black, KEPT_SIDE), white, decoded.remark)
    small = cached.thumbnail_url(picture.over_black, THUMBNAIL_SIDE)
    st.session_state[_UPLOADED] = Upload(picture, shown_name(name), hashlib.sha256(data).hexdigest()[:16], small)
    state.choose(parameters.UPLOAD)
    return True


def _file(message: object) -> tuple[str, bytes]:
    """Name and bytes of the file in a message {name, data: base64} or {name, size}, which says why there are no data."""
    message = message if isinstance(message, dict) else {}
    name, data, size = (message.get(part) for part in ("name", "data", "size"))
    if isinstance(size, int | float):
        check_bytes(size)
    try:
        content = base64.b64decode(data, validate=True)
    except (TypeError, binascii.Error, ValueError):
        raise ImageError("The browser could not read this: bring one picture file, and no folder.") from None
    return name if isinstance(name, str) else "", content


def shown_name(name: str) -> str:
    """A file's name, which anybody may have made up, as one short line that cannot turn the text around it.

    >>> shown_name("cat\\u202egpj.exe"), shown_name("\\n"), len(shown_name("x" * 10_000))
    ('catgpj.exe', 'Picture', 100)
    """
    # Cf holds the marks that turn the direction of writing, Cc line ends and control characters, Cs broken halves
    bare = name if len(name) <= 1000 else name[:500] + name[-500:]  # of more than LONGEST_NAME, only the ends are shown
    bare = "".join(" " if unicodedata.category(character) == "Cc" else character for character in bare)
    bare = "".join(character for character in bare if unicodedata.category(character) not in ("Cf", "Cs", "Co", "Cn"))
    line = " ".join(bare.split()) or "Picture"
    half = LONGEST_NAME // 2
    return line if len(line) <= LONGEST_NAME else f"{line[:half]}…{line[1 - half :]}"
