"""Crops: the text that a link carries. What they cut out is tested with `fit_image`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.crop import Crop, crop_from_text, crop_to_text

starts, sides = st.integers(0, 999), st.integers(1, 1000)


@given(st.builds(Crop, starts, starts, sides, sides | st.none()))
def test_a_crop_is_read_back_from_its_text(crop):
    assert crop_from_text(crop_to_text(crop)) == crop


def test_no_text_is_no_crop():
    assert crop_from_text("") is None
    assert crop_to_text(None) == ""


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "1,2",
        "1,2,3,4,5",
        "a,b,c",
        "1,2,-3",
        "1,2,0",
        "1,2,3,0",
        "1000,0,5",
        "0,0,1001",
        "0,0,5,1001",
        "١,2,3",
        "1,,3",
    ],
)
def test_what_is_no_crop_is_refused_in_a_sentence(text):
    with pytest.raises(ValueError, match=r"A crop (is|begins)"):
        crop_from_text(text)
