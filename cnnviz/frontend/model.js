/** A trained network in the browser: its layers, its weights with the edits in them, and what it makes of a picture. */

import { Edits } from "./edits.js";
import { forward } from "./forward.js";
import { softmax } from "./operations.js";
import { loadWeights } from "./weights.js";

const AFTER = "activation"; // what the maps show: values after ReLU, or "pre_activation"

/**
 * A unit is { layer, map, row, col }; of a dense layer `map` is its number, and row and col are 0. A unit with a `tap` names
 * one product of its sum.
 */
export class Model {
  #edited = null;

  /** about: what ui/cached.py says of a network. */
  constructor(about, edits = "") {
    Object.assign(this, about);
    this.edits = new Edits(edits);
    this.last = this.layers.at(-1);
    this.rectified = new Map(); // a layer's name → the name of the ReLU behind it
    this.sources = new Map(); // a layer's name → the layer on the page whose values it takes; null for the picture
    this.shown = []; // the layers that have a place of their own on the page
    for (const layer of this.layers) {
      if (layer.kind === "relu") this.rectified.set(this.shown.at(-1).name, layer.name);
      if (layer.kind === "relu" || layer.kind === "flatten") continue;
      this.sources.set(layer.name, this.shown.at(-1) ?? null);
      this.shown.push(layer);
    }
  }

  get name() {
    return this.network.name;
  }

  async load() {
    this.trained = await loadWeights(this.network.file, this.network.digest);
  }

  get loaded() {
    return Boolean(this.trained);
  }

  get weights() {
    return (this.#edited ??= this.edits.applied(this.trained));
  }

  /** Changes the weights through `this.edits`; the next run uses them. */
  edit(change) {
    change(this.edits);
    this.#edited = null;
  }

  /** Runs all layers on a picture (3, H, W). */
  run(picture) {
    this.picture = picture;
    this.results = forward(this.layers, this.weights, picture);
    this.logits = this.results.get(this.last.name).output;
    this.probabilities = softmax(this.logits).data;
  }

  layer(name) {
    return this.layers.find((layer) => layer.name === name);
  }

  /** The values that a layer's maps show. */
  values(name, show = AFTER) {
    return this.results.get(this.shownAs(name, show)).output.data;
  }

  /** The name of the operation whose output stands for a layer: itself, or the ReLU behind it. */
  shownAs(name, show = AFTER) {
    return (show === AFTER && this.rectified.get(name)) || name;
  }

  valueOf({ layer, map, row, col }, show = AFTER) {
    const [, rows = 1, cols = 1] = this.layer(layer).outputShape;
    return this.values(layer, show)[(map * rows + row) * cols + col];
  }

  /** The unit, if the network has it; null else. */
  known(unit) {
    const layer = this.shown.find(({ name }) => name === unit?.layer);
    if (!layer) return null;
    const [maps, rows = 1, cols = 1] = layer.outputShape;
    if (!(unit.map < maps && unit.row < rows && unit.col < cols)) return null;
    return unit.tap === undefined || unit.tap < this.tapsOf(layer) ? unit : null;
  }

  /** How many products a unit of this layer sums; 0 for pooling. */
  tapsOf(layer) {
    const weight = this.trained?.[`${layer.module}.weight`];
    if (weight) return weight.data.length / weight.shape[0];
    return layer.kind === "max_pool2d" ? 0 : Infinity; // not loaded yet
  }

  nameOf({ layer, map, row, col, tap }) {
    const { title, kind } = this.layer(layer);
    if (tap !== undefined) return `product ${tap + 1} of ${this.tapsOf(this.layer(layer))}`;
    if (layer === this.last.name) return `Score of ${this.labels[map]}`;
    return kind === "linear" ? `${title}, unit ${map + 1}` : `${title}, map ${map + 1}, row ${row + 1}, column ${col + 1}`;
  }
}

/** "conv2,5,0,3" or, for one product, "conv2,5,0,3,17" → unit. */
export function unitFromText(text) {
  const [layer, ...numbers] = text.split(",");
  const [map, row, col, tap] = numbers.map(Number);
  return tap === undefined ? { layer, map, row, col } : { layer, map, row, col, tap };
}

export function unitToText({ layer, map, row, col, tap }) {
  return [layer, map, row, col, ...(tap === undefined ? [] : [tap])].join();
}
