"""Cuts: the text that a link carries. What they cut out is tested with `fit_image`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.cut import Cut, cut_from_text, cut_to_text

starts, sides = st.integers(0, 100_000), st.integers(50, 1000)


@given(st.builds(Cut, starts, starts, sides, st.none() | starts.filter(lambda side: side >= 50)))
def test_a_cut_is_read_back_from_its_text(cut):
    assert cut_from_text(cut_to_text(cut)) == cut


def test_no_text_is_no_cut():
    assert cut_from_text("") is None
    assert cut_to_text(None) == ""


TOO_SMALL_OR_LARGE = ["1,2,49", "1,2,50,0", "100001,0,500", "0,0,1001", "0,0,500,100001"]


@pytest.mark.parametrize(
    "text", ["1", "1,2", "1,2,3,4,5", "a,b,c", "1,2,-300", "١,2,300", "1,,300", *TOO_SMALL_OR_LARGE]
)
def test_what_is_no_cut_is_refused_in_a_sentence(text):
    with pytest.raises(ValueError, match=r"A cut('s| is)"):
        cut_from_text(text)
