/** A pixel's value, typed over: a double click on the input's cell, or Enter on the one that is pointed at. */

import { h, mark } from "./dom.js";
import { parseNumber, plain } from "./numbers.js";
import { MOST_HUNDREDTHS, typedPixel } from "./strokes.js";

const MOST = MOST_HUNDREDTHS / 100;
const LEAST_BOX = { width: 64, height: 32 }; // CSS pixels: a cell may be smaller than what one can type in
const HELP = "Arrow keys choose a pixel, Enter types its value, Space pins it.";

const clamp = (value, most) => Math.max(0, Math.min(most, value));

export class PixelField {
  #fitted = "";
  #cell = [0, 0];
  #open = false;

  /**
   * Works on `grid`, where a cell is large enough to read. mayPoint(): does a double click belong to this field (and not
   * to a pen)? where(): the cell [row, col] that Enter means. point(cell): the keys have come back to it.
   * take(edit) with a typed pixel as strokes.js has it; say(sentence) explains what cannot be ("" when all is well).
   */
  constructor(grid, { mayPoint, where, point, take, say }) {
    Object.assign(this, { grid, mayPoint, where, point, take, say });
    // "decimal" brings a phone's digits; a value below zero is no pixel's, so no minus is missed
    this.input = h("input", {
      class: "pixel-field", type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", hidden: true,
      onblur: () => this.#leave(),
      onkeydown: (event) => this.#typing(event),
    });
    grid.element.append(this.input);
    grid.panel.addEventListener("dblclick", (event) => {
      if (this.#usable && this.mayPoint()) this.#start(grid.cellAt(event));
    });
    grid.panel.addEventListener("keydown", (event) => this.#key(event));
  }

  /** What is on show: an operation as stage.js has it, and the channel whose values are read and typed. */
  show(op, channel) {
    Object.assign(this, { op, channel });
    const fitted = [this.grid.key, channel, op.input.shape.length].join();
    if (fitted === this.#fitted) return;
    this.#fitted = fitted;
    this.close();
    if (this.#usable) mark(this.grid.panel, "aria-description", HELP);
    else this.grid.panel.removeAttribute("aria-description");
  }

  /** Leaves the field without a change. */
  close() {
    if (!this.#open) return;
    this.#open = false;
    this.input.hidden = true;
    this.say("");
  }

  get #usable() {
    return Boolean(this.op) && this.grid.showsDigits;
  }

  get #value() {
    const [, rows, cols] = this.op.input.shape;
    const [row, col] = this.#cell;
    return this.op.input.data[(this.channel * rows + row) * cols + col];
  }

  get #name() {
    const [row, col] = this.#cell;
    const colour = this.op.channelNames.length > 1 ? `${this.op.channelNames[this.channel]} of the ` : "";
    return `${colour}pixel in row ${row + 1}, column ${col + 1}`;
  }

  #key(event) {
    if (event.key !== "Enter" || !this.#usable || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    this.#start(this.where());
    event.preventDefault();
    event.stopPropagation(); // else it would pin the pixel
  }

  #start([row, col]) {
    const { cell, margin, allRows, allCols } = this.grid;
    this.#cell = [row, col];
    const [width, height] = [Math.max(LEAST_BOX.width, cell), Math.max(LEAST_BOX.height, cell)];
    // over the middle of the cell, and no farther out than the picture goes
    const along = (at, side, all) => clamp((at + 0.5) * cell - side / 2, Math.max(0, all * cell - side));
    Object.assign(this.input.style, {
      top: `${along(row + margin[0], height, allRows)}px`, left: `${along(col + margin[1], width, allCols)}px`,
      width: `${width}px`, height: `${height}px`,
    });
    mark(this.input, "aria-label", `Value of the ${this.#name}, 0 to ${MOST}`);
    this.input.removeAttribute("aria-invalid");
    this.input.value = plain(this.#value, 2);
    this.input.hidden = false;
    this.#open = true;
    this.input.focus({ preventScroll: true });
    this.input.select();
  }

  #typing(event) {
    event.stopPropagation(); // neither the stage's keys nor Streamlit's
    if (event.key === "Escape") this.close();
    else if (event.key !== "Enter" || !this.#take()) return;
    event.preventDefault();
    this.grid.panel.focus({ preventScroll: true });
    this.point(this.#cell);
  }

  /** Whoever goes elsewhere means what is there, if it can be meant; a phone's keypad has no other way out. */
  #leave() {
    if (this.#open && !this.#take()) {
      this.#open = false;
      this.input.hidden = true;
    }
  }

  /** Takes what has been typed and closes; false if it is no value, which is then explained. */
  #take() {
    const value = parseNumber(this.input.value);
    if (!(value >= 0 && value <= MOST)) {
      const text = this.input.value.trim();
      this.input.setAttribute("aria-invalid", "true");
      this.say(`${text ? `“${text.slice(0, 20)}”` : "An empty field"} is no number from 0 to ${MOST}; the pixel stays ${plain(this.#value, 2)}.`);
      return false;
    }
    this.close();
    const { input } = this.op;
    const [, rows, cols] = input.shape;
    if (Math.round(100 * value) !== Math.round(100 * this.#value)) {
      this.take(typedPixel(...this.#cell, rows, cols, value, input.shape[0] > 1 ? this.channel : null));
    }
    return true;
  }
}
