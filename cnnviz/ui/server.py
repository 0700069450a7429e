"""What the app changes in the server that runs it, once for each process: all of it lies outside any page."""

import asyncio
import gc
import socket
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from streamlit import net_util
from streamlit.components.v2.bidi_component import main as component_commands
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime import Runtime, app_session, runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import get_script_run_ctx


def prepare() -> None:
    """Does all that this file holds."""
    ask_nobody_for_the_address()
    send_at_once()
    app_session._populate_theme_msg = made_once(app_session._populate_theme_msg)
    AppSession.request_rerun = to_the_page_on_show(AppSession.request_rerun)
    component_commands.make_bidi_component_presenter = presenter
    # Torch and Streamlit live as long as the server: taking them out of every later collection keeps the collector cheap.
    gc.freeze()


def ask_nobody_for_the_address() -> None:
    """A connection with a foreign Origin makes Streamlit ask an outside service for this machine's address. No request leaves
    the machine, so there is nobody to ask."""
    net_util.get_external_ip = net_util.get_internal_ip = lambda: None


def send_at_once() -> None:
    """Switches Nagle's algorithm off where the server listens, and so for every browser that comes.

    Streamlit 1.67 makes its socket in a way that asyncio does not know for TCP, and leaves it on: of a run's small messages
    some then wait 40 ms until what went before has been acknowledged.
    """
    for each in gc.get_objects():
        # by its type, as isinstance would also ask things that answer with a warning
        if issubclass(type(each), socket.socket) and each.family in (socket.AF_INET, socket.AF_INET6):
            with suppress(OSError):  # one that is closed, or no stream
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def made_once(populate: Callable[..., None]) -> Callable[..., None]:
    """Streamlit's function that writes a section of the theme into a message, remembering what it wrote.

    The theme is that of the configuration file and never another, and reading it anew for each run took a sixth of a busy
    server's time.
    """
    written: dict[str, Any] = {}

    def populate_once(message: Any, section: str = "theme") -> None:
        if section not in written:
            written[section] = type(message)()
            populate(written[section], section)
        if written[section].ListFields():  # an empty one would be there where there was none
            message.MergeFrom(written[section])

    return populate_once


def to_the_page_on_show(request: Callable[[AppSession, ClientState | None], None]) -> Callable[..., None]:
    """Streamlit's function that has a session run, but for what a page still says when somebody has just left it.

    Streamlit 1.67 runs the fragment that said it after the new page, and tells the browser that the old page is the one on
    show: the browser clears everything away, and has no place for what the new page sends. Here the new page stays the
    one on show. What was said is lost: Streamlit has forgotten the component by then.
    """
    on_show = weakref.WeakKeyDictionary()

    def request_there(session: AppSession, state: ClientState | None) -> None:
        if state and not state.fragment_id:
            on_show[session] = state.page_script_hash  # empty where only the address says which page it is
        elif state and (page := on_show.get(session)) and page != state.page_script_hash:
            there = ClientState()
            there.CopyFrom(state)
            there.page_script_hash = page
            state = there
        request(session, state)

    return request_there


class Said(dict):
    """What a component has said, by name: what rests, and what it has just asked for. None for what it never said."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # Streamlit copies what a component stands at for each run, and here nobody changes it


def presenter(events: str, component: str | None = None, names: set[str] | None = None) -> Callable[[Any, Any], Any]:
    """What a component stands at, as Streamlit has pages read it, given the id of the widget that holds its ``events``.

    Streamlit 1.67 makes a new class for each component in each run, which could also change what it stands at. No page here
    does, and these classes were four fifths of what Python's collector had to find and take apart: with 200 students it
    stopped the server for 0.15 s every few seconds.
    """

    def present(stands_at: Any, session: Any) -> Any:
        widgets = session._new_widget_state
        metadata = widgets.widget_metadata.get(events)
        if not isinstance(stands_at, dict) or metadata is None or metadata.value_type != "json_trigger_value":
            return stands_at
        try:
            asked = widgets[events]
        except KeyError:
            asked = None
        asked = asked if isinstance(asked, list) else [asked]
        acts = [each for each in asked if isinstance(each, dict) and isinstance(each.get("event"), str)]
        return Said({each["event"]: each.get("value") for each in acts} | stands_at)

    return present


def rest(sessions: int) -> float:
    """Seconds for which the server rests between two rounds in which messages leave: from 1 ms to Streamlit's own 5.

    With those 5 ms a single student's change is answered after 20 ms in place of 14. But a round looks at every session, and four
    hundred of them looked at every millisecond leave a fifth less time for the class.
    """
    return min(0.005, max(0.001, sessions * 0.0000125))


PATIENCE = 1.0  # seconds for which a run waits for its messages to leave


def wait_until_sent() -> None:
    """Waits until all that this run has shown has left for the browser; the last thing that a run does.

    When the next run begins, Streamlit drops what still waits to be sent, but not the message that this run has come to its
    end: the browser would take everything off the page that it had not heard of again, and mount it as it once began.
    """
    context = get_script_run_ctx()
    if context is None or not Runtime.exists():
        return
    sessions = getattr(Runtime.instance(), "_session_mgr", None)  # a test without a server has none
    visit = sessions and sessions.get_active_session_info(context.session_id)
    if visit is None:  # nobody is there any more
        return
    runtime.MESSAGE_FLUSH_INTERVAL_SECS = rest(sessions.num_active_sessions())
    sent = asyncio.run_coroutine_threadsafe(_sent(visit.session._browser_queue), visit.session._event_loop)
    try:
        sent.result(PATIENCE)
    except TimeoutError:  # of a browser that is gone, nothing will ever leave
        sent.cancel()


async def _sent(queue: Any) -> None:
    while not queue.is_empty():
        await asyncio.sleep(0.002)
