"""The browser's modules, for tests that hold them against torch and against their twins in Python."""

from collections.abc import Iterator

import pytest
import torch
from playwright.sync_api import Browser

from tests.frontend.pages import Frontend, running_pages

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def frontend(chromium: Browser) -> Iterator[Frontend]:
    """`frontend.call("operations.js", "relu", tensor(x))`: one page in Chromium for all tests."""
    with running_pages() as address, chromium.new_context() as context:
        page = context.new_page()
        page.goto(address)
        yield Frontend(page)
