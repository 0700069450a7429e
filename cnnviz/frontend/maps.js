/** All maps of one layer as small pictures, one canvas a map. */

import { h, mark } from "./dom.js";
import { packed } from "./palette.js";

/** A layer in the network view: heading, and its maps in a block so many columns wide. */
export class Maps {
  /** shape: (C, H, W) of the layer, which `note` and `flat` (how many numbers that is, or "") say; `grid` rows × cols lays out a flat layer of units as one picture. */
  constructor({ name, title, note, flat = "", shape, columns, side, onPoint, onPick, grid = null }) {
    Object.assign(this, { name, shape, grid });
    const [channels, rows, cols] = grid ? [1, ...grid] : shape;
    this.canvases = Array.from({ length: channels }, (_, channel) => {
      const canvas = h("canvas", {
        class: "map", width: cols, height: rows, "data-panel": "output", "data-channel": channel,
        "data-rows": rows, "data-cols": cols, role: "img", tabindex: "-1",
        "aria-label": grid ? `${title}: ${shape[0]} units` : `${title}, map ${channel + 1} of ${channels}`,
      });
      canvas.style.aspectRatio = `${cols} / ${rows}`;
      const cell = (event) => {
        const box = canvas.getBoundingClientRect();
        const row = Math.min(rows - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * rows)));
        const col = Math.min(cols - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * cols)));
        return grid ? [row * cols + col, 0, 0] : [channel, row, col];
      };
      canvas.addEventListener("pointermove", (event) => onPoint(name, ...cell(event)));
      canvas.addEventListener("pointerleave", () => onPoint(null));
      canvas.addEventListener("click", (event) => onPick(name, ...cell(event)));
      return canvas;
    });
    this.here = h("div", { class: "here", "aria-hidden": "true" });
    this.frames = []; // one a map, for the cells that a unit of the next layer takes
    this.note = h("span", { class: "note" });
    this.block = h("div", { class: "maps" }, ...this.canvases, this.here);
    this.block.style.gridTemplateColumns = `repeat(${columns}, calc(${side}px * var(--scale, 1)))`;
    this.element = h("div", { class: `layer layer-${name}`, "data-layer": name, "data-shape": shape.join() },
      h("div", { class: "layer-title" }, title), h("div", { class: "layer-note" }, note, h("span", { class: "flat" }, flat), " ", this.note), this.block);
    this.image = new ImageData(cols, rows);
    this.colours = new Uint32Array(this.image.data.buffer);
    this.cells = this.colours.length;
  }

  /** Paints values (C, H, W); topOf(channel) gives the value that is drawn in full blue. */
  paint(values, topOf) {
    const { cells } = this;
    this.canvases.forEach((canvas, channel) => {
      const scale = { kind: "activation", top: topOf(channel) };
      for (let at = 0, from = channel * cells; at < cells; at++, from++) {
        this.colours[at] = from < values.length ? packed(scale, values[from]) : 0;
      }
      canvas.getContext("2d").putImageData(this.image, 0, 0);
    });
  }

  /** Crosses out the maps that are switched off. */
  off(isOff) {
    if (this.grid) return;
    this.canvases.forEach((canvas, channel) => mark(canvas, "data-off", isOff(channel)));
  }

  /** Where a unit lies: { left, top, width, height } in CSS pixels from the block's corner. */
  place([map, row, col], rows = 1, cols = 1) {
    const [channel, r, c] = this.grid ? [0, Math.floor(map / this.grid[1]), map % this.grid[1]] : [map, row, col];
    const canvas = this.canvases[channel];
    const [width, height] = [canvas.clientWidth / canvas.width, canvas.clientHeight / canvas.height];
    return { left: canvas.offsetLeft + c * width, top: canvas.offsetTop + r * height, width: cols * width, height: rows * height };
  }

  /** Marks one unit, or none. */
  point(unit) {
    mark(this.here, "data-shown", Boolean(unit));
    if (unit) lay(this.here, this.place(unit));
  }

  /** Frames the same cells in some maps: { maps: [channel], row, col, rows, cols }, or none for null. */
  frame(patch) {
    const maps = patch?.maps ?? [];
    while (this.frames.length < maps.length) {
      this.frames.push(h("div", { class: "patch-frame", "aria-hidden": "true" }));
      this.block.append(this.frames.at(-1));
    }
    this.frames.forEach((frame, at) => {
      mark(frame, "data-shown", at < maps.length);
      if (at < maps.length) lay(frame, this.place([maps[at], patch.row, patch.col], patch.rows, patch.cols));
    });
  }
}

function lay(element, { left, top, width, height }) {
  Object.assign(element.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
}
