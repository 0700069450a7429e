"""Bulk numbers for the browser, each in a call of its own: a change of anything else does not send them again."""

from typing import Any

import numpy as np

from cnnviz.ui.component import component
from cnnviz.ui.parcel import encode, pack


def feed(name: str, array: np.ndarray | None = None, **about: Any) -> None:
    """Sends an array, and a few plain values about it, to whoever in the browser listens to this name."""
    data = {"name": name, **about}
    if array is not None:
        data |= encode(array)
    component("feed", js="feed.js")(key=f"feed_{name}", data=pack(data), height=0)
