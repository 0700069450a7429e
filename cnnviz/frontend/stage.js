/**
 * The stage: one operation, its window sliding over the input, and the account of the output it stands on.
 *
 * This file only puts the rooms together. Time lives in player.js; what is pointed at in attention.js; keys in keys.js;
 * sizes in layout.js; pictures in pictures.js; headings in columns.js; and all that depends on the kind of operation in
 * kinds.js. What stands beside the stage and wants to follow it uses `onPaint`.
 *
 * An operation is
 * { name, kind: a key of kinds.js, input (C, H, W), weight (C, kh, kw), bias, relu, pre and output (rows, cols),
 *   winners, rows and cols: { kernel, stride, padding, dilation }, paddingMode ("zeros"), valueName ("pixel"), valueDecimals,
 *   channelNames, picture: { kind: "grey" | "rgb" | "activation", bottom, top }, titles: { input, kernel, kernelNote, output } }
 * Kinds that do not weigh have no weight, bias or relu.
 */

import { Attention } from "./attention.js";
import { Columns } from "./columns.js";
import { h, mark, write } from "./dom.js";
import { Grid } from "./grid.js";
import { KernelPanel } from "./kernel_panel.js";
import { listen, stageKeys } from "./keys.js";
import { kindOf } from "./kinds.js";
import { layoutOf } from "./layout.js";
import { Ledger } from "./ledger.js";
import { roundUp } from "./numbers.js";
import { loupeMark, paintInput, paintLoupe, paintOutput, paintProducts } from "./pictures.js";
import { Player } from "./player.js";
import { PlayerBar } from "./player_bar.js";
import { windowAt } from "./window.js";

export class Stage {
  player = new Player();
  channel = 0;
  #frame = 0;
  #last = 0;
  #stale = { pictures: true, frame: true }; // the pictures themselves; what lies on them
  #painted = 0;
  #paintedInput = null;
  #followers = new Set();

  /**
   * onEdit(slice, row, col, value) where weights may be edited; onMoved() after every move of the window; onRefused(sentence)
   * when a typed text is no weight. `tools` stand under the input. `compact`: smaller, for a stage below something else.
   */
  constructor({ onEdit = null, onMoved = () => {}, onRefused = () => {}, tools = null, compact = false } = {}) {
    Object.assign(this, { onMoved, compact });
    this.input = new Grid("input");
    this.output = new Grid("output", { tabindex: "0", role: "application" });
    this.products = new Grid("products");
    this.loupe = new Grid("loupe");
    this.kernel = new KernelPanel({ onEdit, onRefused });
    this.ledger = new Ledger();
    this.attention = new Attention({ onChange: () => this.invalidate(), asleep: () => this.player.playing });
    this.columns = new Columns({ ...this, tools }, (channel) => this.#choose(channel));
    this.kernelNote = this.columns.kernelNote;
    this.bar = new PlayerBar(this.player, () => this.#moved());
    this.words = h("p", { class: "words", "aria-live": "polite" });
    this.agreement = h("p", { class: "agreement" });
    this.element = h("section", { class: "stage", "data-compact": compact, "aria-label": "The sliding window" },
      this.columns.element, this.bar.element, h("div", { class: "below" }, this.words, this.agreement));
    this.attention.watch("output", this.output, (place) => this.#pin(place));
    listen(this.element, stageKeys(this));
  }

  // --- from outside ----------------------------------------------------------------------------------------------------

  /** Puts an operation on the stage. What can stay (step, channel, player) stays. */
  show(op, position = null) {
    this.op = op;
    const [rows, cols] = op.output.shape;
    this.player.resize(rows, cols, op.input.shape[0] * op.rows.kernel * op.cols.kernel);
    if (position) this.player.step = Math.min(rows - 1, position[0]) * cols + Math.min(cols - 1, position[1]);
    this.channel = Math.min(this.channel, op.input.shape[0] - 1);
    const pointed = this.attention.cellOn("output");
    if (pointed && (pointed[0] >= rows || pointed[1] >= cols)) this.attention.free();
    this.player.reveal();
    this.#stale.pictures = true;
    this.invalidate();
  }

  /** Sizes in CSS pixels for the room there is; the stage paints anew. */
  resize(width, dark) {
    Object.assign(this, { width, dark });
    this.#stale.pictures = true;
    this.invalidate();
  }

  /**
   * Calls follow({ op, position: [row, col], step, taps, at, result, player }) right after each paint; taps and result are
   * as the operation's kind makes them (see kinds.js), `at` is the tap that is just being taken: −1 before the first, and
   * taps.length once the output is written. Returns what ends it.
   */
  onPaint(follow) {
    this.#followers.add(follow);
    return () => this.#followers.delete(follow);
  }

  /** Stands still at a step, as with the arrow keys: a map that is filling goes on from there. */
  seek(step) {
    this.#go(() => this.player.seek(step));
  }

  /** The same, on or back by a step, or by a product where the player steps inside the windows. */
  move(by) {
    this.#go(() => this.player.move(by));
  }

  #go(act) {
    const { filling } = this.player;
    this.player.pause();
    act();
    this.player.filling = filling && this.player.filling;
    this.#moved();
  }

  /** Plays, or pauses. */
  toggle() {
    this.player.toggle();
    this.#moved();
  }

  /** Something changed: draw at the next frame. */
  invalidate() {
    this.#stale.frame = true;
    this.#request();
  }

  /** Ends the loop; nothing is left behind. */
  stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = -1; // no frame will be asked for again
    this.#followers.clear();
  }

  /** The position on show: the output that is pointed at, or where the player stands. */
  get position() {
    return this.attention.cellOn("output") ?? this.player.position;
  }

  // --- what the hand does ------------------------------------------------------------------------------------------------

  #moved() {
    this.attention.free();
    this.invalidate();
    this.onMoved();
  }

