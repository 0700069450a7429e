/** The kernels themselves: each filter as its slices, those on colours also as a picture, with what excites its map most. */

import { h, mark, write } from "./dom.js";
import { decimal, plain, power } from "./numbers.js";
import { conv2d } from "./operations.js";
import { gradient } from "./palette.js";
import { paintPicture, paintValues } from "./thumbnails.js";
import { receptiveField } from "./reach.js";

const COLOURS = ["red", "green", "blue"];

export class Filters {
  /** onPoint(text or null) under the pointer, onOpen(unit), onExample(key, unit) when a picture that excites is clicked. */
  constructor({ onPoint, onOpen, onExample }) {
    Object.assign(this, { onPoint, onOpen, onExample });
    this.meanBox = h("input", { type: "checkbox", onchange: () => this.show(this.model) });
    this.meanNote = h("p", { class: "mean-note" });
    this.mean = h("div", { class: "mean", hidden: true }, h("label", { class: "same" }, this.meanBox, "show the mean of the three slices"), this.meanNote);
    this.sections = h("div", { class: "filter-sections" });
    this.legend = h("div", { class: "legend" }, h("div", { class: "ramp" }), h("div", { class: "ticks" }, h("span", {}, "−largest of layer"), h("span", {}, "0"), h("span", {}, "+largest of layer")));
    this.legend.firstChild.style.background = gradient("weight");
    this.element = h("section", { class: "filters", hidden: true, "aria-label": "The kernels" },
      h("div", { class: "unit-heading" }, h("span", { class: "title" }, "Kernels"),
        h("span", { class: "note" }, "one filter makes one map; it has a kernel slice for each channel it reads. Zero is the light middle. Beside each: the bundled pictures that excite its map most, and the patch that did."), this.legend),
      this.mean, this.sections);
  }

  /** Shows the model's kernels as they are now; `best` as gallery_run.js finds it, null while it is searching. */
  show(model, best = this.best) {
    const anew = this.model !== model;
    Object.assign(this, { model, best });
    if (anew) this.#build();
    const means = this.#equalChannels();
    for (const { layer, cards } of this.layers) {
      const weight = model.weights[`${layer.module}.weight`];
      const [, slices, rows, cols] = weight.shape;
      const cells = rows * cols;
      const top = weight.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
      cards.forEach((card, map) => {
        let own = weight.data.subarray(map * slices * cells, (map + 1) * slices * cells);
        if (means && this.meanBox.checked && layer === model.layers[0]) own = meanSlices(own, slices);
        card.values = own;
        card.slices.forEach((canvas, c) => paintValues(canvas, own.subarray(c * cells, (c + 1) * cells), { kind: "weight", top }));
        if (card.colour) {
          const strongest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
          paintPicture(card.colour, own, { bottom: -strongest, top: strongest });
        }
        this.#examples(card, layer, map, best?.get(layer.name)[map]);
        mark(card.element, "data-off", model.edits.isOff(layer.name, map));
      });
    }
    this.mean.hidden = !means;
    if (means) write(this.meanNote, this.#whyEqual());
  }

  #build() {
    this.layers = this.model.layers.filter(({ kind }) => kind === "conv2d").map((layer) => {
      const [maps, slices, rows, cols] = this.model.weights[`${layer.module}.weight`].shape;
      const first = !this.model.sources.get(layer.name);
      const cards = Array.from({ length: maps }, (_, map) => this.#card(layer, map, slices, rows, cols, first));
      return { layer, cards, title: `${layer.title}: ${maps} filters of ${slices} × ${rows} × ${cols}` };
    });
    this.sections.replaceChildren(...this.layers.map(({ layer, cards, title }) =>
      h("div", { "data-filters": layer.name }, h("div", { class: "layer-title" }, title), h("div", { class: "filter-cards" }, ...cards.map(({ element }) => element)))));
  }

  #card(layer, map, slices, rows, cols, first) {
    const card = { values: null };
    const canvas = (label, attributes) => h("canvas", { width: cols, height: rows, role: "img", "aria-label": label, ...attributes });
    const cellAt = (event) => {
      const box = event.target.getBoundingClientRect();
      return [Math.floor(((event.clientY - box.top) / box.height) * rows), Math.floor(((event.clientX - box.left) / box.width) * cols)];
    };
    const inside = ([r, c]) => r >= 0 && c >= 0 && r < rows && c < cols;
    const named = (c) => (first && slices === 3 ? COLOURS[c] : `map ${c + 1}`);
    card.slices = Array.from({ length: slices }, (_, c) => {
      const slice = canvas(`${layer.title}, filter ${map + 1}, slice for ${named(c)}: ${rows} × ${cols} weights`, { class: "slice-picture", "data-slice": c });
      slice.addEventListener("pointermove", (event) => {
        const here = cellAt(event);
        if (inside(here)) this.onPoint(`${layer.title}, filter ${map + 1}, slice for ${named(c)}, row ${here[0] + 1}, column ${here[1] + 1}: ${decimal(card.values[(c * rows + here[0]) * cols + here[1]], 4)}`);
      });
      slice.addEventListener("pointerleave", () => this.onPoint(null));
      return slice;
    });
    if (first && slices === 3) {
      card.colour = canvas(`${layer.title}, filter ${map + 1} as a colour picture`, { class: "colour-picture" });
      card.colour.addEventListener("pointermove", (event) => {
        const here = cellAt(event);
        if (inside(here)) this.onPoint(`${layer.title}, filter ${map + 1}, row ${here[0] + 1}, column ${here[1] + 1}: ${COLOURS.map((name, c) => `${name} ${decimal(card.values[(c * rows + here[0]) * cols + here[1]], 4)}`).join(", ")}`);
      });
      card.colour.addEventListener("pointerleave", () => this.onPoint(null));
    }
    card.examples = h("div", { class: "examples" });
    card.element = h("div", { class: "filter-card", "data-filter": map },
      h("button", { type: "button", class: "crumb", onclick: () => this.#openStrongest(layer, map) }, `${map + 1}`), card.colour ?? null, h("div", { class: "slice-pictures" }, ...card.slices), card.examples);
    return card;
  }

  /** The filter's map on the current picture, where it answers most. */
  #openStrongest(layer, map) {
    const values = this.model.values(layer.name);
    const [, rows, cols] = layer.outputShape;
    let at = 0;
    for (let cell = 1; cell < rows * cols; cell++) if (values[map * rows * cols + cell] > values[map * rows * cols + at]) at = cell;
    this.onOpen({ layer: layer.name, map, row: Math.floor(at / cols), col: at % cols });
  }

  #examples(card, layer, map, found) {
    const key = found ? found.map(({ key, row, col }) => [key, row, col].join()).join(";") : "waiting";
    if (card.examples.dataset.found === key && found) {
      [...card.examples.querySelectorAll(".value")].forEach((label, at) => write(label, plain(found[at].value, 2)));
      return;
    }
    mark(card.examples, "data-found", key);
    if (!found) return card.examples.replaceChildren(h("span", { class: "note" }, "looking …"));
    if (!found.length) return card.examples.replaceChildren(h("span", { class: "note" }, "dark on all of them"));
    return card.examples.replaceChildren(...found.map(({ key: sample, picture, row, col, value }) => {
      const field = receptiveField(this.model, { layer: layer.name, map, row, col });
      const whole = h("canvas", { width: picture.shape[2], height: picture.shape[1], "aria-hidden": "true" });
      paintPicture(whole, picture.data);
      const frame = h("span", { class: "field-frame", "data-shown": "true" });
      const share = (cells, all) => `${(100 * cells) / all}%`;
      Object.assign(frame.style, { top: share(field.row, picture.shape[1]), height: share(field.rows, picture.shape[1]), left: share(field.col, picture.shape[2]), width: share(field.cols, picture.shape[2]) });
      const patch = h("canvas", { width: field.cols, height: field.rows, "aria-hidden": "true" });
      paintPicture(patch, cut(picture, field));
      return h("button", { type: "button", class: "example", "data-image": sample, "data-field": [field.row, field.col, field.rows, field.cols].join(), "data-value": value, "aria-label": `${sample.replace("_", " ")}: activation ${plain(value, 2)}`, onclick: () => this.onExample(sample, { layer: layer.name, map, row, col }) },
        h("span", { class: "whole" }, whole, frame), patch, h("span", { class: "value" }, plain(value, 2)));
    }));
  }

  // --- three equal channels ----------------------------------------------------------------------------------------------

  /** Does the current picture have three equal channels? */
  #equalChannels() {
    const { shape: [channels, height, width], data } = this.model.picture;
    const area = height * width;
    if (channels !== 3) return false;
    for (let at = 0; at < area; at++) if (data[at] !== data[area + at] || data[at] !== data[2 * area + at]) return false;
    return true;
  }

