/** The channels page's controls: how planes and filters hang together, and the layer's numbers. */

import { PLANES, MOST_FILTERS } from "./channel_layer.js";
import { h, mark } from "./dom.js";
import { NumberField } from "./number_field.js";
import { outputSize } from "./operations.js";

/** Ways for filters to see planes, each a setting of the same picture. */
const WAYS = [
  ["full", "full", "every filter sees every plane", { planes: 3, side: 3, groups: 1, filters: 5 }],
  ["one", "1×1", "a filter mixes the planes of one pixel, and sees no neighbours", { planes: 3, side: 1, groups: 1, filters: 4 }],
  ["depthwise", "depthwise", "each filter sees one plane only", { planes: 3, side: 3, groups: 3, filters: 3 }],
  ["grouped", "grouped", "two groups: each filter sees half of four planes", { planes: 4, side: 3, groups: 2, filters: 4 }],
];

export class ChannelToolbar {
  /** change(settings) takes changed settings and says whether torch would take them too; say(sentence) explains. */
  constructor({ change, say }) {
    this.ways = WAYS.map(([name, title, help, settings]) =>
      h("button", { type: "button", class: "tool", "data-way": name, title: help, onclick: () => change(settings) }, title));
    const choice = (label, name, options) => {
      const select = h("select", { "aria-label": label, onchange: () => {
        if (!change({ [name]: Number(select.value) })) select.value = this.layer[name];
      } }, ...options.map(([value, text]) => h("option", { value }, text)));
      return select;
    };
    this.selects = {
      planes: choice("planes", "planes", [[3, "3"], [4, "4, with brightness"]]),
      side: choice("kernel size", "side", [1, 3, 5].map((side) => [side, `${side} × ${side}`])),
      groups: choice("groups", "groups", PLANES.map((_, at) => [at + 1, String(at + 1)])),
    };
    const number = (label, name, least, most) => new NumberField({
      label, least, most, say, current: () => this.layer[name], take: (value) => change({ [name]: value }),
    });
    this.fields = [number("filters", "filters", 1, MOST_FILTERS), number("stride", "stride", 1, 8), number("padding", "padding", 0, 8)];
    const chip = (label, element) => h("label", { class: "chip-control" }, h("span", {}, label), element);
    const { planes, side, groups } = this.selects;
    const [filters, stride, padding] = this.fields.map(({ element }) => element);
    this.formula = h("output", { class: "formula", "aria-label": "shapes" });
    this.element = h("div", { class: "toolbar", role: "group", "aria-label": "The layer" },
      h("span", { class: "segmented", role: "group", "aria-label": "Which plane feeds which filter" }, ...this.ways),
      chip("planes", planes), chip("size", side), chip("groups", groups), chip("filters", filters), chip("stride", stride), chip("padding", padding));
  }

  show(layer, [height, width]) {
    this.layer = layer;
    for (const [name, select] of Object.entries(this.selects)) select.value = layer[name];
    for (const field of this.fields) field.show();
    const way = layer.groups === layer.planes ? "depthwise" : layer.groups > 1 ? "grouped" : layer.side === 1 ? "one" : "full";
    for (const button of this.ways) mark(button, "aria-pressed", button.dataset.way === way);
    const { planes, filters, side, groups, stride, padding } = layer;
    const size = (side_) => outputSize(side_, { kernel: side, stride, padding });
    const more = [stride > 1 ? `stride=${stride}` : "", padding ? `padding=${padding}` : "", groups > 1 ? `groups=${groups}` : ""].filter(Boolean);
    this.formula.replaceChildren(`Conv2d(${[planes, filters, side, ...more].join(", ")}): (1, ${planes}, ${height}, ${width}) → `,
      h("b", {}, `(1, ${filters}, ${size(height)}, ${size(width)})`));
  }
}
