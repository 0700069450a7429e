"""A drawing in the browser: painted stroke by stroke, undone and drawn again, it is what Python paints at once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.strokes import paint
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


@given(drawings, st.data(), st.integers(0, 2**32 - 1))
def test_a_drawing_is_at_any_moment_what_python_paints(frontend, drawing, data, seed):
    base = np.random.default_rng(seed).random((1, 20, 30), np.float32)
    lengths = data.draw(st.lists(st.integers(0, len(drawing)), min_size=1, max_size=8))
    changes = [(drawing[:length], length > 0 and data.draw(st.booleans())) for length in lengths]
    # undo takes strokes away; what is drawn next is another list that begins alike
    pictures = frontend.run(FOLLOW, tensor(base), 1, [[for_browser(strokes), running] for strokes, running in changes])
    for picture, (strokes, _) in zip(pictures, changes, strict=True):
        np.testing.assert_array_equal(array(picture), paint(base, strokes))
