/** The network page's component: one network as a living picture, and any unit of it taken apart. */

import { compare, heaviestFilter, showAgreement } from "./agreement.js";
import { Columns, largest } from "./layer_columns.js";
import { Connections, patchBefore } from "./connections.js";
import { DigitInput } from "./digit_input.js";
import { h, mark, write } from "./dom.js";
import { Drill } from "./drill.js";
import { subscribe } from "./feed.js";
import { Filters } from "./filters.js";
import { GalleryRun } from "./gallery_run.js";
import { STAGE_HELP } from "./keys.js";
import { joinQuery } from "./link.js";
import { Model, unitFromText, unitToText } from "./model.js";
import { Settling, mount } from "./mount.js";
import { NetworkBar } from "./network_bar.js";
import { decimal } from "./numbers.js";
import { decode } from "./parcel.js";
import { PhotoInput } from "./photo_input.js";
import { receptiveField } from "./reach.js";

const NAVIGATION = 78; // CSS pixels above the page's own part, which are Streamlit's
const POINT = "Point at any map to read a value; click to see every number that made it.";
const INPUTS = { mnist: DigitInput };

class NetworkView {
  help = [["A unit that is open", [["Esc", "close it"]]], ...STAGE_HELP];
  #frame = 0;
  #painted = 0;

  constructor(data) {
    const seed = Object.fromEntries(new URLSearchParams(data.seed));
    this.show = seed.show ?? "activation";
    this.scale = seed.scale ?? "layer";
    this.open = seed.sums === "1";
    this.path = seed.unit ? seed.unit.split("~").map(unitFromText) : [];
    this.run = new GalleryRun();
    this.settling = new Settling({
revision: data.revision,
      busy: () => this.input.busy || this.drill.stage.player.playing,
      message: () => joinQuery(this.#text, Number.isInteger(this.input.choice) ? `choice=${this.input.choice}` : ""),
      link: () => this.#text,
    });
    const networks = data.networks.map((text) => JSON.parse(text));
    this.models = new Map(networks.map((about) => [about.network.name, new Model(about, about.network.name === data.chosen ? seed.edits : "")]));
    this.inputs = new Map(networks.map((about) => [about.network.name, this.#input(about, about.network.name === data.chosen ? { ...seed, ...data } : { image: "", strokes: "" })]));
    this.#build(networks, data);
    this.#choose(data.chosen, { quiet: true });
    this.unsubscribe = [
      subscribe("digits", (digits) => this.#fed("mnist", (input) => input.setGallery(digits))),
      subscribe("things", (things) => this.#fed("cifar10", (input) => input.setGallery(things))),
      subscribe("source", (source) => this.#fed("cifar10", (input) => input.setOwn(source))),
      subscribe("answer", (answer) => this.#receiveAnswer(answer)),
    ];
  }

  update() {} // all that Python sends later comes through the feeds

  resize(dark) {
    this.dark = dark;
    this.#fit();
    this.drill.resize(this.element.clientWidth, dark);
    this.#placeMarks();
  }

  /** As large as the maps can be, from where they begin down to the end of the window. */
  #fit() {
    const [page, layers] = [this.element, this.layers].map((each) => each.getBoundingClientRect().top);
    this.element.style.setProperty("--scale", Columns.scale(this.element.clientWidth, innerHeight - NAVIGATION - (layers - page)));
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.run.stop();
    this.drill.stop();
    document.removeEventListener("keydown", this.onKey);
    for (const end of this.unsubscribe) end();
    this.stopped = true;
  }

  // --- building --------------------------------------------------------------------------------------------------------

  #input({ network, readings, first }, seed) {
    const Input = INPUTS[network.name] ?? PhotoInput;
    return new Input({
      image: seed.image || (INPUTS[network.name] ? first : ""), strokes: seed.strokes ?? "", centred: seed.centre !== "0", readings,
      square: seed.square ?? "",
      onChange: () => this.#changed(), onSettled: () => this.settling.now(),
    });
  }

  #build(networks, { refused }) {
    this.readout = h("p", { class: "readout", "aria-live": "off" });
    this.agreement = h("p", { class: "agreement" });
    this.notice = h("p", { class: "notice", role: "status" });
    this.connections = new Connections();
    this.bar = new NetworkBar({ networks, refused, show: this.show, scale: this.scale }, {
      choose: (name) => this.#choose(name),
      change: (key, value) => {
        this[key] = value;
        this.#repaint();
        this.settling.now();
      },
      kernels: (open) => this.#openFilters(open),
      reset: () => this.#edit((edits) => edits.clear()),
    });
    this.drill = new Drill({
      onPath: (path) => this.#openPath(path),
      onStage: (open) => this.#openStage(open),
      onMoved: (row, col) => this.#stageMoved(row, col),
      onRefused: (text) => this.#warn(text),
      onEdit: (layer, what, index, value) => this.#edit((edits) => edits.set(layer, what, index, value, this.model.trained[`${layer}.${what}`].data[index])),
      onSwitch: (layer, index, off) => this.#edit((edits) => edits.switchOff(layer, index, off)),
      onReset: (layer, index) => this.#edit((edits) => {
        const { shape, data: weights } = this.model.trained[`${layer}.weight`];
        edits.resetFilter(layer, index, weights.length / shape[0]);
      }),
    });
    this.filters = new Filters({
      onPoint: (text) => write(this.readout, text ?? POINT),
      onOpen: (unit) => this.#openPath([unit]),
      onExample: (key, unit) => {
        this.path = [unit];
        this.input.choose(key);
      },
    });
    this.stripBox = h("div", {});
    this.layers = h("div", { class: "layers" });
    this.element = h("div", { class: "cnnviz network" },
      this.bar.element, this.stripBox,
      h("div", { class: "picture" }, this.notice, this.layers, h("div", { class: "below" }, this.readout, this.bar.badge, this.agreement)),
      this.drill.element, this.filters.element);
    this.onKey = (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || !this.path.length) return;
      if (this.open) this.#openStage(false);
      else this.#openPath(this.path.slice(0, -1));
    };
    document.addEventListener("keydown", this.onKey);
  }

  /** Takes another network: its own input, columns and labels; what was marked in the other one is left behind. */
  #choose(name, { quiet = false } = {}) {
    this.model = this.models.get(name);
    this.input = this.inputs.get(name);
    this.columns = new Columns(this.model, {
      onPoint: (...unit) => this.#point(...unit),
      onPick: (layer, map, row, col) => this.#openPath([{ layer, map, row, col }]),
    });
    this.layers.replaceChildren(this.input.element, ...this.columns.elements, this.connections.element);
    this.stripBox.replaceChildren(this.input.strip.element);
    this.bar.choose(this.model);
    mark(this.element, "data-network", name);
    this.#fit();
    this.pointed = null;
    this.best = null;
    if (!quiet) {
      this.path = [];
      this.open = false;
      this.settling.now(); // Python sends what this network needs
    }
    this.model.load().then(
      () => this.#changed(quiet ? 0 : 1),
      (error) => this.#warn(`${error.message} Reload the page to try again.`),
    );
  }

  #fed(name, take) {
    const input = this.inputs.get(name);
    if (!input) return;
    const before = input.ready;
    const shown = take(input);
    if (input !== this.input) return;
    this.#changed(before && shown ? 1 : 0);
  }

