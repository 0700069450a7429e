"""The browser's connection: what happens when it is lost, and comes back to a server that knows nothing any more.

A server that was restarted, or one of several that takes over from another, gives the browser a new session. Streamlit
tells that session the address with which the page was once opened. The watch tells it the one that stands in the address
bar now, which is the whole state of the page, and has the page's component say again what rests on it.
"""

import secrets

import streamlit as st

from cnnviz.ui.component import component

_KEY = "connection"
_TOKEN = "_session_token"


def watch_connection() -> str | None:
    """Mounts the watch. On the first run of a session to which a browser has come back: the address bar's query.

    None in every other run, and for a browser that has just opened the page.
    """
    fresh = _TOKEN not in st.session_state
    if fresh:
        st.session_state[_TOKEN] = secrets.token_hex(8)
    with st.container(key=_KEY):
        watch = component("connection", js="connection.js", css="connection.css")(
            key="connection_watch", data={"session": st.session_state[_TOKEN]}, on_back_change=lambda: None
        )
    back = watch.back if fresh else None
    return back.partition("?")[2] if isinstance(back, str) else None
