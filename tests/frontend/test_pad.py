"""A drawing in the browser: painted stroke by stroke, undone and drawn again, it is what Python paints at once."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from cnnviz.core.strokes import Stroke, paint
from tests.frontend.pages import array, tensor
from tests.frontend.test_strokes import drawings, for_browser

# for each change: the strokes from then on, and whether the last one is still being drawn
FOLLOW = """async (base, ink, changes) => {
  const { Drawing } = await bridge.load("pad.js");
  const drawing = new Drawing();
  drawing.setBase(base, ink);
  return changes.map(([strokes, running]) => {
    if (strokes.length < drawing.strokes.length) drawing.setStrokes(strokes);
    else drawing.strokes = strokes;
    return drawing.picture(running);
  });
}"""


LINE = Stroke("pen", 37, ((130, 210), (770, 820)))
ERASED = Stroke("eraser", 210, ((500, 0), (480, 1000)))


@given(
    drawings, st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=8), st.integers(0, 2**32 - 1)
)
@example([LINE, ERASED], [(1, True), (1, False), (2, True), (2, False), (1, False), (2, False)], 1)
@example([LINE, ERASED], [(2, False), (2, True), (2, True)], 2)
def test_a_drawing_is_at_any_moment_what_python_paints(frontend, drawing, moments, seed):
    base = np.random.default_rng(seed).random((1, 20, 30), np.float32)
    # each moment holds so many strokes, of which the last may still be on its way
    changes = [(drawing[:length], running and bool(drawing[:length])) for length, running in moments]
    pictures = frontend.run(FOLLOW, tensor(base), 1, [[for_browser(strokes), running] for strokes, running in changes])
    for picture, (strokes, _) in zip(pictures, changes, strict=True):
        np.testing.assert_array_equal(array(picture), paint(base, strokes))
