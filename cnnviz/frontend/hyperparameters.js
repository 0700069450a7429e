/** Numbers of a window: one for both axes, or, once they are parted, one for the rows and one for the columns. */

import { h, mark } from "./dom.js";
import { icon } from "./icons.js";
import { NumberField } from "./number_field.js";
import { PADDING_MODES } from "./padding.js";

const OF_A_CONVOLUTION = { stride: [1, 16], padding: [0, 16], dilation: [1, 16] };

export class Hyperparameters {
  settings = null;

  /**
   * change(settings) takes changed settings, [rows, cols] each, and says whether torch would take them too; say(sentence)
   * explains. `ranges` names the numbers, with the least and the most that each may be; `of` ends their labels, where there
   * are several windows on a page. `modes`: with a choice of what the padding holds.
   */
  constructor({ change, say, ranges = OF_A_CONVOLUTION, of = "", modes = true }) {
    Object.assign(this, { change, ranges, of, names: Object.keys(ranges) });
    this.fields = Object.fromEntries(this.names.map((name) => [name, this.#fieldsOf(name, say)]));
    this.mode = h("select", { "aria-label": "padding mode", onchange: () => {
      if (!change({ paddingMode: this.mode.value })) this.mode.value = this.settings.paddingMode;
    } }, ...PADDING_MODES.map((mode) => h("option", { value: mode }, mode)));
    this.link = h("button", {
      type: "button", class: "tool part-axes", "aria-label": "rows and columns apart", onclick: () => this.#part(!this.parted),
      title: "one number for rows and columns, or one for each",
    }, icon("link"));
    const chips = this.names.map((name) => {
      const [both, rows, cols] = this.fields[name].map(({ element }) => element);
      const apart = h("span", { class: "apart" }, rows, "×", cols);
      return h("span", { class: "chip-control", role: "group", "aria-label": of ? `${name}${of}, by axis` : `${name} of the window` },
        h("span", {}, name), both, apart, modes && name === "padding" ? this.mode : null);
    });
    this.element = h("span", { class: "hyperparameters", "data-parted": "false" }, ...chips, this.link);
  }

  /** The field for both axes, the rows' and the columns'. */
  #fieldsOf(name, say) {
    const [least, most] = this.ranges[name];
    const field = (label, axis, changed) =>
      new NumberField({
        label, least, most, say,
        current: () => this.settings[name][axis],
        take: (value) => this.change({ [name]: changed(value, this.settings[name]) }),
      });
    return [
      field(`${name}${this.of}`, 0, (value) => [value, value]),
      field(`${name} of rows${this.of}`, 0, (value, [, cols]) => [value, cols]),
      field(`${name} of columns${this.of}`, 1, (value, [rows]) => [rows, value]),
    ];
  }

  /** Joined again, the columns do as the rows. */
  #part(parted) {
    const rowsOnly = Object.fromEntries(this.names.map((name) => [name, [this.settings[name][0], this.settings[name][0]]]));
    if (!parted && this.names.some((name) => differ(this.settings[name])) && !this.change(rowsOnly)) return;
    this.parted = parted;
    this.show(this.settings);
  }

  show(settings) {
    this.settings = settings;
    this.parted ||= this.names.some((name) => differ(settings[name]));
    mark(this.element, "data-parted", this.parted);
    mark(this.link, "aria-pressed", this.parted);
    for (const fields of Object.values(this.fields)) for (const field of fields) field.show();
    if ("paddingMode" in settings) this.mode.value = settings.paddingMode;
  }
}

function differ([rows, cols]) {
  return rows !== cols;
}
