/** The window over each plane, enlarged with its digits, where the planes' own cells are too small for them. */

import { PLANES } from "./channel_layer.js";
import { h, mark } from "./dom.js";
import { Grid } from "./grid.js";
import { short } from "./numbers.js";
import { isBeyond, valueAt, windowAt } from "./window.js";

const GAP = { usual: 8, four: 5 }; // CSS pixels between two
const BEYOND = 10; // four reach so far beyond their column: with it their cells have room for digits
const MOST = 84; // CSS pixels a side
const LARGEST_CELL = 42;

/** The colour of a value on a plane, packed as palette.js does: red, green and blue in their own colour, brightness grey. */
export function planeColour(plane, value, { bottom, top }) {
  const part = Math.round(255 * Math.min(1, Math.max(0, ((value ?? bottom) - bottom) / (top - bottom))));
  return ((255 << 24) | (plane === PLANES.length - 1 ? part * 0x10101 : part << (8 * plane))) >>> 0;
}

export class ChannelLoupes {
  constructor() {
    this.loupes = PLANES.map((name, plane) => {
      const grid = new Grid("loupe", { "data-channel": plane, "aria-label": `The window on the ${name} plane, enlarged` });
      return { grid, element: h("div", { class: "loupe-of" }, h("span", { class: "plane-name" }, name), grid.element) };
    });
    this.element = h("div", { class: "loupes", role: "group", "aria-label": "The window, enlarged", hidden: true }, ...this.loupes.map(({ element }) => element));
  }

  /** Side by side in `width` CSS pixels, for the planes that feed the filter. */
  layout({ layer: { side }, first, count }, width) {
    const many = count > 3;
    const gap = many ? GAP.four : GAP.usual;
    this.element.style.gap = `${gap}px`;
    const room = Math.min(MOST, (width + (many ? BEYOND : 0) - gap * (count - 1)) / count, LARGEST_CELL * side);
    this.loupes.forEach(({ grid, element }, plane) => {
      element.hidden = plane < first || plane >= first + count;
      if (!element.hidden) grid.layout({ rows: side, cols: side, width: room });
    });
  }

  /** `tap`: the place in the window that is just taken, { slice, row, col }, or null. */
  draw({ op, first, count, position, range }, look, tap) {
    const window = windowAt(op, position);
    for (let slice = 0; slice < count; slice++) {
      const { grid } = this.loupes[first + slice];
      const value = (r, c) => valueAt(op, slice, window.row + r, window.col + c);
      grid.paint({
        ...look, colourOf: (r, c) => planeColour(first + slice, value(r, c), range),
        textOf: (r, c) => short(value(r, c) ?? 0, grid.characters),
        faded: (r, c) => isBeyond(op, window.row + r, window.col + c),
      });
      grid.draw({ marks: tap?.slice === slice ? [{ row: tap.row, col: tap.col, rows: 1, cols: 1 }] : [] });
      mark(grid.panel, "data-window", `${window.row},${window.col}`);
    }
  }
}
