/** What stands around the grids of a stage: four columns with their headings, the channel tabs, the legend. */

import { dress, h, mark, write } from "./dom.js";
import { kindOf } from "./kinds.js";
import { LOUPE_AROUND } from "./layout.js";
import { plain } from "./numbers.js";
import { gradient } from "./palette.js";

export class Columns {
  /** parts: { input, output, products, loupe (Grid), kernel (KernelPanel), ledger, tools (an element or null) }; onChannel(index) when a tab is chosen. */
  constructor(parts, onChannel) {
    Object.assign(this, { parts, onChannel });
    const { input, output, products, loupe, kernel, ledger, tools } = parts;
    this.tabs = h("div", { class: "tabs", role: "group", "aria-label": "Channel" });
    this.kernelNote = h("p", { class: "kernel-note" });
    this.ramp = h("div", { class: "ramp" });
    this.ticks = ["", "0", ""].map((text) => h("span", {}, text));
    this.legend = h("div", { class: "legend" }, this.ramp, h("div", { class: "ticks" }, ...this.ticks));
    const productsTitle = h("div", { class: "heading products-heading" },
      h("span", { class: "title" }, "Products"), " ", h("span", { class: "note" }, "window × kernel"));
    this.input = column("input", box("input-box", input.element), tools);
    this.kernel = column("kernel", this.tabs, box("kernel-box", kernel.element), this.kernelNote, productsTitle, box("products-box", products.element));
    this.window = column("window", h("div", { class: "loupe-box" }, loupe.element), ledger.element);
    this.output = column("output", box("output-box", output.element), this.legend);
    const all = [this.input, this.kernel, this.window, this.output];
    this.element = h("div", { class: "columns" }, ...all.map(({ element }) => element));
  }

  /** Headings, tabs and the grids' names for screen readers. */
  show(op, channel) {
    const { input, output, products, loupe } = this.parts;
    const { titles } = op;
    const [channels, height, width] = op.input.shape;
    const [rows, cols] = op.output.shape;
    name(this.input, titles.input, `${channels} × ${height} × ${width}${titles.inputNote ?? ""}`);
    name(this.kernel, titles.kernel, titles.kernelNote);
    name(this.output, titles.output, `1 × ${rows} × ${cols}`);
    write(this.window.heading, kindOf(op).window);
    this.#showTabs(op.channelNames, channel);
    mark(input.panel, "aria-label", `${titles.input}: ${channels} × ${height} × ${width} values. Arrow keys point at one and show the outputs it feeds, Space pins it.`);
    mark(output.panel, "aria-label", `${titles.output}: ${rows} × ${cols} values. Arrow keys move the window, space plays.`);
    mark(products.panel, "aria-label", "Each value of the window times the weight over it");
    mark(loupe.panel, "aria-label", `The window and ${LOUPE_AROUND} cells around it, enlarged`);
    if (channels > 1) mark(input.panel, "data-channel", channel);
    else input.panel.removeAttribute("data-channel");
  }

  #showTabs(names, channel) {
    if (this.tabs.dataset.names !== names.join()) {
      this.tabs.dataset.names = names.join();
      const tab = (text, index) =>
        h("button", { type: "button", class: "tab", "data-index": index, onclick: () => this.onChannel(index) }, text);
      this.tabs.replaceChildren(...(names.length > 1 ? names.map(tab) : []));
    }
    for (const tab of this.tabs.children) mark(tab, "aria-pressed", Number(tab.dataset.index) === channel);
  }

  /** The colours of the output, from −top to +top. */
  showLegend({ kind, top }) {
    dress(this.ramp, { background: gradient(kind) });
    const shown = plain(top, 3);
    write(this.ticks[0], `−${shown}`);
    write(this.ticks[2], `+${shown}`);
  }
}

function column(of, ...children) {
  const [heading, note] = [h("span", { class: "title" }), h("span", { class: "note" })];
  const element = h("div", { class: `column column-${of}` }, h("div", { class: "heading" }, heading, " ", note), ...children);
  return { element, heading, note };
}

function box(of, element) {
  return h("div", { class: `box ${of}` }, element);
}

function name({ heading, note }, title, more) {
  write(heading, title);
  write(note, more);
}
