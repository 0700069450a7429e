/** The panel "Code": the notebook's double loop in step with the animation, and the same with torch, to be copied. */

import { h, mark, write } from "./dom.js";
import { copyButton } from "./handing_over.js";
import { loopCode, windowText } from "./notebook_code.js";
import { snippet } from "./snippet.js";

const WAYS = [["loop", "The notebook's loop"], ["torch", "The same with torch"]];
const LARGEST_SHOWN = 5; // rows and columns of a window whose values are written out

export class CodePanel {
  #shown = ""; // the code that stands in the lines
  #stale = true; // has the snippet been written for the operation at hand?
  #timer = 0;
  #counted = { position: [], for_i: false, for_j: false }; // the loop's heads that counted on the way to this position

  constructor() {
    this.way = "loop";
    this.tabs = WAYS.map(([way, title]) => h("button", { class: "tool", type: "button", "data-way": way, onclick: () => this.#choose(way) }, title));
    this.lines = h("div", { class: "code-lines", tabindex: "0", role: "group", "aria-label": "The notebook's loop" });
    this.live = Object.fromEntries(["i", "j", "slice", "product", "sum", "out"].map((name) => [name, { name: h("dt", { class: "code", "data-names": name }), value: h("dd", { class: "code", "data-live": name }) }]));
    this.values = h("dl", { class: "live" }, ...Object.values(this.live).flatMap(({ name, value }) => [name, value]));
    this.text = h("pre", { class: "code snippet", tabindex: "0", role: "group", "aria-label": "The same with torch" });
    this.loop = h("div", { class: "loop" }, this.lines, this.values);
    this.element = h("div", { class: "code-panel" },
      h("div", { class: "row" },
        h("span", { class: "segmented", role: "group", "aria-label": "Code" }, ...this.tabs),
        copyButton("copy, ready to run", () => (this.now ? snippet(this.now.op, this.way) : ""))),
      this.loop, this.text);
    this.#choose("loop");
  }

  opened() {
    this.open = true;
    this.#stale = true;
    this.#show();
  }

  closed() {
    this.open = false;
    clearTimeout(this.#timer);
  }

  /** What the stage has just painted; see Stage.onPaint. */
  follow(now) {
    this.#stale ||= now.op !== this.now?.op;
    this.now = now;
    if (this.open) this.#show();
  }

  #choose(way) {
    this.way = way;
    for (const tab of this.tabs) mark(tab, "aria-pressed", tab.dataset.way === way);
    this.loop.hidden = way !== "loop";
    this.text.hidden = way !== "torch";
    if (this.open) this.#show();
  }

  #show() {
    if (!this.now) return;
    if (this.way === "loop") return this.#showLoop();
    if (!this.#stale) return;
    this.#stale = false;
    clearTimeout(this.#timer);
    // a large picture takes longer to write down than a frame has time: once the hand rests is soon enough
    this.#timer = setTimeout(() => {
      write(this.text, snippet(this.now.op, "torch"));
      this.text.scrollTop = this.text.scrollHeight; // the call stands at the end, behind all the numbers
    }, 100);
  }

  #showLoop() {
    const { op, position: [row, col], taps, at, result, player } = this.now;
    this.#build(loopCode(op));
    const counts = { for_i: `# i = ${row}`, for_j: `# j = ${col}` };
    const counted = this.#count(row, col);
    for (const { line, role, count } of this.roles) {
      mark(line, "data-lit", role === "sum" ? at >= 0 : at < 0 && counted[role]); // the heads count, then the sum is made
      mark(line, "data-counts", at >= 0 && !player.inside && Boolean(counted[role])); // a whole step is both
      if (counts[role]) write(count, counts[role]);
    }
    const whole = at >= taps.length;
    const { lines } = result;
    this.#write("i", "i", row);
    this.#write("j", "j", col);
    this.#write("slice", windowText(op, [row, col]), this.#window(op, lines));
    const product = whole ? `${taps.length} of ${taps.length}` : at < 0 ? `0 of ${taps.length}` : `${at + 1} of ${taps.length}: ${lines[at].value} × ${lines[at].weight} = ${lines[at].product}`;
    this.#write("product", "product", product);
    this.#write("sum", whole ? "sum" : "sum so far", whole ? result.dotProduct : at < 0 ? "0" : lines[at].total);
    this.#write("out", `out[${row}, ${col}]`, whole ? (op.relu ? result.activation : result.preActivation) : "not yet");
  }

  /** The heads whose counter has moved since the last position; where a row begins, both have. */
  #count(row, col) {
    const [lastRow, lastCol] = this.#counted.position;
    if (row === lastRow && col === lastCol) return this.#counted;
    this.#counted = { position: [row, col], for_i: col === 0 || row !== lastRow, for_j: col === 0 || col !== lastCol };
    return this.#counted;
  }

  #build(code) {
    const text = code.map((each) => each.text).join("\n");
    if (text === this.#shown) return;
    this.#shown = text;
    this.roles = [];
    this.lines.replaceChildren(...code.map(({ text: words, role }) => {
      const [, code, comment] = words.match(/^(.*?)(  # .*)?$/);
      const count = h("span", { class: "count-now" });
      const line = h("div", { class: "code code-line" }, h("span", {}, code || " ", comment && h("span", { class: "comment" }, comment)), count);
      line.style.setProperty("--indent", `${words.search(/\S|$/) + 4}ch`); // where a line that is too long goes on
      if (role) {
        mark(line, "data-role", role);
        this.roles.push({ line, role, count });
      }
      return line;
    }));
  }

  /** The values under the window, a row a line, as the ledger prints them. */
  #window({ rows, cols, input }, lines) {
    if (input.shape[0] > 1 || rows.kernel > LARGEST_SHOWN || cols.kernel > LARGEST_SHOWN) return `${lines.length} values`;
    const texts = lines.map(({ value }) => value);
    const wide = Math.max(...texts.map((text) => text.length));
    const row = (r) => texts.slice(r * cols.kernel, (r + 1) * cols.kernel).map((text) => text.padStart(wide)).join("  ");
    return Array.from({ length: rows.kernel }, (_, r) => row(r)).join("\n");
  }

  #write(which, name, value) {
    write(this.live[which].name, name);
    write(this.live[which].value, String(value));
  }
}
