/** A number that answers while it is typed; what cannot be is explained, and leaving the field brings back what is. */

import { h } from "./dom.js";
import { parseNumber, plain } from "./numbers.js";

export class NumberField {
  /**
   * From `least` to `most`, `whole` or not. current() is the value that stands; take(value) says whether it is taken, and
   * otherwise has explained why; say(sentence) explains what cannot be at all ("" when all is well).
   */
  constructor({ label, least, most, whole = true, current, take, say }) {
    Object.assign(this, { least, most, current, take, say });
    const refusal = () =>
      `The ${label} must be ${whole ? "a whole number" : "a number"} from ${signed(least)} to ${most}; it stays ${plain(current())}.`;
    this.element = h("input", {
      type: "number", min: least, max: most, step: whole ? 1 : "any", "aria-label": label,
      oninput: () => {
        const value = parseNumber(this.element.value);
        const possible = value >= least && value <= most && (Number.isInteger(value) || !whole);
        if (possible || value === current()) this.#try(value);
        else this.#mark(refusal());
      },
      onkeydown: (event) => whole && this.#step(event),
      onblur: () => this.#set(),
    });
  }

  /** Shows the value that stands; a field being typed in is left alone. */
  show() {
    if (this.element.getRootNode().activeElement !== this.element) this.#set();
  }

  #try(value) {
    if (value === this.current() || this.take(value)) this.#mark("");
    else this.element.setAttribute("aria-invalid", "true");
  }

  /** The arrow keys, from the value that stands. The browser itself would lay the page out twice: for the digits, and for the answer. */
  #step(event) {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const value = Math.min(this.most, Math.max(this.least, this.current() + by));
    this.#try(value);
    this.element.value = String(value);
  }

  #set() {
    const text = plain(this.current(), 6).replace("−", "-");
    if (this.element.value !== text) this.element.value = text;
    this.element.removeAttribute("aria-invalid");
  }

  #mark(sentence) {
    if (sentence) this.element.setAttribute("aria-invalid", "true");
    else this.element.removeAttribute("aria-invalid");
    this.say(sentence);
  }
}

function signed(number) {
  return String(number).replace("-", "−");
}
