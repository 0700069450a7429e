/** The kernel as text, in a window of its own: copied and saved from there, pasted and typed into it. */

import { h, mark, write } from "./dom.js";
import { slicesAlike } from "./filter.js";
import { copyButton, saveFile } from "./handing_over.js";
import { FORMATS, kernelFromText, kernelToText } from "./kernel_text.js";
import { Refused, tensor } from "./operations.js";

export class KernelText {
  /** filter(): the filter as it is now; take(filter) puts another in its place. */
  constructor({ filter, take }) {
    Object.assign(this, { filter, take });
    this.format = h("select", { "aria-label": "format", onchange: () => this.#write() },
      ...FORMATS.map(([key, title]) => h("option", { value: key }, title)));
    this.field = h("textarea", { "aria-label": "kernel as text", rows: "9", spellcheck: "false", autocomplete: "off", wrap: "off", oninput: () => this.#read() });
    this.said = h("p", { class: "read-as", "aria-live": "polite" });
    this.use = h("button", { class: "tool strong", type: "button", onclick: () => this.#use() }, "use this text");
    const close = h("button", { class: "tool", type: "button", onclick: () => this.element.close() }, "close");
    this.element = h("dialog", { "aria-label": "Kernel as text" },
      h("p", { class: "title" }, "Kernel as text"),
      h("p", { class: "explained" }, "Paste over it: a NumPy or torch literal, JSON, or cells of a spreadsheet. 1 slice, or 3 for red, green and blue; up to 11 × 11. Nothing is run."),
      this.field,
      this.said,
      h("div", { class: "row" },
        h("label", { class: "chip-control" }, h("span", {}, "as"), this.format),
        copyButton("copy", () => this.field.value),
        h("button", { class: "tool", type: "button", onclick: () => this.#save() }, "save"),
        h("span", { class: "spread" }), close, this.use));
  }

  open() {
    this.#write();
    this.element.showModal();
    this.field.select();
  }

  /** The kernel as it is now, in the chosen format; three equal slices are written as the one they are. */
  #write() {
    const filter = this.filter();
    const [, rows, cols] = filter.shape;
    const brief = slicesAlike(filter) ? tensor([1, rows, cols], filter.data.slice(0, rows * cols)) : filter;
    this.field.value = kernelToText(brief, this.format.value);
    this.#read();
  }

  /** What the text says, or why it says nothing. */
  #read() {
    let sentence = "";
    this.read = null;
    try {
      this.read = kernelFromText(this.field.value);
      const [slices, rows, cols] = this.read.shape;
      write(this.said, `${rows} × ${cols} weights, ${slices === 1 ? "one slice" : `${slices} slices`}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      sentence = error.message;
      write(this.said, sentence);
    }
    mark(this.said, "data-warning", Boolean(sentence));
    this.use.disabled = !this.read;
  }

  #use() {
    this.element.close(); // what the page says about it stands behind this window
    this.take(this.read);
  }

  #save() {
    const [key, , ending] = FORMATS.find(([format]) => format === this.format.value);
    const text = this.field.value;
    const lines = { numpy: `import numpy as np\n\nkernel = ${text}\n`, torch: `import torch\n\nkernel = ${text}\n` };
    saveFile(`kernel.${ending}`, lines[key] ?? text, "text/plain");
  }
}
