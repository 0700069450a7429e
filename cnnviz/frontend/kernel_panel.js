/** The kernel's weights as cells: typed, dragged, wheeled or stepped with the arrow keys where they may be edited. */

import { dress, fill, h, mark } from "./dom.js";
import { cellUnder, grow, roomless } from "./grid.js";
import { parseNumber, plain, short } from "./numbers.js";
import { css, inkOn, packed } from "./palette.js";
import { leastDigits } from "./projector.js";

export const MOST = 1000; // |weight| beyond this says nothing that a smaller one does not
const STEP = 0.1;
const COARSE = 1;
const TINY = 16; // CSS pixels
const DRAG_PIXELS = 4; // a drag this long is one step
// Cells are laid out at this many CSS pixels and shown at the size there is room for: so a kernel that changes its size
// has the browser lay out only those that come and go. What keeps its own size on the screen is divided by the zoom.
const LAID_OUT = 64;

export class KernelPanel {
  #shape = "";
  #cells = [];
  #pool = []; // every cell ever needed: a kernel that changes its size builds few anew
  #slice = 0;
  #here = null;

  /** onEdit(slice, row, col, value) for every weight changed; onRefused(sentence) when a text is no weight. */
  constructor({ onEdit = null, onRefused = () => {} } = {}) {
    this.onEdit = onEdit;
    this.onRefused = onRefused;
    this.panel = h("div", { class: "panel kernel-panel", "data-panel": "kernel", role: "group" });
    // the cells' colours lie under them in one picture: 49 backgrounds that change at once cost a frame
    this.colours = roomless({ class: "kernel-colours", "aria-hidden": "true" });
    this.element = h("div", { class: "grid" }, h("div", { class: "sheet" }, this.colours), this.panel);
  }

  /** The box for the cells, and the least font of their digits, with the least cell for it where they must be large. */
  layout({ width, digits = leastDigits() }) {
    Object.assign(this, { width, font: digits.font, least: digits.font > TINY ? digits.cell : TINY });
  }

  /** weight (C, kh, kw), of which one slice is shown; scale as in palette.js. */
  show(weight, slice, scale, name) {
    const [, rows, cols] = weight.shape;
    this.#slice = slice;
    this.scale = scale;
    if (this.#shape !== `${rows},${cols},${this.width},${this.font}`) this.#build(rows, cols);
    mark(this.panel, "data-channel", slice);
    mark(this.panel, "aria-label", `Kernel, ${rows} by ${cols} weights${name ? `, slice for ${name}` : ""}`);
    const focused = this.panel.getRootNode().activeElement; // it may grow beyond its place, and has a colour of its own
    const picture = new ImageData(cols, rows);
    const colours = new Uint32Array(picture.data.buffer);
    this.#cells.forEach((cell, at) => {
      const value = weight.data[slice * rows * cols + at];
      colours[at] = packed(scale, value);
      dress(cell, { color: inkOn(colours[at]), background: cell === focused ? css(scale, value) : "none" });
      mark(cell, "data-value", value);
      if (cell !== focused) this.#write(cell, value);
    });
    this.colours.getContext("2d").putImageData(picture, 0, 0);
    // last: a text put into the cell that has the focus has the browser lay out, there and then, all that has changed so far
    const typed = focused?.dataset.typed === "true";
    if (!typed && this.#cells.includes(focused)) this.#write(focused, Number(focused.dataset.value));
  }

  /** The weight under a pointer event, or that has the focus: [row, col]. */
  cellAt(event) {
    const at = this.#cells.indexOf(event.target);
    return at < 0 ? cellUnder(event, this) : [Math.floor(at / this.cols), at % this.cols];
  }

  /** Marks the cell [row, col] whose weight is being used, or none (null). */
  here(place) {
    const cell = place ? this.#cells[place[0] * this.cols + place[1]] : null;
    if (this.#here !== cell) this.#here?.removeAttribute("data-here");
    this.#here = cell;
    if (!cell) return;
    this.#outline(cell);
    mark(cell, "data-here", true);
  }

  /** Its outline is as broad as in any other kernel. */
  #outline(cell) {
    dress(cell, { "--pixel": `${Math.ceil(3 / this.zoom) / 3}px` }); // three of them are whole: browsers round down
  }

