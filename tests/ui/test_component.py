"""What a page says when a part of the app is not there: one sentence, and what to do."""

import shutil

import pytest
import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.testing.v1 import AppTest

from cnnviz.ui import component
from tests.ui.apps import ROOT, opened


@pytest.fixture(autouse=True)
def anew():
    """Nothing is known from other tests, and nothing stays for them."""
    for known in (component._declare, component._lost):
        known.cache_clear()
    yield
    for known in (component._declare, component._lost):
        known.cache_clear()


def errors(page: str) -> list[str]:
    """What a cold visit is told."""
    app: AppTest = opened(page)
    return [error.value for error in app.error]


def test_with_everything_in_its_place_no_page_complains():
    assert errors("convolution") == errors("network") == []


@pytest.mark.parametrize("lost", ["convolution.js", "stage.js", "base.css", "feed.js"])
def test_a_missing_file_of_the_frontend_is_named_with_what_to_do(monkeypatch, tmp_path, lost):
    frontend = shutil.copytree(ROOT / "cnnviz/frontend", tmp_path / "frontend")
    monkeypatch.setattr(component, "FRONTEND", frontend)
    (frontend / lost).unlink()
    [sentence] = errors("convolution")
    assert str(frontend / lost) in sentence
    assert "install cnnviz again" in sentence


def test_a_damaged_file_of_the_frontend_is_named(monkeypatch, tmp_path):
    frontend = shutil.copytree(ROOT / "cnnviz/frontend", tmp_path / "frontend")
    monkeypatch.setattr(component, "FRONTEND", frontend)
    (frontend / "stage.js").write_bytes(b"\xff\xfe\x00")
    assert ["stage.js" in sentence for sentence in errors("convolution")] == [True]


def test_without_the_package_installed_the_page_says_what_to_run(monkeypatch):
    def undeclared(name, **_files):
        raise StreamlitAPIException(
            f"Component '{name}' must be declared in pyproject.toml with asset_dir to use file-backed js."
        )

    monkeypatch.setattr(st.components.v2, "component", undeclared)
    [sentence] = errors("convolution")
    assert "`make app`" in sentence
