"""How a file-backed component is found, and what to do when it is not."""

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

FRONTEND = Path(__file__).parents[1] / "frontend"
_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*["']([^"']+)["']""")  # of a script, or of a style sheet


@functools.cache
def _declare(name: str, js: str, css: str | None) -> Callable:
    return st.components.v2.component(f"cnnviz.{name}", js=js, css=css)


@functools.cache
def _lost(*entries: str) -> str:
    """The first file that one of these needs, or that one of those needs, and that is not there; "" if all are."""
    waiting, seen = list(entries), set()
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        try:
            source = (FRONTEND / file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return file
        waiting += [name.removeprefix("./") for name in _IMPORT.findall(source)]
    return ""


def component(name: str, *, js: str, css: str | None = None) -> Callable:
    """The component's mounting command, whose ``data`` is a dict, or what `parcel.pack` made of one.

    A page without its package, or part of it, says what to do instead of failing.
    """
    if lost := _lost(*filter(None, (js, css))):
        st.error(
            f"The file {FRONTEND / lost} is missing or damaged: install cnnviz again, or run `git checkout cnnviz`."
        )
        st.stop()
    try:
        command = _declare(name, js, css)
    except StreamlitAPIException:
        st.error("The package cnnviz is not installed where this app runs: run `make app`, or `pip install -e .`")
        st.stop()

    def mount(*, data: dict[str, Any] | bytes, **about: Any) -> Any:
        # Streamlit asks of each value in a dict whether it is a table, which takes 2 ms for the networks, and of none in a list
        return command(data=data if isinstance(data, bytes) else [data], **about)

    return mount
