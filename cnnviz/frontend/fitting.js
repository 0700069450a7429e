/** How a picture becomes the image: its crop, what is behind it, its size and its colours. */

import { CropView } from "./crop_view.js";
import { h, mark, write } from "./dom.js";

const PACE = 120; // milliseconds between two messages while something is dragged

export class Fitting {
  #timer = 0;
  #saidAt = -PACE;
  #data = null;

  /** onChange() when one of the values is another. */
  constructor(onChange) {
    this.onChange = onChange;
    this.title = h("bdi");
    this.crop = new CropView(() => this.#soon());
    this.about = h("p", { class: "fitting-about" });
    this.grounds = h("fieldset", { class: "grounds" }, h("legend", {}, "Behind what is transparent"));
    this.slider = h("input", { type: "range", "aria-label": "pixels a side", oninput: () => this.#resized() });
    this.number = h("output", { class: "fitting-size" });
    this.tone = h("input", { type: "checkbox", onchange: () => this.#soon() });
    this.tones = h("label", { class: "same" }, this.tone, "Colour");
    this.choices = h("div", { class: "fitting-choices" }, this.grounds,
      h("label", { class: "fitting-slider" }, h("span", {}, "Pixels a side ", this.number), this.slider),
      this.tones);
    this.element = h("section", { class: "fitting", "aria-label": "how it is fitted" },
      h("h3", { class: "fitting-title" }, this.title), this.crop.element, this.about, this.choices);
  }

  get colour() {
    return Number(this.tone.checked);
  }

  /** Is there a change that was not yet said? */
  get isChanging() {
    return this.#timer !== 0;
  }

  /** What stands here now, and for which choice of a picture. */
  values() {
    const { choice, crop, ground } = this.#data;
    return {
      choice, size: this.slider.value, colour: this.colour,
      ...(crop && { cut: this.crop.text }),
      ...(ground && { ground: this.grounds.querySelector("input:checked").value }),
    };
  }

  update(data) {
    this.#forget(); // what was changed on another picture
    this.#data = data;
    const { title, about, fitted, crop, ground, grounds, size, sides, colour, tinted, source } = data;
    write(this.title, title);
    write(this.about, about);
    this.choices.hidden = !fitted;
    this.crop.element.hidden = !crop;
    if (crop) this.crop.update({ ...crop, title, source });
    this.grounds.hidden = !ground;
    if (this.grounds.children.length === 1) {
      this.grounds.append(...grounds.map((name) =>
        h("label", { class: "same" }, h("input", { type: "radio", name: "ground", value: name, onchange: () => this.#soon() }), name)));
    }
    for (const input of this.grounds.querySelectorAll("input")) input.checked = input.value === ground;
    const [least, most] = sides;
    mark(this.slider, "min", least);
    mark(this.slider, "max", most);
    this.slider.value = size;
    write(this.number, String(size));
    this.tone.checked = colour;
    this.tones.hidden = tinted;
  }

  /** It can be seen now: what depends on its room is laid out. */
  show() {
    if (this.#data.crop) this.crop.show();
  }

  #resized() {
    write(this.number, this.slider.value);
    this.#soon();
  }

  /** The first change is said at once, and those that follow it closely together. */
  #soon() {
    if (this.isChanging) return;
    const wait = Math.max(0, this.#saidAt + PACE - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#saidAt = performance.now();
      this.onChange();
    }, wait);
  }

  #forget() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }
}