  #write(cell, value) {
    const side = this.width / Math.max(this.rows, this.cols);
    // where all its digits would run into the next cell, a weight is shortened until it is typed over; the ledger has them
    const crowded = plain(value).length * 0.56 * this.font > side;
    const typing = cell.getRootNode().activeElement === cell;
    // in a tiny cell no digit can be read: its colour, its title and the ledger say the weight
    const text = side < this.least && !typing ? "" : this.onEdit && (!crowded || typing) ? plain(value) : short(value, Math.max(2, Math.floor(side / (0.6 * Math.max(this.font, 11))))) || "…";
    if (cell.value !== text) cell.value = text;
    mark(cell, "title", text === plain(value) ? "" : plain(value, 6));
    const size = Math.max(this.font / this.zoom, LAID_OUT * Math.min(0.38, 0.9 / (text.length * 0.56)));
    dress(cell, { fontSize: `${size}px` });
    cell.removeAttribute("aria-invalid");
  }

  #build(rows, cols) {
    this.#shape = `${rows},${cols},${this.width},${this.font}`;
    Object.assign(this, { rows, cols });
    const side = Math.min(this.font > 20 ? 88 : 64, Math.floor(this.width / Math.max(rows, cols)));
    mark(this.panel, "data-rows", rows);
    mark(this.panel, "data-cols", cols);
    mark(this.panel, "data-digits", side < this.least ? 0 : this.font); // the least size they may have here
    mark(this.panel, "data-small", side < 34); // then the cell being typed in grows, or its digits could not be read
    grow(this.colours, cols, rows);
    dress(this.colours, { width: `${side * this.colours.width}px`, height: `${side * this.colours.height}px` });
    dress(this.element, { width: `${side * cols}px`, height: `${side * rows}px` });
    this.zoom = side / LAID_OUT;
    const half = 0.5 / this.zoom; // of the line between two cells
    const line = `var(--paper) 0 ${half}px, transparent ${half}px ${LAID_OUT - half}px, var(--paper) ${LAID_OUT - half}px ${LAID_OUT}px`;
    dress(this.panel, {
      width: `${LAID_OUT * cols}px`,
      height: `${LAID_OUT * rows}px`,
      gridTemplate: `repeat(${rows}, ${LAID_OUT}px) / repeat(${cols}, ${LAID_OUT}px)`,
      transform: `scale(${this.zoom})`,
      backgroundImage: ["right", "bottom"].map((way) => `repeating-linear-gradient(to ${way}, ${line})`).join(),
    });
    while (this.#pool.length < rows * cols) this.#pool.push(this.#input(this.#pool.length));
    this.#cells = this.#pool.slice(0, rows * cols);
    this.#cells.forEach((cell, at) => mark(cell, "aria-label", `weight, row ${Math.floor(at / cols) + 1}, column ${(at % cols) + 1}`));
    fill(this.panel, this.#cells);
    for (const cell of [this.#here, this.panel.getRootNode().activeElement]) if (this.#cells.includes(cell)) this.#outline(cell);
  }

  /** The cell that stands at this place in reading order; which row and column that is depends on the kernel's shape. */
  #input(place) {
    const cell = h("input", {
      class: "weight-cell",
      type: "text",
      inputmode: "text", // "decimal" keypads have no minus on some phones
      autocomplete: "off",
      spellcheck: "false",
      readonly: !this.onEdit,
    });
    if (!this.onEdit) {
      cell.addEventListener("focus", () => this.#outline(cell));
      cell.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        cell.blur();
        event.preventDefault();
      });
      return cell;
    }
    const value = () => Number(cell.dataset.value);
    const change = (next) => this.onEdit(this.#slice, Math.floor(place / this.cols), place % this.cols, next);
    const edit = (next) => {
      const rounded = Math.round(Math.min(MOST, Math.max(-MOST, next)) * 1e6) / 1e6;
      cell.dataset.typed = "false";
      change(rounded);
    };
    cell.addEventListener("focus", () => {
      dress(cell, { background: css(this.scale, value()) });
      this.#outline(cell);
      this.#write(cell, value());
      cell.select();
    });
    cell.addEventListener("input", () => {
      cell.dataset.typed = "true";
      const next = parseNumber(cell.value);
      const sound = Number.isFinite(next) && Math.abs(next) <= MOST;
      if (sound) {
        cell.removeAttribute("aria-invalid");
        this.onRefused("");
        change(next);
        return;
      }
      cell.setAttribute("aria-invalid", "true");
      const typed = cell.value.trim() === "" ? "An empty cell" : `“${cell.value.trim().slice(0, 20)}”`;
      const half = /^[+\-−]?[.,]?$/.test(cell.value.trim()); // on the way to a number
      if (half && cell.value.trim()) return;
      this.onRefused(`${typed} is no number from −${MOST} to ${MOST}; the weight stays ${plain(value())}.`);
    });
    cell.addEventListener("blur", () => {
      dress(cell, { background: "none" });
      cell.dataset.typed = "false";
      this.#write(cell, value());
      this.onRefused("");
    });
    cell.addEventListener("keydown", (event) => {
      const step = event.shiftKey ? COARSE : STEP;
      if (event.key === "ArrowUp") edit(value() + step);
      else if (event.key === "ArrowDown") edit(value() - step);
      else if (event.key === "Enter") cell.blur();
      else if (event.key === "Escape") cell.blur();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    cell.addEventListener(
      "wheel",
      (event) => {
        if (cell.getRootNode().activeElement !== cell) return; // a wheel over the page scrolls the page
        event.preventDefault();
        edit(value() - Math.sign(event.deltaY) * (event.shiftKey ? COARSE : STEP));
      },
      { passive: false },
    );
    this.#dragging(cell, value, edit);
    return cell;
  }

  /** Up and down with the mouse held changes the weight, a step every few pixels. */
  #dragging(cell, value, edit) {
    let from = null;
    cell.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      from = { y: event.clientY, value: value(), moved: false };
      cell.setPointerCapture(event.pointerId); // a quick hand leaves the cell with its first move
    });
    cell.addEventListener("pointermove", (event) => {
      if (!from) return;
      const steps = Math.round((from.y - event.clientY) / DRAG_PIXELS);
      if (!from.moved && Math.abs(steps) < 2) return;
      from.moved = true;
      edit(from.value + steps * STEP);
    });
    cell.addEventListener("dragstart", (event) => event.preventDefault()); // dragging the selected text would end it
    const end = () => (from = null);
    cell.addEventListener("pointerup", end);
    cell.addEventListener("pointercancel", end);
    cell.addEventListener("lostpointercapture", end);
  }
}
