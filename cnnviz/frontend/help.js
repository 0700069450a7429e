/** The help on "?": what the keys do, in a window that Escape closes and that gives the focus back. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { isTyping } from "./keys.js";

const PAGE = ["The page", [
  ["?", "this help"],
  ["P", "projector: larger, and only what matters"],
  ["Tab", "to the next control, with Shift to the one before"],
]];

export class Help {
  /** sections: [title, [[keys, what they do], …]] each. */
  constructor(sections) {
    const section = ([title, keys]) =>
      h("section", {}, h("h3", {}, title),
        h("dl", {}, ...keys.flatMap(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)])));
    const close = h("button", { type: "button", class: "tool", onclick: () => this.element.close() }, "close (Esc)");
    this.element = h("dialog", { class: "help", "aria-label": "Keys" },
      h("div", { class: "help-heading" }, h("h2", {}, "Keys"), close),
      h("div", { class: "help-sections" }, ...[...sections, PAGE].map(section)));
    this.button = h("button", {
      type: "button", class: "tool page-tool", "aria-label": "help", title: "help (?)", "aria-keyshortcuts": "?", onclick: () => this.open(),
    }, icon("help"));
    this.onKey = (event) => {
      if (event.key !== "?" || isTyping(event) || event.defaultPrevented) return;
      this.open();
      event.preventDefault();
    };
    document.addEventListener("keydown", this.onKey);
  }

  /** As a modal window it keeps the focus inside; closed, the browser puts it back where it was. */
  open() {
    if (!this.element.open) this.element.showModal();
  }

  stop() {
    document.removeEventListener("keydown", this.onKey);
  }
}
