/** The stage's keys: one table for what they do and for what is said of them. */

/** Each key of a stage: { keys: as KeyboardEvent.key has them, act() → false where it has nothing to do }. */
export function stageKeys(stage) {
  const { player } = stage;
  const row = () => player.position[0];
  const to = (target) => () => stage.seek(target());
  /** On the input the arrows move from cell to cell, from the window's middle on. */
  const cell = (down, across) => () => {
    const [r, c] = stage.attention.cellOn("input") ?? stage.middle;
    const { rows, cols } = stage.input;
    stage.attention.reach({ on: "input", row: clamp(r + down, rows), col: clamp(c + across, cols) });
  };
  const pin = () => {
    const at = stage.attention.cellOn("input");
    if (!at) return false;
    stage.attention.toggle({ on: "input", row: at[0], col: at[1] });
  };
  const on = stage.input.panel;
  return [
    { keys: ["ArrowRight"], on, act: cell(0, 1) },
    { keys: ["ArrowLeft"], on, act: cell(0, -1) },
    { keys: ["ArrowDown"], on, act: cell(1, 0) },
    { keys: ["ArrowUp"], on, act: cell(-1, 0) },
    { keys: ["Enter", " "], on, act: pin },
    { keys: ["ArrowRight"], act: () => stage.move(1) },
    { keys: ["ArrowLeft"], act: () => stage.move(-1) },
    { keys: ["ArrowDown"], act: to(() => player.step + (row() < player.rows - 1 ? player.cols : 0)) },
    { keys: ["ArrowUp"], act: to(() => player.step - (row() > 0 ? player.cols : 0)) },
    { keys: ["Home"], act: to(() => 0) },
    { keys: ["End"], act: to(() => player.steps - 1) },
    { keys: [" "], on: stage.output.panel, act: () => stage.toggle() },
    { keys: ["Escape"], act: () => stage.attention.free(), alone: true },
  ];
}

const clamp = (at, size) => Math.min(size - 1, Math.max(0, at));

/** Listens on an element. A field that is being typed in keeps its keys; `alone`: nobody outside hears of the key. */
export function listen(element, keys) {
  element.addEventListener("keydown", (event) => {
    if (event.target.matches?.("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = keys.find((each) => each.keys.includes(event.key) && (!each.on || each.on === event.target));
    if (!key || key.act() === false) return;
    event.preventDefault();
    if (key.alone) event.stopPropagation();
  });
}
