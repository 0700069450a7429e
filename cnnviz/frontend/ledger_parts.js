/** The ledger of a long sum, folded: one line a part (a channel), of which one at a time shows its products. */

import { h, mark, write } from "./dom.js";

/**
 * One part. Folded it is a single line: its name, how many products it holds, their sum, and the total so far. Unfolded the
 * products stand under the name, and sum and total under those, so that each total has above it what it is the total of.
 */
export class LedgerPart {
  /** onFold() when its line is clicked, or pressed with Enter or the space bar. */
  constructor(name, count, onFold) {
    this.sign = h("span", { class: "fold-sign", "aria-hidden": "true" });
    this.name = h("span", { class: "part-name" }, this.sign, name, " ", h("span", { class: "note" }, `${count} products`));
    this.numbers = sumAndTotal();
    this.head = h("button", { type: "button", class: "ledger-line ledger-part", "data-ledger": "part", onclick: onFold }, this.name, " ", ...this.numbers.cells);
    this.rounding = h("span", { class: "number product" });
    this.roundingLine = h("div", { class: "ledger-line ledger-part part-rounding", "data-ledger": "part-rounding" }, h("span", { class: "part-name" }, "rounding"), " ", this.rounding);
    this.end = sumAndTotal();
    this.endLine = h("div", { class: "ledger-line ledger-part part-sum", "data-ledger": "part-sum" }, h("span", { class: "part-name" }, `sum of ${name}`), " ", ...this.end.cells);
    this.box = h("div");
  }

  get elements() {
    return [this.head, this.box];
  }

  /** Puts `lines` (elements) between name and sum, or takes them away where that is null. */
  unfold(lines) {
    this.box.replaceChildren(...(lines ? [...lines, this.roundingLine, this.endLine] : []));
    mark(this.head, "aria-expanded", Boolean(lines));
    write(this.sign, lines ? "▾" : "▸");
  }

  /** As account.js closes a part: { sum, rounding, total }, text. */
  write({ sum, rounding, total }) {
    for (const { product, so } of [this.numbers, this.end]) {
      write(product, sum);
      write(so, total);
    }
    mark(this.roundingLine, "data-shown", rounding !== null);
    write(this.rounding, rounding ?? "");
  }

  /** "done", "here" (its products are being taken) or "ahead". */
  mark(when) {
    mark(this.head, "data-when", when);
    for (const line of [this.roundingLine, this.endLine]) mark(line, "data-when", when === "done" ? when : "ahead");
  }
}

function sumAndTotal() {
  const [product, so] = [h("span", { class: "number product" }), h("span", { class: "number total" })];
  return { product, so, cells: [product, " ", so] };
}
