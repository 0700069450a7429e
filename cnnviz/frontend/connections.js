/** Lines from the unit under the pointer to what it takes from the layer before: only for what the pointer is on. */

import { mark } from "./dom.js";
import { css } from "./palette.js";
import { inputOf, patchOf } from "./reach.js";

const SVG = "http://www.w3.org/2000/svg";
const STRONGEST = 24; // of a dense unit's connections

/** The cells of the layer before that a unit of a sliding layer takes, in each map: { layer, maps, row, col, rows, cols }. */
export function patchBefore(model, unit) {
  const layer = model.layer(unit.layer);
  const source = model.sources.get(unit.layer);
  if (!source || layer.kind === "linear") return null;
  const maps = layer.kind === "max_pool2d" ? [unit.map] : Array.from({ length: source.outputShape[0] }, (_, at) => at);
  return { layer: source.name, maps, ...patchOf(layer, unit) };
}

/** A dense unit's strongest inputs, by weight × value: [{ unit, product }]. */
function strongestInputs(model, unit, count = STRONGEST) {
  const layer = model.layer(unit.layer);
  const weight = model.weights[`${layer.module}.weight`];
  const inputs = model.results.get(layer.name).input.data;
  const own = weight.data.subarray(unit.map * inputs.length, (unit.map + 1) * inputs.length);
  const products = Array.from(inputs, (value, tap) => ({ tap, product: value * own[tap] })).filter(({ product }) => product !== 0);
  products.sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
  return products.slice(0, count).map(({ tap, product }) => ({ unit: inputOf(model, unit, tap), product }));
}

export class Connections {
  #paths = [];

  constructor() {
    this.element = document.createElementNS(SVG, "svg");
    this.element.setAttribute("class", "connections");
    this.element.setAttribute("aria-hidden", "true");
  }

  /** Draws the lines to a unit, or none for null. columns as in layer_columns.js; from the picture they begin at `input`. */
  show(model, columns, unit, input) {
    const lines = unit ? this.#lines(model, columns, unit, input) : [];
    while (this.#paths.length < lines.length) {
      this.#paths.push(document.createElementNS(SVG, "path"));
      this.element.append(this.#paths.at(-1));
    }
    this.#paths.forEach((path, at) => {
      const line = lines[at];
      mark(path, "visibility", line ? "visible" : "hidden");
      if (!line) return;
      mark(path, "d", curve(line.from, line.to));
      mark(path, "stroke", line.colour ?? "");
      mark(path, "class", line.colour ? "signed" : "plain");
    });
    mark(this.element, "data-lines", lines.length);
  }

  #lines(model, columns, unit, input) {
    const origin = this.element.getBoundingClientRect();
    const view = columns.views.get(unit.layer);
    const target = view ? boxOf(view, [unit.map, unit.row, unit.col], 1, 1, origin) : rectOf(columns.verdict.bars[unit.map].row, origin);
    const to = [target.left, target.top + target.height / 2];
    const source = model.sources.get(unit.layer);
    if (!source) {
      const box = rectOf(input, origin);
      return [{ from: [box.left + box.width, box.top + box.height / 2], to }];
    }
    const before = columns.views.get(source.name);
    const patch = patchBefore(model, unit);
    if (patch) {
      return patch.maps.map((map) => {
        const box = boxOf(before, [map, patch.row, patch.col], patch.rows, patch.cols, origin);
        return { from: [box.left + box.width, box.top + box.height / 2], to };
      });
    }
    const inputs = strongestInputs(model, unit);
    const scale = { kind: "activation", top: Math.abs(inputs[0]?.product ?? 1) };
    return inputs.map(({ unit: one, product }) => {
      const box = boxOf(before, [one.map, one.row, one.col], 1, 1, origin);
      return { from: [box.left + box.width, box.top + box.height / 2], to, colour: css(scale, Math.sign(product) * (0.35 * scale.top + 0.65 * Math.abs(product))) };
    });
  }
}

function boxOf(maps, unit, rows, cols, origin) {
  const { left, top, width, height } = maps.place(unit, rows, cols);
  const block = maps.block.getBoundingClientRect();
  return { left: block.left - origin.left + left, top: block.top - origin.top + top, width, height };
}

function rectOf(element, origin) {
  const box = element.getBoundingClientRect();
  return { left: box.left - origin.left, top: box.top - origin.top, width: box.width, height: box.height };
}

function curve([x0, y0], [x1, y1]) {
  const middle = (x0 + x1) / 2;
  return `M${x0.toFixed(1)},${y0.toFixed(1)}C${middle.toFixed(1)},${y0.toFixed(1)} ${middle.toFixed(1)},${y1.toFixed(1)} ${x1.toFixed(1)},${y1.toFixed(1)}`;
}
