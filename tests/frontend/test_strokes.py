"""Strokes in the browser against core/strokes.py: the same paint and the same text."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.core import strokes as twin
from cnnviz.core.strokes import Stroke, paint, strokes_from_text, strokes_to_text
from tests.frontend.pages import array, tensor

PAINT = """async (image, strokes, ink) => {
  const { paintStroke } = await bridge.load("strokes.js");
  for (const stroke of strokes) paintStroke(image, stroke, ink);
  return image;
}"""
places = st.tuples(st.integers(0, 1000), st.integers(0, 1000))
strokes = st.builds(
    Stroke,
    st.sampled_from(["pen", "eraser"]),
    st.integers(1, 1000) | st.integers(10, 120),
    st.lists(places, min_size=1, max_size=8).map(tuple),
)
drawings = st.lists(strokes, max_size=5)


def for_browser(drawing):
    return [
        {"tool": stroke.tool, "size": stroke.size, "points": [list(point) for point in stroke.points]}
        for stroke in drawing
    ]


def from_browser(drawing):
    return tuple(Stroke(one["tool"], one["size"], tuple(map(tuple, one["points"]))) for one in drawing)


@settings(max_examples=200)
@given(
    st.tuples(st.sampled_from([1, 3]), st.integers(5, 128), st.integers(5, 128)),
    drawings,
    st.floats(1 / 64, 255, width=32),
    st.integers(0, 2**32 - 1),
)
def test_browser_and_python_paint_alike_to_the_last_bit(frontend, shape, drawing, ink, seed):
    image = (np.random.default_rng(seed).random(shape) * ink).astype(np.float32)
    ours = array(frontend.run(PAINT, tensor(image), for_browser(drawing), ink))
    np.testing.assert_array_equal(ours, paint(image, drawing, ink))


@pytest.mark.parametrize("side", [5, 7, 28, 64, 112, 128])
def test_a_whole_drawing_on_black_is_alike_to_the_last_bit(frontend, side):
    random = np.random.default_rng(side)
    drawing = [
        Stroke(
            ["pen", "pen", "eraser"][at % 3],
            int(random.integers(5, 200)),
            tuple(map(tuple, random.integers(0, 1001, (12, 2)).tolist())),
        )
        for at in range(12)
    ]
    black = np.zeros((1, side, side), np.float32)
    ours = array(frontend.run(PAINT, tensor(black), for_browser(drawing), 1))
    theirs = paint(black, drawing)
    assert len(np.unique(theirs)) > 5
    np.testing.assert_array_equal(ours, theirs)


@given(drawings)
def test_the_browsers_text_is_pythons_text_and_both_read_it(frontend, drawing):
    text = strokes_to_text(drawing)
    assert frontend.call("strokes.js", "strokesToText", for_browser(drawing)) == text
    assert strokes_from_text(text) == tuple(drawing)
    assert from_browser(frontend.call("strokes.js", "strokesFromText", text)) == tuple(drawing)


def test_the_largest_drawing_the_browser_allows_is_still_a_link_that_python_reads(frontend):
    script = """async () => {
      const { hasRoom, strokesToText } = await bridge.load("strokes.js");
      const draw = (strokes, point) => {
        for (const more of [() => strokes.push({ tool: "pen", size: 1000, points: [[1000, 1000]] }), () => strokes.at(-1).points.push(point)])
          while (hasRoom(strokes)) more();
        return strokes;
      };
      const one = { tool: "eraser", size: 1000, points: [[0, 0]] };
      const long = [one];
      while (hasRoom(long)) one.points.push([1000, 0]);
      return [draw([], [1000, 1000]), long].map(strokesToText);
    }"""
    many, long = map(strokes_from_text, frontend.run(script))
    assert len(many) == twin.MAX_STROKES
    assert len(long[0].points) == twin.MAX_POINTS


def test_both_sides_have_the_same_limits(frontend):
    source = frontend.run("async () => (await fetch('cnnviz.frontend/strokes.js')).text()")
    for name in ("GRID", "MAX_STROKES", "MAX_POINTS"):
        assert int(re.search(rf"{name} = (\d+)", source)[1]) == getattr(twin, name)
