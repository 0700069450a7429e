/** The twelve pictures of the shift lab: stages are columns; before, after and difference are rows. */

import { h, mark, write } from "./dom.js";
import { packed } from "./palette.js";
import { cells, direction, percent } from "./shift_words.js";

const ROWS = ["before", "after", "difference"];
const TITLES = ["Input", "Feature map", "After ReLU", "Pooled map"];

export class LabPictures {
  #images = new Map(); // "rows,cols" → { image, colours }: pixels to paint with

  /** onPoint(stage, row, col): the pointer is on that cell, or nowhere (null). */
  constructor({ onPoint }) {
    this.columns = TITLES.map((title, stage) => {
      const note = h("span", { class: "note" });
      const pictures = ROWS.map((row) => this.#picture(title, stage, row, onPoint));
      const lines = ["changed", "moved"].map((name) => {
        const [number, text] = [h("b", {}), h("span", {})];
        return { number, text, element: h("div", { class: `lab-number lab-${name}`, "data-figure": name }, number, " ", text) };
      });
      const element = h("div", { class: "lab-column", "data-lab-stage": title.toLowerCase().replaceAll(" ", "-") },
        h("div", { class: "heading" }, h("span", { class: "title" }, title), " ", note),
        ...pictures.map(({ box }) => box),
        h("div", { class: "lab-numbers" }, ...lines.map((line) => line.element)));
      return { title, note, pictures, lines, element };
    });
    const labels = h("div", { class: "lab-labels", "aria-hidden": "true" }, h("div", { class: "heading" }),
      ...ROWS.map((row) => h("div", { class: "lab-label" }, row, row === "difference" ? h("small", {}, "after − before") : null)),
      h("div", { class: "lab-numbers" }, h("div", { class: "lab-number" }, "changed"), h("div", { class: "lab-number" }, "realigned")));
    this.element = h("div", { class: "lab-grid" }, labels, ...this.columns.map((column) => column.element));
  }

  #picture(title, stage, row, onPoint) {
    const canvas = h("canvas", { class: "lab-canvas", role: "img", "data-panel": `${row}-${stage}` });
    const here = h("div", { class: "here", "aria-hidden": "true" });
    const box = h("div", { class: "lab-picture" }, canvas, here, h("span", { class: "lab-phone-label", "aria-hidden": "true" }, row));
    canvas.addEventListener("pointermove", (event) => {
      const bounds = canvas.getBoundingClientRect();
      const at = (part, length, count) => Math.min(count - 1, Math.max(0, Math.floor((part / length) * count)));
      onPoint(stage, at(event.clientY - bounds.top, bounds.height, canvas.height), at(event.clientX - bounds.left, bounds.width, canvas.width));
    });
    canvas.addEventListener("pointerleave", () => onPoint(null));
    return { canvas, here, box, context: canvas.getContext("2d"), values: null, look: "" };
  }

  /**
   * Paints what has changed. before, after: four stages (C, H, W); picture: { bottom, top } of the input; top: the value
   * in full blue, of all maps alike.
   */
  paint(before, after, { bottom, top: white }, top) {
    const scale = { kind: "activation", top };
    this.columns.forEach(({ title, note, pictures }, stage) => {
      const [channels, rows, cols] = before[stage].shape;
      write(note, `${stage ? "" : channels > 1 ? `${channels} × ` : ""}${rows} × ${cols}`);
      const own = stage ? scale : channels > 1 ? { kind: "rgb", bottom, top: white } : { kind: "grey", bottom, top: white };
      const apart = stage ? scale : { kind: "activation", top: white - bottom };
      const look = [rows, cols, top, bottom, white].join();
      [[before[stage], own], [after[stage], own], [[before[stage], after[stage]], apart]].forEach(([values, colours], row) => {
        const picture = pictures[row];
        const known = Array.isArray(values) ? picture.values?.[0] === values[0] && picture.values?.[1] === values[1] : picture.values === values;
        if (known && picture.look === look) return;
        Object.assign(picture, { values, look });
        if (picture.canvas.width !== cols || picture.canvas.height !== rows) Object.assign(picture.canvas, { width: cols, height: rows });
        mark(picture.canvas, "data-rows", rows);
        mark(picture.canvas, "data-cols", cols);
        mark(picture.canvas, "aria-label", `${title}, ${ROWS[row]}: ${rows} × ${cols} values`);
        this.#fill(picture.context, values, colours, rows, cols);
      });
    });
  }

  #fill(context, values, scale, rows, cols) {
    const key = `${rows},${cols}`;
    if (!this.#images.has(key)) {
      const image = new ImageData(cols, rows);
      this.#images.set(key, { image, colours: new Uint32Array(image.data.buffer) });
    }
    const { image, colours } = this.#images.get(key);
    const cellCount = rows * cols;
    if (Array.isArray(values)) {
      const [{ data: was, shape: [channels] }, { data: is }] = values;
      for (let at = 0; at < cellCount; at++) {
        let sum = 0;
        for (let c = 0, from = at; c < channels; c++, from += cellCount) sum += is[from] - was[from];
        colours[at] = packed(scale, sum / channels);
      }
    } else if (scale.kind === "rgb") {
      for (let at = 0; at < cellCount; at++) {
        let colour = 255 << 24;
        for (let c = 0; c < 3; c++) {
          const share = (values.data[c * cellCount + at] - scale.bottom) / (scale.top - scale.bottom);
          colour |= Math.round(255 * Math.min(1, Math.max(0, share))) << (8 * c);
        }
        colours[at] = colour >>> 0;
      }
    } else for (let at = 0; at < cellCount; at++) colours[at] = packed(scale, values.data[at]);
    context.putImageData(image, 0, 0);
  }

  /** The numbers under each column. */
  describe(figures) {
    this.columns.forEach(({ element, lines: [changed, moved] }, stage) => {
      const { changed: stayed, moved: along } = figures[stage];
      write(changed.number, percent(stayed.relative));
      write(changed.text, stayed.equal ? "exactly equal" : `${cells(stayed.unchanged)} of cells unchanged`);
      write(moved.number, along ? percent(along.relative) : "");
      write(moved.text, !along ? "no overlap left" : `${along.equal ? "exactly equal" : "at best"}, ${moveText(along.move)}`);
      mark(element, "data-relative", stayed.relative);
      mark(element, "data-unchanged", stayed.unchanged);
      mark(element, "data-equal", stayed.equal);
      mark(element, "data-realigned", along?.relative ?? "");
      mark(element, "data-realigned-equal", along?.equal ?? "");
      mark(element, "data-move", along?.move ?? "");
    });
  }

  /** Marks rectangles: marks[stage][row] = { row, col, rows, cols } or nothing. */
  point(marks) {
    this.columns.forEach(({ pictures }, stage) => pictures.forEach(({ canvas, here }, row) => {
      const place = marks?.[stage]?.[row];
      mark(here, "data-shown", Boolean(place));
      if (!place) return;
      const share = (part, whole) => `${(100 * part) / whole}%`;
      Object.assign(here.style, {
        top: share(place.row, canvas.height), left: share(place.col, canvas.width),
        height: share(place.rows, canvas.height), width: share(place.cols, canvas.width),
      });
    }));
  }
}

function moveText(move) {
  return move[0] || move[1] ? `moved ${direction(move)}` : "not moved";
}
