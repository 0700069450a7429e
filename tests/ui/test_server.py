"""What the app changes in the server that runs it."""

import asyncio
import copy
import importlib
import socket
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from streamlit.components.v2.presentation import make_bidi_component_presenter
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from cnnviz.ui import server
from tests.ui.apps import opened, run


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


class Queue(ForwardMsgQueue):
    """A session's messages, of which one waits; all leave as soon as somebody has looked so many times."""

    def __init__(self, leave_at):
        super().__init__()
        self.enqueue(ForwardMsg())
        self.looks, self._leave_at = 0, leave_at

    def is_empty(self):
        self.looks += 1
        if self.looks == self._leave_at:
            self.flush()
        return super().is_empty()


@pytest.fixture
def loop():
    """An event loop in a thread of its own, as the server's is to a run."""
    started = Future()

    def serve():
        with asyncio.Runner() as runner:  # which ends what still waits
            started.set_result(runner.get_loop())
            runner.get_loop().run_forever()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(serve)
        yield started.result(10)
        started.result().call_soon_threadsafe(started.result().stop)


def visited(monkeypatch, loop, queue, session="a"):
    """A server with one session, "a", and a run that belongs to ``session``, or to none."""
    session_of = {"a": SimpleNamespace(session=SimpleNamespace(_browser_queue=queue, _event_loop=loop))}
    sessions = SimpleNamespace(get_active_session_info=session_of.get, num_active_sessions=lambda: 200)
    runtime = SimpleNamespace(_session_mgr=sessions)
    monkeypatch.setattr(server.runtime, "MESSAGE_FLUSH_INTERVAL_SECS", 0.005)
    monkeypatch.setattr(server, "Runtime", SimpleNamespace(exists=lambda: True, instance=lambda: runtime))
    context = session and SimpleNamespace(session_id=session)
    monkeypatch.setattr(server, "get_script_run_ctx", lambda: context)
    return runtime


def test_a_run_ends_when_its_messages_have_left(monkeypatch, loop):
    queue = Queue(leave_at=5)
    visited(monkeypatch, loop, queue)
    monkeypatch.setattr(server, "PATIENCE", 60)
    server.wait_until_sent()
    assert queue.looks == 5
    now = server.runtime.MESSAGE_FLUSH_INTERVAL_SECS
    assert now == server.rest(200)


def test_the_more_there_are_the_longer_the_server_rests_between_two_rounds():
    rests = [server.rest(sessions) for sessions in range(0, 1000, 50)]
    assert rests == sorted(rests)
    assert (rests[0], rests[-1]) == (0.001, 0.005)


def test_a_run_does_not_wait_for_ever_for_a_browser_that_takes_nothing(monkeypatch, loop):
    queue = Queue(leave_at=None)
    visited(monkeypatch, loop, queue)
    monkeypatch.setattr(server, "PATIENCE", 0.05)
    start = time.monotonic()
    server.wait_until_sent()
    assert time.monotonic() - start >= 0.05
    assert len(queue) == 1
    end = time.monotonic() + 10
    while still := asyncio.run_coroutine_threadsafe(_others(), loop).result(10):
        assert time.monotonic() < end, still  # nor does the loop go on looking


async def _others():
    """The tasks of this loop, but for the one that asks."""
    return asyncio.all_tasks() - {asyncio.current_task()}


@pytest.mark.parametrize("nobody", ["no run", "no server", "a test's server", "a session that is gone"])
def test_where_nobody_takes_messages_a_run_waits_for_nothing(monkeypatch, nobody):
    queue = Queue(leave_at=1)
    session = {"no run": None, "a session that is gone": "b"}.get(nobody, "a")
    runtime = visited(monkeypatch, None, queue, session)
    if nobody == "no server":
        monkeypatch.setattr(server.Runtime, "exists", lambda: False)
    if nobody == "a test's server":
        del runtime._session_mgr
    server.wait_until_sent()
    assert queue.looks == 0


class Widgets(dict):
    """What a session knows of its widgets: the events of one component, under the id "events"."""

    def __init__(self, kind, *heard):
        super().__init__(events=heard[0]) if heard else super().__init__()
        self.widget_metadata = {"events": SimpleNamespace(value_type=kind)} if kind else {}


@pytest.mark.parametrize("stands_at", [{}, {"settled": "1;a", "asked": None}, None, [1]], ids=str)
@pytest.mark.parametrize(
    "widgets",
    [
        Widgets(None),
        Widgets("json_value", [{"event": "asked", "value": 1}]),
        Widgets("json_trigger_value"),
        Widgets("json_trigger_value", None),
        Widgets("json_trigger_value", {"event": "asked", "value": "film"}),
        Widgets(
            "json_trigger_value", [{"event": "asked"}, {"event": "settled", "value": "0;b"}, {"event": [1]}, 7, {}]
        ),
    ],
    ids=str,
)
def test_what_a_component_has_said_is_read_as_streamlit_has_it_read(widgets, stands_at):
    session = SimpleNamespace(_new_widget_state=widgets)
    ours, streamlits = (make("events", "id", {"settled"}) for make in (server.presenter, make_bidi_component_presenter))
    said, wanted = (present(stands_at, session) for present in (ours, streamlits))
    assert said == wanted
    if isinstance(wanted, dict) and wanted is not stands_at:
        assert (said.settled, said.asked, said.never) == (wanted.settled, wanted.asked, None)
        assert copy.deepcopy(said) is said


def test_a_run_makes_no_class():
    app = opened()
    classes = len(dict.__subclasses__())
    for bias in range(3):
        app.session_state["settings"]["bias"] = float(bias)
        run(app)
    assert len(dict.__subclasses__()) == classes
