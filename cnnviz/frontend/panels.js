/** The row of panels below a stage: one is open at a time, or none. Where there is room, one may stand in the stage itself. */

import { h, mark } from "./dom.js";

export class Panels {
  #panels = new Map(); // key → { button, panel, body, beside }

  /** onChange(key) after every act that opened another panel, or ("") closed one. */
  constructor({ onChange = () => {} } = {}) {
    this.onChange = onChange;
    this.opened = "";
    this.row = h("div", { class: "panel-row", role: "group", "aria-label": "More about this" });
    this.element = h("div", { class: "panels" }, this.row);
  }

  /**
   * A panel has `element`, and may have opened() and closed(), called after it has come into view and gone out of it. What
   * follows the stage need only do so while it is open. Panels stand in the order in which they are added. `beside`: the
   * element that this one comes after instead, where there is room for it (see arrange).
   */
  add(key, title, panel, { beside = null } = {}) {
    const id = `panel-${key}`;
    const button = h("button", { class: "panel-tab", type: "button", "aria-expanded": "false", "aria-controls": id, onclick: () => this.#choose(key) }, title);
    const body = h("div", { class: "panel-body", id, hidden: true, "data-shows": key }, panel.element);
    this.#panels.set(key, { button, panel, body, beside });
    this.row.append(button);
    this.element.append(body);
  }

  /** Puts the panels that can stand beside the stage there, or below it like all others. */
  arrange(roomy) {
    for (const { body, beside } of this.#panels.values()) {
      if (!beside || roomy === (body.parentElement !== this.element)) continue;
      (roomy ? beside : this.row).after(body);
    }
  }

  /** Does an open panel stand in the stage? */
  get besides() {
    const { body } = this.#panels.get(this.opened) ?? {};
    return Boolean(body && body.parentElement !== this.element);
  }

  /** Shows this panel and no other; "" or a name that no panel has: none. */
  open(key) {
    const next = this.#panels.has(key) ? key : "";
    if (next === this.opened) return;
    const last = this.#panels.get(this.opened);
    this.opened = next;
    for (const [name, { button, body }] of this.#panels) {
      mark(button, "aria-expanded", name === next);
      body.hidden = name !== next;
    }
    last?.panel.closed?.();
    this.#panels.get(next)?.panel.opened?.();
  }

  #choose(key) {
    this.open(key === this.opened ? "" : key);
    this.onChange(this.opened);
    // the panel comes up from below; what it speaks of stays in view above it
    if (this.opened && !this.besides) this.element.scrollIntoView({ block: "nearest" });
  }
}
