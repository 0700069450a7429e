/** The row of panels below a stage: one is open at a time, or none. */

import { h, mark } from "./dom.js";

export class Panels {
  #panels = new Map(); // key → { button, panel }

  /** onChange(key) after every act that opened another panel, or ("") closed one. */
  constructor({ onChange = () => {} } = {}) {
    this.onChange = onChange;
    this.opened = "";
    this.row = h("div", { class: "panel-row", role: "group", "aria-label": "More about this" });
    this.element = h("div", { class: "panels" }, this.row);
  }

  /**
   * A panel has `element`, and may have opened() and closed(), called after it has come into view and gone out of it. What
   * follows the stage need only do so while it is open. Panels stand in the order in which they are added.
   */
  add(key, title, panel) {
    const id = `panel-${key}`;
    const button = h("button", { class: "panel-tab", type: "button", "aria-expanded": "false", "aria-controls": id, onclick: () => this.#choose(key) }, title);
    this.#panels.set(key, { button, panel });
    this.row.append(button);
    this.element.append(h("div", { class: "panel-body", id, hidden: true, "data-shows": key }, panel.element));
  }

  /** Shows this panel and no other; "" or a name that no panel has: none. */
  open(key) {
    const next = this.#panels.has(key) ? key : "";
    if (next === this.opened) return;
    const last = this.#panels.get(this.opened);
    this.opened = next;
    for (const [name, { button, panel }] of this.#panels) {
      mark(button, "aria-expanded", name === next);
      panel.element.parentElement.hidden = name !== next;
    }
    last?.panel.closed?.();
    this.#panels.get(next)?.panel.opened?.();
  }

  #choose(key) {
    this.open(key === this.opened ? "" : key);
    // the panel comes up from below; what it speaks of stays in view above it
    if (this.opened) this.element.scrollIntoView({ block: "nearest" });
    this.onChange(this.opened);
  }
}
