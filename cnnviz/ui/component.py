"""How a file-backed component is found, and what to do when it is not."""

import functools
from collections.abc import Callable

import streamlit as st
from streamlit.errors import StreamlitAPIException


@functools.cache
def _declare(name: str, js: str, css: str | None) -> Callable:
    return st.components.v2.component(f"cnnviz.{name}", js=js, css=css)


def component(name: str, *, js: str, css: str | None = None) -> Callable:
    """The component's mounting command; a page without its package says what to run instead of failing."""
    try:
        return _declare(name, js, css)
    except StreamlitAPIException:
        st.error("The package cnnviz is not installed where this app runs: run `make app`, or `pip install -e .`")
        st.stop()