  // --- computing and painting ------------------------------------------------------------------------------------------

  get ready() {
    return Boolean(this.model.loaded && this.input.ready);
  }

  #changed(steps = 1) {
    this.settling.revision += steps;
    if (!this.ready) return;
    if (steps) {
      showAgreement(this.agreement, null);
      this.input.seen.weigh(null);
      this.settling.soon();
    } else this.settling.mirror();
    this.stale = true;
    this.#repaint();
  }

  #edit(change) {
    this.model.edit(change);
    this.#changed();
    this.#runGallery();
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
    this.model.run(this.input.read());
    this.path = this.#knownPath(this.path);
    if (this.answer) this.#receiveAnswer(this.answer);
    if (this.model.edits.size && !this.best) this.#runGallery();
  }

  #paint() {
    const { model } = this;
    this.bar.showScale(this.scale, this.columns.paint(this.show, this.scale));
    this.bar.showEdits(model, this.best?.readings);
    const verdict = this.columns.verdict.show(model.probabilities, model.logits.data);
    this.columns.verdict.say(this.#sure(verdict));
    this.input.say(verdict);
    mark(this.element, "data-prediction", verdict.label);
    mark(this.element, "data-probability", verdict.probability);
    this.drill.show(model, this.path, { show: this.show, open: this.open });
    if (!this.filters.element.hidden) this.filters.show(model, this.best?.best ?? null);
    this.#describePoint();
    mark(this.element, "data-painted", ++this.#painted);
  }

  /** How sure such a network may be, of this picture and in general: the card's own figures. */
  #sure({ label, probability }) {
    const { network, labels } = this.model;
    const called = network.called[labels.indexOf(label)];
    const changed = this.model.edits.size ? " (before your changes)" : "";
    return `It gives “${label}” ${decimal(100 * probability, 1)}%. Of ${network.testRows} test pictures it read ${decimal(100 * network.accuracy, 1)}% right${changed}; `
      + `of those it called “${label}”, ${decimal(100 * called, 1)}% were. It must choose one of ten, whatever it is shown.`;
  }

  #runGallery() {
    this.best = null;
    if (!this.model.edits.size && this.filters.element.hidden) return;
    this.run.run(this.model, this.input.samples).then((result) => {
      if (!result || this.stopped) return;
      this.best = result;
      this.#repaint();
    });
  }

  #openFilters(open) {
    this.filters.element.hidden = !open;
    if (open && !this.best && this.ready) this.#runGallery();
    this.#repaint();
  }

  // --- units -----------------------------------------------------------------------------------------------------------

  /** The path as far as the network has its units. */
  #knownPath(path) {
    const end = path.findIndex((unit) => !this.model.known(unit));
    return end < 0 ? path : path.slice(0, end);
  }

  get unit() {
    return this.path.at(-1) ?? null;
  }

  #point(layer, map, row, col) {
    this.pointed = layer ? { layer, map, row, col } : null;
    if (this.model.results) this.#describePoint();
  }

  #placeMarks() {
    if (!this.model.results) return;
    const unit = this.pointed ?? this.unit;
    const patch = unit && patchBefore(this.model, unit);
    this.columns.mark(unit, patch);
    this.connections.show(this.model, this.columns, unit, this.input.seen.element);
    this.input.point(unit && receptiveField(this.model, unit));
  }

  #describePoint() {
    this.#placeMarks();
    const unit = this.pointed ?? this.unit;
    if (!unit) return write(this.readout, POINT);
    const { tap, ...whole } = unit;
    return write(this.readout, `${this.model.nameOf(whole)}: ${decimal(this.model.valueOf(whole, this.show), 4)}`);
  }

  #openPath(path) {
    this.path = this.#knownPath(path);
    if (!this.path.length) this.open = false;
    this.drill.stage.channel = 0;
    this.drill.stage.overview();
    this.input.seen.weigh(null);
    this.#repaint();
    this.settling.soon();
  }

  #openStage(open) {
    this.open = open;
    this.#repaint();
    this.settling.soon();
  }

  /** Sliding on the stage moves the unit along its map. */
  #stageMoved(row, col) {
    if (!this.unit) return;
    if (this.model.layer(this.unit.layer).kind !== "linear") {
      const { tap, ...unit } = this.unit;
      this.path = [...this.path.slice(0, -1), { ...unit, row, col }];
      this.#repaint();
    }
    this.settling.soon();
  }

  // --- what torch says, and what Python and the link hear ----------------------------------------------------------------

  /** Torch's values of every layer, if they belong to what is shown now; and how the marked unit answers to each pixel. */
  #receiveAnswer(answer) {
    this.answer = answer;
    if (answer.revision !== this.settling.revision || answer.network !== this.model.name || !this.model.results) return;
    const torchs = decode(answer).data;
    let worst = { difference: 0, agrees: true };
    let from = 0;
    for (const layer of this.model.layers) {
      const { input, output } = this.model.results.get(layer.name);
      const state = compare(output.data, torchs.subarray(from, from + output.data.length), this.#scaleOf(layer, input));
      from += output.data.length;
      worst = { difference: Math.max(worst.difference, state.difference), agrees: worst.agrees && state.agrees };
    }
    const field = torchs.subarray(from);
    const complete = from === torchs.length || field.length === this.model.picture.shape[1] * this.model.picture.shape[2];
    showAgreement(this.agreement, complete ? worst : { difference: Infinity, agrees: false });
    this.input.seen.weigh(field.length && this.unit && answer.unit === this.path.map(unitToText).join("~") ? field : null);
    this.#warn(answer.warning ?? "");
  }

  /** Σ|w| · max|x| of a layer: what its rounding errors grow with. */
  #scaleOf(layer, input) {
    const weight = this.model.weights[`${layer.module}.weight`];
    return largest(input.data) * (weight ? heaviestFilter(weight) : 1);
  }

  get #text() {
    const { model, path } = this;
    return joinQuery(
      model.name === "mnist" ? "" : `network=${model.name}`,
      ...this.input.query,
      this.show === "activation" ? "" : `show=${this.show}`,
      this.scale === "layer" ? "" : `scale=${this.scale}`,
      path.length ? `unit=${path.map(unitToText).join("~")}` : "",
      this.open ? "sums=1" : "",
      model.edits.size ? `edits=${model.edits.text}` : "",
    );
  }

  #warn(text) {
    write(this.notice, text);
    mark(this.notice, "data-warning", Boolean(text));
  }
}

export default mount(NetworkView);
