/** A layer of two traces side by side, with their difference: one scale, and one position that all three share. */

import { h, mark, write } from "./dom.js";
import { Maps } from "./maps.js";
import { mount } from "./mount.js";
import { decimal, fromScaled, plain, scaled } from "./numbers.js";
import { gradient } from "./palette.js";
import { decode } from "./parcel.js";

const SIDES = [["here", "here"], ["other", "the other"], ["difference", "difference: the other − here"]];
const FEW = 6; // maps up to which three stand in a row; more stand in fours
const STRIPS = { 120: [10, 12], 84: [7, 12] }; // rows × cols in which a dense layer stands
const DECIMALS = 4;
const WIDEST = 26; // CSS pixels of a unit in a strip
const POINT = "Point at a cell: the same one is marked in all three, with its values. A click keeps it there.";

class CompareView {
  #painted = 0;
  #structure = "";

  constructor() {
    this.pinned = null;
    this.pointed = null;
    this.sides = h("div", { class: "compare-sides", tabindex: "0", role: "application", "aria-label": "The maps compared. Arrow keys move the marked cell, Page Up and Page Down go to another map, Escape frees it." });
    this.readout = h("p", { class: "compare-readout", "aria-live": "polite" });
    this.legend = h("div", { class: "legend" }, h("div", { class: "ramp" }), h("div", { class: "ticks" }));
    this.legend.firstChild.style.background = gradient("activation");
    this.element = h("div", { class: "cnnviz compare" }, this.sides, h("div", { class: "compare-said" }, this.readout, this.legend));
    this.sides.addEventListener("keydown", (event) => this.#key(event));
  }

  /** data: { layer, title, shape: (C, H, W) or (N), words: the units' names, or null, a, b: as ui/feed.py encodes them }. */
  update(data) {
    const structure = [data.layer, data.title, ...data.shape].join();
    this.data = data;
    const [a, b] = [decode(data.a).data, decode(data.b).data];
    this.values = [a, b, b.map((value, at) => value - a[at])];
    if (structure !== this.#structure) this.#build(structure);
    const top = this.values.reduce((most, values) => values.reduce((so, value) => Math.max(so, Math.abs(value)), most), 0) || 1;
    this.maps.forEach((maps, side) => maps.paint(this.values[side], () => top));
    this.legend.lastChild.replaceChildren(...[`−${plain(top, 2)}`, "0", `+${plain(top, 2)}`].map((text) => h("span", {}, text)));
    mark(this.element, "data-compare", data.layer);
    mark(this.element, "data-painted", ++this.#painted);
    this.#show();
  }

  #build(structure) {
    this.#structure = structure;
    [this.pinned, this.pointed] = [null, null];
    const { layer, title, shape } = this.data;
    const flat = shape.length === 1;
    const grid = flat ? (STRIPS[shape[0]] ?? [1, shape[0]]) : null;
    this.columns = flat ? 1 : shape[0] > FEW ? 4 : 3;
    this.maps = SIDES.map(([side, words]) => {
      const maps = new Maps({
        name: layer, title: `${title}, ${words}`, note: shape.join(" × "), shape, grid, columns: this.columns, side: 1,
        onPoint: (name, ...unit) => this.#point(name ? unit : null),
        onPick: (name, ...unit) => this.#pin(unit),
      });
      mark(maps.element, "data-side", side);
      return maps;
    });
    this.sides.replaceChildren(...this.maps.map(({ element }) => element));
    this.resize();
  }

  /** Three blocks side by side where there is room, else under each other. */
  resize() {
    if (!this.maps) return;
    const room = this.element.clientWidth;
    const block = room < 720 ? room : Math.min(420, (room - 2 * 28) / 3);
    const [cols] = this.maps[0].grid ? this.maps[0].grid.slice(1) : [this.columns];
    const side = this.maps[0].grid ? Math.min(block, cols * WIDEST) : Math.floor((block - 5 * (this.columns - 1)) / this.columns);
    for (const { element } of this.maps) element.style.setProperty("--scale", side);
    this.#show();
  }

  stop() {}

  get unit() {
    return this.pointed ?? this.pinned;
  }

  #point(unit) {
    this.pointed = unit;
    this.#show();
  }

  #pin(unit) {
    this.pinned = String(unit) === String(this.pinned) ? null : unit;
    this.#show();
  }

  #key(event) {
    const [maps, rows = 1, cols = 1] = this.data.shape;
    const [map, row, col] = this.pinned ?? this.pointed ?? [0, 0, 0];
    const across = this.maps[0].grid?.[1] ?? 0; // in a strip of units an arrow goes to the neighbour on the picture
    const step = across
      ? { ArrowLeft: [-1, 0, 0], ArrowRight: [1, 0, 0], ArrowUp: [-across, 0, 0], ArrowDown: [across, 0, 0] }[event.key]
      : { ArrowLeft: [0, 0, -1], ArrowRight: [0, 0, 1], ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0], PageUp: [-1, 0, 0], PageDown: [1, 0, 0] }[event.key];
    if (event.key === "Escape" && this.pinned) this.pinned = null;
    else if (step) this.pinned = [[map, maps], [row, rows], [col, cols]].map(([at, size], axis) => Math.min(size - 1, Math.max(0, at + step[axis])));
    else return;
    this.pointed = null;
    event.preventDefault();
    event.stopPropagation();
    this.#show();
  }

  #show() {
    if (!this.maps) return;
    const { unit, data } = this;
    for (const maps of this.maps) maps.point(unit);
    mark(this.element, "data-pointed", unit ? unit.join() : "");
    mark(this.element, "data-pinned", Boolean(this.pinned));
    if (!unit || unit[0] >= data.shape[0]) return write(this.readout, POINT);
    const [, rows = 1, cols = 1] = data.shape;
    const [map, row, col] = unit;
    const [a, b] = this.values.map((values) => values[(map * rows + row) * cols + col]);
    const name = data.words ? `score of ${data.words[map]}` : data.shape.length === 1 ? `unit ${map + 1}` : `map ${map + 1}, row ${row + 1}, column ${col + 1}`;
    // of the printed values, so that whoever subtracts them finds the same
    const apart = fromScaled(scaled(b, DECIMALS) - scaled(a, DECIMALS), DECIMALS);
    return write(this.readout, `${data.title}, ${name}: here ${decimal(a, DECIMALS)}, the other ${decimal(b, DECIMALS)}, difference ${apart}`);
  }
}

export default mount(CompareView);
