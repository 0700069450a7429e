/** The shape calculator: a chain of layers in the hand; Python says what leaves each of them, and why torch refuses. */

import { h, mark, write } from "./dom.js";
import { subscribe } from "./feed.js";
import { chainText, codeOf, newLayer, shapeOf } from "./layers.js";
import { LayerPanel } from "./layer_panel.js";
import { mirrorLink } from "./link.js";
import { Settling, mount } from "./mount.js";
import { grouped } from "./numbers.js";

const times = (shape) => shape.join(" × ");
const tuple = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
const readable = (text) => encodeURIComponent(text).replaceAll("%2C", ",").replaceAll("%3D", "=").replaceAll("%3B", ";");
const MOST_LAYERS = 40;
const HINT = "Choose a layer to see its arithmetic and change its arguments. Sizes may differ by axis: 3, 5.";
const AXES = {
  3: `The three axes are batch × channels × length for a signal, or channels × height × width for one picture. ${HINT}`,
  4: `The four axes are batch N × channels C × height H × width W. ${HINT}`,
  5: `The five axes are batch N × channels C × depth D × height H × width W. ${HINT}`,
};

class ShapeCalculator {
  #pasted = null; // a text on its way to Python, which reads it

  constructor(data) {
    this.kinds = new Map(data.kinds.map((kind) => [kind.name, kind]));
    this.layers = data.layers;
    this.shape = data.shape;
    this.selected = 0;
    this.settling = new Settling({ revision: data.revision, busy: () => false, message: () => this.#text, link: () => this.#link });
    this.settling.mirror = () => mirrorLink(this.#link);
    this.#build(data);
    this.unsubscribe = subscribe("sheet", (sheet) => this.#receive(sheet));
    this.#show();
  }

  update(data) {
    this.data = data;
    this.settling.mirror();
  }

  resize() {}

  stop() {
    this.unsubscribe();
  }

  // --- the page's parts ------------------------------------------------------------------------------------------------

  #build(data) {
    this.input = h("input", {
      type: "text", inputmode: "numeric", autocomplete: "off", spellcheck: "false", "aria-label": "input shape",
      oninput: () => this.#typeShape(), onblur: () => this.#writeShape(),
    });
    const example = ({ title, shape, layers, selected }) =>
      h("button", { type: "button", class: "tool", onclick: () => this.#take({ shape, layers, selected }) }, title);
    this.examples = h("div", { class: "examples", role: "group", "aria-label": "Examples" },
      h("span", { class: "note" }, "from the notebook"), ...data.examples.map(example));
    this.notice = h("p", { class: "notice", role: "status" });
    this.rows = h("div", { class: "chain-rows" });
    this.add = h("select", { class: "tool add", "aria-label": "add a layer", onchange: () => this.#append(this.add.value) },
      h("option", { value: "" }, "+ add a layer"), ...data.kinds.map(({ name }) => h("option", { value: name }, name)));
    this.total = h("p", { class: "total-line" });
    this.panel = new LayerPanel(this.kinds, {
      change: (values, soon) => this.#edit(values, soon),
      become: (kind) => this.#become(kind),
      move: (by) => this.#move(by),
      remove: () => this.#remove(),
      repair: (layers) => this.#repair(layers),
      say: (text) => this.#say(text),
    });
    this.code = h("pre", { class: "code", tabindex: "0", role: "group", "aria-label": "The chain as PyTorch code" });
    this.copied = h("span", { class: "note", role: "status" });
    const copy = h("button", { type: "button", class: "tool", onclick: () => this.#copy() }, "copy");
    this.paste = h("textarea", { rows: "4", "aria-label": "Layers as code", placeholder: "nn.Conv2d(3, 6, 5),\nnn.ReLU(), …", spellcheck: "false" });
    const read = h("button", { type: "button", class: "tool", onclick: () => this.#sendPasted() }, "read these layers");
    this.pasteBox = h("details", { class: "paste" }, h("summary", {}, "paste your own nn.Sequential"), this.paste, read);
    const heading = ["layer", "output", "parameters", "multiply-adds", "memory"].map((text) => h("span", {}, text));
    this.element = h("div", { class: "cnnviz shapes", "data-shapes": "" },
      h("div", { class: "toolbar" },
        h("label", { class: "chip-control shape-control" }, h("span", {}, "input shape"), this.input), this.examples),
      this.notice,
      h("div", { class: "calculator" },
        h("section", { class: "chain", "aria-label": "The chain of layers" },
          h("div", { class: "chain-heading", "aria-hidden": "true" }, h("span", {}, ""), ...heading),
          this.rows, h("div", { class: "chain-foot" }, this.add, this.total)),
        this.panel.element,
        h("section", { class: "code-box", "aria-label": "Code" },
          h("div", { class: "heading" }, h("span", { class: "title" }, "PyTorch code"), " ", copy, " ", this.copied),
          this.code, this.pasteBox)));
    this.#writeShape();
  }

  // --- changes ---------------------------------------------------------------------------------------------------------

  /** Something changed: another revision, shown at once, and sent to Python at once or after a rest. */
  #changed(soon = false) {
    this.settling.revision++;
    this.#say("");
    this.#show();
    if (soon) this.settling.soon();
    else this.settling.now();
  }

  #take({ shape, layers, selected = 0 }) {
    this.shape = shape;
    this.layers = structuredClone(layers);
    this.selected = selected;
    this.#writeShape();
    this.#changed();
  }

  #typeShape() {
    const shape = shapeOf(this.input.value);
    if (!shape) {
      mark(this.input, "aria-invalid", true);
      return this.#say(`A shape is one to six whole numbers from 1 up, as in 1, 3, 32, 32; it stays ${times(this.shape)}.`);
    }
    this.input.removeAttribute("aria-invalid");
    if (times(shape) === times(this.shape)) return this.#say("");
    this.shape = shape;
    this.#changed(true);
  }

  #writeShape() {
    this.input.value = this.shape.join(", ");
    this.input.removeAttribute("aria-invalid");
  }

  #append(kind) {
    this.add.value = "";
    if (!kind) return;
    if (this.layers.length >= MOST_LAYERS) return this.#say(`A chain has room for ${MOST_LAYERS} layers.`);
    const layer = newLayer(kind, this.kinds);
    const last = this.sheet?.rows.at(-1)?.made ?? (this.layers.length ? null : this.shape);
    const { axes, arguments: wanted } = this.kinds.get(kind);
    // what arrives is known, so the new layer begins with what fits
    for (const { name } of wanted) {
      if (name === "in_channels" && last?.length > axes) layer.values[name] = last.at(-axes - 1);
      if (name === "in_features" && last) layer.values[name] = last.at(-1);
    }
    this.layers = [...this.layers, layer];
    this.selected = this.layers.length - 1;
    this.#changed();
  }

  #edit(values, soon) {
    this.layers[this.selected] = { ...this.layers[this.selected], values: { ...this.layers[this.selected].values, ...values } };
    this.#changed(soon);
  }

  #become(kind) {
    this.layers[this.selected] = newLayer(kind, this.kinds, this.layers[this.selected].values);
    this.#changed();
  }

  #move(by) {
    const to = this.selected + by;
    if (to < 0 || to >= this.layers.length) return;
    const [layer] = this.layers.splice(this.selected, 1);
    this.layers.splice(to, 0, layer);
    this.selected = to;
    this.#changed();
  }

  #remove() {
    this.layers.splice(this.selected, 1);
    this.selected = Math.max(0, Math.min(this.selected, this.layers.length - 1));
    this.#changed();
  }

  #repair(layers) {
    this.layers.splice(this.selected, 1, ...structuredClone(layers));
    this.#changed();
  }

