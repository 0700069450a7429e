/** A unit of a map taken apart: patch × kernel slice for each channel, their sums, the bias, ReLU, the pooling's winner. */

import { h, mark, write } from "./dom.js";
import { accountOfSums, partialSums } from "./contributions.js";
import { decimal, parseNumber, plain } from "./numbers.js";
import { css, inkOn, packed } from "./palette.js";
import { paintValues } from "./thumbnails.js";
import { inputOf, winnerOf } from "./reach.js";
import { unitOperation } from "./unit.js";
import { tapsAt } from "./window.js";

const COLOURS = ["red", "green", "blue"];

export class PatchDrill {
  /** A pooling unit is shown with the sum that its winner is; actions: open(unit), openStage(channel, unit) with the products of a sum, edit(layer, what, index, value). */
  constructor(model, unit, show, actions) {
    Object.assign(this, { model, unit, show, actions });
    this.pools = model.layer(unit.layer).kind === "max_pool2d";
    const layer = this.pools ? model.sources.get(unit.layer) : model.layer(unit.layer);
    this.layer = layer;
    const source = model.sources.get(layer.name);
    const channels = layer.inputShape[0];
    const [rows, cols] = layer.kernel;
    this.pairs = Array.from({ length: channels }, (_, channel) =>
      this.#pair(channel, source ? `${source.title}, map ${channel + 1}` : (COLOURS[channel] ?? `channel ${channel + 1}`), rows, cols));
    this.bias = h("input", { type: "text", class: "bias-input", inputmode: "text", autocomplete: "off", "aria-label": `bias of map ${unit.map + 1}`, onfocus: () => this.bias.select(), oninput: () => this.#typeBias(), onblur: () => this.#writeBias() });
    this.bias.addEventListener("keydown", (event) => {
      if (event.key === "ArrowUp" || event.key === "ArrowDown") this.#stepBias(event);
      else if (event.key === "Enter" || event.key === "Escape") this.bias.blur();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.rounding = h("span", { class: "number" });
    this.pre = h("b", { class: "number", "data-account": "pre" });
    this.after = h("b", { class: "number", "data-account": "activation" });
    this.roundingTerm = h("div", { class: "term" }, h("div", { class: "term-title" }, "rounding"), h("div", { class: "term-value" }, "+ ", this.rounding));
    const relu = model.rectified.get(layer.name) && (this.pools || show === "activation");
    this.steps = h("div", { class: "term outcome" }, h("div", { class: "term-title" }, relu ? `${layer.title} → ReLU` : layer.title),
      h("div", { class: "term-value" }, "= ", this.pre, ...(relu ? [" → ", this.after] : [])));
    this.winners = this.pools ? this.#candidates() : null;
    this.element = h("div", { class: "patch-drill", "data-many": String(channels > 3) },
      h("div", { class: "terms" },
        ...this.pairs.flatMap((pair, at) => (at ? [h("span", { class: "plus" }, "+"), pair.element] : [pair.element])),
        h("span", { class: "plus" }, "+"),
        h("div", { class: "term" }, h("div", { class: "term-title" }, "bias"), h("div", { class: "term-value" }, this.bias)),
        this.roundingTerm, this.steps, this.winners?.element ?? null));
  }

  get hint() {
    return this.model.sources.get(this.layer.name) ? "click a cell to go a layer deeper · a sum for its products · Esc goes up"
      : "click a pixel for its product · a sum for all of them · Esc goes up";
  }

  /** The convolution's unit that is taken apart: this one, or the winner of the pooling window. */
  get summed() {
    return this.pools ? winnerOf(this.model, this.unit) : this.unit;
  }

  #pair(channel, title, rows, cols) {
    const canvas = () => h("canvas", { width: cols, height: rows, "aria-hidden": "true" });
    const [patch, slice] = [canvas(), canvas()];
    const tapAt = (event) => {
      const box = patch.getBoundingClientRect();
      if (!event.clientX && !event.clientY) return this.#heaviest(channel); // pressed with a key
      const within = (at, size) => Math.min(size - 1, Math.max(0, Math.floor(at * size)));
      return (channel * rows + within((event.clientY - box.top) / box.height, rows)) * cols + within((event.clientX - box.left) / box.width, cols);
    };
    const tip = (canvas, what) => (event) => {
      const box = canvas.getBoundingClientRect();
      const [r, c] = [Math.floor(((event.clientY - box.top) / box.height) * rows), Math.floor(((event.clientX - box.left) / box.width) * cols)];
      const tap = this.taps?.[(channel * rows + r) * cols + c];
      if (tap) canvas.title = `row ${r + 1}, column ${c + 1}: ${what(tap)}`;
    };
    patch.addEventListener("pointermove", tip(patch, ({ value }) => plain(value, 4)));
    slice.addEventListener("pointermove", tip(slice, ({ weight }) => plain(weight, 5)));
    const sum = h("button", { type: "button", class: "sum", "data-sum": channel, "aria-label": `the products of ${title}`, onclick: () => this.actions.openStage(channel, this.summed) });
    const deeper = h("button", {
      type: "button", class: "patch", "data-panel": "patch", "data-channel": channel, "data-rows": rows, "data-cols": cols,
      "aria-label": `Patch of ${title}: a click opens the cell under the pointer, Enter the one that counts most`,
      onclick: (event) => this.#deeper(tapAt(event)),
    }, patch);
    const kernel = h("button", {
      type: "button", class: "slice", "data-panel": "slice", "data-channel": channel, "data-rows": rows, "data-cols": cols,
      "aria-label": `Kernel slice for ${title}: open it to change its weights`, onclick: () => this.actions.openStage(channel, this.summed),
    }, slice);
    const element = h("div", { class: "term pair", "data-pair": channel }, h("div", { class: "term-title" }, title),
      h("div", { class: "pair-grids" }, deeper, h("span", { class: "times" }, "×"), kernel), h("div", { class: "term-value" }, sum));
    return { element, patch, slice, sum };
  }

  #heaviest(channel) {
    const size = this.taps.length / this.pairs.length;
    const share = (tap) => Math.abs(this.taps[tap].value * this.taps[tap].weight);
    const all = Array.from({ length: size }, (_, at) => channel * size + at);
    return all.reduce((best, tap) => (share(tap) > share(best) ? tap : best), all[0]);
  }

  #deeper(tap) {
    if (this.taps[tap].padding) return;
    this.actions.open(inputOf(this.model, this.summed, tap) ?? { ...this.summed, tap });
  }

  #candidates() {
    const { model, unit } = this;
    const layer = model.layer(unit.layer);
    const [rows, cols] = layer.kernel;
    const cells = Array.from({ length: rows * cols }, (_, tap) =>
      h("button", { type: "button", class: "candidate", "data-candidate": tap, onclick: () => this.actions.open(inputOf(model, unit, tap)) }));
    const grid = h("div", { class: "candidates" }, ...cells);
    grid.style.gridTemplateColumns = `repeat(${cols}, 58px)`;
    const result = h("b", { class: "number", "data-account": "winner" });
    return { element: h("div", { class: "term" }, h("div", { class: "term-title" }, "largest of"), grid, h("div", { class: "term-value" }, "= ", result)), cells, result };
  }

  update() {
    const { model, layer, unit } = this;
    const { operation, position } = unitOperation({ layers: model.layers, weights: model.weights, results: model.results, rectified: null, title: layer.title }, this.summed);
    this.taps = tapsAt(operation, position);
    const channels = this.pairs.length;
    const pre = model.valueOf(this.summed, "pre_activation");
    const sums = partialSums(this.taps, channels);
    this.account = accountOfSums(sums, operation.bias, pre);
    const size = this.taps.length / channels;
    const heaviest = operation.weight.data.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) || 1;
    this.pairs.forEach(({ patch, slice, sum }, channel) => {
      const taps = this.taps.slice(channel * size, (channel + 1) * size);
      paintValues(patch, taps.map(({ value }) => value), operation.picture);
      paintValues(slice, taps.map(({ weight }) => weight), { kind: "weight", top: heaviest });
      write(sum, this.account.sums[channel]);
    });
    if (this.bias.getRootNode().activeElement !== this.bias) this.#writeBias();
    mark(this.roundingTerm, "data-shown", this.account.rounding !== null);
    write(this.rounding, this.account.rounding ?? "");
    write(this.pre, this.account.pre);
    write(this.after, this.account.activation);
    if (this.winners) this.#updateCandidates();
    mark(this.element, "data-value", model.valueOf(unit, this.show));
  }

