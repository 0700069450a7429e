"""A student without a browser: speaks Streamlit's own protocol over a websocket, and keeps what the page sends.

The messages are those of the installed Streamlit, so that a new version which speaks otherwise breaks the tests at once.
"""

import base64
import json
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from http.client import HTTPConnection, HTTPException
from time import monotonic
from typing import Any, Self
from urllib.parse import urlsplit

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tests.parcels import decode, unpack

PATIENCE = 60  # seconds until an answer is given up; the first of a server waits for torch to be imported
HERE = {"127.0.0.1", "localhost", "::1"}
BESIDE = {"connection", "chooser"}  # components that are not the page's own
COOKIE = "_streamlit_xsrf"


def _trigger_id(component: str) -> str:
    return f"{STREAMLIT_INTERNAL_KEY_PREFIX}_{component}__events"


class LostError(Exception):
    """The server does not answer, or answers with an error; the message says what it said."""


class Student:
    """One visit: ``url`` is the server's address on this machine. ValueError for any other machine's.

    After each answer ``page`` holds what the page's own component was sent, ``feeds`` the same for the feeds, by name,
    ``texts`` every error and warning, and ``session`` the name of the session. ``sent`` names the kinds of components that the last
    run sent; ``bytes`` counts what the websocket has brought.
    """

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        if self._address.hostname not in HERE:
            raise ValueError(f"Students visit this machine only, not {self._address.hostname}.")
        self._open = ExitStack()
        self._socket = None
        self._cookies: dict[str, str] = {}
        self.session = ""
        self._page = self._query = self._hash = ""
        self._widgets: dict[str, WidgetState] = {}  # what a browser tells again with every message
        self._kept: dict[str, ForwardMsg] = {}  # large messages, which the server sends only once
        self._component = ""  # the full name of the page's own, of which it may have two: then the last
        self._ids: dict[str, str] = {}  # "page" (its component), and those beside it → ids
        self._fragments: dict[str, str] = {}  # the same → the fragment of the page that runs again for it, or ""
        self._pages: dict[str, str] = {}  # the pages that the navigation leads to → their hashes
        self._told: dict[str, str] = {}  # what the page's component has said last, by its name
        self._returns = 0
        self._choices = 0  # in the image chooser, and the number of the last one that the page has heard of
        self._heard = "0"
        self._chosen: int | None = None  # how often a picture has been chosen, as the chooser was told
        self.bytes = 0
        self.page: dict[str, Any] = {}
        self.feeds: dict[str, dict[str, Any]] = {}
        self.texts: list[str] = []
        self.sent: set[str] = set()
        # the same, of a run that is not yet at its end; a text with the fragment that shows it
        self._coming: tuple[dict, dict, list[tuple[str, str]]] = ({}, {}, [])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- visiting --------------------------------------------------------------------------------------------------

    def open(self, path: str = "/") -> Self:
        """Opens a link of the app, as a browser does that has never been here, and waits until the page has run."""
        status, _ = self._http("GET", path)
        if status != 200:
            raise LostError(f"There is no page {path}: {status}.")
        self.connect()
        address = urlsplit(path)
        self._page, self._query = address.path.strip("/"), address.query
        self._run()
        return self

    def connect(self) -> None:
        """Opens the connection, anew if there was one: the server then knows the session again, if it still has it."""
        self.close()
        status, _ = self._http("GET", "/_stcore/health")
        if status != 200:
            raise LostError(f"The server is not healthy: {status}.")
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        protocols = ["streamlit", self._cookies[COOKIE], *([self.session] if self.session else [])]
        dial = partial(
            connect,
            f"ws://{self._address.netloc}/_stcore/stream",
            origin=f"http://{self._address.netloc}",
            subprotocols=protocols,
            additional_headers=headers,
            compression=None,
            proxy=None,
            max_size=None,
            open_timeout=PATIENCE,
        )
        try:
            self._socket = self._open.enter_context(dial())
        except WebSocketException as error:
            raise LostError(f"There is no connection: {type(error).__name__} {error}") from error
        self._keep(self._socket.response.headers.raw_items())

    def close(self) -> None:
        """Leaves, as a browser does whose tab is closed."""
        self._open.close()
        self._socket = None

    # --- doing -----------------------------------------------------------------------------------------------------

    def settle(self, text: str) -> None:
        """Tells what the page's component tells when it comes to rest."""
        self._told = {self._component: text}
        self._widgets["page"] = WidgetState(id=self._id("page"), json_value=json.dumps({"settled": text}))
        self._run(fragment=self._fragments["page"])

    def turn_to(self, page: str, *, saying: str) -> None:
        """Goes to another page, named as in its address, while the one that is left is still ``saying`` something."""
        fragment, leaving = self._fragments["page"], self._hash
        told = [*self._widgets.values()]
        told.append(WidgetState(id=self._id("page"), json_value=json.dumps({"settled": saying})))
        self._widgets.pop("page", None)
        self._told = {}
        self._page = page
        self._ask(self._pages[page], self._widgets.values())
        self._ask(leaving, told, fragment)
        self._finish()

    @property
    def on_show(self) -> str:
        """The page that the server says is on show, named as in its address."""
        return next((page for page, name in self._pages.items() if name == self._hash), "")

    def think(self, seconds: float) -> None:
        """Does nothing for so long, but notices at once, as a browser does, when the connection is lost: LostError."""
        end = monotonic() + seconds
        while (left := end - monotonic()) > 0:
            try:
                self._read(left)
            except TimeoutError:
                return

    def come_back(self, query: str, *, known: bool = True) -> None:
        """Connects again after the connection was lost, as the page's watch does, with the address bar's query.

        Not ``known``: to a server that was started anew, though it is the same one.
        """
        if not known:
            self.session = ""
        self.connect()
        self._returns += 1
        back = {"times": self._returns, "link": query, "said": self._told, "choices": self._chosen}
        self._widgets["connection"] = WidgetState(id=self._id("connection"), json_value=json.dumps({"back": back}))
        self._run()

    def choose(self, *images: str) -> None:
        """Chooses samples in the image chooser, one right after the other, and waits until the page has heard of the last."""
        for image in images:
            self._choices += 1
            said = [{"event": "asked", "value": f"{self._choices};image={image}&colour=0"}]
            trigger = WidgetState(id=_trigger_id(self._id("chooser")), json_trigger_value=json.dumps(said))
            self._ask(self._hash, [*self._widgets.values(), trigger])
        while self._heard != str(self._choices):
            self._finish()

    def upload(self, name: str, data: bytes) -> None:
        """Brings a picture file along, as one that is dropped on the page."""
        brought = [{"event": "file", "value": {"name": name, "data": base64.b64encode(data).decode("ascii")}}]
        trigger = WidgetState(id=_trigger_id(self._id("chooser")), json_trigger_value=json.dumps(brought))
        self._run(trigger)

    def array(self, feed: str) -> np.ndarray:
        """The numbers in a feed."""
        return decode(self.feeds[feed])

    # --- the protocol ----------------------------------------------------------------------------------------------

    def _id(self, name: str) -> str:
        if name not in self._ids:
            raise LostError(f"The page has no {name!r}; it has {', '.join(self._ids)}.")
        return self._ids[name]

    def _run(self, *triggers: WidgetState, fragment: str = "") -> None:
        """Has the page or one fragment of it run, told of the triggers once, and takes in all that it sends until it has."""
        self._ask(self._hash, [*self._widgets.values(), *triggers], fragment)
        self._finish()

    def _ask(self, page: str, widgets: Iterable[WidgetState], fragment: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash, state.page_name = self._query, page, self._page
        state.fragment_id = fragment
        state.widget_states.widgets.extend(widgets)
        state.cached_message_hashes.extend(self._kept)
        self._send(message)

    def _finish(self) -> None:
        self._receive("script_finished")
        self.page, self.feeds, texts = self._coming
        self.texts = [text for _, text in texts]

    def _send(self, message: BackMsg) -> None:
        if self._socket is None:
            raise LostError("There is no connection.")
        try:
            self._socket.send(message.SerializeToString())
        except WebSocketException as error:
            raise LostError(f"Nothing can be said: {type(error).__name__} {error}") from error

    def _receive(self, wanted: str) -> ForwardMsg:
        """Takes in messages until one of that kind comes: of `script_finished`, one that is not about to run again."""
        end = monotonic() + PATIENCE
        while True:
            try:
                kind, message = self._read(max(0.0, end - monotonic()))
            except TimeoutError as error:
                raise LostError(f"No {wanted} came in {PATIENCE} s.") from error
            if kind == wanted and not (
                kind == "script_finished" and message.script_finished == message.FINISHED_EARLY_FOR_RERUN
            ):
                return message

    def _read(self, seconds: float) -> tuple[str, ForwardMsg]:
        """Takes in one message. TimeoutError if none comes within so many seconds, LostError if none can come any more."""
        try:
            data = self._socket.recv(timeout=seconds)
        except TimeoutError:
            raise
        except Exception as error:
            raise LostError(f"The connection is lost: {type(error).__name__} {error}") from error
        self.bytes += len(data)
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            message = self._kept[message.ref_hash]
            kind = message.WhichOneof("type")
        elif message.metadata.cacheable:
            self._kept[message.hash] = message
        self._take(kind, message)
        return kind, message

    def _take(self, kind: str, message: ForwardMsg) -> None:
        if kind == "new_session":
            again = set(message.metadata.run.fragment_ids)
            page, feeds, texts = self._coming if again else ({}, {}, [])
            self._coming = (dict(page), dict(feeds), [(place, text) for place, text in texts if place not in again])
            self.sent = set()
            self.session = message.new_session.initialize.session_id or self.session
            self._hash = message.new_session.page_script_hash
        elif kind == "navigation":
            self._hash = message.navigation.page_script_hash or self._hash
            self._pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._show(message.delta.new_element, message.delta.fragment_id)

    def _show(self, element: Any, fragment: str) -> None:
        kind = element.WhichOneof("type")
        part = getattr(element, kind)
        if kind == "bidi_component":
            said = unpack(part)
            name = part.component_name.removeprefix("cnnviz.")
            name = name if name in {*BESIDE, "feed"} else "page"
            self.sent.add(name)
            if name == "feed":
                self._coming[1][said["name"]] = said
            else:
                self._ids[name], self._fragments[name] = part.id, fragment
                if name == "page":
                    self._component = part.component_name
                    self._coming[0].update(said)
                elif name == "chooser":
                    self._heard, self._chosen = said["heard"], said["choice"]
        elif kind == "exception":
            raise LostError(f"The page shows an exception: {part.type} {part.message}")
        elif kind == "alert":
            self._coming[2].append((fragment, part.body))

    def _http(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = HTTPConnection(self._address.netloc, timeout=PATIENCE)
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        try:
            connection.request(method, path, body, {"Cookie": cookies, **(headers or {})})
            answer = connection.getresponse()
            self._keep(answer.getheaders())
            return answer.status, answer.read()
        except HTTPException as error:
            raise LostError(f"No answer for {path}: {type(error).__name__} {error}") from error
        finally:
            connection.close()

    def _keep(self, headers: Iterable[tuple[str, str]]) -> None:
        for name, value in headers:
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self._cookies[key] = rest.split(";")[0]
