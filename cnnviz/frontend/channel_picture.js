/** Planes × slices = partial maps, their sum, the map, the volume: the grids of the channels page and what they show. */

import { account } from "./account.js";
import { PLANES } from "./channel_layer.js";
import { ChannelLoupes, planeColour } from "./channel_loupes.js";
import { h, mark, write } from "./dom.js";
import { Grid } from "./grid.js";
import { KernelPanel } from "./kernel_panel.js";
import { Ledger } from "./ledger.js";
import { NumberField } from "./number_field.js";
import { bracket } from "./account.js";
import { plain, roundUp, short } from "./numbers.js";
import { gradient, packed } from "./palette.js";
import { isProjecting, leastDigits } from "./projector.js";
import { isBeyond, valueAt, windowAt } from "./window.js";
import { weightedSum } from "./weighted_sum.js";

const MOST_PLANES = 4;
const BETWEEN_PIXELS = "rgba(127, 133, 140, 0.45)"; // pixels may be black and may be bright: this is neither
const PHONE = 720;
const ROOM = { plane: 158, kernel: 140, map: 250 }; // CSS pixels for a plane, for a slice, for the map: the player stays on the screen
const OF_FOUR = { ...ROOM, plane: 112, kernel: 112 };
const PROJECTED = { plane: 168, kernel: 192, map: 250 };
const MOST_PROJECTED = 232; // a plane whose digits need no more than this gets it

export class ChannelPicture {
  /** onEdit(slice, row, col, value), onBias(value) → taken?, onFilter(filter), onPin(place), say(sentence). */
  constructor({ attention, onEdit, onBias, onFilter, onPin, say }) {
    Object.assign(this, { onFilter });
    this.rows = Array.from({ length: MOST_PLANES }, (_, at) => this.#planeRow(at, onEdit, say));
    this.map = new Grid("output", { tabindex: "0", role: "application" });
    attention.watch("output", this.map, onPin);
    this.loupes = new ChannelLoupes();
    this.ledger = new Ledger();
    this.bias = 0;
    this.biasField = new NumberField({ label: "bias", least: -1000, most: 1000, whole: false, current: () => this.bias, take: (value) => onBias(Math.fround(value)), say });
    this.parts = h("div", { class: "parts", role: "group", "aria-label": "The sum" });
    this.total = h("b", { class: "number" });
    this.mapTitle = h("span", { class: "title" });
    this.mapNote = h("span", { class: "note" });
    this.filterTitle = h("span", { class: "title" });
    this.filterName = h("span", { class: "filter-name" }); // on the projector, where there is no note
    this.rows[0].kernel.element.before(this.filterName);
    this.filterNote = h("p", { class: "filter-note" });
    this.volume = h("div", { class: "volume" });
    this.volumeNote = h("span", { class: "note" });
    this.volumeGrids = [];
    this.legend = h("div", { class: "legend" }, h("div", { class: "ramp" }), h("div", { class: "ticks" }));
    this.planesNote = h("span", { class: "note" });
    const head = (...children) => h("div", { class: "heading" }, ...children);
    this.element = h("div", { class: "channel-columns" },
      h("div", {},
        h("div", { class: "row-heads" }, head(h("span", { class: "title" }, "Planes"), this.planesNote), head(this.filterTitle), head(h("span", { class: "title" }, "Partial maps"))),
        ...this.rows.map(({ element }) => element), this.filterNote),
      h("div", { class: "map-column" }, head(this.mapTitle, " ", this.mapNote), h("div", { class: "output-box" }, this.map.element), this.legend,
        h("div", { class: "sum-box" }, this.parts,
          h("label", { class: "part bias-part" }, h("span", {}, "+ bias"), this.biasField.element),
          h("div", { class: "part sum-total" }, h("span", {}, "= the map here"), this.total)),
        this.loupes.element),
      h("div", { class: "ledger-column" }, head(h("span", { class: "title" }, "Every product"), " ", this.ledgerNote = h("span", { class: "note" })), this.ledger.element),
      h("div", { class: "volume-column" }, head(h("span", { class: "title" }, "Volume"), " ", this.volumeNote), this.volume));
  }

  #planeRow(at, onEdit, say) {
    const [input, partial] = [new Grid("input"), new Grid("partial")];
    for (const grid of [input, partial]) mark(grid.panel, "data-channel", at);
    const kernel = new KernelPanel({ onEdit: (slice, row, col, value) => onEdit(this.rows[at].slice, row, col, value), onRefused: say });
    const [name, value] = [h("span", { class: "plane-name" }), h("span", { class: "number" })];
    const sign = (text) => h("span", { class: "big-sign", "aria-hidden": "true" }, text);
    const element = h("div", { class: "plane-row", "data-plane": at }, h("div", { class: "cell-box" }, name, input.element), sign("∗"),
      h("div", { class: "cell-box" }, kernel.element, h("p", { class: "no-slice" }, "does not feed this filter")), sign("="),
      h("div", { class: "cell-box" }, partial.element));
    return { element, input, kernel, partial, name, value, slice: 0 };
  }

