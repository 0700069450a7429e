/** The row of tools under the kernel: what one may do to all its weights at once, and the way to it as text. */

import { h } from "./dom.js";
import { flipped, mirrored, normalised, rotated, scaled, upended } from "./filter_actions.js";
import { holdsMany, kernelFromText } from "./kernel_text.js";
import { KernelText } from "./kernel_dialog.js";
import { parseNumber, plain } from "./numbers.js";
import { Refused } from "./operations.js";

export class KernelTools {
  /**
   * filter(): the filter (slices, rows, cols) as it is now. take(filter, sentence) makes another one of it and may say
   * something about that; false if torch would refuse. reset() brings the preset back; refuse(sentence) says what is wrong.
   */
  constructor({ filter, take, reset, refuse }) {
    Object.assign(this, { filter, take, refuse });
    this.text = new KernelText({ filter, take: (read) => this.#adopt(read) });
    const scale = (factor) => this.#do((now) => [scaled(now, factor)]);
    const tool = (label, title, act, more = {}) => h("button", { class: "tool", type: "button", title, onclick: act, ...more }, label);
    const turn = (action) => () => this.#do((now) => [action(now)]);
    this.factor = h("input", { type: "text", class: "factor", placeholder: "× …", "aria-label": "multiply by", title: "A factor for all weights, then Enter",
      onchange: () => this.#multiply() });
    this.reset = tool("reset", "Back to the preset's weights", reset);
    this.element = h("div", { class: "kernel-tools", role: "group", "aria-label": "Kernel tools" },
      tool("flip", "Turn by 180°, as a convolution in the sense of mathematics does first", turn(flipped)),
      tool("rotate", "A quarter turn clockwise", turn(rotated)),
      tool("↔", "Exchange left and right", turn(mirrored), { "aria-label": "flip left and right ↔" }),
      tool("↕", "Exchange top and bottom", turn(upended), { "aria-label": "flip top and bottom ↕" }),
      tool("negate", "Every weight times −1", () => scale(-1)),
      tool("×2", "Every weight times 2", () => scale(2)),
      tool("÷2", "Every weight divided by 2", () => scale(0.5)),
      this.factor,
      tool("normalise", "Divide so that the weights add up to 1", () => this.#normalise()),
      this.reset,
      tool("copy, paste", "Copy, paste or save the kernel as NumPy, torch, JSON or a table", () => this.text.open()));
  }

  /** A kernel pasted into one of the cells replaces the kernel; a single number is meant for its cell. */
  listenForPaste(element) {
    element.addEventListener("paste", (event) => {
      const text = event.clipboardData.getData("text/plain");
      if (!holdsMany(text)) return;
      event.preventDefault();
      event.target.blur?.(); // the cell would keep the text that is being typed in it
      this.#do(() => this.#adopt(kernelFromText(text)));
    });
  }

  show({ changed }) {
    this.reset.disabled = !changed;
  }

  /** Takes a kernel that was read from text. */
  #adopt(read) {
    const [slices, rows, cols] = read.shape;
    const unused = slices > this.filter().shape[0];
    this.take(read, unused ? "The picture is grey: only the first of the three slices is used." : `A kernel of ${rows} × ${cols} weights was pasted.`);
  }

  /** Does what gives [another filter, a sentence about it]; what cannot be is explained. */
  #do(action) {
    try {
      const result = action(this.filter());
      if (result) this.take(...result);
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.refuse(error.message);
      return false;
    }
  }

  #multiply() {
    const factor = parseNumber(this.factor.value);
    if (Number.isNaN(factor)) {
      if (this.factor.value.trim()) this.refuse(`“${this.factor.value.trim().slice(0, 20)}” is no factor: type a number such as 0.5.`);
      return;
    }
    if (this.#do((now) => [scaled(now, factor), `Every weight times ${plain(factor, 6)}.`])) this.factor.value = "";
  }

  #normalise() {
    this.#do((now) => {
      const { filter, by, divisor } = normalised(now);
      const slices = now.shape[0] > 1 ? " of all slices" : "";
      return [filter, by === "sum"
        ? `Divided by ${plain(divisor)}, the sum of the weights${slices}: now they add up to 1, and an even area keeps its brightness.`
        : `The weights${slices} add up to 0, so they were divided by ${plain(divisor)}, the sum of their sizes |w|.`];
    });
  }
}