  #sendPasted() {
    this.#pasted = this.paste.value;
    this.#changed();
  }

  #select(index) {
    this.selected = index;
    this.#show();
  }

  async #copy() {
    const text = this.sheet?.code ?? "";
    try {
      await navigator.clipboard.writeText(text);
      write(this.copied, "copied");
    } catch {
      // a classroom's http address has no clipboard: the code is selected instead
      getSelection().selectAllChildren(this.code);
      write(this.copied, "selected: press Ctrl+C");
    }
  }

  // --- what Python says -----------------------------------------------------------------------------------------------

  #receive(sheet) {
    if (sheet.revision !== this.settling.revision) return;
    this.sheet = sheet;
    if (sheet.adopt && this.#pasted !== null) {
      this.#pasted = null;
      this.layers = structuredClone(sheet.layers);
      this.selected = 0;
      this.pasteBox.open = false;
    }
    this.#say(sheet.said);
    this.#pasted = null;
    this.#show();
    this.settling.mirror();
  }

  // --- showing ---------------------------------------------------------------------------------------------------------

  #show() {
    const fresh = this.sheet?.revision === this.settling.revision ? this.sheet : null;
    const rows = this.layers.map((layer, index) => this.#row(layer, index, fresh?.rows[index] ?? this.sheet?.rows[index]));
    const active = this.element.getRootNode().activeElement;
    const focused = active?.classList.contains("chain-row");
    this.rows.replaceChildren(...rows);
    if (focused) rows[this.selected]?.focus();
    const layer = this.layers[this.selected];
    this.panel.show(layer, this.selected, this.layers.length, fresh?.rows[this.selected] ?? null);
    if (!fresh) return;
    const { totals } = fresh;
    mark(this.element, "data-revision", fresh.revision);
    mark(this.element, "data-output", totals.made ? totals.made.join() : "");
    mark(this.element, "data-parameters", totals.parameters);
    this.total.replaceChildren(
      ...(totals.made
        ? [h("b", {}, tuple(totals.made)), ` leaves the chain · ${grouped(totals.parameters)} parameters · ${grouped(totals.work)} multiply-adds`]
        : [h("b", {}, "Torch refuses"), " in the marked row; the rows below wait for it."]),
      h("br"), h("span", { class: "note" }, totals.memory), h("br"),
      h("span", { class: "agreement", "data-agreement": totals.agrees }, totals.agreement));
    write(this.code, fresh.code);
    write(this.copied, "");
  }

  #row(layer, index, row) {
    const cell = (name, text) => h("span", { class: name }, text);
    const refused = Boolean(row?.refused);
    const made = refused ? "refused" : row?.made ? tuple(row.made) + (row.two ? " twice" : "") : "–";
    const count = (sum) => (row?.made ? grouped(sum.value) : "–");
    return h("button", {
      type: "button", class: "chain-row", "data-row": index, "data-made": row?.made ? row.made.join() : "", "data-refused": String(refused),
      "aria-pressed": String(index === this.selected), onclick: () => this.#select(index),
    },
    cell("place", String(index + 1)), cell("call", codeOf(layer, this.kinds)), cell("made", made),
    cell("count", count(row?.parameters)), cell("count", count(row?.work)), cell("count", row?.made ? row.memory : "–"));
  }

  #say(text) {
    write(this.notice, text || (AXES[this.shape.length] ?? HINT));
    mark(this.notice, "data-warning", Boolean(text));
  }

  get #text() {
    const pasted = this.#pasted === null ? "" : `&paste=${encodeURIComponent(this.#pasted)}`;
    return `shape=${this.shape.join("x")}&chain=${encodeURIComponent(chainText(this.layers, this.kinds))}${pasted}`;
  }

  get #link() {
    const text = { shape: this.shape.join("x"), chain: chainText(this.layers, this.kinds) };
    return Object.entries(text).filter(([name, value]) => value !== this.data?.defaults[name])
      .map(([name, value]) => `${name}=${readable(value)}`).join("&");
  }
}

export default mount(ShapeCalculator);