  #updateCandidates() {
    const { model, unit } = this;
    const { input } = model.results.get(unit.layer);
    const scale = { kind: "activation", top: input.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1 };
    const winner = winnerOf(model, unit);
    this.winners.cells.forEach((cell, tap) => {
      const one = inputOf(model, unit, tap);
      const value = model.valueOf(one);
      const won = one.row === winner.row && one.col === winner.col;
      write(cell, decimal(value, 3));
      cell.style.background = css(scale, value);
      cell.style.color = inkOn(packed(scale, value));
      mark(cell, "data-won", won);
      mark(cell, "aria-label", `row ${one.row + 1}, column ${one.col + 1}: ${decimal(value, 3)}${won ? ", the largest" : ""}`);
    });
    write(this.winners.result, decimal(model.valueOf(unit), 3));
  }

  // --- the bias --------------------------------------------------------------------------------------------------------

  get #biasNow() {
    return this.model.weights[`${this.layer.module}.bias`].data[this.unit.map];
  }

  #writeBias() {
    const text = decimal(this.#biasNow, 3);
    if (this.bias.value !== text) this.bias.value = text;
    this.bias.removeAttribute("aria-invalid");
  }

  #typeBias() {
    const value = parseNumber(this.bias.value);
    const sound = Number.isFinite(value) && Math.abs(value) <= 1000;
    if (!sound) return void this.bias.setAttribute("aria-invalid", "true");
    this.bias.removeAttribute("aria-invalid");
    return this.actions.edit(this.layer.name, "bias", this.unit.map, value);
  }

  #stepBias(event) {
    const step = (event.shiftKey ? 1 : 0.1) * (event.key === "ArrowUp" ? 1 : -1);
    this.actions.edit(this.layer.name, "bias", this.unit.map, Math.round((this.#biasNow + step) * 1000) / 1000);
    this.#writeBias();
  }
}
