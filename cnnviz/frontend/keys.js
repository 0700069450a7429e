/** The stage's keys: one table for what they do and for what the help says of them. */

/** What to press instead of a button, for its title. */
export const SHORTCUTS = {
  play: "Space", pause: "Space", "step forward": "→", "step back": "←", "next row": "N", "first step": "Home", "last step": "End",
  loop: "L", "step inside": "I",
};

/** What the help says, section by section: [title, [[keys, what they do], …]]. */
export const STAGE_HELP = [
  ["The window", [
    ["Space", "play or pause"],
    ["← →", "a step back or on; inside a window, a product"],
    ["↑ ↓", "a row up or down"],
    ["N", "to the next row"],
    ["Home  End", "to the first or the last step"],
    ["L", "loop"],
    ["I", "step inside the window, product by product"],
  ]],
  ["On the input (Tab to it, or point)", [
    ["← → ↑ ↓", "another pixel, and the outputs it feeds"],
    ["Space", "pin it, so that it stays"],
    ["Enter", "on the Convolution page: type its value, where the digits are shown"],
    ["Esc", "free what is pinned"],
  ]],
  ["On a weight (Tab to it, or click)", [
    ["0 … 9", "type over it"],
    ["↑ ↓", "0.1 more or less, with Shift 1"],
    ["Esc", "leave it"],
  ]],
];

/**
 * Each key of a stage: { keys: as KeyboardEvent.key has them, on: the one element that hears it, act() → false where it has
 * nothing to do, alone: nobody outside hears of it }. The first that fits is taken.
 */
export function stageKeys(stage) {
  const { player, attention, bar } = stage;
  const input = stage.input.panel;
  const row = () => player.position[0];
  const to = (target) => () => stage.seek(target());
  /** On the input the arrows move from cell to cell, from the window's middle on. */
  const cell = (down, across) => () => {
    const [r, c] = attention.cellOn("input") ?? stage.middle;
    const { rows, cols } = stage.input;
    attention.reach({ on: "input", row: clamp(r + down, rows), col: clamp(c + across, cols) });
  };
  const pin = () => {
    const at = attention.cellOn("input");
    if (!at) return false;
    attention.toggle({ on: "input", row: at[0], col: at[1] });
  };
  return [
    { keys: ["ArrowRight"], on: input, act: cell(0, 1) },
    { keys: ["ArrowLeft"], on: input, act: cell(0, -1) },
    { keys: ["ArrowDown"], on: input, act: cell(1, 0) },
    { keys: ["ArrowUp"], on: input, act: cell(-1, 0) },
    { keys: ["Enter", " "], on: input, act: pin },
    { keys: ["ArrowRight"], act: () => stage.move(1) },
    { keys: ["ArrowLeft"], act: () => stage.move(-1) },
    { keys: ["ArrowDown"], act: to(() => player.step + (row() < player.rows - 1 ? player.cols : 0)) },
    { keys: ["ArrowUp"], act: to(() => player.step - (row() > 0 ? player.cols : 0)) },
    { keys: ["Home"], act: to(() => 0) },
    { keys: ["End"], act: to(() => player.steps - 1) },
    { keys: ["n", "N"], act: to(() => player.nextRow) },
    { keys: ["l", "L"], act: () => bar.loop.click() },
    { keys: ["i", "I"], act: () => bar.inside.click() },
    { keys: [" "], act: () => stage.toggle() },
    { keys: ["Escape"], act: () => attention.free(), alone: true },
  ];
}

const clamp = (at, size) => Math.min(size - 1, Math.max(0, at));

/** Listens on an element. A field that is being typed in keeps its keys, and a button its space bar. */
export function listen(element, keys) {
  element.addEventListener("keydown", (event) => {
    if (isTyping(event) || (event.key === " " && event.target.matches?.("button"))) return;
    const key = keys.find((each) => each.keys.includes(event.key) && (!each.on || each.on === event.target));
    if (!key || key.act() === false) return;
    event.preventDefault();
    if (key.alone) event.stopPropagation();
  });
}

/** Does the key belong to a field, or to the browser? */
export function isTyping(event) {
  const target = event.composedPath()[0];
  const field = target.matches?.("input:not([type=checkbox]):not([type=range]), select, textarea, [contenteditable]");
  return Boolean(field || target.matches?.("input[type=range]")) || event.ctrlKey || event.metaKey || event.altKey;
}
