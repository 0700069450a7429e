/** A dense unit by its largest contributions, a class from score to probability, and one product of any sum. */

import { largestContributions, productOf } from "./contributions.js";
import { h, mark, write } from "./dom.js";
import { decimal, parseNumber } from "./numbers.js";
import { inputOf } from "./reach.js";
import { unitOperation } from "./unit.js";
import { tapsAt } from "./window.js";

const NAMED = 6; // products on either side that are shown one by one

export class DenseDrill {
  constructor(model, unit, show, actions) {
    Object.assign(this, { model, unit, show, actions });
    this.layer = model.layer(unit.layer);
    this.isClass = unit.layer === model.last.name;
    this.relu = Boolean(model.rectified.get(unit.layer)) && show === "activation";
    this.columns = Object.fromEntries([["positive", "raise it most"], ["negative", "lower it most"]].map(([sign, title]) => {
      const lines = Array.from({ length: NAMED }, () => this.#line());
      return [sign, { lines, element: h("div", { class: "contributions", "data-sign": sign }, h("div", { class: "term-title" }, title), ...lines.map(({ row }) => row)) }];
    }));
    const line = (name, label) => {
      const value = h("span", { class: "number", "data-account": name });
      const row = h("div", { class: "sum-line" }, label, value);
      return { value, row };
    };
    this.othersLabel = h("span", {});
    this.bias = h("input", { type: "text", class: "bias-input", "aria-label": `bias of unit ${unit.map + 1}`, autocomplete: "off", oninput: () => this.#typeBias(), onblur: () => this.update() });
    this.bias.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      this.bias.blur();
      event.preventDefault();
      event.stopPropagation();
    });
    this.sums = {
      positive: line("positive", h("span", {}, "these that raise it")), negative: line("negative", h("span", {}, "these that lower it")),
      others: line("others", this.othersLabel), rounding: line("rounding", h("span", {}, "rounding")),
      pre: line("pre", h("b", {}, this.isClass ? "= score" : "= pre-activation")), activation: line("activation", h("b", {}, "ReLU: max(0, ·)")),
    };
    const biasLine = h("div", { class: "sum-line" }, h("span", {}, "bias"), this.bias);
    const { positive, negative, others, rounding, pre, activation } = this.sums;
    this.account = h("div", { class: "contributions sums" }, h("div", { class: "term-title" }, "sum"),
      positive.row, negative.row, others.row, biasLine, rounding.row, pre.row, ...(this.relu ? [activation.row] : []));
    this.softmax = this.isClass ? this.#softmaxTable() : null;
    this.element = h("div", { class: "dense-drill", "data-of": this.isClass ? "class" : "unit" }, this.columns.positive.element, this.columns.negative.element, this.account, this.softmax?.element ?? null);
  }

  get hint() {
    return "value × weight = contribution; click one to see where it comes from · Esc goes up";
  }

  #line() {
    const [name, value, weight, product] = ["name", "value", "weight", "product"].map((part) => h("span", { class: `number ${part}` }));
    const row = h("button", { type: "button", class: "contribution" }, name, " ", value, h("span", { class: "sign" }, "×"), weight, h("span", { class: "sign" }, "="), product);
    const line = { row, name, value, weight, product, tap: 0 };
    row.addEventListener("click", () => this.actions.open(inputOf(this.model, this.unit, line.tap)));
    return line;
  }

  update() {
    const { model, unit, layer } = this;
    const weight = model.weights[`${layer.module}.weight`];
    const inputs = model.results.get(layer.name).input.data;
    const own = weight.data.subarray(unit.map * inputs.length, (unit.map + 1) * inputs.length);
    const bias = model.weights[`${layer.module}.bias`].data[unit.map];
    const told = largestContributions(inputs, own, bias, model.valueOf(unit, "pre_activation"), NAMED);
    for (const sign of ["positive", "negative"]) {
      this.columns[sign].lines.forEach((line, at) => {
        const part = told[sign][at];
        mark(line.row, "data-shown", Boolean(part));
        if (!part) return;
        line.tap = part.tap;
        const source = inputOf(model, unit, part.tap);
        write(line.name, model.nameOf(source).replace(", row ", " · row ").replace(", column ", ", col "));
        for (const name of ["value", "weight", "product"]) write(line[name], part[name]);
        mark(line.row, "data-tap", part.tap);
      });
      write(this.sums[sign].value, decimal(told[sign].reduce((sum, { units }) => sum + units, 0) / 1e6, 6));
    }
    write(this.othersLabel, `${told.rest} others that are not 0`);
    write(this.sums.others.value, told.others);
    mark(this.sums.rounding.row, "data-shown", told.rounding !== null);
    write(this.sums.rounding.value, told.rounding ?? "");
    write(this.sums.pre.value, told.pre);
    write(this.sums.activation.value, told.activation);
    if (this.bias.getRootNode().activeElement !== this.bias && this.bias.value !== told.bias) this.bias.value = told.bias;
    if (this.softmax) this.#updateSoftmax();
    mark(this.element, "data-value", model.valueOf(unit, this.show));
  }

