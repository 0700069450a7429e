"""What the app changes in the server that runs it."""

import importlib
import socket
import sys

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from cnnviz.ui import server


def test_a_socket_that_listens_and_those_it_accepts_send_at_once():
    with socket.socket(socket.AF_INET) as listening:  # as Streamlit makes it: without naming TCP
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server.send_at_once()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_the_theme_that_is_made_once_is_the_theme():
    fresh = importlib.util.module_from_spec(importlib.util.find_spec("streamlit.runtime.app_session"))
    sys.modules[fresh.__name__], kept = fresh, sys.modules[fresh.__name__]
    try:
        fresh.__spec__.loader.exec_module(fresh)
    finally:
        sys.modules[fresh.__name__] = kept
    assert app_session._populate_theme_msg is not fresh._populate_theme_msg
    once = server.made_once(fresh._populate_theme_msg)
    for _ in range(2):
        plain, remembered = CustomThemeConfig(), CustomThemeConfig()
        for populate, message in ((fresh._populate_theme_msg, plain), (once, remembered)):
            populate(message)
            populate(message.light, "theme.light")
            populate(message.dark, "theme.dark")
            populate(message.dark.sidebar, "theme.dark.sidebar")
        assert remembered == plain
