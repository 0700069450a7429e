/** The digit that the network reads: drawn on a pad or taken from the gallery, then centred, visibly. */

import { centreDigit, shrinkDigit } from "./digit.js";
import { h, mark, write } from "./dom.js";
import { decode } from "./feed.js";
import { decimal } from "./numbers.js";
import { Drawing, Pad } from "./pad.js";
import { packed } from "./palette.js";
import { strokesFromText } from "./strokes.js";

const CANVAS = 112; // pixels a side of the drawing: four for each of MNIST's
const DIGIT = 28;
export const SIDE = 32; // what the network reads
export const DRAW = "draw"; // the picture that is no gallery digit
const GREY = { kind: "grey", bottom: 0, top: 1 };

export class DigitInput {
  drawing = new Drawing();

  /** image: a gallery key or "draw"; onChange() at each change of the picture, onSettled() when it comes to rest. */
  constructor({ image, strokes, centred, onChange, onSettled }) {
    Object.assign(this, { image, centred, onChange, onSettled });
    this.canvas = h("canvas", { class: "pad-canvas", width: CANVAS, height: CANVAS, "aria-hidden": "true" });
    this.frame = h("div", { class: "centring-frame", "aria-hidden": "true" });
    this.panel = h("div", {
      class: "pad-panel", "data-panel": "drawing", "data-rows": CANVAS, "data-cols": CANVAS, role: "img",
      "aria-label": "Draw a digit here",
    });
    this.pad = new Pad(this.panel, this.drawing, {
      size: 70, look: false, onStart: (tool) => this.#startStroke(tool), onStroke: onChange, onSettled,
    });
    this.pad.restart(strokesFromText(strokes));
    this.seen = h("canvas", {
      class: "map seen", width: SIDE, height: SIDE, "data-panel": "input", "data-rows": SIDE, "data-cols": SIDE, role: "img",
      "aria-label": `What the network reads: 3 equal channels of ${SIDE} × ${SIDE}`,
    });
    this.centreBox = h("input", { type: "checkbox", checked: centred, onchange: () => {
      this.centred = this.centreBox.checked;
      onChange();
      onSettled();
    } });
    this.note = h("p", { class: "seen-note" });
    this.reads = h("p", { class: "reads" });
    this.strip = h("div", { class: "strip", role: "group", "aria-label": "Digits by hand, from the MNIST test set" });
    this.element = h("div", { class: "layer layer-draw" },
      h("div", { class: "layer-title" }, "Draw a digit"), h("div", { class: "layer-note" }, "pen, mouse or finger"),
      h("div", { class: "pad-box" }, this.canvas, this.frame, this.panel), this.pad.element,
      h("div", { class: "seen-row" }, this.seen,
        h("div", {}, h("div", { class: "layer-title" }, "Input"), h("div", { class: "layer-note" }, `3 × ${SIDE} × ${SIDE}`),
          h("label", { class: "same" }, this.centreBox, "centre it"), this.reads)),
      this.note);
  }

  /** The gallery: { keys, labels } and their pixels, as the feed brings them. */
  setGallery(digits) {
    const { shape, data } = decode(digits);
    const area = shape[1] * shape[2];
    this.digits = Object.fromEntries(digits.keys.map((key, at) => [key, data.slice(at * area, (at + 1) * area)]));
    this.buttons = digits.keys.map((key, at) => {
      const canvas = h("canvas", { width: DIGIT, height: DIGIT, "aria-hidden": "true" });
      paint(canvas, this.digits[key]);
      return h("button", { type: "button", class: "digit", "data-image": key, "aria-label": `a ${digits.labels[at]}`, onclick: () => this.#choose(key) }, canvas);
    });
    this.strip.replaceChildren(...this.buttons,
      h("button", { type: "button", class: "tool", "data-image": DRAW, onclick: () => this.#choose(DRAW) }, "Empty canvas"));
    this.#setBase();
  }

  get busy() {
    return this.pad.running !== false;
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
    paint(this.canvas, canvas);
    const { picture, box, note } = this.#prepare(canvas);
    paint(this.seen, picture.subarray(0, SIDE * SIDE));
    write(this.note, note);
    const [top, left, height, width] = box.map((share) => `${100 * share}%`);
    Object.assign(this.frame.style, { top, left, height, width });
    mark(this.frame, "data-shown", box.join() !== "0,0,1,1");
    for (const button of this.buttons) mark(button, "aria-pressed", button.dataset.image === this.image);
    return { shape: [3, SIDE, SIDE], data: picture };
  }

  /** Says beside the pad what the network reads in it: on a phone the classes stand far below. */
  say({ label, probability }) {
    this.reads.replaceChildren("reads ", h("b", {}, label), ` ${decimal(100 * probability, 0)} %`);
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

/** Values in [0, 1] on a canvas with one pixel a value. */
function paint(canvas, values) {
  const image = new ImageData(canvas.width, canvas.height);
  const colours = new Uint32Array(image.data.buffer);
  for (let at = 0; at < colours.length; at++) colours[at] = packed(GREY, values[at]);
  canvas.getContext("2d").putImageData(image, 0, 0);
}
