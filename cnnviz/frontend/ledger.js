/**
 * The account of one output: pixel × weight = product, running total, bias, activation. Every printed product is the exact
 * product of its printed operands and every total the exact sum of what stands above it; where the true value differs,
 * a line "rounding" closes the account.
 */

import { h, mark, write } from "./dom.js";
import { decimal, decimalsOf, fromScaled, scaled } from "./numbers.js";
import { css } from "./palette.js";

const WEIGHT_DECIMALS = 4;

/**
 * The account in whole numbers of 10^−decimals, so that sums are exact.
 *
 * taps: [{ value, weight }], bias, preActivation: what the operation computed. `most` is how many decimals an operand may
 * show. Returns { lines: [{ value, weight, product, total }], dotProduct, bias, rounding, preActivation } as text.
 */
export function account(taps, bias, preActivation, most = 2) {
  let valueDecimals = 0;
  let weightDecimals = 0;
  for (const { value, weight } of taps) {
    if (valueDecimals < most) valueDecimals = Math.max(valueDecimals, decimalsOf(value, most));
    if (weightDecimals < WEIGHT_DECIMALS) weightDecimals = Math.max(weightDecimals, decimalsOf(weight, WEIGHT_DECIMALS));
  }
  const biasDecimals = decimalsOf(bias, WEIGHT_DECIMALS);
  // a trained weight has no end of digits: what four of them would add is noise beside the rounding of the values
  if (weightDecimals === WEIGHT_DECIMALS && most > 2) weightDecimals = 3;
  const decimals = Math.max(valueDecimals + weightDecimals, biasDecimals);
  const spare = 10 ** (decimals - valueDecimals - weightDecimals);
  let total = 0;
  const lines = taps.map(({ value, weight }) => {
    const product = scaled(value, valueDecimals) * scaled(weight, weightDecimals);
    total += product * spare;
    return {
      value: decimal(value, valueDecimals),
      weight: decimal(weight, weightDecimals),
      product: fromScaled(product, valueDecimals + weightDecimals),
      total: fromScaled(total, decimals),
    };
  });
  const biasUnits = scaled(bias, decimals);
  const outcome = scaled(preActivation, decimals);
  const rounding = outcome - total - biasUnits;
  return {
    lines,
    decimals,
    dotProduct: fromScaled(total, decimals),
    bias: fromScaled(biasUnits, decimals),
    rounding: rounding ? fromScaled(rounding, decimals) : null,
    preActivation: fromScaled(outcome, decimals),
    activation: fromScaled(Math.max(0, outcome), decimals),
  };
}

/** "Row 3, column 4: 3×(−1) + 3×0 + … = −2": long sums show their first and last terms. */
export function sentence([row, col], { lines, bias, rounding, preActivation, activation }, relu) {
  const bracket = (text) => (text.startsWith("−") ? `(${text})` : text);
  const terms = lines.map(({ value, weight }) => `${bracket(value)}×${bracket(weight)}`);
  const shown = terms.length <= 9 ? terms : [...terms.slice(0, 3), "…", terms.at(-1)];
  const sum = shown.join(" + ") + (/[1-9]/.test(bias) ? ` + bias ${bracket(bias)}` : "");
  const outcome = `${rounding ? "≈" : "="} ${preActivation}`;
  return `Row ${row + 1}, column ${col + 1}: ${sum} ${outcome}${relu ? `, after ReLU ${activation}` : ""}`;
}

export class Ledger {
  #structure = "";
  #lines = [];
  #pool = []; // every line ever needed: a kernel that changes its size builds few anew

  constructor() {
    this.heading = h("div", { class: "ledger-line ledger-heading" });
    this.body = h("div", { class: "ledger-body", tabindex: "0", role: "group", "aria-label": "Products, one line each" });
    this.foot = h("div", { class: "ledger-foot" });
    this.element = h("div", { class: "ledger" }, this.heading, this.body, this.foot);
    this.footLines = Object.fromEntries(
      ["dot", "bias", "rounding", "pre", "output"].map((name) => {
        const [label, value] = [h("span", { class: "label" }), h("span", { class: "number" })];
        const line = h("div", { class: `foot-line foot-${name}`, "data-ledger": name }, label, " ", value);
        this.foot.append(line);
        return [name, { line, label, value }];
      }),
    );
  }

