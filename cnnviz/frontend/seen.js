/** The picture that the network reads, and on it what the marked unit sees. */

import { h, mark } from "./dom.js";
import { paintPicture } from "./thumbnails.js";

/** 32×32 pixels with a frame (the receptive field) and a veil (where a change would matter most). */
export class Seen {
  constructor(side) {
    this.side = side;
    const size = { width: side, height: side };
    this.canvas = h("canvas", {
      class: "map seen-canvas", ...size, "data-panel": "input", "data-rows": side, "data-cols": side, role: "img",
      "aria-label": `What the network reads: 3 channels of ${side} × ${side}`,
    });
    this.veil = h("canvas", { class: "veil", ...size, "aria-hidden": "true", "data-veil": "none" });
    this.frame = h("div", { class: "field-frame", "aria-hidden": "true" });
    this.element = h("div", { class: "seen" }, this.canvas, this.veil, this.frame);
  }

  /** picture (3, side, side) in [0, 1]; three equal channels come out grey. */
  paint(picture) {
    paintPicture(this.canvas, picture);
  }

  /** The receptive field { row, col, rows, cols }, or null. */
  point(field) {
    place(this.frame, field, this.side);
    if (field) mark(this.frame, "data-field", [field.row, field.col, field.rows, field.cols].join());
  }

  /** How strongly the unit answers to each pixel, (side · side) values from 0 up, or null: a veil of amber. */
  weigh(gradient) {
    mark(this.veil, "data-veil", gradient ? "shown" : "none");
    if (!gradient) return;
    const most = gradient.reduce((a, b) => Math.max(a, b), 0) || 1;
    const image = new ImageData(this.side, this.side);
    gradient.forEach((value, at) => image.data.set([255, 176, 0, Math.round(220 * (value / most))], 4 * at));
    this.veil.getContext("2d").putImageData(image, 0, 0);
  }
}

/** Lays a frame over { row, col, rows, cols } of a square of so many cells a side; hides it for null. */
export function place(frame, field, side) {
  mark(frame, "data-shown", Boolean(field));
  if (!field) return;
  const share = (cells) => `${(100 * cells) / side}%`;
  Object.assign(frame.style, { top: share(field.row), left: share(field.col), height: share(field.rows), width: share(field.cols) });
}