  /** A click on an output stops the window there; another one lets the pointer go on. */
  #pin({ on, row, col }) {
    const pinned = this.attention.cellOn(on);
    const again = this.attention.pinned && pinned?.[0] === row && pinned[1] === col;
    this.player.pause();
    this.player.stand(row * this.output.cols + col);
    this.attention.pin(again ? null : { on, row, col });
    this.onMoved();
  }

  #choose(channel) {
    this.channel = channel;
    this.#stale.pictures = true;
    this.invalidate();
  }

  // --- painting ----------------------------------------------------------------------------------------------------------

  #request() {
    this.#frame ||= requestAnimationFrame((now) => this.#tick(now));
  }

  #tick(now) {
    this.#frame = 0;
    const moved = this.player.tick(this.#last ? (now - this.#last) / 1000 : 0);
    this.#last = this.player.playing ? now : 0;
    if (this.op && this.width && (moved || this.#stale.frame)) this.#paint();
    if (moved) this.onMoved();
    if (this.player.playing) this.#request();
  }

  #paint() {
    this.#stale.frame = false;
    const at = this.#at;
    this.#showChannelOf(at);
    if (this.#stale.pictures) {
      this.#stale.pictures = false;
      this.#layout();
      this.#paintPictures();
    }
    const { op, player, position } = this;
    const kind = kindOf(op);
    const taps = kind.taps(op, position);
    const result = kind.result(op, taps, position);
    kind.write(this.ledger, op, taps, result);
    this.ledger.upTo(at);
    this.#drawWindow(taps, at);
    const step = position[0] * this.output.cols + position[1];
    const inside = at >= 0 && at < taps.length;
    this.#describe(position, step, inside ? kind.within(op, position, result, at) : kind.sentence(op, position, result));
    mark(this.element, "data-painted", ++this.#painted);
    for (const follow of this.#followers) follow({ op, position, step, taps, at, result, player });
  }

  /** The tap that is being taken; all are, at an output that only the pointer shows. */
  get #at() {
    const { moment, moments } = this.player;
    return this.attention.cellOn("output") ? moments - 2 : moment - 1;
  }

  /** Inside a window the sum runs through the channels, and the one on show goes with it. */
  #showChannelOf(at) {
    const each = this.op.rows.kernel * this.op.cols.kernel;
    const channel = Math.floor(at / each);
    if (!this.player.inside || at < 0 || channel >= this.op.input.shape[0] || channel === this.channel) return;
    this.channel = channel;
    this.#stale.pictures = true;
  }

  #layout() {
    const sizes = layoutOf(this.op, this);
    this.element.style.setProperty("--side", `${sizes.side}px`);
    for (const name of ["input", "output", "products"]) this[name].layout(sizes[name]);
    this.kernel.layout(sizes.kernel);
    if (sizes.loupe) this.loupe.layout(sizes.loupe);
    this.magnified = Boolean(sizes.loupe);
    mark(this.element, "data-loupe", this.magnified);
  }

  /** All that stays as it is while the window moves. */
  #paintPictures() {
    const { op, channel, columns } = this;
    const style = getComputedStyle(this.element);
    const colour = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
    this.look = { paper: colour("--paper", "#ffffff"), soft: colour("--soft", "#5b6570"), font: style.fontFamily, dark: this.dark };
    this.blank = colour("--blank", "#f2f3f5");
    const { weighs } = kindOf(op);
    mark(this.element, "data-stage", op.name);
    mark(this.element, "data-steps", this.player.steps);
    mark(this.element, "data-weighs", weighs);
    this.#paintInput();
    const scale = { kind: "activation", top: roundUp(largest(op.output.data)) };
    paintOutput(this.output, op, scale, this.look);
    columns.showLegend(scale);
    if (weighs) {
      op.weightScale = { kind: "weight", top: largest(op.weight.data) || 1 };
      this.kernel.show(op.weight, channel, op.weightScale, op.channelNames.length > 1 ? op.channelNames[channel] : "");
    }
    columns.show(op, channel);
  }

  /** The input's picture, anew only when there is something new to see: a weight that changes leaves it as it is. */
  #paintInput() {
    const { op, channel, input, look } = this;
    const { rows, cols, paddingMode } = op;
    const axes = [rows, cols].flatMap(({ kernel, stride, dilation }) => [kernel, stride, dilation]); // what is left over
    const seen = [channel, input.key, look.paper, op.kind, paddingMode, ...axes, ...Object.values(op.picture)].join();
    if (this.#paintedInput?.values === op.input.data && this.#paintedInput.seen === seen) return;
    this.#paintedInput = { values: op.input.data, seen };
    paintInput(input, op, channel, look);
  }

  /** What lies on the pictures, and the pictures that change with every step. */
  #drawWindow(taps, at) {
    const { op, player, position, channel, look } = this;
    const [row, col] = position;
    const window = windowAt(op, position);
    const each = op.rows.kernel * op.cols.kernel;
    const within = at - channel * each; // the tap in this channel's slice
    const tap = within >= 0 && within < each ? { row: taps[at].row, col: taps[at].col, rows: 1, cols: 1 } : null;
    const [u, v] = tap ? [Math.floor(within / op.cols.kernel), within % op.cols.kernel] : [-1, -1];
    this.input.draw({ marks: tap ? [{ ...window, thin: true }, tap] : [window] });
    this.output.draw({ revealed: player.revealed, also: at < taps.length ? null : position, blank: this.blank, marks: [{ row, col, rows: 1, cols: 1 }] });
    if (kindOf(op).weighs) {
      this.kernel.here(u, v);
      paintProducts(this.products, taps.slice(channel * each, (channel + 1) * each), look);
      const made = Math.max(0, Math.min(each, within + 1));
      this.products.draw({ revealed: made, blank: this.blank, marks: tap ? [{ row: u, col: v, rows: 1, cols: 1 }] : [] });
    }
    if (!this.magnified) return;
    paintLoupe(this.loupe, op, channel, window, look);
    const frame = loupeMark(window);
    const spot = tap && { ...tap, row: tap.row - window.row + frame.row, col: tap.col - window.col + frame.col };
    this.loupe.draw({ marks: tap ? [{ ...frame, thin: true }, spot] : [frame] });
  }

  /** Everything that tests and screen readers hold on to. */
  #describe(position, step, sentence) {
    const { player, op, element } = this;
    const [row, col] = position;
    write(this.columns.window.note, `row ${row + 1}, column ${col + 1}`);
    mark(element, "data-position", `${row},${col}`);
    mark(element, "data-step", step);
    mark(element, "data-value", op.output.data[step]);
    mark(element, "data-playing", player.playing);
    mark(element, "data-moment", player.moment);
    mark(element, "data-moments", player.moments);
    mark(element, "data-pinned", this.attention.pinned !== null);
    this.bar.show(position, step);
    mark(this.words, "aria-live", player.playing ? "off" : "polite"); // nobody can listen to sixty sentences a second
    write(this.words, sentence);
  }
}

function largest(data) {
  return data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
