/** Weights and biases changed by hand, and maps switched off. Mirrors core/edits.py, which checks what a link brings. */

import { shortest } from "./numbers.js";

const LETTERS = { weight: "w", bias: "b", off: "o" };
const NAMES = Object.fromEntries(Object.entries(LETTERS).map(([name, letter]) => [letter, name]));

/**
 * Edits of one network. Each is { layer, what: "weight" | "bias" | "off", index, value }: index counts the weights of the
 * layer in reading order, or its outputs. As text: "conv1,w12,0.5~conv2,b3,-1~conv1,o4".
 */
export class Edits {
  #all = new Map();

  constructor(text = "") {
    for (const part of text ? text.split("~") : []) {
      const [layer, place, value] = part.split(",");
      this.#all.set(`${layer},${place}`, { layer, what: NAMES[place[0]], index: Number(place.slice(1)), value: Number(value ?? 0) });
    }
  }

  get size() {
    return this.#all.size;
  }

  get text() {
    return [...this.#all].map(([key, { what, value }]) => (what === "off" ? key : `${key},${shortest(value)}`)).join("~");
  }

  /** Sets a weight or bias; one that is what training made of it is no edit. */
  set(layer, what, index, value, trained) {
    const key = `${layer},${LETTERS[what]}${index}`;
    const rounded = Math.fround(value);
    if (rounded === trained) this.#all.delete(key);
    else this.#all.set(key, { layer, what, index, value: rounded });
  }

  switchOff(layer, index, off) {
    const key = `${layer},${LETTERS.off}${index}`;
    if (off) this.#all.set(key, { layer, what: "off", index, value: 0 });
    else this.#all.delete(key);
  }

  isOff(layer, index) {
    return this.#all.has(`${layer},${LETTERS.off}${index}`);
  }

  /** Forgets the edits of one output of a layer, whose filter holds so many weights. */
  resetFilter(layer, index, size) {
    for (const [key, edit] of this.#all) {
      const output = edit.what === "weight" ? Math.floor(edit.index / size) : edit.index;
      if (edit.layer === layer && output === index) this.#all.delete(key);
    }
  }

  clear() {
    this.#all.clear();
  }

  /** Does any edit concern this output of the layer? */
  touches(layer, index, size) {
    return [...this.#all.values()].some((edit) =>
      edit.layer === layer && (edit.what === "weight" ? Math.floor(edit.index / size) : edit.index) === index);
  }

  /** "2 weights, 1 bias, 1 map off" */
  get summary() {
    const counts = { weight: 0, bias: 0, off: 0 };
    for (const { what } of this.#all.values()) counts[what]++;
    const words = { weight: ["weight", "weights"], bias: ["bias", "biases"], off: ["output off", "outputs off"] };
    return Object.entries(counts).filter(([, count]) => count)
      .map(([what, count]) => `${count} ${words[what][count > 1 ? 1 : 0]}`).join(", ");
  }

  /** The weights with the edits in them, new tensors where anything differs. An output that is off has only zeros. */
  applied(weights) {
    const changed = { ...weights };
    const own = (name) => {
      if (changed[name] === weights[name]) changed[name] = { shape: weights[name].shape, data: weights[name].data.slice() };
      return changed[name];
    };
    const all = [...this.#all.values()];
    for (const { layer, what, index, value } of all.filter((edit) => edit.what !== "off")) own(`${layer}.${what}`).data[index] = value;
    for (const { layer, index } of all.filter((edit) => edit.what === "off")) {
      const weight = own(`${layer}.weight`);
      const size = weight.data.length / weight.shape[0];
      weight.data.fill(0, index * size, (index + 1) * size);
      own(`${layer}.bias`).data[index] = 0;
    }
    return changed;
  }
}
