/** The film of the slide in the panel "Export": what it would be, its making in Python, and the file. */

import { subscribe } from "./feed.js";
import { h, mark, write } from "./dom.js";
import { saveFile } from "./handing_over.js";
import { parseNumber, grouped } from "./numbers.js";

const SPEEDS = [1, 2, 5, 10, 25]; // frames a second
const REST = 400; // milliseconds after which a change is asked about

export class FilmMaker {
  #number = 0; // of the last request; answers to earlier ones are dropped
  #timer = 0;
  #file = null;

  /** ask(text) sends a request to Python, as ui/film.py reads it. */
  constructor({ ask }) {
    this.ask = ask;
    const whole = (label, value) => h("input", { type: "number", min: "1", step: "1", value, "aria-label": label, oninput: () => this.planSoon() });
    this.every = whole("every so many steps", "1");
    this.first = whole("first row of the film", "1");
    this.last = whole("last row of the film", "1");
    this.speed = h("select", { "aria-label": "frames a second", onchange: () => this.planSoon() }, ...SPEEDS.map((speed) => h("option", { value: speed, selected: speed === 2 }, `${speed} a second`)));
    this.said = h("p", { class: "film-said", role: "status" });
    this.make = h("button", { class: "tool strong", type: "button", onclick: () => this.#send("make") }, "make GIF");
    this.cancel = h("button", { class: "tool", type: "button", hidden: true, onclick: () => this.#send("stop") }, "cancel");
    this.save = h("button", { class: "tool strong", type: "button", hidden: true, onclick: () => saveFile("slide.gif", this.#file) }, "save GIF");
    this.bar = h("progress", { max: "1", value: "0", hidden: true, "aria-label": "The film is being made" });
    this.ways = h("span", { class: "row ways" });
    const chip = (text, ...inputs) => h("label", { class: "chip-control" }, h("span", {}, text), ...inputs);
    this.element = h("div", { class: "film", "data-film": "" },
      h("div", { class: "row" }, chip("every", this.every, "step"), chip("rows", this.first), chip("to", this.last), chip("frames", this.speed)),
      this.said, this.ways,
      h("div", { class: "row" }, this.make, this.save, this.bar, this.cancel));
  }

  start() {
    this.stop ??= subscribe("film", (answer) => this.#receive(answer));
  }

  /** Another operation: its rows, and with them the plan, are others. */
  show(op) {
    const rows = String(op.output.shape[0]);
    if (this.last.max !== rows) {
      for (const field of [this.first, this.last]) field.max = rows;
      this.first.value = "1";
      this.last.value = rows;
    }
    this.planSoon();
  }

  /** Asks, after a rest, what the film would be. */
  planSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send("plan"), REST);
    this.#file = null;
    this.#show({ state: "asked" });
  }

  rest() {
    clearTimeout(this.#timer);
  }

  #send(verb) {
    clearTimeout(this.#timer);
    const most = Number(this.last.max);
    const fields = [[this.every, 100_000, "every so many steps"], [this.first, most, "first row"], [this.last, most, "last row"]];
    for (const [field, largest, name] of fields) {
      const value = parseNumber(field.value);
      const sound = Number.isInteger(value) && value >= 1 && value <= largest;
      if (sound) field.removeAttribute("aria-invalid");
      else {
        mark(field, "aria-invalid", true);
        return this.#show({ state: "refused", error: `The ${name} must be a whole number from 1 to ${grouped(largest)}.` });
      }
    }
    const [every, first, last] = fields.map(([field]) => Number(field.value));
    if (last < first) return this.#show({ state: "refused", error: "The last row must not stand above the first." });
    this.verb = verb;
    this.#number++;
    this.#show({ state: verb === "stop" ? "stopped" : "asked" });
    this.ask([this.#number, verb, every, first - 1, last - 1, this.speed.value].join(";"));
  }

  #receive(answer) {
    if (answer.number !== this.#number) return;
    if (answer.state === "done" && answer.film) {
      this.#file = new Blob([answer.film], { type: "image/gif" });
    }
    this.#show(answer);
  }

  #show({ state, error, frames, size, bytes, most, shorter = [], progress = 0, ahead = 0 }) {
    const making = this.verb === "make" && ["asked", "waiting", "running"].includes(state);
    const planned = state === "done" && frames;
    mark(this.element, "data-film", making ? "making" : this.#file ? "made" : planned ? (shorter.length ? "too long" : "planned") : state);
    this.bar.value = progress;
    this.bar.hidden = this.cancel.hidden = !making;
    this.save.hidden = !this.#file;
    this.make.hidden = making || Boolean(this.#file);
    this.make.disabled = !planned || shorter.length > 0;
    if (planned) this.planned = `${grouped(frames)} frames of ${size.join(" × ")} pixels`;
    mark(this.said, "data-warning", Boolean(error));
    if (error) write(this.said, error);
    else if (making) write(this.said, ahead ? `Waiting for ${ahead} others …` : `Making ${this.planned ?? "the film"}: ${Math.round(100 * progress)}%`);
    else if (this.#file) write(this.said, `${this.planned}, ${kilobytes(this.#file.size)}.`);
    else if (planned && shorter.length) write(this.said, `That would be ${grouped(frames)} frames, and a film may have ${most}: take a shorter one.`);
    else if (planned) write(this.said, `${this.planned}, about ${kilobytes(bytes)}.`);
    else if (state === "stopped") write(this.said, "Cancelled.");
    else write(this.said, "Counting the frames …");
    if (state === "stopped") this.#timer = setTimeout(() => this.#send("plan"), REST); // so that the button comes back
    this.ways.replaceChildren(...(planned ? shorter.map((part) => this.#way(part)) : []));
  }

  /** One of the shorter films on offer. */
  #way({ every, first, last }) {
    const text = last === null || last === Number(this.last.value) - 1 ? `one step in ${every}` : `rows ${first + 1} to ${last + 1} only`;
    return h("button", { class: "tool", type: "button", onclick: () => {
      this.every.value = every;
      if (last !== null) this.last.value = last + 1;
      this.planSoon();
    } }, text);
  }
}

function kilobytes(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
