/** The pen and the eraser on a picture: pointer events become strokes, with undo and redo. */

import { h, mark } from "./dom.js";
import { icon } from "./icons.js";
import { GRID, hasRoom, paintStroke } from "./strokes.js";

const SIZES = { least: 10, most: 300 }; // brush diameters, thousandths of the picture's side
const FULL = "This drawing is full: undo some of it, or clear it, to go on.";
const NEAR = 3; // thousandths: a point nearer than this to the last adds nothing to see

/** The picture that strokes make on a base; finished strokes are painted once, the running one anew at each move. */
export class Drawing {
  strokes = [];
  #finished = null;
  #painted = 0;

  /** base: tensor (C, H, W); ink: the value the pen paints. */
  setBase(base, ink) {
    this.base = base;
    this.ink = ink;
    this.#finished = null;
  }

  setStrokes(strokes) {
    this.strokes = strokes;
    this.#finished = null;
  }

  /** The base with all strokes on it, a new tensor. `running`: the last stroke is still being drawn. */
  picture(running = false) {
    const fixed = this.strokes.length - (running ? 1 : 0);
    if (!this.#finished || this.#painted > fixed) {
      this.#finished = { shape: this.base.shape, data: this.base.data.slice() };
      this.#painted = 0;
    }
    for (; this.#painted < fixed; this.#painted++) paintStroke(this.#finished, this.strokes[this.#painted], this.ink);
    const picture = { shape: this.base.shape, data: this.#finished.data.slice() };
    if (running) paintStroke(picture, this.strokes.at(-1), this.ink);
    return picture;
  }
}

/** The tools under a picture, and what the pointer does with them. `look`: the name of a tool that does not draw, or false. */
export class Pad {
  tool = "look";
  size;
  running = false;
  #undone = [];
  #saidFull = false;

  /**
   * onChoose(tool) with each tool, onStart(tool) before a stroke, onStroke() while it moves, onSettled() at pen up, undo,
   * redo and clear; onFull(text) says that no more can be drawn, and with "" that there is room again.
   */
  constructor(panel, drawing, { size, look = "Look", onStart = () => {}, onChoose = () => {}, onStroke, onSettled, onFull }) {
    Object.assign(this, { panel, drawing, size, onStart, onChoose, onStroke, onSettled, onFull });
    const tool = (name, text) =>
      h("button", { type: "button", class: "tool", "data-tool": name, onclick: () => this.choose(name) }, text);
    const act = (name, sign, action) =>
      h("button", { type: "button", class: "tool", "data-act": name, "aria-label": name, title: name, onclick: action }, sign);
    this.sizeInput = h("input", {
      type: "range", min: SIZES.least, max: SIZES.most, value: size, "aria-label": "pen size", title: "pen size",
      oninput: () => (this.size = this.sizeInput.valueAsNumber),
    });
    this.tools = [look ? tool("look", look) : null, tool("pen", "Pen"), tool("eraser", "Eraser")].filter(Boolean);
    this.undoButton = act("undo", icon("undo"), () => this.undo());
    this.redoButton = act("redo", icon("redo"), () => this.redo());
    this.clearButton = act("clear", "Clear", () => this.clear());
    this.element = h("div", { class: "tools", role: "group", "aria-label": "Drawing tools" },
      h("span", { class: "segmented" }, ...this.tools), this.sizeInput,
      h("span", { class: "history" }, this.undoButton, this.redoButton, this.clearButton));
    this.#listen();
    this.choose(look ? "look" : "pen");
  }

  choose(tool) {
    this.tool = tool;
    for (const button of this.tools) mark(button, "aria-pressed", button.dataset.tool === tool);
    // only drawing holds the page still; a double tap is a double click, and does not enlarge the page
    this.panel.style.touchAction = tool === "look" ? "manipulation" : "none";
    this.panel.style.cursor = tool === "look" ? "default" : "crosshair";
    this.onChoose(tool);
    this.refresh();
  }

  /** Whether anything more can be drawn; that nothing can is said at each try. */
  #roomToDraw() {
    const full = !hasRoom(this.drawing.strokes);
    if (full || this.#saidFull) this.onFull(full ? FULL : "");
    this.#saidFull = full;
    return !full;
  }

  /** Shows which of undo, redo and clear have something to do, and whether the drawing is full. */
  refresh() {
    this.#roomToDraw();
    this.undoButton.disabled = !this.drawing.strokes.length;
    this.redoButton.disabled = !this.#undone.length;
    this.clearButton.disabled = !this.drawing.strokes.length;
  }

  #listen() {
    const point = (event) => {
      const box = this.panel.getBoundingClientRect();
      const along = (offset, span) => Math.round(GRID * Math.min(1, Math.max(0, offset / span)));
      return [along(event.clientY - box.top, box.height), along(event.clientX - box.left, box.width)];
    };
    this.panel.addEventListener("pointerdown", (event) => {
      if (this.tool === "look" || event.button > 0 || this.running || !this.#roomToDraw()) return;
      this.panel.setPointerCapture(event.pointerId);
      this.onStart(this.tool);
      this.running = event.pointerId;
      this.#undone = [];
      this.drawing.setStrokes([...this.drawing.strokes, { tool: this.tool, size: this.size, points: [point(event)] }]);
      this.onStroke();
      event.preventDefault();
    });
    this.panel.addEventListener("pointermove", (event) => {
      if (this.running !== event.pointerId) return;
      const { points } = this.drawing.strokes.at(-1);
      let added = false;
      for (const each of event.getCoalescedEvents?.() ?? [event]) {
        const next = point(each);
        const last = points.at(-1);
        if (Math.abs(next[0] - last[0]) + Math.abs(next[1] - last[1]) < NEAR) continue;
        if (!this.#roomToDraw()) break;
        points.push(next);
        added = true;
      }
      if (added) this.onStroke();
    });
    const end = (event) => {
      if (this.running !== event.pointerId) return;
      this.running = false;
      this.refresh();
      this.onSettled();
    };
    this.panel.addEventListener("pointerup", end);
    this.panel.addEventListener("pointercancel", end);
  }

  /** Adds an edit that was not drawn, as a step of its own. */
  add(edit) {
    if (this.running !== false || !this.#roomToDraw()) return;
    this.#undone = [];
    this.#replace([...this.drawing.strokes, edit]);
  }

  undo() {
    if (!this.drawing.strokes.length) return;
    this.#undone.push(this.drawing.strokes.at(-1));
    this.#replace(this.drawing.strokes.slice(0, -1));
  }

  redo() {
    if (this.#undone.length) this.#replace([...this.drawing.strokes, this.#undone.pop()]);
  }

  /** Clearing can be undone stroke by stroke with redo. */
  clear() {
    this.#undone.push(...[...this.drawing.strokes].reverse());
    this.#replace([]);
  }

  /** Another picture: its strokes, and nothing to redo. */
  restart(strokes) {
    this.#undone = [];
    this.drawing.setStrokes(strokes);
    this.refresh();
  }

  #replace(strokes) {
    this.drawing.setStrokes(strokes);
    this.refresh();
    this.onStroke();
    this.onSettled();
  }
}
