"""The frame around every page: the list of pages, and the way in."""

import functools
from collections.abc import Callable
from copy import copy
from pathlib import Path

import streamlit as st

from cnnviz.ui import server, state
from cnnviz.ui.connection import watch_connection
from cnnviz.ui.turns import TURNS

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "cnnviz/assets"
TITLE = "Convolution in Practice"
_INSIDE = "_inside_navigation"
_ENTERED = "_entered_page"
_ARRIVED = "_arrived_at_lesson"
_AROUND = "_around_lesson"

server.prepare()

# The page's own width, no gap above, and no fading of the stage while Python thinks.
_STYLE = """<style>
.stMainBlockContainer { padding: 3.9rem 2rem 1rem; max-width: 1560px; }
.stMainBlockContainer > .stVerticalBlock, .stMainBlockContainer > .stVerticalBlock > [data-testid="stLayoutWrapper"] > .stVerticalBlock { gap: 0.5rem; } /* the lesson is a block in the page's own */
[data-testid="stElementContainer"][data-stale="true"] { opacity: 1 !important; transition: none !important; }
[class*="st-key-feeds"], [data-testid="stLayoutWrapper"]:has(> .st-key-feeds_around) { display: none; } /* around the lesson: no gap either */
.st-key-connection { position: absolute; left: 0; width: 0; height: 0; overflow: hidden; } /* its banner is fixed, so nothing clips it */
/* Streamlit draws chosen pills and slider values in the primary colour, which is also a background under white */
[data-variant][data-selected="true"], [data-testid="stTab"][data-selected="true"], [data-testid="stSliderThumbValue"] { color: inherit !important; }
/* the image's thumbnail stays in view below the navigation, over what scrolls past; beside the button nothing is in the way */
[data-testid="stLayoutWrapper"]:has(> .st-key-chooser) { position: sticky; top: 64px; z-index: 4; pointer-events: none; }
.st-key-chooser { width: 246px; }
@media (min-width: 768px) { [data-testid="stLayoutWrapper"]:has(> .st-key-chooser) { top: 45px; } }
[data-testid="stMain"] { scroll-padding-top: 112px; } /* what gets the focus is not behind it */
/* nor behind the player, which keeps to the foot of a screen that is not high enough */
@media (max-height: 880px) { [data-testid="stMain"] { scroll-padding-bottom: 76px; } }
[data-projector="true"] [data-testid="stMain"] { scroll-padding-bottom: 76px; }
@media (max-width: 767px) { [data-testid="stMain"] { scroll-padding-bottom: 160px !important; } }
@media (min-width: 768px) { .st-key-chooser { position: relative; z-index: 2; width: 246px; height: 38px; margin: 19px 0 calc(-57px - 0.5rem); } }
@media (min-width: 768px) { [data-projector="true"] .st-key-chooser { width: 360px; height: 46px; margin: 16px 0 calc(-62px - 0.5rem); } }
/* while it sticks there it moves up into the navigation's free end, on a phone as the thumbnail only, and lies over nothing that one
   reads; a browser that cannot tell when it sticks leaves it below */
[data-testid="stLayoutWrapper"]:has(> .st-key-chooser) { container-type: scroll-state; z-index: 999990; }
@media (min-width: 1110px) { @container scroll-state(stuck: top) { .st-key-chooser { translate: 0 -53px; margin-left: calc(100% - 246px); } [data-projector="true"] .st-key-chooser { margin-left: calc(100% - 360px); } } }
@media (max-width: 767px) { @container scroll-state(stuck: top) { .st-key-chooser { translate: 0 -55px; margin-left: calc(100% - 40px); width: 36px; overflow: clip; overflow-clip-margin: 4px; } } }
@media (max-width: 767px) { .stMainBlockContainer { padding: 3.9rem 1rem 1rem; } }
.stVerticalBlock.st-key-volume_box { flex: none; height: max(520px, min(76vh, 720px)); }
/* two by two: pictures that are compared stand beside each other on a phone, too */
@media (max-width: 767px) { .st-key-shuffled .stHorizontalBlock { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); } .st-key-shuffled .stColumn { min-width: 0; width: 100%; } .st-key-shuffled .stColumn * { max-width: 100%; } }
@media (max-width: 767px) { .stVerticalBlock.st-key-volume_box { height: calc(100vw - 30px); } }
</style>"""