  #whyEqual() {
    const layer = this.model.layers[0];
    const { data, shape } = this.model.weights[`${layer.module}.weight`];
    const size = data.length / shape[0];
    const mean = { shape, data: new Float32Array(data.length) };
    for (let map = 0; map < shape[0]; map++) mean.data.set(meanSlices(data.subarray(map * size, (map + 1) * size), shape[1]), map * size);
    const apart = data.reduce((most, value, at) => Math.max(most, Math.abs(value - mean.data[at])), 0);
    const bias = this.model.weights[`${layer.module}.bias`].data;
    const [ours, theirs] = [this.model.results.get(layer.name).output.data, conv2d(this.model.picture, mean, bias, layer).data];
    const difference = ours.reduce((most, value, at) => Math.max(most, Math.abs(value - theirs[at])), 0);
    mark(this.meanNote, "data-difference", difference);
    mark(this.meanNote, "data-apart", apart);
    const slices = apart < 1e-6
      ? "This picture is grey: its three channels are equal, and training on such pictures kept the three slices of each filter equal too."
      : `This picture is grey: its three channels are equal, so only the sum of a filter's three slices counts, and training could share it out as chance would have it. The slices differ from their mean by up to ${plain(apart, 2)}.`;
    return `${slices} With the mean in place of all three, every value of ${layer.title} stays the same${difference ? ` to ${power(difference)}` : ""}.`;
  }
}

/** A filter with each of its slices replaced by their mean. */
export function meanSlices(filter, slices) {
  const cells = filter.length / slices;
  const mean = new Float32Array(filter.length);
  for (let at = 0; at < cells; at++) {
    let sum = 0;
    for (let c = 0; c < slices; c++) sum += filter[c * cells + at];
    for (let c = 0; c < slices; c++) mean[c * cells + at] = sum / slices;
  }
  return mean;
}

function cut({ shape: [channels, height, width], data }, { row, col, rows, cols }) {
  const patch = new Float32Array(channels * rows * cols);
  for (let c = 0, to = 0; c < channels; c++) {
    for (let r = 0; r < rows; r++, to += cols) {
      const from = (c * height + row + r) * width + col;
      patch.set(data.subarray(from, from + cols), to);
    }
  }
  return patch;
}
