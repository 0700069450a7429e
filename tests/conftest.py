"""What all tests share: reproducible examples, one thread, one Chromium."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.browser import slow_motion
from tests.browser.server import Server, running_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.visits import Visits

# Before anything imports torch. Its many small sums are quicker without threads, and tests run on small machines.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples in every run, so that a test which passed here passes there. For new ones:
# pytest --hypothesis-profile=explore
settings.register_profile("reproducible", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile("reproducible")


def pytest_addoption(parser: pytest.Parser) -> None:
    how = (
        "run server and pages as on a slow machine, with pauses that SEED decides on (see tests/browser/slow_motion.py)"
    )
    parser.addoption("--slow-motion", nargs="?", type=int, const=0, metavar="SEED", help=how)


def pytest_configure(config: pytest.Config) -> None:
    if (seed := config.getoption("slow_motion")) is not None:
        slow_motion.begin(seed)
        config.option.timeout = 300


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """A Chromium that reaches this machine only: one for the whole run, as Playwright cannot be started twice."""
    from tests.browser.visits import running_chromium  # so that tests without a browser start at once

    with running_chromium() as browser:
        yield browser


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
def visit(chromium: "Browser", server: Server, fresh_server: Callable[..., Server]) -> Iterator["Visits"]:
    """Opens a page: `page = visit("/network", width=390, touch=True)`. What goes wrong there fails the test."""
    from tests.browser.visits import Visits

    # `fresh_server` is named so that it outlives the visits, which read its log at their end
    visits = Visits(chromium, server)
    yield visits
    visits.close()
