/** The network page's component: draw, and every layer answers while the pen moves. */

import { compare, showAgreement } from "./agreement.js";
import { DigitInput } from "./digit_input.js";
import { h, mark, write } from "./dom.js";
import { decode, subscribe } from "./feed.js";
import { forward } from "./forward.js";
import { joinQuery } from "./link.js";
import { Maps } from "./maps.js";
import { Settling, mount } from "./mount.js";
import { decimal, plain } from "./numbers.js";
import { softmax } from "./operations.js";
import { gradient } from "./palette.js";
import { Stage } from "./stage.js";
import { strokesToText } from "./strokes.js";
import { FLAT, unitOperation } from "./unit.js";
import { Verdict } from "./verdict.js";
import { loadWeights } from "./weights.js";

const MAP_SIDE = 84; // CSS pixels a map takes …
const SMALL_MAP_SIDE = 46; // … and one of few cells
const UNIT_SIDE = 12;
const STAGE_PADDING = 17; // pixels between the stage and the frame around it
const POINT = "Point at any map to read a value; click to see every number that made it.";

class NetworkView {
  #revision = 0; // counts changes of the picture; Python's answer names the one it belongs to
  #frame = 0;
  #painted = 0;

  constructor(data) {
    const seed = Object.fromEntries(new URLSearchParams(data.seed));
    this.layers = data.layers;
    this.last = data.layers.at(-1);
    this.show = seed.show ?? "activation";
    this.scale = seed.scale ?? "layer";
    this.unit = seed.unit ? this.#known(unitFromText(seed.unit)) : null;
    this.digit = new DigitInput({
      image: data.image, strokes: data.strokes, centred: seed.centre !== "0",
      onChange: () => this.#changed(), onSettled: () => this.settling.now(),
    });
    this.settling = new Settling({
      busy: () => this.digit.busy || !this.ready || this.stage.player.playing,
      message: () => `${this.#revision};${this.#text}`,
      link: () => this.#text,
    });
    this.#build(data);
    this.unsubscribe = [
      subscribe("digits", (digits) => {
        this.digit.setGallery(digits);
        this.#changed(0);
      }),
      subscribe("answer", (answer) => this.#receiveAnswer(answer)),
    ];
    loadWeights(data.network.file, data.network.digest).then(
      (weights) => {
        this.weights = weights;
        this.#changed(0);
      },
      (error) => this.#warn(`${error.message} Reload the page to try again.`),
    );
  }

  update() {} // all that Python sends later comes through the feeds

  resize(dark) {
    this.dark = dark;
    this.stage.resize(this.stageBox.clientWidth - 2 * STAGE_PADDING, dark);
    this.#placeMarks();
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.stage.stop();
    document.removeEventListener("keydown", this.onKey);
    for (const end of this.unsubscribe) end();
    this.stopped = true;
  }

  // --- building --------------------------------------------------------------------------------------------------------

  #build({ network, labels }) {
    this.readout = h("p", { class: "readout", "aria-live": "off" });
    this.agreement = h("p", { class: "agreement" });
    this.notice = h("p", { class: "notice", role: "status" });
    this.#buildStage();
    this.element = h("div", { class: "cnnviz network", "data-network": network.name },
      this.#buildToolbar(network), this.digit.strip, this.notice,
      h("div", { class: "layers" }, this.digit.element, ...this.#buildLayers(labels)),
      h("div", { class: "below" }, this.readout, this.agreement),
      this.stageBox);
  }

  #buildToolbar(network) {
    const choice = (label, key, options) => {
      const select = h("select", { "aria-label": label, onchange: () => {
        this[key] = select.value;
        this.#repaint();
        this.settling.now();
      } }, ...options.map(([value, text]) => h("option", { value, selected: value === this[key] }, text)));
      return h("label", { class: "chip-control" }, h("span", {}, label), select);
    };
    this.legend = h("div", { class: "legend" }, h("div", { class: "ramp" }), h("div", { class: "ticks" }));
    this.legend.firstChild.style.background = gradient("activation");
    return h("div", { class: "toolbar", role: "group", "aria-label": "What the maps show" },
      h("span", { class: "chip-control network-name" }, h("b", {}, network.title), h("span", {}, network.summary)),
      choice("show", "show", [["activation", "after ReLU"], ["pre_activation", "before ReLU"]]),
      choice("scale", "scale", [["map", "per map"], ["layer", "per layer"], ["network", "whole network"]]),
      this.legend);
  }