def pages() -> list:
    """Every page, in the order of the navigation: copies, since Streamlit notes on each whether this run may call it."""
    return [copy(page) for page in _pages()]


@functools.cache
def _pages() -> list:
    """Made once: Streamlit looks for each page's file, and that takes longer than to show a page's change.

    The first lesson also answers at /convolution, where Streamlit alone would say "Page not found": a default page lives
    at / only.
    """
    return [
        st.Page(ROOT / "pages/convolution.py", title="Convolution", url_path="start", default=True),
        st.Page(ROOT / "pages/convolution.py", title="Convolution", url_path="convolution", visibility="hidden"),
        st.Page(ROOT / "pages/channels.py", title="Channels", url_path="channels"),
        st.Page(ROOT / "pages/shapes.py", title="Shapes", url_path="shapes"),
        st.Page(ROOT / "pages/signals.py", title="Signals", url_path="signals"),
        st.Page(ROOT / "pages/pooling.py", title="Pooling", url_path="pooling"),
        st.Page(ROOT / "pages/network.py", title="Network", url_path="network"),
    ]


def run() -> None:
    """Runs the page that the address asks for."""
    with TURNS.turn(page=True):
        _run()
    server.wait_until_sent()


def _run() -> None:
    st.set_page_config(page_title=TITLE, page_icon=str(ASSETS / "icon.png"), layout="wide")
    st.logo(str(ASSETS / "wordmark.svg"), size="large")
    page = st.navigation(pages(), position="top")
    st.session_state[_INSIDE] = f"/{page.url_path}"
    try:
        page.run()
    finally:
        st.session_state[_INSIDE] = None


def enter() -> bool:
    """Each page's first line, `show` is its last. True on the first run of a visit to this page.

    A ``pages`` folder beside app.py lets a cold server run a page's file without app.py; such a run is sent through the
    navigation instead.
    """
    page = st.session_state.get(_INSIDE)
    if page is None:
        st.navigation(pages(), position="top")
        st.rerun()
    st.html(_STYLE)
    state.seed(watch_connection())
    # a run that another one cuts short may never have come to its lesson
    arrived = st.session_state.get(_ENTERED) != page or st.session_state.get(_ARRIVED, False)
    st.session_state[_ENTERED] = page
    if arrived:
        state.dismiss_stand_in()
    # in a place of their own: what stands below keeps its place in the page, so that no component is mounted anew
    with st.container(key="notes"):
        for note in state.take_notes():
            st.warning(note)
    return arrived


def show(lesson: Callable[..., None], *, arrived: bool, around: Callable[[], object] = lambda: None) -> None:
    """Each page's last line: shows its lesson, which is called with ``arrived``, as a fragment.

    When something in it comes to rest, the lesson alone runs again: navigation and image chooser, which cost more than a
    small lesson, stay as they are. The whole page runs where a note waits, or where ``around()``, which is all that they
    show of the session, is no longer what it was.
    """
    st.session_state[_AROUND] = around()
    st.session_state[_ARRIVED] = arrived
    _fragment(lesson, around)


@st.fragment
def _fragment(lesson: Callable[..., None], around: Callable[[], object]) -> None:
    with TURNS.turn():
        lesson(arrived=st.session_state.pop(_ARRIVED, False))  # whoever stays has not arrived anew
        again = state.notes() or st.session_state[_AROUND] != around()
    if st.session_state[_INSIDE] is None:  # a run of the lesson alone
        server.wait_until_sent()
    if again:
        st.rerun()
