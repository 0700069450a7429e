"""Strokes in the browser against core/strokes.py: the same paint and the same text."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.core import strokes as twin
from cnnviz.core.strokes import Stroke, TypedPixel, paint, pixel_corners, strokes_from_text, strokes_to_text
from tests.frontend.pages import array, tensor

PAINT = """async (image, strokes, ink) => {
  const { paintStroke } = await bridge.load("strokes.js");
  for (const stroke of strokes) paintStroke(image, stroke, ink);
  return image;
}"""
places = st.tuples(st.integers(0, 1000), st.integers(0, 1000))
pulls = st.builds(
    Stroke,
    st.sampled_from(["pen", "eraser"]),
    st.integers(1, 1000) | st.integers(10, 120),
    st.lists(places, min_size=1, max_size=8).map(tuple),
)
typed = st.builds(TypedPixel, st.integers(0, 1000), st.tuples(places, places), st.sampled_from([None, 0, 1, 2]))
strokes = pulls | typed
drawings = st.lists(strokes, max_size=5)


def for_browser(drawing):
    return [_for_browser(stroke) | {"points": [list(point) for point in stroke.points]} for stroke in drawing]


def _for_browser(stroke):
    if isinstance(stroke, TypedPixel):
        return {"tool": "value", "hundredths": stroke.hundredths, "channel": stroke.channel}
    return {"tool": stroke.tool, "size": stroke.size}


def from_browser(drawing):
    return tuple(_from_browser(**one) for one in drawing)


def _from_browser(points, tool, size=None, hundredths=None, channel=None):
    points = tuple(map(tuple, points))
    return TypedPixel(hundredths, points, channel) if tool == "value" else Stroke(tool, size, points)


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


def test_a_typed_pixel_changes_that_pixel_alone_at_every_size(frontend):
    cases = []
    for height, width in [(side, side) for side in range(5, 129)] + [(5, 128), (128, 5), (7, 100)]:
        random = np.random.default_rng(height)
        row, col, channel = int(random.integers(height)), int(random.integers(width)), random.choice([None, 0, 1, 2])
        cases.append((row, col, height, width, 0.25, channel))
    for case, edit in zip(cases, frontend.each("strokes.js", "typedPixel", cases), strict=True):
        row, col, height, width, value, channel = case
        assert from_browser([edit]) == (TypedPixel(25, pixel_corners(row, col, height, width), channel),)
        image = np.full((3, height, width), 0.75, dtype=np.float32)
        expected = image.copy()
        expected[slice(None) if channel is None else channel, row, col] = value
        np.testing.assert_array_equal(paint(image, from_browser([edit])), expected)


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
    for name in ("GRID", "MAX_STROKES", "MAX_POINTS", "MOST_HUNDREDTHS"):
        assert int(re.search(rf"{name} = (\d+)", source)[1]) == getattr(twin, name)