  /** One line a tap, a heading a channel; built anew only when the kernel's shape changes. */
  #build(op) {
    const [, kernelRows, kernelCols] = op.weight.shape;
    const structure = [op.channelNames.join(), kernelRows, kernelCols, op.valueName].join();
    if (structure === this.#structure) return;
    this.#structure = structure;
    this.heading.replaceChildren(
      ...[op.valueName, "", "weight", "", "product", "so far"].map((text) => h("span", { class: text ? "" : "sign" }, text)),
    );
    const taps = kernelRows * kernelCols;
    while (this.#pool.length < taps * op.channelNames.length) this.#pool.push(newLine());
    this.#lines = this.#pool.slice(0, taps * op.channelNames.length);
    const rows = op.channelNames.flatMap((channel, at) => [
      ...(op.channelNames.length > 1 ? [h("div", { class: "ledger-channel" }, channel)] : []),
      ...this.#lines.slice(at * taps, (at + 1) * taps).map(({ line }) => line),
    ]);
    this.body.replaceChildren(...rows);
  }

  /** Shows the account of one output; `taps` carry { value, weight, padding }. */
  show(op, taps, result) {
    this.#build(op);
    result.lines.forEach((texts, at) => {
      const { line, chip, ...cells } = this.#lines[at];
      for (const name of ["value", "weight", "product", "total"]) {
        if (cells[name].text.data !== texts[name]) cells[name].text.data = texts[name];
      }
      const colour = css(op.weightScale, taps[at].weight);
      if (chip.dataset.colour !== colour) chip.style.background = chip.dataset.colour = colour;
      const kind = `ledger-line${taps[at].weight === 0 ? " idle" : ""}${taps[at].padding ? " padding" : ""}`;
      if (line.className !== kind) line.className = kind;
    });
    this.#foot("dot", "dot product", result.dotProduct);
    this.#foot("bias", "+ bias", result.bias);
    this.#foot("rounding", "rounding", result.rounding);
    this.#foot("pre", "= pre-activation", op.relu ? result.preActivation : null);
    if (op.relu) this.#foot("output", "ReLU: max(0, ·) = output", result.activation);
    else this.#foot("output", "= output", result.preActivation);
  }

  #foot(name, label, value) {
    const { line, label: labelCell, value: valueCell } = this.footLines[name];
    mark(line, "data-shown", value !== null);
    write(labelCell, label);
    write(valueCell, value ?? "");
  }

  /** The account of a max-pooling window: its values, and which of them wins. */
  showWinner(op, taps, winner) {
    const structure = `winner,${taps.length}`;
    if (structure !== this.#structure) {
      this.#structure = structure;
      this.heading.replaceChildren(h("span", {}, "values in the window"));
      this.#lines = taps.map(() => h("div", { class: "winner-line", "data-ledger": "value" }));
      this.body.replaceChildren(...this.#lines);
    }
    const text = (value) => decimal(value, 4);
    taps.forEach(({ value, padding }, at) => {
      write(this.#lines[at], padding ? "beyond the edge: −∞" : `${text(value)}${at === winner ? "   ← winner" : ""}`);
      mark(this.#lines[at], "class", at === winner ? "winner-line won" : "winner-line");
    });
    for (const name of ["dot", "bias", "rounding", "pre"]) this.#foot(name, "", null);
    this.#foot("output", "largest = output", text(taps[winner].value));
  }
}

/** One line, empty: { line, chip, value, weight, product, total }, the last four with their text nodes. */
function newLine() {
  const number = (name) => {
    const text = document.createTextNode("");
    return { text, cell: h("span", { class: `number ${name}` }, text) };
  };
  const [value, weight, product, total] = ["value", "weight", "product", "total"].map(number);
  const sign = (text) => h("span", { class: "sign" }, text);
  const chip = h("i", { class: "chip", "aria-hidden": "true" });
  const line = h("div", { class: "ledger-line", "data-ledger": "product" },
    value.cell, sign(" × "), chip, weight.cell, sign(" = "), product.cell, " ", total.cell);
  return { line, chip, value, weight, product, total };
}
