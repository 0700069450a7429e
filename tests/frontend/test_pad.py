"""A drawing in the browser: painted stroke by stroke, undone and drawn again, it is what Python paints at once."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from cnnviz.core.strokes import MAX_POINTS, MAX_STROKES, Stroke, paint
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


# a pen that never tires; what was said after each act, and the strokes then
FILL = """async () => {
  const { Drawing, Pad } = await bridge.load("pad.js");
  const { DigitInput } = await bridge.load("digit_input.js");
  const { strokesToText } = await bridge.load("strokes.js");
  const panel = document.createElement("div");
  Object.assign(panel.style, { position: "fixed", inset: "0 auto auto 0", width: "100px", height: "100px" });
  panel.setPointerCapture = () => {};
  document.body.append(panel);
  const said = [];
  const drawing = new Drawing();
  const pad = new Pad(panel, drawing, { size: 60, look: false, onStroke() {}, onSettled() {}, onFull: (text) => said.push(text) });
  const pointer = (kind, at) => {
    const event = new PointerEvent(kind, { pointerId: 1, clientX: at % 100, clientY: Math.floor(at / 100) % 100 });
    event.getCoalescedEvents = () => [event];
    panel.dispatchEvent(event);
  };
  const acts = {
    long: () => {
      pointer("pointerdown", 0);
      for (let at = 1; at < 6500; at++) pointer("pointermove", at);
      pointer("pointerup", 0);
    },
    dot: () => { pointer("pointerdown", 7); pointer("pointerup", 7); },
    many: () => { for (let at = 0; at < 250; at++) acts.dot(); },
    typed: () => pad.add({ tool: "value", hundredths: 50, channel: null, points: [[0, 0], [9, 9]] }),
    undo: () => pad.undo(), redo: () => pad.redo(), clear: () => pad.clear(),
  };
  const told = ["long", "dot", "typed", "undo", "redo", "clear", "dot", "many", "undo", "typed", "clear"].map((name) => {
    acts[name]();
    return [name, said.at(-1) ?? null, drawing.strokes.map((stroke) => stroke.points.length)];
  });
  acts.many();
  const input = new DigitInput({ image: "draw", strokes: strokesToText(drawing.strokes), centred: true, readings: [], onChange() {}, onSettled() {} });
  input.setGallery({ keys: [], shape: [0, 28, 28], dtype: "float32", data: "" });
  const notes = [];
  for (const act of [() => {}, () => input.pad.undo()]) {
    act();
    input.read();
    notes.push(input.note.textContent);
  }
  return { told, notes };
}"""


def test_a_full_drawing_says_so_and_loses_nothing(frontend):
    answer = frontend.run(FILL)
    full, room = "This drawing is full: undo some of it, or clear it, to go on.", ""
    one, many = [MAX_POINTS], [1] * MAX_STROKES
    assert [tuple(each) for each in answer["told"]] == [
        ("long", full, one),
        ("dot", full, one),
        ("typed", full, one),
        ("undo", room, []),
        ("redo", full, one),
        ("clear", room, []),
        ("dot", room, [1]),
        ("many", full, many),
        ("undo", room, many[1:]),
        ("typed", full, [*many[1:], 2]),
        ("clear", room, []),
    ]
    assert answer["notes"] == [full, "Cut out, scaled to 20 and centred, as MNIST's digits are."]
