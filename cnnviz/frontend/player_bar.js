/** The player's buttons, its slider, and where it stands. */

import { h, mark, write } from "./dom.js";
import { icon } from "./icons.js";
import { SHORTCUTS } from "./keys.js";
import { grouped } from "./numbers.js";
import { SPEEDS } from "./player.js";

export class PlayerBar {
  /** `onMove()` after every act that moved the player. */
  constructor(player, onMove) {
    this.player = player;
    const button = (label, sign, act, kind = "") =>
      h("button", { class: `round ${kind}`, type: "button", "aria-label": label, title: titled(label), onclick: act }, icon(sign));
    const still = (act) => () => {
      player.pause();
      act();
      onMove();
    };
    /** To the step that target() gives, and stand still there. */
    const seek = (target) => still(() => player.seek(target()));
    this.play = button("play", "play", () => {
      player.toggle();
      onMove();
    }, "primary");
    this.scrub = h("input", {
      type: "range", class: "scrub", min: "0", value: "0", "aria-label": "step", oninput: seek(() => this.scrub.valueAsNumber),
    });
    this.count = h("span", { class: "count" });
    this.speed = h("select", { "aria-label": "speed", onchange: () => (player.speed = this.speed.value) },
      ...SPEEDS.map(([value, text]) => h("option", { value, selected: value === player.speed }, text)));
    this.loop = h("input", { type: "checkbox", onchange: () => (player.loop = this.loop.checked) });
    this.inside = h("input", { type: "checkbox", onchange: still(() => player.enter(this.inside.checked)) });
    this.element = h("div", { class: "player", role: "group", "aria-label": "Player" },
      h("div", { class: "buttons" },
        button("first step", "first", seek(() => 0)),
        button("step back", "back", still(() => player.move(-1))),
        this.play,
        button("step forward", "forward", still(() => player.move(1))),
        button("next row", "nextRow", seek(() => player.nextRow)),
        button("last step", "last", seek(() => player.steps - 1))),
      this.scrub,
      this.count,
      h("label", { class: "chip-control" }, h("span", {}, "speed"), this.speed),
      h("label", { class: "chip-control", title: titled("loop") }, this.loop, h("span", {}, "loop")),
      h("label", { class: "chip-control", title: `${titled("step inside")}: play and step product by product` }, this.inside, h("span", {}, h("span", { class: "roomy" }, "step "), "inside")));
  }

  /** Shows the position on show: what it is called, and its step; `numbered`: its name ends in the number of its step. */
  show(name, step, numbered = false) {
    const { player, scrub, play } = this;
    mark(scrub, "max", player.steps - 1);
    if (scrub.valueAsNumber !== step) scrub.value = step;
    const [done, all] = [grouped(step + 1), grouped(player.steps)];
    write(this.count, `${done} of ${all}`);
    mark(scrub, "aria-valuetext", `${numbered ? name : `${name}, ${done}`} of ${all}`);
    const label = player.playing ? "pause" : "play";
    mark(play, "title", titled(label));
    mark(play, "aria-label", label);
    if (play.firstChild.dataset.icon !== label) play.replaceChildren(icon(label));
  }
}

/** What a button does, and the key that does the same. */
function titled(label) {
  return `${label} (${SHORTCUTS[label]})`;
}
