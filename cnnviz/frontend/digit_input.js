/** The digit that the network reads: drawn on a pad or taken from the gallery, then centred, visibly. */

import { centreDigit, shrinkDigit } from "./digit.js";
import { h, mark, write } from "./dom.js";
import { decimal } from "./numbers.js";
import { Drawing, Pad } from "./pad.js";
import { decode } from "./parcel.js";
import { paintPicture } from "./thumbnails.js";
import { Seen, place } from "./seen.js";
import { Strip } from "./strip.js";
import { strokesFromText, strokesToText } from "./strokes.js";

const CANVAS = 112; // pixels a side of the drawing: four for each of MNIST's
const DIGIT = 28;
export const SIDE = 32; // what the network reads
const DRAW = "draw"; // the picture that is no gallery digit

export class DigitInput {
  drawing = new Drawing();

  /** image: a gallery key or "draw"; onChange() at each change of the picture, onSettled() when it comes to rest. */
  constructor({ image, strokes, centred, readings, onChange, onSettled }) {
    Object.assign(this, { image, centred, readings, onChange, onSettled });
    this.canvas = h("canvas", { class: "pad-canvas", width: CANVAS, height: CANVAS, "aria-hidden": "true" });
    this.frame = h("div", { class: "centring-frame", "aria-hidden": "true" });
    this.panel = h("div", {
      class: "pad-panel", "data-panel": "drawing", "data-rows": CANVAS, "data-cols": CANVAS, role: "img",
      "aria-label": "Draw a digit here",
    });
    this.pad = new Pad(this.panel, this.drawing, {
      size: 70, look: false, onStart: (tool) => this.#startStroke(tool), onStroke: onChange, onSettled,
      onFull: (text) => (this.full = text),
    });
    this.pad.restart(strokesFromText(strokes));
    this.field = h("div", { class: "field-frame", "aria-hidden": "true" });
    this.seen = new Seen(SIDE);
    this.centreBox = h("input", { type: "checkbox", checked: centred, onchange: () => {
      this.centred = this.centreBox.checked;
      onChange();
      onSettled();
    } });
    this.note = h("p", { class: "seen-note", role: "status" });
    this.reads = h("p", { class: "reads" });
    this.strip = new Strip({ label: "Digits by hand, from the MNIST test set", onPick: (key) => this.#choose(key) });
    this.element = h("div", { class: "layer layer-draw" },
      h("div", { class: "layer-title" }, "Draw a digit"), h("div", { class: "layer-note" }, "pen, mouse or finger"),
      h("div", { class: "pad-box" }, this.canvas, this.frame, this.field, this.panel), this.pad.element,
      h("div", { class: "seen-row" }, this.seen.element,
        h("div", {}, h("div", { class: "layer-title" }, "Input"), h("div", { class: "layer-note" }, `3 × ${SIDE} × ${SIDE}`),
          h("label", { class: "same" }, this.centreBox, "centre it"), this.reads)),
      this.note);
  }

  /** The gallery: { keys, labels } and their pixels, as the feed brings them. */
  setGallery(digits) {
    const { shape, data } = decode(digits);
    const area = shape[1] * shape[2];
    this.digits = Object.fromEntries(digits.keys.map((key, at) => [key, data.slice(at * area, (at + 1) * area)]));
    this.strip.show(this.digits, this.readings, DIGIT,
      [h("button", { type: "button", class: "tool", "data-image": DRAW, onclick: () => this.#choose(DRAW) }, "Empty canvas")]);
    this.#setBase();
  }

  get busy() {
    return this.pad.running !== false;
  }

  get ready() {
    return Boolean(this.digits);
  }

  /** The bundled pictures as the network reads them: [{ key, picture }]. */
  get samples() {
    return this.readings.map(({ key, label }) => ({ key, label, picture: { shape: [3, SIDE, SIDE], data: framed(this.digits[key]) } }));
  }

  /** What a link says of the picture: parts of a query. */
  get query() {
    const { strokes } = this.drawing;
    return [`image=${this.image}`, strokes.length ? `strokes=${strokesToText(strokes)}` : "", this.centred ? "" : "centre=0"];
  }

  choose(key) {
    this.#choose(key);
  }

  #choose(key) {
    this.image = key;
    this.pad.restart([]);
    this.#setBase();
    this.onChange();
    this.onSettled();
  }

  #setBase() {
    const base = new Float32Array(CANVAS * CANVAS);
    const digit = this.digits[this.image];
    const times = CANVAS / DIGIT;
    if (digit) {
      for (let r = 0; r < CANVAS; r++) {
        for (let c = 0; c < CANVAS; c++) base[r * CANVAS + c] = digit[Math.floor(r / times) * DIGIT + Math.floor(c / times)];
      }
    }
    this.drawing.setBase({ shape: [1, CANVAS, CANVAS], data: base }, 1);
  }

  /** The pen on an untouched digit of the gallery begins a drawing of one's own; the eraser works on the digit. */
  #startStroke(tool) {
    if (tool !== "pen" || this.image === DRAW || this.drawing.strokes.length) return;
    this.image = DRAW;
    this.#setBase();
  }

  /** Paints pad and input, and returns what the network reads: a tensor (3, 32, 32). */
  read() {
    const canvas = this.drawing.picture(this.busy).data;
    paintPicture(this.canvas, canvas);
    const { picture, box, note } = this.#prepare(canvas);
    this.box = box;
    this.seen.paint(picture);
    write(this.note, this.full || note);
    mark(this.note, "data-warning", Boolean(this.full));
    const [top, left, height, width] = box.map((share) => `${100 * share}%`);
    Object.assign(this.frame.style, { top, left, height, width });
    mark(this.frame, "data-shown", box.join() !== "0,0,1,1");
    this.strip.choose(this.image);
    return { shape: [3, SIDE, SIDE], data: picture };
  }

  /** Frames what a unit sees, { row, col, rows, cols } of the input, on the input and on the drawing it was made from. */
  point(field) {
    this.seen.point(field);
    if (!field) return place(this.field, null);
    const edge = (SIDE - DIGIT) / 2;
    const [top, left, height, width] = this.box;
    const along = (from, span, start, all) => {
      const [first, end] = [from, from + span].map((at) => Math.min(1, Math.max(0, start + ((at - edge) / DIGIT) * all)));
      return [first, end - first];
    };
    const [row, rows] = along(field.row, field.rows, top, height);
    const [col, cols] = along(field.col, field.cols, left, width);
    return place(this.field, { row, col, rows, cols }, 1);
  }

  /** Says beside the pad what the network reads in it: on a phone the classes stand far below. */
  say({ label, probability }) {
    this.reads.replaceChildren("reads ", h("b", {}, label), ` ${decimal(100 * probability, 0)}%`);
  }

  /** { picture, box, note }: box is the square of the canvas that became the input, in fractions of the canvas. */
  #prepare(canvas) {
    const digit = this.digits[this.image];
    const all = [0, 0, 1, 1];
    if (digit && !this.drawing.strokes.length) {
      return { picture: framed(digit), box: all, note: "As MNIST has it: already centred, with 2 pixels of black around." };
    }
    if (!this.centred) {
      return { picture: shrinkDigit(canvas, CANVAS, CANVAS), box: all, note: "The canvas as it is, shrunk to 28 × 28." };
    }
    return { ...centreDigit(canvas, CANVAS, CANVAS), note: "Cut out, scaled to 20 and centred, as MNIST's digits are." };
  }
}

/** A 28×28 digit with two pixels of black around it, on three equal channels. */
function framed(digit) {
  const picture = new Float32Array(3 * SIDE * SIDE);
  const edge = (SIDE - DIGIT) / 2;
  for (let c = 0; c < 3; c++) {
    for (let r = 0; r < DIGIT; r++) picture.set(digit.subarray(r * DIGIT, (r + 1) * DIGIT), (c * SIDE + r + edge) * SIDE + edge);
  }
  return picture;
}
