"""What the app shows to the outside: whom it asks, what it lets in, and how it starts."""

import http.client
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.server import ROOT, fetch
from tests.browser.visits import wait_at_rest
from tests.load.student import Student

PAGES = ["/", *(f"/{page.stem}" for page in sorted((ROOT / "pages").glob("*.py")))]

# Python runs a module of this name before anything else, also in each Python process that a process starts.
# An audit hook cannot be taken off again, and sees what any library does with a socket.
SITECUSTOMIZE = """
import os, sys

HERE = {None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0", "::"}

def note(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # otherwise a socket of this machine's own kind
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    if host not in HERE:
        with open(os.environ["CNNVIZ_ASKED"], "a") as file:
            file.write(f"{event} {host}\\n")

sys.addaudithook(note)
"""


@pytest.fixture
def watched(tmp_path):
    """Environment variables under which Python notes whom it asks, and the file in which it does."""
    (tmp_path / "sitecustomize.py").write_text(SITECUSTOMIZE)
    notes = tmp_path / "asked.txt"
    notes.touch()
    return {"PYTHONPATH": str(tmp_path), "CNNVIZ_ASKED": str(notes)}, notes


@pytest.mark.parametrize(
    ("question", "noted"),
    [
        # connecting a datagram socket sends nothing, and 192.0.2.0/24 belongs to nobody
        ("socket.socket(type=socket.SOCK_DGRAM).connect(('192.0.2.1', 9))", "socket.connect 192.0.2.1\n"),
        ("socket.getaddrinfo('192.0.2.1', 80)", "socket.getaddrinfo 192.0.2.1\n"),
        ("socket.getaddrinfo('localhost', 80)", ""),
    ],
)
def test_the_watch_notes_whoever_is_asked_outside(watched, question, noted):
    variables, notes = watched
    subprocess.run([sys.executable, "-c", f"import socket; {question}"], env=os.environ | variables, check=False)
    assert notes.read_text() == noted


def test_the_server_asks_nobody_when_it_starts_and_is_visited(watched, fresh_server, visit):
    variables, notes = watched
    server = fresh_server(environment=variables, options=())  # with an address of its own it would not ask anyway
    visit("/", server=server)
    for page in PAGES:  # what a browser asks for besides is the same on all of them
        with Student(server.url) as student:
            student.open(page)
    assert notes.read_text() == ""


def test_no_page_asks_anybody_but_the_app_or_logs_an_error(visit, server):
    page = visit("/")  # whose end fails on either
    for path in PAGES:
        page.goto(server.url + path)
        wait_at_rest(page)


def test_a_visit_notes_a_foreign_request_and_blocks_it(visit):
    page = visit("/")
    answer = page.evaluate("fetch('http://192.0.2.1/').then(() => 'answered', () => 'blocked')")
    page.evaluate("new Promise((done) => { new WebSocket('ws://192.0.2.1/').onerror = done })")
    assert answer == "blocked"
    assert [fault for fault in visit.faults if fault.startswith("a request")] == [
        "a request to http://192.0.2.1/",
        "a request to ws://192.0.2.1/",
    ]
    visit.faults.clear()


def test_a_visit_notes_errors_of_page_and_console(visit):
    page = visit("/")
    page.evaluate("console.error('one')")
    page.evaluate("new Promise((done) => setTimeout(() => { setTimeout(done); throw new Error('two'); }))")
    assert visit.faults == ["the console: one ()", "an error on the page: two"]
    visit.faults.clear()


def test_an_upload_needs_the_token_that_the_page_was_given(server):
    _, headers, _ = fetch(f"{server.url}/_stcore/health")
    cookie = headers["Set-Cookie"].split(";")[0]
    name, token = cookie.split("=", 1)
    assert name == "_streamlit_xsrf"
    assert _put(server, {}) == 403
    assert _put(server, {"Cookie": cookie}) == 403
    # past the guard, it is the made-up session that Streamlit does not like
    assert _put(server, {"Cookie": cookie, "X-Xsrftoken": token}) == 400


def test_streamlit_knows_every_option_in_the_config_and_prints_the_address(server):
    assert "not a valid config option" not in server.log
    assert f"URL: http://localhost:{urlsplit(server.url).port}" in server.log


def test_the_config_says_what_was_measured_and_lowers_no_guard():
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    assert config["runner"]["postScriptGC"] is False
    assert config["server"]["fileWatcherType"] == "none"
    assert config["browser"] == {"serverAddress": "localhost", "gatherUsageStats": False}
    assert not {"enableXsrfProtection", "enableCORS", "corsAllowedOrigins"} & config["server"].keys()
    assert "http" not in Path(ROOT, ".streamlit/config.toml").read_text(encoding="utf-8")  # no font from elsewhere


def _put(server, headers) -> int:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    try:
        connection.request("PUT", "/_stcore/upload_file/nobody/nothing", b"", headers)
        return connection.getresponse().status
    finally:
        connection.close()
