/** The convolution page's controls above the stage: kernel, hyperparameters, bias, ReLU, and the size formula. */

import { h, write } from "./dom.js";
import { Hyperparameters } from "./hyperparameters.js";
import { NumberField } from "./number_field.js";
import { showFormula } from "./size_formula.js";

const LARGEST = { kernel: 11, bias: 1000 };

export class Toolbar {
  #preset = ""; // what the choice of kernels says

  /**
   * kernels: the presets. `change(settings)` takes changed settings and says whether torch would take them too;
   * `resize(rows, cols)` changes the kernel's size; `say(sentence)` explains what was refused ("" when all is well).
   */
  constructor(kernels, { change, resize, say }) {
    this.kernels = new Map(kernels.map((kernel) => [kernel.key, kernel]));
    const control = (label, ...inputs) => h("label", { class: "chip-control" }, h("span", {}, label), ...inputs);
    const choose = (key) => {
      if (!change({ kernel: key, weights: null })) this.preset.value = this.settings.kernel;
    };
    this.preset = h("select", { "aria-label": "kernel", onchange: () => choose(this.preset.value) },
      ...kernels.map(({ key, title }) => h("option", { value: key }, title)));
    this.sides = ["kernel rows", "kernel columns"].map((label, axis) =>
      new NumberField({
        label, least: 1, most: LARGEST.kernel, say,
        current: () => this.kernelSize[axis],
        take: (value) => resize(...this.kernelSize.with(axis, value)),
      }));
    this.hyperparameters = new Hyperparameters({ change, say });
    this.bias = new NumberField({
      label: "bias", least: -LARGEST.bias, most: LARGEST.bias, whole: false, say,
      current: () => this.settings.bias,
      take: (value) => change({ bias: Math.fround(value) }),
    });
    this.relu = h("input", { type: "checkbox", onchange: () => change({ relu: this.relu.checked }) });
    this.formula = h("output", { class: "formula", "aria-label": "output size" });
    this.element = h("div", { class: "toolbar", role: "group", "aria-label": "Kernel and hyperparameters" },
      control("kernel", this.preset),
      h("span", { class: "chip-control", role: "group", "aria-label": "kernel size" }, h("span", {}, "size"), this.sides[0].element, "×", this.sides[1].element),
      this.hyperparameters.element,
      control("bias", this.bias.element), control("ReLU", this.relu));
  }

  /** Shows settings, the kernel's [rows, cols] and the image's [height, width]; a field being typed in is left alone. */
  show(settings, kernelSize, imageSize) {
    Object.assign(this, { settings, kernelSize });
    for (const field of [...this.sides, this.bias]) field.show();
    this.hyperparameters.show(settings);
    this.#showPreset(settings.kernel, Boolean(settings.weights));
    this.relu.checked = settings.relu;
    const { stride, padding, dilation } = settings;
    const axis = (at) =>
      ({ size: imageSize[at], kernel: kernelSize[at], stride: stride[at], padding: padding[at], dilation: dilation[at] });
    showFormula(this.formula, axis(0), axis(1));
  }

  /** Which preset this kernel is, or was before it was changed. Twenty options are not gone through at each edit. */
  #showPreset(key, changed) {
    const shown = `${key},${changed}`;
    if (shown === this.#preset) return;
    this.#preset = shown;
    this.preset.value = key;
    for (const option of this.preset.options) {
      const { title } = this.kernels.get(option.value);
      write(option, option.value === key && changed ? `${title}, changed` : title);
    }
  }
}
