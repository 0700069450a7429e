"""The app and its visitors, for tests that look at pages."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from tests.browser.server import Server, running_server
from tests.browser.visits import Visits


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The app, started once for all tests."""
    with running_server() as server:
        yield server


@pytest.fixture
def fresh_server() -> Iterator[Callable[..., Server]]:
    """Starts an app that nobody has visited yet; takes what `running_server` takes."""
    with ExitStack() as servers:
        yield lambda *arguments, **options: servers.enter_context(running_server(*arguments, **options))


@pytest.fixture
def visit(chromium: Browser, server: Server, fresh_server: Callable[..., Server]) -> Iterator[Visits]:
    """Opens a page: `page = visit("/network", width=390, touch=True)`. What goes wrong there fails the test."""
    # `fresh_server` is named so that it outlives the visits, which read its log at their end
    visits = Visits(chromium, server)
    yield visits
    visits.close()
