/** One unit taken apart, under the network: from a class down to one product, and up again. */

import { DenseDrill, ProductDrill } from "./drill_dense.js";
import { PatchDrill } from "./drill_patch.js";
import { h, mark, write } from "./dom.js";
import { Stage } from "./stage.js";
import { unitOperation } from "./unit.js";
import { unitToText } from "./model.js";

const STAGE_PADDING = 17; // pixels between the stage and the frame around it

/**
 * The path is a list of units, each an input of the one before; the last one is shown. onPath(path) asks for another path,
 * onStage(open) opens or closes the stage, onMoved(row, col) follows it along its map, and
 * onEdit(layer, what, index, value) changes a weight or a bias; onSwitch(layer, index, off) and onReset(layer, index) an output.
 */
export class Drill {
  #body = null;

  constructor(actions) {
    Object.assign(this, actions);
    this.stage = new Stage({
      compact: true,
      onMoved: () => this.onMoved(...this.stage.player.position),
      onEdit: (slice, row, col, value) => this.#editWeight(slice, row, col, value),
      onRefused: (text) => this.onRefused(text),
    });
    this.crumbs = h("nav", { class: "crumbs", "aria-label": "From where you came" });
    this.title = h("span", { class: "title" });
    this.hint = h("span", { class: "note" });
    this.stageButton = h("button", { type: "button", class: "tool", "data-act": "stage", onclick: () => this.onStage(!this.open) });
    this.offBox = h("input", { type: "checkbox", onchange: () => this.onSwitch(this.unit.layer, this.unit.map, this.offBox.checked) });
    this.offLabel = h("span", {});
    this.resetButton = h("button", { type: "button", class: "tool", "data-act": "reset-filter", onclick: () => this.onReset(this.unit.layer, this.unit.map) }, "as trained");
    this.switches = h("span", { class: "switches" }, h("label", { class: "same" }, this.offBox, this.offLabel), this.resetButton);
    this.place = h("div", { class: "drill-body" });
    this.stageBox = h("div", { class: "drill-stage", hidden: true }, this.stage.element);
    this.element = h("section", { class: "unit", hidden: true, "aria-label": "The unit taken apart" },
      h("div", { class: "unit-heading" }, this.crumbs, this.title, this.hint, this.switches, this.stageButton,
        h("button", { type: "button", class: "tool", "data-act": "close", onclick: () => this.onPath([]) }, "close (Esc)")),
      this.place, this.stageBox);
  }

  get unit() {
    return this.path?.at(-1) ?? null;
  }

  resize(width, dark) {
    Object.assign(this, { width, dark });
    this.stage.resize(width - 2 * STAGE_PADDING, dark);
  }

  stop() {
    this.stage.stop();
  }

  /** Shows the last unit of the path as the model computes it now; an empty path hides everything. */
  show(model, path, { show, open }) {
    const before = this.unit && `${this.model.name},${unitToText(this.unit)},${this.showing}`;
    Object.assign(this, { model, path, showing: show, open });
    mark(this.element, "hidden", "");
    if (!path.length) {
      this.#body = null;
      return;
    }
    const first = this.element.hidden;
    this.element.removeAttribute("hidden");
    const now = `${model.name},${unitToText(this.unit)},${show}`;
    if (!this.#body || before !== now) this.#build();
    this.#body.update();
    this.#heading();
    this.#showStage();
    mark(this.element, "data-drill", unitToText(this.unit));
    if (first || before === null) this.element.scrollIntoView({ block: "nearest" });
  }

  #build() {
    const { model, unit } = this;
    const kind = model.layer(unit.layer).kind;
    const Body = unit.tap !== undefined ? ProductDrill : kind === "linear" ? DenseDrill : PatchDrill;
    this.#body = new Body(model, unit, this.showing, {
      open: (next) => this.onPath([...this.path, next]),
      openStage: (channel, summed) => {
        if (summed !== this.unit) this.onPath([...this.path, summed]);
        this.stage.unfold(channel);
        this.onStage(true);
      },
      edit: this.onEdit,
    });
    this.place.replaceChildren(this.#body.element);
  }

  #heading() {
    const { model, path, unit } = this;
    this.crumbs.replaceChildren(
      h("button", { type: "button", class: "crumb", onclick: () => this.onPath([]) }, model.network.short),
      ...path.slice(0, -1).map((one, at) =>
        h("button", { type: "button", class: "crumb", onclick: () => this.onPath(path.slice(0, at + 1)) }, model.nameOf(one))));
    write(this.title, model.nameOf(unit));
    write(this.hint, this.#body.hint);
    const layer = model.layer(unit.layer);
    const weight = model.weights[`${layer.module}.weight`];
    mark(this.switches, "data-shown", Boolean(weight) && unit.tap === undefined);
    if (weight) {
      this.offBox.checked = model.edits.isOff(layer.name, unit.map);
      write(this.offLabel, layer.kind === "linear" ? "switch this unit off" : `switch map ${unit.map + 1} off`);
      this.resetButton.disabled = !model.edits.touches(layer.name, unit.map, weight.data.length / weight.shape[0]);
    }
    write(this.stageButton, this.open ? "close the stage" : layer.kind === "max_pool2d" ? "on the stage" : "every product");
    mark(this.stageButton, "aria-expanded", Boolean(this.open));
  }

  #showStage() {
    const { model, unit, open, showing } = this;
    if (!open) {
      this.stageBox.hidden = true;
      return;
    }
    const layer = model.layer(unit.layer);
    const rectified = showing === "activation" ? model.rectified.get(layer.name) : null;
    const label = layer === model.last ? model.labels[unit.map] : null;
    const { operation, position } = unitOperation({ layers: model.layers, weights: model.weights, results: model.results, rectified, title: layer.title, label }, unit);
    const first = this.stageBox.hidden;
    this.stageBox.hidden = false;
    this.stage.show(operation, position);
    if (first) {
      this.stage.player.filling = false;
      if (this.width) this.resize(this.width, this.dark);
      this.stageBox.scrollIntoView({ block: "nearest" });
    }
  }

  #editWeight(slice, row, col, value) {
    const { rows, cols } = this.stage.op;
    const size = this.stage.op.weight.data.length;
    const index = this.unit.map * size + (slice * rows.kernel + row) * cols.kernel + col;
    this.onEdit(this.unit.layer, "weight", index, value);
  }
}
