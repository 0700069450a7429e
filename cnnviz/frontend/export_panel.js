/** The panel "Export": this moment as a picture, the slide as a film, all numbers, and the code that gives them. */

import { FilmMaker } from "./film_maker.js";
import { h, write } from "./dom.js";
import { grouped } from "./numbers.js";
import { numberTable } from "./number_table.js";
import { saveFile } from "./handing_over.js";
import { snapshot } from "./snapshot.js";
import { snippet } from "./snippet.js";

export class ExportPanel {
  /** stage: the Stage; ask(text): asks Python for a film. */
  constructor({ stage, ask }) {
    this.stage = stage;
    this.film = new FilmMaker({ ask });
    const part = (title, note, ...children) => h("div", { class: "export" }, h("h3", { class: "title" }, title), note, ...children);
    const button = (text, act) => h("button", { class: "tool", type: "button", onclick: act }, text);
    const says = (text) => h("p", { class: "explained" }, text);
    this.count = says("");
    this.element = h("div", { class: "export-panel" },
      part("Picture", says("This moment, as it is drawn, with its digits."), button("save PNG", () => this.#picture())),
      part("Film", says("The window sliding over the input, as an animated GIF."), this.film.element),
      part("Numbers", this.count, button("save CSV", () => saveFile("convolution.csv", numberTable(this.op), "text/csv"))),
      part("Code", says("Python that gives the same map; it runs as it stands."), button("save Python", () => saveFile("convolution.py", snippet(this.op, "torch"), "text/x-python"))));
  }

  opened() {
    this.open = true;
    this.film.start();
    if (this.op) this.#show();
  }

  closed() {
    this.open = false;
    this.film.rest();
  }

  /** What the stage has just painted; see Stage.onPaint. */
  follow({ op }) {
    if (op === this.op) return;
    this.op = op;
    if (this.open) this.#show();
  }

  stop() {
    this.film.rest();
    this.film.stop?.();
  }

  #show() {
    const { op } = this;
    const lines = op.input.data.length + op.weight.data.length + 1 + op.output.data.length * (op.relu ? 2 : 1);
    write(this.count, `Input, kernel, bias and map: ${grouped(lines)} lines of part, channel, row, column, value. Places count from 0, as in code.`);
    this.film.show(op);
  }

  async #picture() {
    const player = (element) => element.matches(".player, .tools-box, .kernel-tools, .same");
    saveFile("stage.png", await snapshot(this.stage.element, { leave: player }));
  }
}