  // --- what stays while the window moves ---------------------------------------------------------------------------------

  paint(scene) {
    const style = getComputedStyle(this.element);
    const colour = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
    this.look = { paper: colour("--paper", "#ffffff"), soft: colour("--soft", "#5b6570"), font: style.fontFamily };
    this.blank = colour("--blank", "#f2f3f5");
    const { layer, op, maps, partials, filter, first, count, width } = scene;
    const [rows, cols] = op.output.shape;
    const phone = width < PHONE;
    const { plane: usual, kernel, map } = isProjecting() ? PROJECTED : layer.planes === MOST_PLANES ? OF_FOUR : ROOM;
    const wanted = (Math.max(...op.input.shape.slice(1)) + 2 * layer.padding) * leastDigits().cell;
    const rowRoom = phone ? Math.floor((width - 60) / 3) : isProjecting() && wanted <= MOST_PROJECTED ? Math.max(wanted, usual) : usual;
    this.element.style.setProperty("--row", `${rowRoom}px`);
    this.element.style.setProperty("--kernel", `${kernel}px`);
    op.weightScale = { kind: "weight", top: largest(op.weight.data) || 1 };
    const partialScale = { kind: "activation", top: roundUp(Math.max(...partials.map(({ data }) => largest(data)))) };
    this.rows.forEach((row, at) => {
      row.element.hidden = at >= layer.planes;
      if (at >= layer.planes) return;
      const slice = at - first;
      const feeds = slice >= 0 && slice < count;
      mark(row.element, "data-feeds", feeds);
      row.slice = slice;
      write(row.name, PLANES[at]);
      row.input.layout({ rows: op.input.shape[1], cols: op.input.shape[2], margin: [layer.padding, layer.padding], width: rowRoom });
      this.#paintPlane(row.input, scene, at);
      mark(row.input.panel, "aria-label", `The ${PLANES[at]} plane`);
      if (!feeds) return;
      row.kernel.layout({ width: Math.min(phone ? rowRoom : kernel, layer.side === 1 ? 64 : kernel) });
      row.kernel.show(op.weight, slice, op.weightScale, PLANES[at]);
      row.partial.layout({ rows, cols, width: rowRoom });
      this.#paintMap(row.partial, partials[slice].data, partialScale);
      mark(row.partial.panel, "aria-label", `What the ${PLANES[at]} plane adds to map ${filter + 1}`);
    });
    this.loupes.element.hidden = this.rows[first].input.showsDigits || isProjecting(); // where the ledger has the digits, larger
    if (!this.loupes.element.hidden) this.loupes.layout(scene, phone ? width : map);
    const scale = { kind: "activation", top: roundUp(Math.max(...maps.map(({ data }) => largest(data)))) };
    this.map.layout({ rows, cols, width: phone ? Math.min(width, 320) : map });
    this.#paintMap(this.map, maps[filter].data, scale);
    this.#paintVolume(scene, scale, phone ? Math.floor((width - 36) / 4) : 88);
    this.legend.firstChild.style.background = gradient("activation");
    const shown = plain(scale.top, 3);
    this.legend.lastChild.replaceChildren(...[`−${shown}`, "0", `+${shown}`].map((text) => h("span", {}, text)));
    write(this.planesNote, ` ${layer.planes} × ${op.input.shape[1]} × ${op.input.shape[2]}`);
    write(this.filterTitle, scene.title);
    write(this.filterName, scene.name);
    this.filterNote.replaceChildren(h("b", {}, `${scene.name}.`), ` ${scene.sentence}`);
    write(this.mapTitle, `Map ${filter + 1}`);
    write(this.mapNote, `${rows} × ${cols}`);
    write(this.volumeNote, `${maps.length} × ${rows} × ${cols}`);
    write(this.ledgerNote, `${count} × ${layer.side} × ${layer.side} = ${count * layer.side ** 2}`);
    mark(this.map.panel, "aria-label", `Map ${filter + 1}: ${rows} × ${cols} values. Arrow keys move the window, page keys change the filter, space plays.`);
    this.bias = op.bias;
    this.biasField.show();
    this.parts.replaceChildren(...Array.from({ length: count }, (_, slice) => {
      const { value } = this.rows[first + slice];
      return h("div", { class: "part", "data-part": PLANES[first + slice] }, h("span", {}, `${slice ? "+ " : ""}${PLANES[first + slice]}`), value);
    }));
  }

