"""The app without a browser: its pages, what they send to one, and a session for what answers one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import streamlit as st
from streamlit.testing.v1 import AppTest

from cnnviz.ui import state
from tests.parcels import unpack

ROOT = Path(__file__).parents[2]
BESIDE = {"connection", "chooser"}  # components that are not the page's own


def opened(page: str = "convolution", **link: str) -> AppTest:
    """A page as a cold visit with this link finds it. The visit ran without an exception."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    for name, text in link.items():
        app.query_params[name] = text
    if page != "convolution":
        app.switch_page(f"pages/{page}.py")
    return run(app)


def run(app: AppTest) -> AppTest:
    """Runs the page again. AssertionError if that raised an exception."""
    app.run()
    assert not app.exception, app.exception[0].value
    return app


def payloads(app: AppTest) -> dict[str, dict[str, Any]]:
    """What the page sends to the browser: a feed under its name, the chooser, and the page's own component under "page"."""
    mounted = [element.proto for element in app.get("bidi_component")]
    messages = {}
    for proto in mounted:
        message = unpack(proto)
        name = proto.component_name.removeprefix("cnnviz.")
        messages[name if name in BESIDE else message.get("name", "page")] = message
    del messages["connection"]  # of which no page knows
    return messages


class Session(dict):
    """A session state outside of any run: its entries, and the settings among them, are attributes as well."""

    def __getattr__(self, name: str) -> Any:
        return self[name] if name in self else self["settings"][name]


@contextmanager
def session(**values: Any) -> Iterator[Session]:
    """A session in which every parameter stands at its default, but for those named; other names are entries of its own."""
    with patch.object(st, "session_state", Session()) as held, patch.object(st, "query_params", {}):
        state.seed()
        for name, value in values.items():
            (held["settings"] if name in held["settings"] else held)[name] = value
        yield held
