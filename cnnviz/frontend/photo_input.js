/** The photograph that the network reads: the image that all pages share, or one of the gallery, through a visible crop. */

import { LEAST, UNITS, cropFromText, cropToText, grown } from "./crop.js";
import { CropFrame } from "./crop_frame.js";
import { h, mark, write } from "./dom.js";
import { decimal } from "./numbers.js";
import { Drawing, Pad } from "./pad.js";
import { decode } from "./parcel.js";
import { paintPicture, showImage } from "./thumbnails.js";
import { Seen, place } from "./seen.js";
import { averagedSquare } from "./square.js";
import { Strip } from "./strip.js";
import { strokesFromText, strokesToText } from "./strokes.js";

export const SIDE = 32; // what the network reads
const BOX = 208; // CSS pixels of the picture's longer side

export class PhotoInput {
  drawing = new Drawing();
  choice = null; // the number of the last one made in the image chooser, as far as this has heard of it

  /** image: a key of the gallery, or of the shared image; square: a crop's text, "" for the largest square. */
  constructor({ image, strokes, square, readings, onChange, onSettled }) {
    Object.assign(this, { image, square, readings, onChange, onSettled });
    this.canvas = h("canvas", { class: "pad-canvas", "aria-hidden": "true" });
    this.field = h("div", { class: "field-frame", "aria-hidden": "true" });
    this.frame = new CropFrame({ onCrop: (crop) => this.#take(crop), onSettled });
    this.frame.listenOn(this.frame.element);
    this.panel = h("div", { class: "pad-panel", "data-panel": "drawing", role: "img", "aria-label": "The picture; the frame is what the network reads" });
    this.box = h("div", { class: "pad-box photo-box" }, this.canvas, this.panel, this.frame.element, this.field);
    this.pad = new Pad(this.panel, this.drawing, {
      size: 70, look: "Crop", onStroke: onChange,
      onSettled: () => {
        if (this.image === this.own.key) showImage(this.own.source, this.drawing.picture(), this.range);
        onSettled();
      },
      // while a pen is chosen, the frame does not stand in its way
      onChoose: (tool) => mark(this.frame.element, "data-held", tool !== "look"),
      onFull: (text) => (this.full = text),
    });
    this.pad.restart(strokesFromText(strokes));
    this.seen = new Seen(SIDE);
    this.sizeInput = h("input", { type: "range", min: LEAST, max: UNITS, "aria-label": "crop size", oninput: () => this.#resize(this.sizeInput.valueAsNumber), onchange: () => this.onSettled() });
    this.note = h("p", { class: "seen-note", role: "status" });
    this.reads = h("p", { class: "reads" });
    this.strip = new Strip({ label: "Test pictures of CIFAR-10, with their labels", words: true, onPick: (key) => this.choose(key) });
    this.ownButton = h("button", { type: "button", class: "sample own", "data-image": "own", onclick: () => this.choose(this.own.key) });
    this.element = h("div", { class: "layer layer-draw" },
      h("div", { class: "layer-title" }, "Picture"), h("div", { class: "layer-note" }, "drag the frame, or a corner"),
      this.box, this.pad.element,
      h("div", { class: "seen-row" }, this.seen.element,
        h("div", {}, h("div", { class: "layer-title" }, "Input"), h("div", { class: "layer-note" }, `3 × ${SIDE} × ${SIDE}`),
          h("label", { class: "same crop-size" }, "crop", this.sizeInput), this.reads)),
      this.note);
  }

  /** The gallery: { keys } and their pixels, as the feed brings them. */
  setGallery(things) {
    const { shape, data } = decode(things);
    const size = shape.slice(1).reduce((a, b) => a * b, 1);
    this.things = Object.fromEntries(things.keys.map((key, at) => [key, data.slice(at * size, (at + 1) * size)]));
    this.#ready();
  }

  /** The shared image: { key, title, choice, current, bottom, top } and its pixels. Returns whether it is on show now. */
  setOwn(source) {
    this.own = { ...source, image: decode(source) };
    const chosen = source.current && this.choice !== null && this.choice !== source.choice;
    this.choice = source.choice;
    if (chosen) {
      this.image = source.key;
      this.square = "";
      this.pad.restart([]);
    }
    this.#ready();
    return this.ready && this.image === source.key;
  }

  #ready() {
    if (!this.ready) return;
    if (!this.image) this.image = this.own.current ? this.own.key : this.readings[0].key;
    if (!this.things[this.image]) this.image = this.own.key;
    const canvas = h("canvas", { width: this.own.image.shape[2], height: this.own.image.shape[1], "aria-hidden": "true" });
    paintPicture(canvas, this.own.image.data, this.own);
    this.ownButton.replaceChildren(canvas, h("span", { class: "caption" }, "your image"));
    mark(this.ownButton, "data-image", this.own.key);
    mark(this.ownButton, "aria-label", `the image that all pages share: ${this.own.title}`);
    this.strip.show(this.things, this.readings, SIDE, [this.ownButton]);
    this.#setBase();
  }

  get ready() {
    return Boolean(this.things && this.own);
  }

  get busy() {
    return this.pad.running !== false || this.frame.dragging;
  }

  get samples() {
    return this.readings.map(({ key, label }) => ({ key, label, picture: { shape: [3, SIDE, SIDE], data: this.things[key] } }));
  }

  get query() {
    const { strokes } = this.drawing;
    if (!this.image) return []; // Python knows better, and will say
    return [
      `image=${this.image}`, strokes.length ? `strokes=${strokesToText(strokes)}` : "",
      this.square ? `square=${this.square}` : "",
    ];
  }

  choose(key) {
    this.image = key;
    this.square = "";
    this.pad.restart([]);
    this.#setBase();
    this.onChange();
    this.onSettled();
  }

  #setBase() {
    const thing = this.things[this.image];
    this.range = thing ? { bottom: 0, top: 1 } : { bottom: this.own.bottom, top: this.own.top };
    const base = thing ? { shape: [3, SIDE, SIDE], data: thing } : this.own.image;
    this.drawing.setBase(base, this.range.top);
    const [, height, width] = base.shape;
    Object.assign(this.canvas, { width, height });
    const scale = BOX / Math.max(height, width);
    Object.assign(this.box.style, { width: `${width * scale}px`, height: `${height * scale}px` });
    mark(this.panel, "data-rows", height);
    mark(this.panel, "data-cols", width);
    this.square = cropToText(this.crop, this.shape); // moved until it lies within this picture
  }

  /** Paints picture and input, and returns what the network reads: a tensor (3, 32, 32). */
  read() {
    const picture = this.drawing.picture(this.pad.running !== false);
    paintPicture(this.canvas, picture.data, this.range);
    const { crop } = this;
    const input = averagedSquare(picture, crop, SIDE, this.range);
    this.seen.paint(input.data);
    this.frame.show(crop, this.shape);
    if (this.sizeInput.valueAsNumber !== crop.height) this.sizeInput.value = crop.height;
    const pixels = (Math.min(picture.shape[1], picture.shape[2]) * crop.height) / UNITS;
    const note = pixels === SIDE ? "Pixel for pixel: nothing is averaged." : `A square of ${decimal(pixels, 0)} pixels, ${pixels > SIDE ? "averaged" : "spread"} to ${SIDE}.`;
    write(this.note, this.full || note);
    mark(this.note, "data-warning", Boolean(this.full));
    this.strip.choose(this.image);
    return input;
  }

  /** The picture's sides in pixels. */
  get shape() {
    const [, height, width] = this.drawing.base.shape;
    return { height, width };
  }

  get crop() {
    return cropFromText(this.square, this.shape);
  }

  #take(crop) {
    this.square = cropToText(crop, this.shape);
    this.frame.show(crop, this.shape);
    this.onChange();
  }

  #resize(side) {
    const { crop } = this;
    this.#take(grown(crop, side - crop.height, side - crop.height, this.shape));
  }

  /** A part of the crop, in shares of it, as a part of the whole picture. */
  #inPicture({ row, col, rows, cols }) {
    const { height, width } = this.shape;
    const { top, left, height: side } = this.crop;
    const shorter = Math.min(height, width) / UNITS;
    return {
      row: ((top + row * side) * shorter) / height, rows: (rows * side * shorter) / height,
      col: ((left + col * side) * shorter) / width, cols: (cols * side * shorter) / width,
    };
  }

  /** Frames what a unit sees, { row, col, rows, cols } of the input, on the input and on the picture. */
  point(field) {
    this.seen.point(field);
    place(this.field, field && this.#inPicture({ row: field.row / SIDE, col: field.col / SIDE, rows: field.rows / SIDE, cols: field.cols / SIDE }), 1);
  }

  say({ label, probability }) {
    this.reads.replaceChildren("reads ", h("b", {}, label), ` ${decimal(100 * probability, 0)}%`);
  }
}
