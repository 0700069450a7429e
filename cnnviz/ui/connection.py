"""The browser's connection: what happens when it is lost, and comes back to a server that knows nothing any more.

A server that was restarted, or one of several that takes over from another, gives the browser a new session. Streamlit
tells that session the address with which the page was once opened. The watch tells it the one that stands in the address
bar now, which is the whole state of the page, and what the page's components have said last, so that the first run already
answers for what rests there.
"""

from typing import Any

import streamlit as st

from cnnviz.ui.component import component
from cnnviz.ui.state import Back

_KEY = "connection"
_WATCHED = "_connection_watched"


def watch_connection() -> Back | None:
    """Mounts the watch. On the first run of a session to which a browser has come back: what it brings along.

    None in every other run, and for a browser that has just opened the page.
    """
    first = _WATCHED not in st.session_state
    st.session_state[_WATCHED] = True
    with st.container(key=_KEY):
        watch = component("connection", js="connection.js", css="connection.css")(
            key="connection_watch", data={}, on_back_change=lambda: None
        )
    return _read(watch.back) if first else None


def _read(told: Any) -> Back | None:
    """What the watch tells; None for what no watch tells."""
    if not isinstance(told, dict):
        return None
    link, said, choices = told.get("link"), told.get("said"), told.get("choices")
    if (
        not isinstance(link, str)
        or not isinstance(said, dict)
        or not all(isinstance(text, str) for text in said.values())
    ):
        return None
    said = {name.removeprefix("cnnviz."): text for name, text in said.items()}
    return Back(link, said, choices if isinstance(choices, int) else None)
