"""Python's colours are the browser's, value for value."""

import numpy as np
import pytest

from cnnviz.figures import palette

VALUES = np.concatenate([np.linspace(-3, 3, 1537), [-0.0, 1e-9, 2.0, -2.0, 1e30, -1e30]])


@pytest.fixture(scope="module")
def frontend(chromium):
    from tests.frontend.pages import Frontend, running_pages

    with running_pages() as address, chromium.new_context() as context:
        page = context.new_page()
        page.goto(address)
        yield Frontend(page)


@pytest.mark.parametrize("top", [2.0, 1.0, 0.7])
@pytest.mark.parametrize("kind", palette.STOPS)
def test_every_value_has_the_browsers_colour(frontend, kind, top):
    scale = {"kind": kind, "top": top} | ({"bottom": -0.5} if kind == "grey" else {})
    packed = np.array(frontend.each("palette.js", "packed", [(scale, value) for value in VALUES.tolist()]))
    theirs = np.stack([packed & 255, packed >> 8 & 255, packed >> 16 & 255], axis=-1)
    np.testing.assert_array_equal(palette.coloured(kind, VALUES, top=top, bottom=scale.get("bottom")), theirs)
    inks = frontend.each("palette.js", "inkOn", [[int(colour)] for colour in packed[::40]])
    assert [palette.ink_on(tuple(colour)) for colour in theirs[::40].tolist()] == [
        tuple(bytes.fromhex(ink[1:])) for ink in inks
    ]


def test_the_marks_have_the_browsers_colours(frontend):
    names = (
        "async () => { const { ACCENT, INK, PAPER } = await bridge.load('palette.js'); return [ACCENT, INK, PAPER]; }"
    )
    theirs = [tuple(bytes.fromhex(colour[1:])) for colour in frontend.run(names)]
    assert theirs == [palette.ACCENT, palette.INK, palette.PAPER]


def test_scales_end_at_the_browsers_round_numbers(frontend):
    values = [0.0, 0.03, 0.5, 1.0, 1.1, 11.0, 12.0, 99.0, 1234.5]
    assert [palette.round_up(value) for value in values] == frontend.each("numbers.js", "roundUp", zip(values))
