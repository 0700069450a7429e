"""What a browser brings along that comes back from another session."""

from types import SimpleNamespace

import pytest
import streamlit as st

from cnnviz.ui import connection, parameters, state
from tests.ui.apps import session

KEY, COUNTER = "view", "_view_revision"


@pytest.mark.parametrize(
    "told",
    [
        None,
        "1?image=cat",
        {},
        {"link": "image=cat"},
        {"link": 3, "said": {}},
        {"link": "image=cat", "said": ["cnnviz.network"]},
        {"link": "image=cat", "said": {"cnnviz.network": 3}},
    ],
)
def test_what_no_watch_tells_is_nothing(told):
    assert connection._read(told) is None


def test_what_a_watch_tells_is_read():
    told = {"times": 1, "link": "image=cat", "said": {"cnnviz.network": "7;image=cat"}, "choices": 2}
    assert connection._read(told) == state.Back("image=cat", {"network": "7;image=cat"}, 2)
    assert connection._read({**told, "choices": "2"}).choices is None


@pytest.mark.parametrize("said", ["7;stride=2", "no number;stride=2", ""])
def test_a_visit_begins_with_what_was_said_before_and_hears_it_once(said):
    def settled() -> None:
        if query := state.heard(KEY, COUNTER):
            state.settle(*query, parameters.CONVOLUTION)

    with session(**{KEY: SimpleNamespace(settled="8;stride=3")}):
        st.session_state[state._SAID_BEFORE] = {"name": said}
        state.begin("name", KEY, COUNTER, settled)
        good = said.startswith("7")
        assert (state.first_revision(COUNTER), state.settings().stride) == ((7, (2, 2)) if good else (0, (1, 1)))
        settled()
        assert (st.session_state[COUNTER], state.settings().stride) == (8, (3, 3))
        state.begin("name", KEY, COUNTER, settled)
        assert state.first_revision(COUNTER) == 0
