/** The convolution page's controls above the stage: kernel, hyperparameters, bias, ReLU, and the size formula. */

import { h, write } from "./dom.js";
import { parseNumber, plain } from "./numbers.js";
import { outputSize } from "./operations.js";

const LARGEST = { kernel: 11, stride: 16, padding: 16, dilation: 16, bias: 1000 };

export class Toolbar {
  /**
   * kernels: the presets. `change(settings)` takes changed settings and says whether torch would take them too;
   * `resize(rows, cols)` changes the kernel's size; `say(sentence)` explains what was refused ("" when all is well).
   */
  constructor(kernels, { change, resize, say }) {
    Object.assign(this, { change, say });
    this.kernels = new Map(kernels.map((kernel) => [kernel.key, kernel]));
    const control = (label, ...inputs) => h("label", { class: "chip-control" }, h("span", {}, label), ...inputs);
    const choose = (key) => {
      if (!change({ kernel: key, weights: null })) this.preset.value = this.settings.kernel;
    };
    this.preset = h("select", { "aria-label": "kernel", onchange: () => choose(this.preset.value) },
      ...kernels.map(({ key, title }) => h("option", { value: key }, title)));
    this.sides = ["kernel rows", "kernel columns"].map((label, axis) =>
      this.#number(label, 1, LARGEST.kernel, () => this.kernelSize[axis], (value) => {
        const size = [...this.kernelSize];
        size[axis] = value;
        return resize(...size);
      }));
    this.numbers = Object.fromEntries(["stride", "padding", "dilation"].map((key) =>
      [key, this.#number(key, key === "padding" ? 0 : 1, LARGEST[key], () => this.settings[key], (value) => change({ [key]: value }))]));
    this.bias = this.#number("bias", -LARGEST.bias, LARGEST.bias, () => this.settings.bias,
      (value) => change({ bias: Math.fround(value) }), { whole: false });
    this.relu = h("input", { type: "checkbox", onchange: () => change({ relu: this.relu.checked }) });
    this.formula = h("output", { class: "formula", "aria-label": "output size" });
    this.element = h("div", { class: "toolbar", role: "group", "aria-label": "Kernel and hyperparameters" },
      control("kernel", this.preset),
      h("span", { class: "chip-control", role: "group", "aria-label": "kernel size" }, h("span", {}, "size"), this.sides[0], "×", this.sides[1]),
      ...Object.entries(this.numbers).map(([key, input]) => control(key, input)),
      control("bias", this.bias), control("ReLU", this.relu));
  }

  /** A number that answers while it is typed; what cannot be is explained, and leaving the field brings back what is. */
  #number(label, least, most, current, take, { whole = true } = {}) {
    const input = h("input", {
      type: "number", min: least, max: most, step: whole ? 1 : "any", "aria-label": label,
      oninput: () => {
        const value = parseNumber(input.value);
        if (value === current()) return this.#mark(input, "");
        if ((whole && !Number.isInteger(value)) || !(value >= least && value <= most)) {
          const kind = whole ? "a whole number" : "a number";
          return this.#mark(input, `The ${label} must be ${kind} from ${signed(least)} to ${most}; it stays ${plain(current())}.`);
        }
        if (take(value)) this.#mark(input, "");
        else input.setAttribute("aria-invalid", "true");
      },
      onblur: () => this.#set(input, current()),
    });
    return input;
  }

  #mark(input, sentence) {
    if (sentence) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    this.say(sentence);
  }

  #set(input, value) {
    const text = plain(value, 6).replace("−", "-");
    if (input.value !== text) input.value = text;
    input.removeAttribute("aria-invalid");
  }

  /** Shows settings, the kernel's [rows, cols] and the image's [height, width]; a field being typed in is left alone. */
  show(settings, kernelSize, imageSize) {
    Object.assign(this, { settings, kernelSize });
    const active = this.element.getRootNode().activeElement;
    const fields = [
      ...this.sides.map((input, axis) => [input, kernelSize[axis]]),
      ...Object.entries(this.numbers).map(([key, input]) => [input, settings[key]]),
      [this.bias, settings.bias],
    ];
    for (const [input, value] of fields) if (input !== active) this.#set(input, value);
    const changed = Boolean(settings.weights);
    this.preset.value = settings.kernel;
    for (const option of this.preset.options) {
      const { title } = this.kernels.get(option.value);
      write(option, option.value === settings.kernel && changed ? `${title}, changed` : title);
    }
    this.relu.checked = settings.relu;
    this.#showFormula(settings, kernelSize, imageSize);
  }

  /** The size formula with the numbers of this picture, twice where rows and columns differ. */
  #showFormula({ stride, padding, dilation }, kernelSize, imageSize) {
    const spell = (axis) => {
      const [size, kernel] = [imageSize[axis], kernelSize[axis]];
      const spans = dilation > 1 ? `(${dilation}·(${kernel} − 1) + 1)` : kernel;
      const result = outputSize(size, { kernel, stride, padding, dilation });
      return [`⌊(${size} + 2·${padding} − ${spans}) / ${stride}⌋ + 1 = `, h("b", {}, String(result))];
    };
    if (imageSize[0] === imageSize[1] && kernelSize[0] === kernelSize[1]) this.formula.replaceChildren(...spell(0));
    else this.formula.replaceChildren("rows ", ...spell(0), ", columns ", ...spell(1));
  }
}

function signed(number) {
  return String(number).replace("-", "−");
}