  #buildStage() {
    this.stage = new Stage({ compact: true, onMoved: () => this.#stageMoved() });
    this.crumb = h("span", { class: "title" });
    this.stageBox = h("div", { class: "unit", hidden: true },
      h("div", { class: "unit-heading" }, this.crumb, " ", h("span", { class: "note" }, "every number that made this unit"),
        h("button", { type: "button", class: "tool", onclick: () => this.#open(null) }, "close (Esc)")),
      this.stage.element);
    this.onKey = (event) => {
      if (event.key === "Escape" && this.unit && !event.defaultPrevented) this.#open(null);
    };
    document.addEventListener("keydown", this.onKey);
  }

  /** One column a layer; a ReLU has none of its own: it is how its layer is shown. Dense layers share a column. */
  #buildLayers(labels) {
    this.views = new Map();
    this.rectified = new Map(); // a layer's name → the name of the ReLU behind it
    const columns = [];
    let before = null;
    for (const layer of this.layers) {
      if (layer.kind === "relu") this.rectified.set(before, layer.name);
      if (layer.kind === "relu" || layer.kind === "flatten") continue;
      before = layer.name;
      if (layer === this.last) break;
      const maps = this.#buildMaps(layer);
      this.views.set(layer.name, maps);
      if (layer.kind !== "linear") columns.push(maps.element);
      else if (columns.at(-1).className === "dense") columns.at(-1).append(maps.element);
      else columns.push(h("div", { class: "dense" }, maps.element));
    }
    this.verdict = new Verdict(this.last, labels, (map) => this.#open({ layer: this.last.name, map, row: 0, col: 0 }));
    return [...columns, this.verdict.element];
  }

  #buildMaps(layer) {
    const shape = layer.outputShape;
    const size = shape.reduce((a, b) => a * b, 1);
    const grid = layer.kind === "linear" ? FLAT[size] : null;
    const many = !grid && shape[0] > 8;
    return new Maps({
      name: layer.name, title: layer.title, shape, grid,
      note: grid ? `${size} units` : shape.join(" × ") + (layer.flattened ? ` = ${size}` : ""),
      columns: many ? 4 : 1,
      side: grid ? UNIT_SIDE * grid[1] : many && shape[1] < 8 ? SMALL_MAP_SIDE : MAP_SIDE,
      onPoint: (...unit) => this.#point(...unit),
      onPick: (name, map, row, col) => this.#open({ layer: name, map, row, col }),
    });
  }

  // --- computing and painting ------------------------------------------------------------------------------------------

  get ready() {
    return Boolean(this.weights && this.digit.digits);
  }

  #changed(steps = 1) {
    if (!this.ready) return;
    this.#revision += steps;
    if (steps) {
      showAgreement(this.agreement, null);
      this.settling.soon();
    } else this.settling.mirror();
    this.stale = true;
    this.#repaint();
  }

  #repaint() {
    if (this.stopped) return;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (!this.ready) return;
      if (this.stale) this.#compute();
      this.#paint();
    });
  }

  #compute() {
    this.stale = false;
    this.results = forward(this.layers, this.weights, this.digit.read());
    this.logits = this.results.get(this.last.name).output;
    this.probabilities = softmax(this.logits).data;
    if (this.answer) this.#receiveAnswer(this.answer);
  }

  /** The values a layer's column shows. */
  #values(name) {
    const behind = this.rectified.get(name);
    return this.results.get(behind && this.show === "activation" ? behind : name).output.data;
  }

  #paint() {
    const tops = new Map([...this.views.keys()].map((name) => [name, largest(this.#values(name))]));
    const whole = Math.max(...tops.values());
    for (const [name, maps] of this.views) {
      const values = this.#values(name);
      const { cells } = maps;
      const top = this.scale === "network" ? whole : tops.get(name);
      const own = (channel) => largest(values.subarray(channel * cells, (channel + 1) * cells));
      maps.paint(values, this.scale === "map" ? own : () => top);
      write(maps.note, this.scale === "map" ? "" : `· ±${plain(top, 1)}`);
    }
    const end = { map: "max of map", layer: "max of layer", network: plain(whole, 1) }[this.scale];
    this.legend.lastChild.replaceChildren(...[`−${end}`, "0", `+${end}`].map((text) => h("span", {}, text)));
    const verdict = this.verdict.show(this.probabilities, this.logits.data);
    this.digit.say(verdict);
    mark(this.element, "data-prediction", verdict.label);
    mark(this.element, "data-probability", verdict.probability);
    if (this.unit) this.#showUnit();
    this.#describePoint();
    mark(this.element, "data-painted", ++this.#painted);
  }

  // --- units -----------------------------------------------------------------------------------------------------------

  #layer(name) {
    return this.layers.find((layer) => layer.name === name);
  }

  /** The unit, if the network has it; null else. */
  #known(unit) {
    const [maps = 0, rows = 1, cols = 1] = this.#layer(unit?.layer)?.outputShape ?? [];
    return unit && unit.map < maps && unit.row < rows && unit.col < cols ? unit : null;
  }

  #point(layer, map, row, col) {
    this.pointed = layer ? { layer, map, row, col } : null;
    this.#describePoint();
  }

  #placeMarks() {
    const unit = this.pointed ?? this.unit;
    for (const [name, maps] of this.views) maps.point(unit?.layer === name ? [unit.map, unit.row, unit.col] : null);
  }

  #describePoint() {
    this.#placeMarks();
    const unit = this.pointed ?? this.unit;
    write(this.readout, unit && this.results ? `${this.#nameOf(unit)}: ${decimal(this.#valueOf(unit), 4)}` : POINT);
  }

  #nameOf({ layer, map, row, col }) {
    const { title, kind } = this.#layer(layer);
    if (layer === this.last.name) return `Score of ${this.verdict.labels[map]}`;
    return kind === "linear" ? `${title}, unit ${map + 1}` : `${title}, map ${map + 1}, row ${row + 1}, column ${col + 1}`;
  }

  #valueOf({ layer, map, row, col }) {
    const [, rows = 1, cols = 1] = this.#layer(layer).outputShape;
    return this.#values(layer)[(map * rows + row) * cols + col];
  }

  #open(unit) {
    this.unit = this.#known(unit);
    this.opening = Boolean(this.unit);
    this.stage.channel = 0;
    if (this.unit) this.#repaint();
    else this.stageBox.hidden = true;
    this.#describePoint();
    this.settling.soon();
  }

  #showUnit() {
    const layer = this.#layer(this.unit.layer);
    const rectified = this.show === "activation" ? this.rectified.get(layer.name) : null;
    const { operation, position } = unitOperation({ ...this, rectified, title: layer.title }, this.unit);
    const first = this.stageBox.hidden;
    this.stageBox.hidden = false;
    this.stage.show(operation, position);
    if (first) this.resize(this.dark);
    if (this.opening) {
      this.stage.player.filling = false;
      this.stageBox.scrollIntoView({ block: "nearest" });
    }
    this.opening = false;
    write(this.crumb, this.#nameOf(this.unit));
  }

  /** Sliding on the stage moves the unit along its map. */
  #stageMoved() {
    if (!this.unit) return;
    if (this.#layer(this.unit.layer).kind !== "linear") {
      const [row, col] = this.stage.player.position;
      this.unit = { ...this.unit, row, col };
      write(this.crumb, this.#nameOf(this.unit));
      this.#describePoint();
    }
    this.settling.soon();
  }

  // --- what torch says, and what Python and the link hear ----------------------------------------------------------------

  /** Torch's values of every layer, if they belong to what is shown now. */
  #receiveAnswer(answer) {
    this.answer = answer;
    if (answer.revision !== this.#revision || !this.results) return;
    const torchs = decode(answer).data;
    let worst = { difference: 0, agrees: true };
    let from = 0;
    for (const layer of this.layers) {
      const { input, output } = this.results.get(layer.name);
      const state = compare(output.data, torchs.subarray(from, from + output.data.length), this.#scaleOf(layer, input));
      from += output.data.length;
      worst = { difference: Math.max(worst.difference, state.difference), agrees: worst.agrees && state.agrees };
    }
    showAgreement(this.agreement, from === torchs.length ? worst : { difference: Infinity, agrees: false });
  }

  /** Σ|w| · max|x| of a layer's heaviest filter: what its rounding errors grow with. */
  #scaleOf(layer, input) {
    const weight = this.weights[`${layer.module}.weight`];
    if (!weight) return largest(input.data);
    const size = weight.data.length / weight.shape[0];
    let heaviest = 0;
    for (let at = 0; at < weight.data.length; at += size) {
      heaviest = Math.max(heaviest, weight.data.subarray(at, at + size).reduce((sum, value) => sum + Math.abs(value), 0));
    }
    return heaviest * largest(input.data);
  }

  get #text() {
    const { digit, unit } = this;
    const { strokes } = digit.drawing;
    return joinQuery(
      `image=${digit.image}`,
      strokes.length ? `strokes=${strokesToText(strokes)}` : "",
      digit.centred ? "" : "centre=0",
      this.show === "activation" ? "" : `show=${this.show}`,
      this.scale === "layer" ? "" : `scale=${this.scale}`,
      unit ? `unit=${[unit.layer, unit.map, unit.row, unit.col].join()}` : "",
    );
  }

  #warn(text) {
    write(this.notice, text);
    mark(this.notice, "data-warning", Boolean(text));
  }
}

export default mount(NetworkView);

function unitFromText(text) {
  const [layer, map, row, col] = text.split(",");
  return { layer, map: Number(map), row: Number(row), col: Number(col) };
}

function largest(data) {
  return data.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
}
