"""Cuts: the text that a link carries. What they cut out is tested with `fit_image`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.cut import Cut, cut_from_text, cut_to_text, square_from_text, square_within

pixels = st.integers(1, 140)
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


def test_a_square_is_no_rectangle():
    assert square_from_text("1,2,300") == Cut(1, 2, 300)
    for text in ("", "1,2,300,300"):
        with pytest.raises(ValueError, match="A square is three whole numbers"):
            square_from_text(text)


@given(pixels, pixels, st.integers(-500, 9000), st.integers(-500, 9000), st.integers(-5, 2000))
def test_a_square_is_brought_into_its_picture(height, width, top, left, side):
    cut = square_within(Cut(top, left, side), height, width)
    shorter = min(height, width)
    assert 50 <= cut.height <= 1000
    assert 0 <= cut.top <= 1000 * height / shorter - cut.height
    assert 0 <= cut.left <= 1000 * width / shorter - cut.height
    assert square_within(cut, height, width) == cut
