/** All maps of one layer as small pictures, one canvas a map. */

import { h, mark } from "./dom.js";
import { packed } from "./palette.js";

/** A layer in the network view: heading, and its maps in a block so many columns wide. */
export class Maps {
  /** shape: (C, H, W) of the layer; `grid` rows × cols lays out a flat layer of units as one picture. */
  constructor({ name, title, note, shape, columns, side, onPoint, onPick, grid = null }) {
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
    this.note = h("span", { class: "note" });
    this.block = h("div", { class: "maps" }, ...this.canvases, this.here);
    this.block.style.gridTemplateColumns = `repeat(${columns}, ${side}px)`;
    this.element = h("div", { class: `layer layer-${name}`, "data-layer": name, "data-shape": shape.join() },
      h("div", { class: "layer-title" }, title), h("div", { class: "layer-note" }, note, " ", this.note), this.block);
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

  /** Marks one unit, or none. */
  point(unit) {
    mark(this.here, "data-shown", Boolean(unit));
    if (!unit) return;
    const [channel, row, col] = this.grid ? [0, Math.floor(unit[0] / this.grid[1]), unit[0] % this.grid[1]] : unit;
    const canvas = this.canvases[channel];
    const [width, height] = [canvas.clientWidth / canvas.width, canvas.clientHeight / canvas.height];
    Object.assign(this.here.style, {
      left: `${canvas.offsetLeft + col * width}px`,
      top: `${canvas.offsetTop + row * height}px`,
      width: `${width}px`,
      height: `${height}px`,
    });
  }
}
