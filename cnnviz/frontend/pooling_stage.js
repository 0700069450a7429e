/** The pooling window on the stage: size, stride, padding and ceil mode in the hand, the winner marked, the gradient below. */

import { compare, showAgreement } from "./agreement.js";
import { h, mark, write } from "./dom.js";
import { subscribe } from "./feed.js";
import { Hyperparameters } from "./hyperparameters.js";
import { Settling, mount } from "./mount.js";
import { plain } from "./numbers.js";
import { Refused, avgPool2d, maxPool2d } from "./operations.js";
import { decode } from "./parcel.js";
import { Stage } from "./stage.js";

const DEFAULTS = { source: "example", pooling: "max", pool_window: [2, 2], pool_stride: [2, 2], pool_padding: [0, 0], ceil: 0, pool_map: 0, pool_cell: "0,0" };
const RANGES = { window: [1, 8], stride: [1, 8], padding: [0, 4] };

class PoolingStage {
  isBelow = true; // the shift lab has the page's tools

  constructor(data) {
    this.settings = settingsFromText(data.seed);
    this.settling = new Settling({
revision: data.revision,
      busy: () => this.stage.player.playing || !this.input,
      message: () => this.#text,
      link: () => location.search.slice(1), // the shift lab above writes the address bar, for both
    });
    this.stage = new Stage({ compact: true, onMoved: () => this.#moved() });
    this.#build();
    this.unsubscribe = [
      subscribe("pool_input", (input) => this.#receiveInput(input)),
      subscribe("pool_answer", (answer) => this.#receiveAnswer(answer)),
    ];
  }

  update() {} // all that Python sends later comes through the feeds

  resize(dark) {
    this.stage.resize(this.element.clientWidth, dark);
  }

  stop() {
    this.stage.stop();
    for (const end of this.unsubscribe) end();
  }

  #build() {
    const chip = (label, control) => h("label", { class: "chip-control" }, h("span", {}, label), control);
    const choice = (label, key, options) =>
      h("select", { "aria-label": label, onchange: (event) => this.#try({ [key]: event.target.value }) },
        ...options.map(([value, text]) => h("option", { value }, text)));
    this.controls = {
      source: choice("input of the pooling", "source", [["example", "numbers, 3 × 8 × 8"], ["relu", "map after ReLU"], ["image", "the image"]]),
      pooling: choice("kind of pooling", "pooling", [["max", "max"], ["average", "average"]]),
    };
    this.numbers = new Hyperparameters({
      ranges: RANGES, of: " of the pooling", modes: false, say: (text) => this.#say(text),
      change: (change) => this.#try(Object.fromEntries(Object.entries(change).map(([name, axes]) => [`pool_${name}`, axes]))),
    });
    this.controls.ceil = h("input", { type: "checkbox", "aria-label": "ceil mode", onchange: (event) => this.#try({ ceil: event.target.checked ? 1 : 0 }) });
    this.maps = h("span", { class: "segmented", role: "group", "aria-label": "Channel of the pooling" });
    this.notice = h("p", { class: "notice", role: "status" });
    this.formula = h("output", { class: "formula", "aria-label": "size of the pooled map" });
    this.call = h("p", { class: "pool-call" });
    this.gradient = h("div", { class: "pool-gradient" });
    const example = h("button", { type: "button", class: "tool", onclick: () => this.#try(settingsFromText("")) }, "(1, 3, 8, 8) → (1, 3, 4, 4)");
    this.element = h("section", { class: "cnnviz pooling-stage", "aria-label": "The pooling window" },
      h("div", { class: "toolbar", role: "group", "aria-label": "Pooling" },
        chip("pool", this.controls.pooling), chip("of", this.controls.source), this.maps,
        this.numbers.element, chip("ceil mode", this.controls.ceil), example),
      this.notice, this.call, this.formula, this.stage.element, this.gradient);
  }

  // --- settings and input ------------------------------------------------------------------------------------------------

  /** Takes a change of settings if torch would; otherwise says why, and keeps the last good picture. */
  #try(change) {
    const before = this.settings;
    this.settings = { ...before, ...change };
    if (this.settings.source !== this.input?.source) { // Python has that input
      this.#showControls();
      this.settling.revision++;
      this.settling.now();
      return true;
    }
    try {
      this.#compute();
      this.#say("");
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.settings = before;
      this.#say(`${error.message} The last picture stays.`);
      if ("ceil" in change || "pooling" in change) this.#showControls();
      return false;
    }
  }

  #moved() {
    this.settings.pool_cell = this.stage.player.position.join();
    this.settling.revision++;
    this.#waitForGradient();
    this.settling.soon();
  }

  #receiveInput(input) {
    if (input === this.input) return;
    const first = !this.input;
    this.input = input;
    this.values = decode(input);
    if (this.settings.source !== input.source) return;
    try {
      this.#compute(first ? 0 : 1, first);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.settings = { ...settingsFromText(""), source: input.source };
      this.#compute(1);
      this.#say(`${error.message} All is as it was at first.`);
    }
  }

  #compute(steps = 1, first = false) {
    if (!this.values) return;
    const { pooling, pool_window: kernel, pool_stride: stride, pool_padding: padding, ceil, pool_cell: cell } = this.settings;
    const [channels, height, width] = this.values.shape;
    const map = Math.min(this.settings.pool_map, channels - 1);
    const data = this.values.data.subarray(map * height * width, (map + 1) * height * width);
    const input = this.one?.data.buffer === data.buffer && this.one.map === map ? this.one : { shape: [1, height, width], data, map };
    const options = { kernel, stride, padding, ceilMode: Boolean(ceil) };
    const output = pooling === "max" ? maxPool2d(input, options) : avgPool2d(input, options);
    const [, rows, cols] = output.shape;
    this.one = input;
    this.output = output;
    const axis = (at) => ({ kernel: kernel[at], stride: stride[at], padding: padding[at], dilation: 1 });
    const { source, bottom, top } = this.input;
    const grey = source !== "relu";
    this.stage.show({
      name: "pooling", kind: pooling === "max" ? "max_pool2d" : "avg_pool2d", input, output: { shape: [rows, cols], data: output.data },
      rows: axis(0), cols: axis(1), valueName: "value", valueDecimals: 2, channelNames: ["map"],
      picture: grey ? { kind: "grey", bottom, top } : { kind: "activation", top },
      titles: { input: { relu: "Map after ReLU", image: "Image", example: `Channel ${map + 1} of 3` }[source], kernel: "", kernelNote: "", output: "Pooled map" },
    }, first ? cell.split(",").map(Number) : null);
    this.settings.pool_cell = this.stage.player.position.join();
    this.settling.revision += steps;
    this.#showControls();
    this.#describe(channels, height, width, rows, cols);
    showAgreement(this.stage.agreement, null);
    this.#waitForGradient();
    if (this.answer) this.#receiveAnswer(this.answer);
    if (steps) this.settling.soon();
  }

  #showControls() {
    for (const [key, control] of Object.entries(this.controls)) {
      if (key === "ceil") control.checked = Boolean(this.settings.ceil);
      else control.value = this.settings[key];
    }
    this.numbers.show({ window: this.settings.pool_window, stride: this.settings.pool_stride, padding: this.settings.pool_padding });
    const channels = this.values?.shape[0] ?? 1;
    if (this.maps.children.length !== (channels > 1 ? channels : 0)) {
      this.maps.replaceChildren(...(channels > 1 ? Array.from({ length: channels }, (_, map) =>
        h("button", { type: "button", class: "tool", onclick: () => this.#try({ pool_map: map }) }, `channel ${map + 1}`)) : []));
    }
    [...this.maps.children].forEach((button, map) => mark(button, "aria-pressed", map === this.settings.pool_map));
  }

  #describe(channels, height, width, rows, cols) {
    const { pooling, pool_window: kernel, pool_stride: stride, pool_padding: padding, ceil } = this.settings;
    const [open, close] = ceil ? ["⌈", "⌉"] : ["⌊", "⌋"];
    const spell = (size, at, result) => {
      const plainly = (ceil ? Math.ceil : Math.floor)((size + 2 * padding[at] - kernel[at]) / stride[at]) + 1;
      const less = plainly > result ? ", less the window that would see nothing but padding" : "";
      return `${open}(${size} + 2·${padding[at]} − ${kernel[at]}) / ${stride[at]}${close} + 1 = ${result}${less}`;
    };
    const alike = height === width && [kernel, stride, padding].every(([ofRows, ofCols]) => ofRows === ofCols);
    write(this.formula, alike ? `size: ${spell(height, 0, rows)}` : `rows: ${spell(height, 0, rows)}; columns: ${spell(width, 1, cols)}`);
    const name = pooling === "max" ? "MaxPool2d" : "AvgPool2d";
    const text = (axes) => (axes[0] === axes[1] ? axes[0] : `(${axes.join(", ")})`);
    const more = [text(kernel), `stride=${text(stride)}`, padding[0] || padding[1] ? `padding=${text(padding)}` : "", ceil ? "ceil_mode=True" : ""].filter(Boolean).join(", ");
    write(this.call, `nn.${name}(${more}): (1, ${channels}, ${height}, ${width}) → (1, ${channels}, ${rows}, ${cols}) · 0 parameters, each channel by itself`);
    mark(this.element, "data-shape", [1, channels, rows, cols]);
  }

  // --- torch ---------------------------------------------------------------------------------------------------------------

  #waitForGradient() {
    mark(this.gradient, "data-known", false);
  }

  #receiveAnswer(answer) {
    this.answer = answer;
    if (answer.revision !== this.settling.revision || !this.output || answer.source !== this.settings.source) return;
    if (answer.refused) return this.#say(answer.refused);
    const largest = this.one.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    showAgreement(this.stage.agreement, compare(this.output.data, decode(answer).data, largest));
    this.#showGradient(answer.gradient);
  }

  /** { cells: [[row, column, share]], zeros: how many others }, from torch's autograd. */
  #showGradient({ cells, zeros }) {
    const [row, col] = this.settings.pool_cell.split(",").map(Number);
    const places = cells.map(([r, c, share]) => `${plain(share, 4)} at row ${r + 1}, column ${c + 1}`);
    const shown = places.length > 4 ? [...places.slice(0, 3), "…", places.at(-1)] : places;
    const what = this.settings.pooling === "max"
      ? `to the winner alone: ${shown.join("; ")}; 0 everywhere else in the input`
      : `in equal shares to the ${cells.length} cells of the window: ${shown.join("; ")}; 0 everywhere else`;
    this.gradient.replaceChildren(
      h("p", {}, h("b", {}, "Gradient "), `(torch's autograd) of the pooled cell at row ${row + 1}, column ${col + 1}: ${what}.`),
      h("p", { class: "note" }, "Pooling has no parameters, so there is nothing in it to train. But it does take part in training: it decides which cells of the map before it, and through them which weights, hear of the error."));
    mark(this.gradient, "data-known", true);
    mark(this.gradient, "data-cells", cells.map(([r, c]) => `${r},${c}`).join(" "));
    mark(this.gradient, "data-zeros", zeros);
  }

  #say(text) {
    write(this.notice, text);
    mark(this.notice, "data-warning", Boolean(text));
  }

  get #text() {
    return Object.entries(this.settings).map(([key, value]) => [key, textOf(value)])
      .filter(([key, text]) => text !== textOf(DEFAULTS[key])).map(([key, text]) => `${key}=${text}`).join("&");
  }
}

export default mount(PoolingStage);

/** A number for both axes, or "rows,columns". */
function textOf(value) {
  return Array.isArray(value) && value[0] === value[1] ? String(value[0]) : String(value);
}

function settingsFromText(text) {
  const read = { ...DEFAULTS, ...Object.fromEntries(new URLSearchParams(text)) };
  for (const key of ["ceil", "pool_map"]) read[key] = Number(read[key]);
  for (const key of ["pool_window", "pool_stride", "pool_padding"]) {
    const [rows, cols = rows] = String(read[key]).split(",").map(Number);
    read[key] = [rows, cols];
  }
  return read;
}
