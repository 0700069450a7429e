"""Bulk numbers for the browser, each in a call of its own: a change of anything else does not send them again."""

from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnviz.ui.component import component
from cnnviz.ui.parcel import encode, pack


def feed(name: str, array: np.ndarray | None = None, **about: Any) -> None:
    """Sends an array, and a few plain values about it, to whoever in the browser listens to this name."""
    data = {"name": name, **about}
    if array is not None:
        data |= encode(array)
    component("feed", js="feed.js")(key=f"feed_{name}", data=pack(data), height=0)


def around_lesson() -> DeltaGenerator:
    """A place for what nothing in the lesson changes, and which so is not sent again when something in it rests."""
    return st.container(key="feeds_around")
