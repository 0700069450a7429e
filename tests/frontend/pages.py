"""A page with the browser's modules on it and nothing else, for tests that call them."""

import base64
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "cnnviz.frontend": ROOT / "cnnviz/frontend",
    "cnnviz.assets": ROOT / "cnnviz/assets",
}  # as Streamlit has them
BLANK = b"<!doctype html><html lang='en'><title>cnnviz</title><link rel='icon' href='data:,'>"


class Refused(Exception):  # noqa: N818 (as in operations.js)
    """A function of the browser's has refused its arguments; the message is its sentence."""


class JavaScriptError(Exception):
    """A function of the browser's has failed in any other way."""


class Frontend:
    """The modules of cnnviz/frontend, called from Python.

    Lists, dictionaries and plain numbers travel as they are; NumPy arrays become typed arrays, and typed arrays flat
    NumPy arrays, without losing a bit.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        page.evaluate("async () => { globalThis.bridge = await import('./bridge.js'); }")

    def call(self, module: str, function: str, *arguments: Any) -> Any:
        """What the function returns. Refused or JavaScriptError with its message if it throws."""
        (answer,) = self.each(module, function, [arguments])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def each(self, module: str, function: str, cases: Iterable[Sequence[Any]]) -> list[Any]:
        """The function's answers to many cases in one go; where it throws Refused, that is the answer."""
        return self._answers("([module, name, text]) => bridge.call(module, name, text)", [module, function], cases)

    def run(self, script: str, *arguments: Any) -> Any:
        """What a JavaScript function returns that the test has written; `bridge.load(module)` is at its hand."""
        (answer,) = self._answers(f"([text]) => bridge.run({script}, text)", [], [arguments])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _answers(self, script: str, about: list[str], cases: Iterable[Sequence[Any]]) -> list[Any]:
        text = json.dumps([_encoded(list(case)) for case in cases], allow_nan=False)
        return [_answer(**answer) for answer in json.loads(self._page.evaluate(script, [*about, text]))]


def tensor(array: Any) -> dict[str, Any]:
    """An array as operations.js takes it: its shape, and its values as a Float32Array."""
    array = np.asarray(array, dtype=np.float32)
    return {"shape": list(array.shape), "data": array.ravel()}


def array(tensor: dict[str, Any]) -> np.ndarray:
    """What operations.js returns, as an array."""
    return tensor["data"].reshape(tensor["shape"])


@contextmanager
def running_pages() -> Iterator[str]:
    """A server of the modules, the assets and a blank page, on a free port until the block ends: its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(ROOT))) as server:
        thread = Thread(target=partial(server.serve_forever, poll_interval=0.05))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class _Files(SimpleHTTPRequestHandler):
    # some machines know .js by another name, and then a browser refuses it as a module
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def do_GET(self) -> None:
        if self.path != "/":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(BLANK)))
        self.end_headers()
        self.wfile.write(BLANK)
        return None

    def translate_path(self, path: str) -> str:
        folder, _, name = urlsplit(path).path.lstrip("/").partition("/")
        if "/" in name or (folder not in FOLDERS and folder != "bridge.js"):
            return str(ROOT / "no such file")
        return str(FOLDERS[folder] / name if name else Path(__file__).with_name("bridge.js"))

    def log_message(self, *_: Any) -> None:
        """Says nothing: pytest's output is for tests."""


def _encoded(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"dtype": value.dtype.name, "base64": base64.b64encode(value.tobytes()).decode("ascii")}
    if isinstance(value, dict):
        return {key: _encoded(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encoded(entry) for entry in value]
    if isinstance(value, np.generic):
        return _encoded(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return {"odd": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    return value


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if "odd" in value:
        return float(value["odd"])
    if "base64" in value:
        return np.frombuffer(base64.b64decode(value["base64"]), value["dtype"])
    return {key: _decoded(entry) for key, entry in value.items()}


def _answer(value: Any = None, error: str = "", message: str = "") -> Any:
    if not error:
        return _decoded(value)
    if error == "Refused":
        return Refused(message)
    raise JavaScriptError(f"{error}: {message}")
