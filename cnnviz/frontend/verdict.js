/** The classes with their probabilities and scores, one bar each. */

import { h, mark, write } from "./dom.js";
import { decimal } from "./numbers.js";

export class Verdict {
  /** layer: the last one; onPick(class index) when a bar is clicked, onPoint(class index or null) under the pointer. */
  constructor(layer, labels, onPick, onPoint) {
    this.labels = labels;
    this.bars = labels.map((label, at) => {
      const [fill, share, score] = ["fill", "share", "score"].map((name) => h("span", { class: name }));
      const row = h("button", { type: "button", class: "bar", "data-class": label, onclick: () => onPick(at), onpointerenter: () => onPoint(at), onpointerleave: () => onPoint(null) },
        h("b", {}, label), h("span", { class: "track" }, fill), share, " ", score);
      return { row, fill, share, score };
    });
    this.sure = h("p", { class: "sure" });
    this.element = h("div", { class: "layer verdict", "data-layer": layer.name, "data-shape": layer.outputShape.join() },
      h("div", { class: "layer-title" }, "Verdict"), h("div", { class: "layer-note" }, "probability · score"),
      ...this.bars.map(({ row }) => row), this.sure);
  }

  /** Shows the classes' probabilities and scores; returns { label, probability } of the likeliest. */
  show(probabilities, logits) {
    const best = probabilities.indexOf(Math.max(...probabilities));
    this.bars.forEach(({ row, fill, share, score }, at) => {
      const percent = 100 * probabilities[at];
      fill.style.width = `${percent}%`;
      write(share, `${decimal(percent, 1)}%`);
      write(score, decimal(logits[at], 1));
      mark(row, "data-best", at === best);
      mark(row, "aria-label", `${this.labels[at]}: probability ${decimal(percent, 1)}%, score ${decimal(logits[at], 1)}`);
    });
    return { label: this.labels[best], probability: probabilities[best] };
  }

  /** Marks the class under the pointer, or none. */
  point(at) {
    this.bars.forEach(({ row }, index) => mark(row, "data-here", index === at));
  }

  /** A plain sentence on how sure the network may be, here and in general. */
  say(sentence) {
    write(this.sure, sentence);
  }
}
