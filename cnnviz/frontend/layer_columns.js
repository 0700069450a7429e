/** The layers of a network side by side: maps in blocks, dense layers as strips, the classes as bars. */

import { h, write } from "./dom.js";
import { Maps } from "./maps.js";
import { plain } from "./numbers.js";
import { isProjecting } from "./projector.js";
import { Verdict } from "./verdict.js";

const WIDTH = 1376; // CSS pixels that the sizes below fill, with the input, at a window of 1440
const FIXED = 596; // of these, what does not grow with the window: input, dense layers, verdict and all gaps
const PROJECTED = { width: 850, height: 122, maps: 577 }; // the same for network_projector.css; its headings and the line below; six maps
const SIDES = { few: 84, many: 80, small: 31 }; // of a map: up to 8 in a layer; more; more, of few cells
const FEW = 8;
const STRIPS = { 120: [24, 5], 84: [21, 4] }; // rows × cols in which a dense layer stands
const UNIT = 9;

export class Columns {
  /** onPoint(layer, map, row, col), onPoint(null) and onPick(layer, map, row, col) as maps.js calls them. */
  constructor(model, { onPoint, onPick }) {
    this.model = model;
    this.views = new Map();
    const columns = [];
    for (const layer of model.shown) {
      if (layer === model.last) break;
      const maps = this.#maps(layer, onPoint, onPick);
      this.views.set(layer.name, maps);
      if (layer.kind !== "linear") columns.push(maps.element);
      else if (columns.at(-1).className === "dense") columns.at(-1).append(maps.element);
      else columns.push(h("div", { class: "dense" }, maps.element));
    }
    this.verdict = new Verdict(model.last, model.labels, (map) => onPick(model.last.name, map, 0, 0), (map) => (map === null ? onPoint(null) : onPoint(model.last.name, map, 0, 0)));
    this.elements = [...columns, this.verdict.element];
  }

  #maps(layer, onPoint, onPick) {
    const shape = layer.outputShape;
    const size = shape.reduce((a, b) => a * b, 1);
    const grid = layer.kind === "linear" ? (STRIPS[size] ?? [size, 1]) : null;
    const many = !grid && shape[0] > FEW;
    return new Maps({
      name: layer.name, title: layer.title, shape, grid,
      note: grid ? String(size) : shape.join(" × "), flat: layer.flattened ? ` = ${size}` : "",
      columns: grid ? 1 : many ? 4 : 2,
      side: grid ? UNIT * grid[1] : many ? (shape[1] < FEW ? SIDES.small : SIDES.many) : SIDES.few,
      onPoint, onPick,
    });
  }

  /** Sizes for the room there is: on a smaller window the maps shrink, so that nothing scrolls sideways; on a projector, nor down. */
  static scale(width, height) {
    const broad = (fixed) => (width - fixed) / (WIDTH - fixed);
    return isProjecting() ? Math.min(1.4, Math.max(0.6, Math.min(broad(PROJECTED.width), (height - PROJECTED.height) / PROJECTED.maps))) : Math.min(1.25, Math.max(0.6, broad(FIXED)));
  }

  /** Paints every layer. scale: "map", "layer" or "network"; returns the value in full blue, or null where it differs. */
  paint(show, scale) {
    const { model } = this;
    const tops = new Map([...this.views.keys()].map((name) => [name, largest(model.values(name, show))]));
    const whole = Math.max(...tops.values());
    for (const [name, maps] of this.views) {
      const values = model.values(name, show);
      const { cells } = maps;
      const top = scale === "network" ? whole : tops.get(name);
      const own = (channel) => largest(values.subarray(channel * cells, (channel + 1) * cells));
      maps.paint(values, scale === "map" ? own : () => top);
      write(maps.note, scale === "map" ? "" : `· ±${plain(top, 1)}`);
      maps.off((channel) => model.edits.isOff(name, channel));
    }
    return scale === "network" ? whole : null;
  }

  /** Marks one unit and, in the layer before it, the cells { layer, maps, row, col, rows, cols } that it takes. */
  mark(unit, patch) {
    for (const [name, maps] of this.views) {
      maps.point(unit?.layer === name ? [unit.map, unit.row, unit.col] : null);
      maps.frame(patch?.layer === name ? patch : null);
    }
    this.verdict.point(unit?.layer === this.model.last.name ? unit.map : null);
  }
}

export function largest(data) {
  return data.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
}
