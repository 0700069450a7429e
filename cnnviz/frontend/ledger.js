/** The ledger beside the window: its lines, a foot that closes them, and nothing built anew that can stay. */

import { h, mark, write } from "./dom.js";
import { LedgerPart } from "./ledger_parts.js";
import { css } from "./palette.js";

/** What it says is the business of an operation's kind (see kinds.js), which calls `products` or `values`, then `foot`. */
export class Ledger {
  open = null; // of an account that folds, the part whose products are shown; set it before `products`
  #structure = "";
  #lines = [];
  #first = 0; // the tap of the first of these lines
  #count = 0; // of all taps
  #parts = []; // of an account that folds
  #unfolded; // the part that is unfolded now
  #pool = []; // every line of a product ever needed: a kernel that changes its size builds few anew
  #at = null; // the line that is being made, null where all are
  #foot = new Map(); // name → { line, label, value }

  /** onFold(part) when the line of a folded part, or of the unfolded one, is chosen. */
  constructor({ onFold = () => {} } = {}) {
    this.onFold = onFold;
    this.heading = h("div", { class: "ledger-line ledger-heading" });
    this.body = h("div", { class: "ledger-body", tabindex: "0", role: "group", "aria-label": "Products, one line each" });
    this.footBox = h("div", { class: "ledger-foot" });
    this.element = h("div", { class: "ledger" }, this.heading, this.body, this.footBox);
  }

  /**
   * value × weight = product, and the total so far: a line a tap, a heading a channel. `lines` hold the four as text, and
   * the `taps` { value, weight, padding } they are the account of. Where account.js has closed `parts`, each of op.parts is one
   * line, and only those of `open` are shown. op: { channelNames, parts, valueName, weightScale }.
   */
  products(op, taps, { lines, parts }) {
    this.#buildProducts(op, taps.length);
    this.#lines.forEach(({ line, chip, ...cells }, index) => {
      const at = this.#first + index;
      for (const name of ["value", "weight", "product", "total"]) {
        if (cells[name].text.data !== lines[at][name]) cells[name].text.data = lines[at][name];
      }
      const colour = css(op.weightScale, taps[at].weight);
      if (chip.dataset.colour !== colour) chip.style.background = chip.dataset.colour = colour;
      const kind = `ledger-line${taps[at].weight === 0 ? " idle" : ""}${taps[at].padding ? " padding" : ""}`;
      if (line.className !== kind) line.className = kind;
    });
    this.#parts.forEach((part, at) => part.write(parts[at]));
  }

  /** Only what stands up to the line `at` has happened yet; there it happens. −1: nothing has; beyond the last: all has. */
  upTo(at) {
    const all = at >= this.#count;
    if (all && this.#at === null) return;
    this.#at = all ? null : at;
    this.#lines.forEach(({ line }, index) => mark(line, "data-when", whenIs(this.#first + index, 1, at)));
    const each = this.#count / this.#parts.length;
    this.#parts.forEach((part, index) => part.mark(whenIs(index * each, each, at)));
    mark(this.footBox, "data-when", all ? "done" : "ahead");
    const { line } = this.#lines[all ? -1 : at - this.#first] ?? {};
    if (!line) return;
    const [room, place] = [this.body.getBoundingClientRect(), line.getBoundingClientRect()];
    if (place.top < room.top || place.bottom > room.bottom) this.body.scrollTop += place.top - room.top - room.height / 2;
  }

  #buildProducts({ channelNames, parts, valueName }, count) {
    const structure = [channelNames.join(), count, valueName, parts?.join()].join();
    const each = count / (parts ?? channelNames).length;
    if (structure !== this.#structure) {
      this.#structure = structure;
      this.#count = count;
      this.#unfolded = undefined;
      mark(this.element, "data-folded", false);
      this.heading.replaceChildren(
        ...[valueName, "", "weight", "", "product", "so far"].map((text) => h("span", { class: text ? "" : "sign" }, text)),
      );
      this.#parts = (parts ?? []).map((part, at) => new LedgerPart(part, each, () => this.onFold(at)));
      if (parts) this.body.replaceChildren(...this.#parts.flatMap(({ elements }) => elements));
      else {
        this.#take(0, count);
        const rows = channelNames.flatMap((channel, at) => [
          ...(channelNames.length > 1 ? [h("div", { class: "ledger-channel" }, channel)] : []),
          ...this.#lines.slice(at * each, (at + 1) * each).map(({ line }) => line),
        ]);
        this.body.replaceChildren(...rows);
      }
    }
    if (parts && this.#unfolded !== this.open) this.#unfold(each);
  }

  #unfold(each) {
    const { open } = this;
    this.#unfolded = open;
    this.#parts.forEach((part, at) => at !== open && part.unfold(null)); // first, so that the lines are free
    this.#take(open === null ? 0 : open * each, open === null ? 0 : each);
    mark(this.element, "data-folded", open === null);
    write(this.heading.children[4], open === null ? "sum" : "product");
    if (open === null) return;
    this.#parts[open].unfold(this.#lines.map(({ line }) => line));
    this.body.scrollTop += this.#parts[open].head.getBoundingClientRect().top - this.body.getBoundingClientRect().top;
  }

  /** Lines for so many taps from the first one on, of which nothing is known yet. */
  #take(first, count) {
    while (this.#pool.length < count) this.#pool.push(newLine());
    this.#lines = this.#pool.slice(0, count);
    this.#first = first;
    this.#at = undefined;
  }

  /** One text a tap, under a heading; the line at `won` (if it is one) stands out. */
  values(heading, texts, won = -1) {
    const structure = `${heading},${texts.length}`;
    if (structure !== this.#structure) {
      this.#structure = structure;
      this.#at = undefined;
      this.#parts = [];
      this.#first = 0;
      this.#count = texts.length;
      this.heading.replaceChildren(h("span", {}, heading));
      this.#lines = texts.map(() => ({ line: h("div", { class: "value-line", "data-ledger": "value" }) }));
      this.body.replaceChildren(...this.#lines.map(({ line }) => line));
    }
    texts.forEach((text, at) => {
      const { line } = this.#lines[at];
      write(line, text);
      mark(line, "class", at === won ? "value-line won" : "value-line");
    });
  }

  /** What closes the account: [name, label, value] each. A value of null only keeps its room. */
  foot(entries) {
    const names = entries.map(([name]) => name).join();
    if (this.footBox.dataset.names !== names) {
      this.footBox.dataset.names = names;
      this.footBox.replaceChildren(...entries.map(([name]) => this.#footLine(name).line));
    }
    for (const [name, label, value] of entries) {
      const { line, label: labelCell, value: valueCell } = this.#footLine(name);
      mark(line, "data-shown", value !== null);
      write(labelCell, label);
      write(valueCell, value ?? "");
    }
  }

  #footLine(name) {
    if (!this.#foot.has(name)) {
      const [label, value] = [h("span", { class: "label" }), h("span", { class: "number" })];
      const line = h("div", { class: `foot-line foot-${name}`, "data-ledger": name }, label, " ", value);
      this.#foot.set(name, { line, label, value });
    }
    return this.#foot.get(name);
  }
}

/** When so many taps from `first` on are taken, where the one at `at` is being taken now. */
function whenIs(first, count, at) {
  return first + count <= at ? "done" : first <= at ? "here" : "ahead";
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
