"""The app's visitors, for tests that look at pages."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.server import Server
from tests.browser.visits import Visits


@pytest.fixture
def visit(chromium: Browser, server: Server, fresh_server: Callable[..., Server]) -> Iterator[Visits]:
    """Opens a page: `page = visit("/network", width=390, touch=True)`. What goes wrong there fails the test."""
    # `fresh_server` is named so that it outlives the visits, which read its log at their end
    visits = Visits(chromium, server)
    yield visits
    visits.close()
