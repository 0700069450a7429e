/** Stride, padding and dilation: one number for both axes, or, once they are parted, one for the rows and one for the columns. */

import { h, mark } from "./dom.js";
import { icon } from "./icons.js";
import { NumberField } from "./number_field.js";
import { PADDING_MODES } from "./padding.js";

const RANGES = { stride: [1, 16], padding: [0, 16], dilation: [1, 16] };
const NAMES = Object.keys(RANGES);

export class Hyperparameters {
  settings = null;

  /** change(settings) takes changed settings and says whether torch would take them too; say(sentence) explains. */
  constructor({ change, say }) {
    this.change = change;
    this.fields = Object.fromEntries(NAMES.map((name) => [name, this.#fieldsOf(name, say)]));
    this.mode = h("select", { "aria-label": "padding mode", onchange: () => {
      if (!change({ paddingMode: this.mode.value })) this.mode.value = this.settings.paddingMode;
    } }, ...PADDING_MODES.map((mode) => h("option", { value: mode }, mode)));
    this.link = h("button", {
      type: "button", class: "tool part-axes", "aria-label": "rows and columns apart", onclick: () => this.#part(!this.parted),
      title: "one number for rows and columns, or one for each",
    }, icon("link"));
    const chips = NAMES.map((name) => {
      const [both, rows, cols] = this.fields[name].map(({ element }) => element);
      const apart = h("span", { class: "apart" }, rows, "×", cols);
      return h("span", { class: "chip-control", role: "group", "aria-label": `${name} of the window` },
        h("span", {}, name), both, apart, name === "padding" ? this.mode : null);
    });
    this.element = h("span", { class: "hyperparameters", "data-parted": "false" }, ...chips, this.link);
  }

  /** The field for both axes, the rows' and the columns'. */
  #fieldsOf(name, say) {
    const [least, most] = RANGES[name];
    const field = (label, axis, changed) =>
      new NumberField({
        label, least, most, say,
        current: () => this.settings[name][axis],
        take: (value) => this.change({ [name]: changed(value, this.settings[name]) }),
      });
    return [
      field(name, 0, (value) => [value, value]),
      field(`${name} of rows`, 0, (value, [, cols]) => [value, cols]),
      field(`${name} of columns`, 1, (value, [rows]) => [rows, value]),
    ];
  }

  /** Joined again, the columns do as the rows. */
  #part(parted) {
    const rowsOnly = Object.fromEntries(NAMES.map((name) => [name, [this.settings[name][0], this.settings[name][0]]]));
    if (!parted && NAMES.some((name) => differ(this.settings[name])) && !this.change(rowsOnly)) return;
    this.parted = parted;
    this.show(this.settings);
  }

  show(settings) {
    this.settings = settings;
    this.parted ||= NAMES.some((name) => differ(settings[name]));
    mark(this.element, "data-parted", this.parted);
    mark(this.link, "aria-pressed", this.parted);
    for (const fields of Object.values(this.fields)) for (const field of fields) field.show();
    this.mode.value = settings.paddingMode;
  }
}

function differ([rows, cols]) {
  return rows !== cols;
}
