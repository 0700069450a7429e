/** One layer of the chain: all its arguments as controls, the arithmetic behind its shape and cost, or why torch refuses. */

import { h, mark, write } from "./dom.js";
import { codeOf, fieldText, valueOf } from "./layers.js";
import { grouped } from "./numbers.js";

export class LayerPanel {
  #built = "";
  #fields = new Map();

  /** change(values, soon), become(kind), move(by), remove(), repair(layers), say(sentence). */
  constructor(kinds, acts) {
    Object.assign(this, { kinds, acts });
    const act = (label, sign, run) => h("button", { type: "button", class: "tool", "aria-label": label, title: label, onclick: run }, sign);
    this.kind = h("select", { "aria-label": "kind of layer", onchange: () => acts.become(this.kind.value) },
      ...[...kinds.keys()].map((name) => h("option", { value: name }, name)));
    this.title = h("span", { class: "title" });
    this.up = act("move up", "↑", () => acts.move(-1));
    this.down = act("move down", "↓", () => acts.move(1));
    this.tools = h("div", { class: "panel-tools" }, this.title, h("label", { class: "chip-control" }, this.kind), this.up, this.down,
      act("remove this layer", "remove", () => acts.remove()));
    this.fields = h("div", { class: "fields" });
    this.account = h("div", { class: "account", "aria-live": "polite" });
    this.element = h("section", { class: "layer-panel", "aria-label": "The chosen layer" }, this.tools, this.fields, this.account);
  }

  /** layer and its place; row is Python's answer, null as long as it is on its way. */
  show(layer, index, count, row) {
    this.element.hidden = !layer;
    if (!layer) return;
    write(this.title, `Layer ${index + 1}`);
    this.kind.value = layer.kind;
    this.up.disabled = index === 0;
    this.down.disabled = index === count - 1;
    this.#build(layer);
    const active = this.element.getRootNode().activeElement;
    for (const [name, { input, write: put }] of this.#fields) {
      if (input === active && this.shown === index) continue;
      put(layer.values[name]);
      input.removeAttribute("aria-invalid");
    }
    this.shown = index;
    this.layer = layer;
    if (row) this.account.replaceChildren(...(row.refused ? this.#refusal(row.refused) : row.made ? this.#arithmetic(row) : WAITING()));
  }

  #build(layer) {
    if (this.#built === layer.kind) return;
    this.#built = layer.kind;
    const { arguments: wanted, axes } = this.kinds.get(layer.kind);
    this.#fields = new Map(wanted.map((argument) => [argument.name, this.#field(argument, axes)]));
    this.fields.replaceChildren(...wanted.map((argument) =>
      h("label", { class: "field", title: argument.help }, h("span", {}, argument.name), this.#fields.get(argument.name).input)));
  }

  /** A control for one argument: { input, write(value) }. */
  #field(argument, axes) {
    const { name, kind, options, help } = argument;
    const about = { "aria-label": name, title: help };
    if (kind === "flag") {
      const input = h("input", { type: "checkbox", ...about, onchange: () => this.acts.change({ [name]: input.checked }, false) });
      return { input, write: (value) => (input.checked = value) };
    }
    if (kind === "mode") {
      const input = h("select", { ...about, onchange: () => this.acts.change({ [name]: input.value }, false) },
        ...options.map((option) => h("option", { value: option }, option)));
      return { input, write: (value) => (input.value = value) };
    }
    const take = () => {
      const value = valueOf(input.value, argument, axes);
      mark(input, "aria-invalid", value === undefined);
      if (value === undefined) return this.acts.say(`${name}: ${wanted(kind, axes)}; it stays ${fieldText(this.layer.values[name])}.`);
      return this.acts.change({ [name]: value }, true);
    };
    const put = (value) => {
      const text = fieldText(value);
      if (input.value !== text) input.value = text;
    };
    const input = h("input", {
      type: "text", inputmode: "text", autocomplete: "off", spellcheck: "false", ...about, oninput: take,
      onblur: () => {
        put(this.layer.values[name]);
        input.removeAttribute("aria-invalid");
      },
      onkeydown: (event) => {
        const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
        const value = this.layer.values[name];
        if (!step || typeof value === "string" || value === null) return;
        event.preventDefault();
        const least = kind === "axis" ? -6 : name === "padding" ? 0 : 1;
        const next = Array.isArray(value) ? value.map((each) => Math.max(least, each + step)) : Math.max(least, value + step);
        put(next);
        this.acts.change({ [name]: next }, true);
      },
    });
    return { input, write: put };
  }

  #refusal({ sentence, torch, repair }) {
    const code = repair.map((layer) => codeOf(layer, this.kinds)).join(", ");
    return [
      h("p", { class: "refusal" }, sentence),
      torch ? h("p", { class: "torch-says" }, "torch says: ", h("code", {}, torch)) : null,
      repair.length ? h("button", { type: "button", class: "tool repair", onclick: () => this.acts.repair(repair) }, `use ${code}`) : null,
    ].filter(Boolean);
  }

  #arithmetic(row) {
    const line = (label, ...parts) => h("div", { class: "sum-line" }, h("span", { class: "label" }, label), h("span", { class: "number" }, ...parts));
    const sum = ({ value, arithmetic }) => [arithmetic, h("b", {}, ` = ${grouped(value)}`)];
    const lines = [
      ...row.formulas.map((formula, at) => line(at ? "" : "size", formula)),
      ...(row.weight ? [line("weight", row.weight)] : []),
      line("output", h("b", {}, `(${row.made.join(", ")})`)),
      line("parameters", ...(row.parameters.value ? sum(row.parameters) : [h("b", {}, "0"), `: ${row.parameters.arithmetic}`])),
      line("multiply-adds", ...(row.work.value ? sum(row.work) : [h("b", {}, "0"), `, ${row.work.arithmetic}`])),
      line("memory", row.memoryArithmetic),
    ];
    if (!row.dense) return lines;
    const most = row.dense.value || 1;
    const bar = (label, value) => h("div", { class: "bar-line" }, h("span", { class: "label" }, label),
      h("span", { class: "bar-track" }, fill(value / most)), h("span", { class: "number" }, grouped(value)));
    return [
      ...lines,
      h("div", { class: "beside" },
        h("p", {}, h("b", {}, "A dense layer doing the same"), ` would have a weight for every input and output: ${row.dense.arithmetic} = ${grouped(row.dense.value)}.`),
        bar("this layer", row.parameters.value), bar("dense", row.dense.value),
        h("p", { class: "note" }, row.parameters.value
          ? `That is ${grouped(Math.round(most / row.parameters.value))} times as many: these weights are shared over all positions.`
          : "This layer learns nothing at all.")),
    ];
  }
}

function fill(share) {
  const element = h("span", { class: "bar-fill" });
  element.style.width = `${Math.max(share > 0 ? 0.4 : 0, 100 * share)}%`;
  return element;
}

function wanted(kind, axes) {
  const sizes = axes > 1 ? `a whole number, or ${axes} as in ${Array(axes).fill(3).join(", ")}` : "a whole number";
  return {
    count: "a whole number", axis: "a whole number, negative from the end", size: sizes, padding: `${sizes}, or same, or valid`,
    maybe_size: `${sizes}, or None`, maybe_count: "a whole number, or None",
  }[kind];
}

const WAITING = () => [h("p", { class: "note" }, "It waits for the row above that torch refuses.")];
