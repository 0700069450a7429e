/** The gallery: every picture that can be had, in its group, of which one is the image. */

import { h, mark, write } from "./dom.js";

export class Gallery {
  #built = false;
  #choices = new Map();

  /** onPick(key) when somebody chooses another picture. */
  constructor(onPick) {
    this.onPick = onPick;
    this.element = h("div", { class: "gallery", role: "radiogroup", "aria-label": "picture" });
  }

  /**
   * Makes it once. `groups` are [name, title, [[key, title], …]]; their pictures lie on one sheet, row by row: { file, columns,
   * count }. The browser fetches that when the first of them is to be seen.
   */
  build(groups, { file, columns, count }) {
    if (this.#built) return;
    this.#built = true;
    this.element.style.setProperty("--sheet", `url("${new URL(`../cnnviz.assets/${file}`, import.meta.url)}")`);
    this.element.style.setProperty("--columns", columns);
    this.element.style.setProperty("--rows", Math.ceil(count / columns));
    let at = 0;
    for (const [name, title, choices] of groups) {
      const box = h("div", { class: "gallery-group", "data-group": name });
      for (const [key, words] of choices) {
        const picture = h("span", { class: "gallery-picture" });
        picture.style.setProperty("--col", at % columns);
        picture.style.setProperty("--row", Math.floor(at / columns));
        at++;
        box.append(this.#choice(key, picture, words));
      }
      this.element.append(h("h3", {}, title), box);
    }
    this.ownPicture = h("img", { class: "gallery-own", alt: "" });
    this.own = this.#choice("upload", this.ownPicture, "");
    this.element.prepend(h("h3", {}, "Yours"),
      h("div", { class: "gallery-group", "data-group": "own" },
        this.#choice("draw", h("span", { class: "gallery-blank" }), "Draw"), this.own));
  }

  /** shown is the image's key, own { title, picture } what somebody brought along, or null. */
  show({ shown, own }) {
    this.own.hidden = !own;
    if (own) {
      mark(this.ownPicture, "src", own.picture);
      write(this.own.querySelector("bdi"), own.title);
    }
    for (const [key, input] of this.#choices) input.checked = key === shown;
  }

  #choice(key, picture, words) {
    const input = h("input", { type: "radio", name: "image", value: key, onchange: () => this.onPick(key) });
    this.#choices.set(key, input);
    return h("label", { class: "gallery-choice" }, input, picture, h("bdi", {}, words));
  }
}