  #typeBias() {
    const value = parseNumber(this.bias.value);
    const sound = Number.isFinite(value) && Math.abs(value) <= 1000;
    mark(this.bias, "aria-invalid", !sound);
    if (sound) this.actions.edit(this.layer.name, "bias", this.unit.map, value);
  }

  #softmaxTable() {
    const cell = (name) => h("td", { class: name });
    const rows = this.model.labels.map((label, at) => {
      const cells = { score: cell("number"), power: cell("number"), share: cell("number") };
      const row = h("tr", { "data-softmax": label, "data-here": at === this.unit.map }, h("th", { scope: "row" }, label), cells.score, cells.power, cells.share);
      return { row, ...cells };
    });
    const total = cell("number");
    const [top, head] = [h("span", {}), (text) => h("th", { scope: "col" }, text)];
    const element = h("div", { class: "softmax" },
      h("table", {}, h("thead", {}, h("tr", {}, head("class"), head("score"), h("th", { scope: "col" }, "e^(score − ", top, ")"), head("share"))),
        h("tbody", {}, ...rows.map(({ row }) => row), h("tr", { class: "total" }, h("th", { scope: "row" }, "sum"), cell(""), total, h("td", { class: "number" }, "100%")))));
    return { element, rows, total, top };
  }

  #updateSoftmax() {
    const { logits, probabilities } = this.model;
    const top = Math.max(...logits.data);
    const powers = Array.from(logits.data, (score) => Math.exp(score - top));
    this.softmax.rows.forEach(({ score, power, share }, at) => {
      write(score, decimal(logits.data[at], 3));
      write(power, decimal(powers[at], 5));
      write(share, `${decimal(100 * probabilities[at], 2)}%`);
    });
    write(this.softmax.top, decimal(top, 3));
    write(this.softmax.total, decimal(powers.reduce((a, b) => a + b, 0), 5));
  }
}

/** One product of a sum: the end of the way down. */
export class ProductDrill {
  constructor(model, unit, show, actions) {
    Object.assign(this, { model, unit, show, actions });
    this.words = h("p", { class: "one-product", "data-product": unit.tap });
    this.more = h("p", { class: "note" });
    this.element = h("div", { class: "product-drill" }, this.words, this.more);
  }

  get hint() {
    return "one product of the sum · Esc goes up";
  }

  update() {
    const { model, unit } = this;
    const layer = model.layer(unit.layer);
    const { operation, position } = unitOperation({ layers: model.layers, weights: model.weights, results: model.results, rectified: null, title: layer.title }, unit);
    const taps = tapsAt(operation, position);
    const { value, weight } = taps[unit.tap];
    const { value: left, weight: right, product } = productOf(value, weight);
    const channels = operation.input.shape[0];
    const size = taps.length / channels;
    const channel = Math.floor(unit.tap / size);
    const within = unit.tap % size;
    const [row, col] = [Math.floor(within / operation.cols.kernel), within % operation.cols.kernel];
    this.words.replaceChildren(h("b", {}, left), " × ", h("b", {}, right), " = ", h("b", {}, product));
    const place = model.sources.get(unit.layer) ? "" : `: the pixel in row ${unit.row + row + 1}, column ${unit.col + col + 1} of ${operation.channelNames[channel]}, times the weight in row ${row + 1}, column ${col + 1} of its slice`;
    write(this.more, `Product ${unit.tap + 1} of ${taps.length}${place}.`);
    mark(this.element, "data-value", value * weight);
  }
}