  #paintPlane(grid, { x, layer, range, op }, at) {
    const [, height, width] = x.shape;
    const whole = { input: x, rows: op.rows, cols: op.cols };
    const value = (r, c) => valueAt(whole, at, r - layer.padding, c - layer.padding);
    grid.paint({
      ...this.look, line: BETWEEN_PIXELS, colourOf: (r, c) => planeColour(at, value(r, c), range),
      textOf: grid.showsDigits ? (r, c) => short(value(r, c) ?? 0, grid.characters) : null,
      faded: (r, c) => isBeyond(whole, r - layer.padding, c - layer.padding),
    });
    mark(grid.panel, "data-size", `${height},${width}`);
  }

  #paintMap(grid, data, scale) {
    grid.paint({
      ...this.look, colourOf: (r, c) => packed(scale, data[r * grid.cols + c]),
      textOf: grid.showsDigits ? (r, c) => short(data[r * grid.cols + c], grid.characters) : null,
    });
  }

  #paintVolume({ maps, op, filter }, scale, side) {
    while (this.volumeGrids.length < maps.length) this.volumeGrids.push(this.#volumeMap(this.volumeGrids.length));
    this.volume.replaceChildren(...this.volumeGrids.slice(0, maps.length).map(({ button }) => button));
    maps.forEach(({ data }, at) => {
      const { grid, button } = this.volumeGrids[at];
      grid.layout({ rows: op.output.shape[0], cols: op.output.shape[1], width: side });
      this.#paintMap(grid, data, scale);
      mark(button, "aria-pressed", at === filter);
    });
  }

  #volumeMap(at) {
    const grid = new Grid("volume", { "data-channel": at });
    mark(grid.panel, "aria-label", `Map ${at + 1}`);
    const button = h("button", { type: "button", class: "volume-map", "aria-label": `map ${at + 1}: go to this filter`, onclick: () => this.onFilter(at) },
      h("span", { class: "place" }, String(at + 1)), grid.element);
    return { grid, button };
  }

  // --- what changes with every step --------------------------------------------------------------------------------------

  draw(scene) {
    const { op, layer, maps, partials, filter, first, count, position, taps, result, at, revealed, filling } = scene;
    const { blank } = this;
    const [row, col] = position;
    const [, cols] = op.output.shape;
    const window = windowAt(op, position);
    const each = layer.side ** 2;
    const spot = [{ row, col, rows: 1, cols: 1 }];
    for (let slice = 0; slice < count; slice++) {
      const { input, kernel, partial, value } = this.rows[first + slice];
      const within = at - slice * each;
      const inside = within >= 0 && within < each;
      const tap = inside && { row: taps[at].row, col: taps[at].col, rows: 1, cols: 1 };
      input.draw({ marks: tap ? [{ ...window, thin: true }, tap] : [window] });
      kernel.here(inside ? [Math.floor(within / layer.side), within % layer.side] : null);
      partial.draw({ revealed, also: within < each ? null : position, blank, marks: spot });
      const sum = account(taps.slice(slice * each, (slice + 1) * each), 0, partials[slice].data[row * cols + col]);
      write(value, within < each ? "…" : bracket(sum.dotProduct));
    }
    if (!this.loupes.element.hidden) {
      const within = at % each;
      this.loupes.draw(scene, { ...this.look, line: BETWEEN_PIXELS },
        at >= 0 && at < taps.length ? { slice: Math.floor(at / each), row: Math.floor(within / layer.side), col: within % layer.side } : null);
    }
    for (let plane = 0; plane < layer.planes; plane++) {
      if (plane < first || plane >= first + count) this.rows[plane].input.draw();
    }
    this.map.draw({ revealed, also: at < taps.length ? null : position, blank, marks: spot });
    maps.forEach((_, other) => {
      const { grid } = this.volumeGrids[other];
      if (other === filter) grid.draw({ revealed, blank, marks: [] });
      else grid.draw({ revealed: filling && other > filter ? 0 : Infinity, blank });
    });
    write(this.total, at < taps.length ? "…" : `${result.rounding ? "≈ " : ""}${result.preActivation}`);
    weightedSum.write(this.ledger, op.weightScale ? op : { ...op, weightScale: { kind: "weight", top: largest(op.weight.data) || 1 } }, taps, result, position);
    this.ledger.upTo(at);
  }
}

function largest(data) {
  return data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
