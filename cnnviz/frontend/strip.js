/** The row of bundled pictures: what each is labelled, and what the network as it was trained takes it for. */

import { fill, h, mark } from "./dom.js";
import { decimal } from "./numbers.js";
import { paintPicture } from "./thumbnails.js";

export class Strip {
  #shown = null; // the pictures that the gallery's elements are made of
  #gallery = [];

  /** `words`: captions under the pictures, for those whose label cannot be seen in them. */
  constructor({ label, words = false, onPick }) {
    Object.assign(this, { words, onPick });
    this.element = h("div", { class: "strip", role: "group", "aria-label": label, "data-words": String(words) });
    this.buttons = [];
  }

  /**
   * pictures: key → (1 or 3, side, side); readings: [{ key, label, prediction, probability }] as torch reads them;
   * more: buttons for pictures that are not of the gallery.
   */
  show(pictures, readings, side, more) {
    if (this.#shown !== pictures) {
      this.#shown = pictures;
      this.#gallery = this.#build(pictures, readings, side);
    }
    fill(this.element, [...this.#gallery, ...more]); // another picture of one's own leaves the gallery as it is
    this.buttons = [...this.element.querySelectorAll("[data-image]")];
  }

  #build(pictures, readings, side) {
    const groups = this.words ? [[true, "reads right"], [false, "reads wrong"]] : [[null, ""]];
    return groups.flatMap(([right, title]) => {
      const group = readings.filter(({ label, prediction }) => right === null || (label === prediction) === right);
      const heading = title ? [h("span", { class: "strip-title" }, h("b", {}, String(group.length)), title)] : [];
      return group.length ? [...heading, ...group.map((reading) => this.#button(pictures[reading.key], reading, side))] : [];
    });
  }

  #button(picture, { key, label, prediction, probability }, side) {
    const canvas = h("canvas", { width: side, height: side, "aria-hidden": "true" });
    paintPicture(canvas, picture);
    const right = label === prediction;
    const said = `${right ? "read as that" : `but read as ${prediction}`}, ${decimal(100 * probability, 0)}%`;
    const caption = this.words ? [h("span", { class: "caption" }, label), right ? null : h("span", { class: "caption wrong" }, `→ ${prediction}`)] : [];
    return h("button", {
      type: "button", class: "sample", "data-image": key, "data-right": String(right), title: `${label}: ${said}`,
      "aria-label": this.words ? `${label}: ${said}` : `a ${label}`, onclick: () => this.onPick(key),
    }, canvas, ...caption);
  }

  choose(key) {
    for (const button of this.buttons) mark(button, "aria-pressed", button.dataset.image === key);
  }
}
