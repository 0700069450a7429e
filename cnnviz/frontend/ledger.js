/** The ledger beside the window: its lines, a foot that closes them, and nothing built anew that can stay. */

import { dress, fill, h, mark, write } from "./dom.js";
import { LedgerPart } from "./ledger_parts.js";
import { css } from "./palette.js";

const REST = 150; // milliseconds without a change before the lines out of sight are written, too
const LONG = 30; // lines: from here on the browser lays out and paints only the bundles in sight
const BUNDLE = 14; // lines: each alone would be a layer of its own, which costs each frame a millisecond

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
  #account = null; // what the lines are to say: { scale, taps, lines }
  #sight = null; // [first, end) of the lines in sight, null where that is not known
  #attended = false; // does somebody point at the lines, or have they the focus?
  #timer = 0;
  #resized = new ResizeObserver(() => this.#look());

  /** onFold(part) when the line of a folded part, or of the unfolded one, is chosen. */
  constructor({ onFold = () => {} } = {}) {
    this.onFold = onFold;
    this.heading = h("div", { class: "ledger-line ledger-heading" });
    this.body = h("div", {
      class: "ledger-body", tabindex: "0", role: "group", "aria-label": "Products, one line each",
      onpointerenter: () => this.#attend(true), onpointerleave: () => this.#attend(false),
      onfocusin: () => this.#attend(true), onfocusout: () => this.#attend(false),
      onscroll: () => this.#look(),
    });
    this.#resized.observe(this.body);
    this.footBox = h("div", { class: "ledger-foot" });
    this.element = h("div", { class: "ledger" }, this.heading, this.body, this.footBox);
  }

  /**
   * value × weight = product, and the total so far: a line a tap, a heading a channel. `lines` hold the four as text, and
   * the `taps` { value, weight, padding } they are the account of. Where account.js has closed `parts`, each of op.parts is one
   * line, and only those of `open` are shown. op: { channelNames, parts, valueName, weightScale }.
   *
   * A long account has far more lines than stand in sight, and to lay them all out takes longer than a frame has time. So
   * the lines in sight are written now, and all others once the hand rests, or as soon as somebody turns to the ledger.
   */
  products(op, taps, { lines, parts }) {
    this.#buildProducts(op, taps.length);
    this.#account = { scale: op.weightScale, taps, lines };
    this.#parts.forEach((part, at) => part.write(parts[at]));
    this.#write();
  }

  /** Ends what has not been written yet; nothing is left behind. */
  stop() {
    clearTimeout(this.#timer);
    this.#resized.disconnect();
  }

  #write() {
    const all = this.#attended || !this.#sight;
    const [first, end] = all ? [0, this.#lines.length] : this.#sight;
    for (let index = first; index < end; index++) this.#writeLine(index);
    clearTimeout(this.#timer);
    if (!all || !this.#sight) this.#timer = setTimeout(() => this.#rest(), REST);
  }

  #writeLine(index) {
    const { line, chip, ...cells } = this.#lines[index];
    const { scale, taps, lines } = this.#account;
    const at = this.#first + index;
    for (const name of ["value", "weight", "product", "total"]) {
      if (cells[name].text.data !== lines[at][name]) cells[name].text.data = lines[at][name];
    }
    dress(chip, { background: css(scale, taps[at].weight) });
    const kind = `ledger-line${taps[at].weight === 0 ? " idle" : ""}${taps[at].padding ? " padding" : ""}`;
    if (line.className !== kind) line.className = kind;
  }

  /** Nothing has changed for a while: there is time for every line, and to see which ones are in sight. */
  #rest() {
    this.#find();
    if (this.#account) for (let index = 0; index < this.#lines.length; index++) this.#writeLine(index);
  }

  #attend(attended) {
    this.#attended = attended;
    if (attended && this.#account) this.#write();
  }

  /** Other lines may have come into sight. */
  #look() {
    this.#find();
    if (this.#account) this.#write();
  }

  /** Finds the lines in sight. It asks for places, so it is called only where these are known anyway. */
  #find() {
    const { top, bottom } = this.body.getBoundingClientRect();
    /** How many lines have their `side` above this edge. */
    const above = (edge, side) => {
      let [low, high] = [0, this.#lines.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.#lines[middle].line.getBoundingClientRect()[side] <= edge) low = middle + 1;
        else high = middle;
      }
      return low;
    };
    this.#sight = bottom > top ? [above(top, "bottom"), above(bottom, "top")] : null;
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
    if (place.top >= room.top && place.bottom <= room.bottom) return;
    this.body.scrollTop += place.top - room.top - room.height / 2;
    this.#look();
  }

  #buildProducts({ channelNames, parts, valueName }, count) {
    const structure = [channelNames.join(), count, valueName, parts?.join()].join();
    const each = count / (parts ?? channelNames).length;
    if (structure !== this.#structure) {
      this.#structure = structure;
      this.#count = count;
      this.#unfolded = undefined;
      mark(this.element, "data-folded", false);
      if (this.heading.dataset.values !== valueName) {
        this.heading.dataset.values = valueName;
        this.heading.replaceChildren(
          ...[valueName, "", "weight", "", "product", "so far"].map((text) => h("span", { class: text ? "" : "sign" }, text)),
        );
      }
      write(this.heading.children[4], "product");
      this.#parts = (parts ?? []).map((part, at) => new LedgerPart(part, each, () => this.onFold(at)));
      if (parts) this.body.replaceChildren(...this.#parts.flatMap(({ elements }) => elements));
      else {
        this.#take(0, count);
        const rows = channelNames.flatMap((channel, at) => [
          ...(channelNames.length > 1 ? [h("div", { class: "ledger-channel" }, channel)] : []),
          ...this.#bundles(at * each, (at + 1) * each),
        ]);
        fill(this.body, rows);
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
    this.#parts[open].unfold(this.#bundles(0, each));
    this.body.scrollTop += this.#parts[open].head.getBoundingClientRect().top - this.body.getBoundingClientRect().top;
  }

  /** The lines from first to end as the body holds them: of a long account, in bundles. */
  #bundles(first, end) {
    const lines = this.#lines.slice(first, end).map(({ line }) => line);
    if (this.#lines.length < LONG) return lines;
    return Array.from({ length: Math.ceil(lines.length / BUNDLE) }, (_, at) => {
      const bundle = h("div", { class: "ledger-bundle" }, ...lines.slice(at * BUNDLE, (at + 1) * BUNDLE));
      bundle.style.setProperty("--lines", bundle.childElementCount);
      return bundle;
    });
  }

  /** Lines for so many taps from the first one on, of which nothing is known yet. */
  #take(first, count) {
    while (this.#pool.length < count) this.#pool.push(newLine());
    this.#lines = this.#pool.slice(0, count);
    this.#first = first;
    this.#at = undefined;
    this.#sight = null;
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
      this.#account = null;
      delete this.heading.dataset.values;
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
