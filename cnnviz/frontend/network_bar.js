/** The row above a network: which one, what its maps show, on what scale; and the badge that says what was changed by hand. */

import { h, mark, write } from "./dom.js";
import { plain } from "./numbers.js";
import { gradient } from "./palette.js";

export class NetworkBar {
  /** refused: [{ title, sentence }] of networks that cannot be had. actions: choose(name), change(key, value), kernels(open), reset(). */
  constructor({ networks, refused, show, scale }, actions) {
    const select = (label, value, options, change) => {
      const box = h("select", { "aria-label": label, onchange: () => change(box.value) },
        ...options.map(([key, text, disabled]) => h("option", { value: key, selected: key === value, disabled: Boolean(disabled) }, text)));
      return [box, h("label", { class: "chip-control" }, h("span", {}, label), box)];
    };
    const choices = [
      ...networks.map(({ network }) => [network.name, network.short]),
      ...refused.map(({ name, short }) => [name, `${short} (not to be had)`, true]),
    ];
    const [network, networkChip] = select("network", networks[0].network.name, choices, actions.choose);
    this.network = network;
    this.summary = h("span", { class: "summary" });
    networkChip.append(this.summary);
    networkChip.classList.add("network-name");
    const [, showChip] = select("show", show, [["activation", "after ReLU"], ["pre_activation", "before ReLU"]], (value) => actions.change("show", value));
    const [, scaleChip] = select("scale", scale, [["map", "per map"], ["layer", "per layer"], ["network", "whole network"]], (value) => actions.change("scale", value));
    this.kernels = h("button", { type: "button", class: "tool", "aria-pressed": "false", onclick: () => {
      const open = this.kernels.getAttribute("aria-pressed") !== "true";
      mark(this.kernels, "aria-pressed", open);
      actions.kernels(open);
    } }, "Kernels");
    this.changed = h("span", {});
    this.badge = h("span", { class: "badge", hidden: true, "aria-live": "polite" }, this.changed,
      h("button", { type: "button", class: "tool", "data-act": "reset", onclick: actions.reset }, "reset"));
    this.legend = h("div", { class: "legend" }, h("div", { class: "ramp" }), h("div", { class: "ticks" }));
    this.legend.firstChild.style.background = gradient("activation");
    this.element = h("div", { class: "toolbar", role: "group", "aria-label": "What the maps show" },
      networkChip, showChip, scaleChip, this.kernels, this.legend);
  }

  choose({ network }) {
    this.network.value = network.name;
    write(this.summary, network.summary);
  }

  /** whole: the value in full blue where one scale serves the whole network. */
  showScale(scale, whole) {
    const most = () => (scale === "network" ? [plain(whole ?? 0, 1)] : ["max", h("span", { class: "of" }, ` of ${scale}`)]);
    this.legend.lastChild.replaceChildren(h("span", {}, "−", ...most()), h("span", {}, "0"), h("span", {}, "+", ...most()));
  }

  /** Says that the network is changed, and what it now makes of the bundled pictures, once that is known. */
  showEdits(model, readings) {
    this.badge.hidden = !model.edits.size;
    if (!model.edits.size) return;
    const right = (list) => list.filter(({ label, prediction }) => label === prediction).length;
    const score = readings ? `reads ${right(readings)} of ${readings.length} bundled pictures (as trained ${right(model.readings)})` : "…";
    write(this.changed, `changed: ${model.edits.summary} · ${score}`);
    mark(this.badge, "data-right", readings ? right(readings) : "");
  }
}
