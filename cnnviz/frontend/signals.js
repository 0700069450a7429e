/** The signals page: the stage in one dimension, with the signal as a curve above it and what the window makes of it below. */

import { compare, showAgreement } from "./agreement.js";
import { dimensionPicture } from "./dimension_picture.js";
import { h, mark, write } from "./dom.js";
import { subscribe } from "./feed.js";
import { cellSize } from "./grid.js";
import { joinQuery } from "./link.js";
import { Settling, mount } from "./mount.js";
import { NumberField } from "./number_field.js";
import { Refused, extent, tensor } from "./operations.js";
import { decode } from "./parcel.js";
import { SignalCurve } from "./signal_curve.js";
import { ACTS, paddingOf, signalFromText, signalToText, slide, weightsFromTyped, weightsOf, weightsToTyped } from "./signal_settings.js";
import { showFormula } from "./size_formula.js";
import { Stage } from "./stage.js";

const HINT = "Press play, or point at an output: the amber band shows which samples made it. Type any kernel, as in −1, 0, 1.";
const numbered = (noun) => (_, col) => `${noun} ${col + 1}`;
const NAMES = { output: numbered("output"), input: numbered("sample"), weight: numbered("weight"), along: "sample" };

class SignalsView {

  constructor(data) {
    const [signals, taps] = [JSON.parse(data.signals), JSON.parse(data.taps)];
    this.taps = new Map(taps.map((each) => [each.key, each]));
    this.signals = new Map(signals.map((each) => [each.key, each]));
    this.settings = signalFromText(data.seed);
    this.stage = new Stage({ compact: true, onMoved: () => this.settling.soon(), onRefused: (text) => this.#say(text), onEdit: (...edit) => this.#edit(...edit) });
    this.input = new SignalCurve({ onDraw: (values) => this.#try({ signal: "drawn", curve: values }), onDrawn: () => this.settling.now() });
    this.output = new SignalCurve();
    this.notice = h("p", { class: "notice", role: "status" });
    const { columns, attention } = this.stage;
    columns.input.element.querySelector(".heading").after(this.input.element);
    columns.output.element.querySelector(".heading").after(this.output.element);
    attention.watch("input", this.input, (place) => this.stage.looking && attention.toggle(place));
    attention.watch("output", this.output, ({ col }) => this.stage.seek(col));
    this.#controls(signals, taps);
    this.element = h("div", { class: "cnnviz lab signals" }, this.toolbar, h("div", { class: "remarks" }, this.notice, this.formula), this.stage.element,
      h("section", { class: "dimensions", "aria-label": "One, two and three dimensions" }, dimensionPicture(),
        h("div", {}, h("p", {}, h("b", {}, "The axes a window slides along give a convolution its dimension. "),
          "Conv1d slides along time, Conv2d along rows and columns, Conv3d also along depth: through the slices of a scan, or the frames of a film. Its kernel is a small block, (k, k, k) for each channel, and its output a block again."),
        h("p", {}, h("b", {}, "Conv2d on a colour picture is no Conv3d. "),
          "Its filter is a block too, 3 × k × k, but it is as deep as the picture has channels: along the channels there is only one place for it, so it never slides there, and one filter gives one flat map. In nn.Conv3d the channels are yet another axis, which is summed over in the same way."))));
    this.settling = new Settling({
revision: data.revision,
      busy: () => this.stage.player.playing || this.input.drawing || !this.values,
      message: () => this.#text,
      link: () => joinQuery(this.#text),
    });
    this.unsubscribe = [subscribe("slid", (answer) => this.#check(answer)), this.stage.onPaint((moment) => this.#follow(moment))];
  }

  #controls(signals, taps) {
    const chip = (label, ...inputs) => h("label", { class: "chip-control" }, h("span", {}, label), ...inputs);
    const select = (label, options, take) => h("select", { "aria-label": label, onchange: (event) => take(event.target.value) },
      ...options.map(([value, text]) => h("option", { value }, text)));
    this.signal = select("signal", [...signals.map(({ key, title }) => [key, title]), ["drawn", "Drawn by hand"]], (signal) => this.#try({ signal, ...this.#curveFor(signal) }));
    this.act = select("what the window does", ACTS, (act) => this.#try({ act, stride: act === "conv" ? 1 : this.weights.length }));
    this.preset = select("kernel", taps.map(({ key, title }) => [key, title]), (kernel) => this.#try({ kernel, taps: null }));
    this.typed = h("input", { type: "text", class: "typed", "aria-label": "weights", autocomplete: "off", spellcheck: "false", oninput: () => this.#type(), onblur: () => this.#writeTyped() });
    const say = (text) => this.#say(text);
    const number = (name, least, most, current = () => this.settings[name]) => new NumberField({ label: name, least, most, say, current, take: (value) => this.#try({ [name]: value }) });
    const [stride, dilation] = [number("stride", 1, 16), number("dilation", 1, 16)];
    this.ends = number("padding", 0, 32, () => (this.settings.causal ? this.padding[0] : this.settings.padding));
    this.fields = [stride, this.ends, dilation];
    this.causal = h("input", { type: "checkbox", onchange: () => this.#try({ causal: this.causal.checked }) || (this.causal.checked = this.settings.causal) });
    this.formula = h("output", { class: "formula", "aria-label": "output size" });
    this.toolbar = h("div", { class: "toolbar", role: "group", "aria-label": "Signal and kernel" }, chip("signal", this.signal), chip("window", this.act), chip("kernel", this.preset), chip("weights", this.typed),
      chip("stride", stride.element), chip("padding", this.ends.element),
      h("label", { class: "chip-control", title: "zeros in front only, as many as the window reaches back, dilation · (k − 1): no output knows what comes later" }, this.causal, h("span", {}, "causal: in front")),
      chip("dilation", dilation.element));
  }

  /** New data from Python: a column of a table, or only another theme. */
  update(data) {
    this.data = data;
    const fresh = data.column?.id !== this.column?.id;
    this.column = data.column;
    if (this.column) {
      this.signals.set("column", { key: "column", ...this.column });
      let option = [...this.signal.options].find(({ value }) => value === "column");
      if (!option) this.signal.append((option = h("option", { value: "column" })));
      write(option, this.column.title);
      if (fresh) this.settings = { ...this.settings, signal: "column" };
    } else if (this.settings.signal === "column") this.settings = { ...this.settings, signal: "step" };
    if (!this.values || fresh) {
      try {
        this.#recompute(this.values ? 1 : 0);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this.settings = signalFromText("");
        this.#recompute();
        this.#say(`${error.message} Signal and kernel stand at their beginning again.`);
      }
    }
    if (!this.warned) this.#say("");
    this.settling.mirror();
  }

  resize(dark) {
    this.width = this.element.clientWidth;
    if (this.values) this.stage.op.strip = this.#scale();
    this.stage.resize(this.width, dark);
    for (const curve of [this.input, this.output]) curve.resize(this.width - 2, dark); // its border
    this.#draw();
  }

  stop() {
    this.stage.stop();
    for (const end of this.unsubscribe) end();
  }

  // --- changes ---------------------------------------------------------------------------------------------------------

  #try(change) {
    const before = this.settings;
    this.settings = { ...before, ...change };
    try {
      this.#recompute();
      this.#say("");
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.settings = before;
      this.#show();
      this.#say(`${error.message} The last picture stays.`);
      return false;
    }
  }

  /** Drawing goes on from the signal that is there. */
  #curveFor(signal) {
    return signal === "drawn" && !this.settings.curve ? { curve: Float32Array.from({ length: 64 }, (_, at) => Math.round(100 * Math.max(-1, Math.min(1, this.values[at] ?? 0))) / 100) } : {};
  }

  #edit(slice, row, col, value) {
    const taps = this.weights.slice();
    taps[col] = value;
    this.#try({ taps });
  }

  #type() {
    const taps = weightsFromTyped(this.typed.value);
    mark(this.typed, "aria-invalid", taps === null);
    if (!taps) return this.#say("A kernel is 1 to 15 numbers from −1000 to 1000, parted by commas or blanks; the last one stays.");
    this.#try({ taps });
  }

  #writeTyped() {
    const text = weightsToTyped(this.weights);
    if (this.typed.value !== text) this.typed.value = text;
    this.typed.removeAttribute("aria-invalid");
  }

  #recompute(steps = 1) {
    const { settings } = this;
    const values = settings.signal === "drawn" ? settings.curve : Float32Array.from(this.signals.get(settings.signal).values);
    const weights = weightsOf(settings, this.taps);
    const output = slide(values, weights, settings); // throws where torch refuses, before anything has changed
    const padding = paddingOf(weights.length, settings);
    Object.assign(this, { values, weights, padding, out: output });
    const spec = { kernel: weights.length, stride: settings.stride, padding: padding[0], after: padding[1], dilation: settings.dilation };
    const shape = [1, output.length];
    this.stage.show({
      name: "signal", kind: settings.act === "max" ? "max_pool2d" : "conv2d", input: tensor([1, 1, values.length], values),
      weight: settings.act === "max" ? null : { shape: [1, 1, weights.length], data: weights }, bias: 0, relu: false, pre: output, output: { shape, data: output },
      rows: { kernel: 1, stride: 1, padding: 0, dilation: 1 }, cols: spec, valueName: "sample", valueDecimals: 2, channelNames: ["signal"],
      picture: { kind: "activation", top: values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1 },
      titles: { ...this.#titles(), kernel: "Kernel", kernelNote: "edit any weight" }, names: NAMES, strip: this.#scale(),
    }, this.restored ? null : [0, settings.sample]);
    this.restored = true;
    this.settling.revision += steps;
    this.#show();
    showAgreement(this.stage.agreement, null);
    if (this.answer) this.#check(this.answer);
    this.#draw();
    if (steps) this.settling.soon();
  }

  #check(answer) {
    this.answer = answer;
    if (answer.revision !== this.settling.revision || !this.values) return;
    if (answer.refused) return this.#say(answer.refused);
    const scale = this.weights.reduce((sum, w) => sum + Math.abs(w), 0) * this.values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    showAgreement(this.stage.agreement, compare(this.out, decode(answer).data, scale));
  }

  // --- showing ---------------------------------------------------------------------------------------------------------

  #show() {
    const { settings } = this;
    const preset = this.taps.get(settings.kernel);
    this.signal.value = settings.signal;
    this.act.value = settings.act;
    this.preset.value = settings.kernel;
    for (const option of this.preset.options) write(option, option.value === settings.kernel && settings.taps ? `${preset.title}, changed` : this.taps.get(option.value).title);
    if (this.typed.getRootNode().activeElement !== this.typed) this.#writeTyped();
    for (const field of this.fields) field.show();
    this.causal.checked = settings.causal;
    this.ends.element.disabled = settings.causal; // follows from the window: what is typed here would not be true
    const [padding, after] = this.padding;
    const axis = { size: this.values.length, kernel: this.weights.length, stride: settings.stride, padding, after, dilation: settings.dilation };
    showFormula(this.formula, axis, axis);
    const drawn = settings.signal === "drawn";
    write(this.stage.kernelNote, { conv: settings.taps ? "" : preset.sentence, max: "", average: "Average pooling is a moving average that jumps as far as it is wide." }[settings.act]);
    this.input.drawable = drawn;
    this.stage.looking = !drawn;
  }

  #titles() {
    const { act, taps, signal, kernel } = this.settings;
    return {
      input: signal === "drawn" ? "Signal: draw it with the pointer" : `Signal: ${this.signals.get(signal).title}`,
      inputNote: this.#paddingNote(act),
      output: { conv: taps ? "Output" : `Output: ${this.taps.get(kernel).title}`, max: `Output: the largest of ${this.weights.length}`, average: `Output: the mean of ${this.weights.length}` }[act],
    };
  }

  /** The padding in words, with the sign that the curve draws it by. */
  #paddingNote(act) {
    const [front, behind] = this.padding;
    if (!front && !behind) return "";
    const what = act === "max" ? "× −∞" : front === 1 ? "zero" : "zeros";
    return `, ${act === "max" ? "▽" : "○"} padding: ${front} ${what} ${behind ? "at either end" : "in front"}`;
  }

  /**
   * The one scale of samples, window and outputs: `cell` CSS pixels a sample, and the places of the first sample and the
   * first output in cells. An output is as broad as the window's stride and stands in the middle of its window.
   */
  #scale() {
    const { settings: { stride, dilation }, values, weights, padding: [front, behind], width = 720 } = this;
    const room = front + values.length + behind;
    const span = extent(weights.length, dilation);
    const beyond = Math.max(0, (stride - span) / 2); // by how much the first and the last output stand out
    return {
      cell: cellSize({ rows: 1, cols: room + 2 * beyond, width: width - 2 }), breadth: stride, span,
      window: beyond, samples: beyond + front, outputs: beyond + (span - stride) / 2,
    };
  }

  #follow({ position: [, col], at, taps }) {
    this.at = col;
    this.made = at >= taps.length;
    this.#draw();
  }

  #draw() {
    if (!this.values || !this.stage.op) return;
    const { settings: { act, stride, dilation }, out, at = 0, made = true, stage: { player, op: { strip } } } = this;
    const { cell, span } = strip;
    this.input.show({ values: this.values, cell, from: strip.samples, padding: this.padding, beyond: act === "max" ? "−∞" : "0", band: { start: strip.window + at * stride, span, every: dilation } });
    this.output.show({ values: out, cell, from: strip.window + (span - 1) / 2, step: stride, point: at, made, revealed: player.revealed });
    this.element.style.setProperty("--input-start", `${strip.window * cell}px`);
    this.element.style.setProperty("--output-start", `${strip.outputs * cell}px`);
    mark(this.element, "data-output-length", out.length);
  }

  #say(text) {
    this.warned = Boolean(text);
    write(this.notice, text || this.data?.note || HINT);
    mark(this.notice, "data-warning", this.warned);
  }

  get #text() {
    return signalToText({ ...this.settings, sample: this.restored ? this.stage.player.step : this.settings.sample });
  }
}

export default mount(SignalsView);
