/** The image of all pages: a button that shows it, and behind it the gallery, files, the camera, crop, size and colours. */

import { Arrivals } from "./arrivals.js";
import { h, mark, write } from "./dom.js";
import { subscribe } from "./feed.js";
import { Fitting } from "./fitting.js";
import { Gallery } from "./gallery.js";
import { mount } from "./mount.js";
import { said } from "./said.js";
import { SourceTools } from "./sources.js";

const WIDEST = 1000; // CSS pixels, the panel
const GAP = 6; // CSS pixels between the button and what it opens
const MARGIN = 16; // and between that and the window's edge

class Chooser {
  #said = null; // the number of the last message
  #source = null;
  #replace = () => this.panel.matches(":popover-open") && this.#place();

  constructor() {
    this.thumbnail = h("img", { alt: "" });
    this.title = h("bdi", { class: "chooser-title" });
    this.size = h("span", { class: "chooser-size" });
    this.button = h("button", { type: "button", class: "chooser-button", popovertarget: "chooser-panel", "aria-haspopup": "dialog" },
      this.thumbnail, this.title, this.size);
    this.sources = new SourceTools();
    this.gallery = new Gallery((image) => this.#say({ image, colour: this.fitting.colour }));
    this.fitting = new Fitting(() => this.#say(this.fitting.values()));
    this.panel = h("div", { popover: "auto", id: "chooser-panel", class: "chooser-panel", role: "dialog", "aria-label": "image" },
      h("div", {}, this.sources.element, this.gallery.element), this.fitting.element);
    this.panel.addEventListener("beforetoggle", ({ newState }) => newState === "open" && this.#place());
    this.panel.addEventListener("toggle", ({ newState }) => (newState === "open" ? this.fitting.show() : this.sources.stop()));
    this.element = h("div", { class: "cnnviz chooser" }, this.button, this.panel);
    this.arrivals = new Arrivals((file) => this.file(file));
    addEventListener("resize", this.#replace);
    this.unsubscribe = subscribe("drawn", ({ source, picture }) => source === this.#source && mark(this.thumbnail, "src", picture));
  }

  /** Where nothing is under way any more, or another picture has come, Python's word is what counts. */
  update(data) {
    said.choices = data.choice;
    mark(this.thumbnail, "src", data.thumbnail);
    write(this.title, data.title);
    write(this.size, `${data.height} × ${data.width}`);
    this.gallery.build(data.gallery, data.sheet);
    if (data.source !== this.#source || (data.heard === this.#said && !this.fitting.isChanging)) {
      this.gallery.show(data);
      this.fitting.update(data);
    }
    this.#source = data.source;
    this.arrivals.update(data);
  }

  resize() {}

  stop() {
    removeEventListener("resize", this.#replace);
    this.unsubscribe();
    this.arrivals.stop();
    this.sources.end();
  }

  #say(values) {
    this.#said = String(Number(this.#said) + 1);
    this.ask(`${this.#said};${new URLSearchParams(values)}`);
  }

  #place() {
    const button = this.button.getBoundingClientRect();
    const left = Math.max(MARGIN, Math.min(button.left, innerWidth - MARGIN - WIDEST)); // the button may stand at the right end
    const top = button.bottom + GAP;
    Object.assign(this.panel.style, { left: `${left}px`, top: `${top}px`, maxHeight: `${innerHeight - top - MARGIN}px` });
    this.panel.style.setProperty("--room", `${innerWidth - left - MARGIN}px`);
  }
}

export default mount(Chooser);
