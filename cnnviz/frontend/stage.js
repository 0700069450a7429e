/**
 * The stage: one operation, its window sliding over the input, and the account of the output it stands on.
 *
 * This file only puts the rooms together. Time lives in player.js; what is pointed at in attention.js; keys in keys.js;
 * sizes in layout.js; pictures in pictures.js; headings in columns.js; and all that depends on the kind of operation in
 * kinds.js. What stands beside the stage and wants to follow it uses `onPaint`.
 *
 * An operation is
 * { name, kind: a key of kinds.js, input (C, H, W), weight (C, kh, kw), bias, relu, pre and output (rows, cols),
 *   winners, rows and cols: { kernel, stride, padding, dilation }, cols.after: the padding behind, where it is another, paddingMode ("zeros"), valueName ("pixel"), valueDecimals,
 *   channelNames, parts: the names of equal parts of the sum, a line each in the ledger (its channels, or rows of a single one),
 *   or null, pooled: the max pooling behind it (an operation with a title) or null,
 *   all: its one window is the whole input, names (see places.js), strip (see layout.js), picture: { kind: "grey" | "rgb" | "activation", bottom, top }, titles: { input, inputNote, kernel, kernelNote, output } }
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
import { leftOverCells, paintInput, paintLoupe, paintOutput, paintProducts } from "./pictures.js";
import { outputName } from "./places.js";
import { isProjecting } from "./projector.js";
import { Player } from "./player.js";
import { PlayerBar } from "./player_bar.js";
import { fontsLoaded } from "./theme.js";
import { fedBy, fedSentence, metBy, metSentence } from "./uses.js";
import { sceneOf } from "./scene.js";
import { windowAt } from "./window.js";

export class Stage {
  player = new Player();
  channel = 0;
  part = null; // of a ledger that folds: the part whose products are shown; where parts are channels, that on show
  looking = true; // may the pointer look into the input? Not while it draws there
  beside = false; // does a panel stand over the ledger?
  #frame = 0;
  #last = 0;
  #stale = { pictures: true, frame: true }; // the pictures themselves; what lies on them
  #painted = 0;
  #drawn = false; // has anything been painted that no frame has shown yet?
  #paintedInput = null;
  #fitted = ""; // the room and the look that the pictures were made for
  #followers = new Set();

  /**
   * onEdit(slice, row, col, value) where weights may be edited; onMoved() after every move of the window; onRefused(sentence)
   * when a typed text is no weight. `tools` stand under the input. `compact`: smaller, for a stage below something else.
   */
  constructor({ onEdit = null, onMoved = () => {}, onRefused = () => {}, tools = null, compact = false } = {}) {
    Object.assign(this, { onMoved, compact });
    this.input = new Grid("input", { tabindex: "0", role: "application" });
    this.output = new Grid("output", { tabindex: "0", role: "application" });
    this.products = new Grid("products");
    this.loupe = new Grid("loupe");
    this.kernel = new KernelPanel({ onEdit, onRefused });
    this.ledger = new Ledger({ onFold: (part) => (this.part === part ? this.overview() : this.unfold(part)) });
    this.attention = new Attention({ onChange: () => this.invalidate(), asleep: (on) => this.player.playing || (on === "input" && !this.looking) });
    this.columns = new Columns({ ...this, tools }, (channel) => this.#choose(channel));
    this.kernelNote = this.columns.kernelNote;
    this.bar = new PlayerBar(this.player, () => this.#moved());
    this.words = h("p", { class: "words", "aria-live": "polite" });
    this.agreement = h("p", { class: "agreement" });
    this.element = h("section", { class: "stage", "data-compact": compact, "aria-label": "The sliding window" },
      this.columns.element, this.bar.element, h("div", { class: "below" }, this.words, this.agreement));
    this.attention.watch("output", this.output, (place) => this.#stand(place));
    this.attention.watch("input", this.input, (place) => this.looking && !this.player.playing && this.attention.toggle(place));
    this.attention.watch("weight", this.kernel); // a click puts the focus there, and that holds it
    this.kernel.panel.addEventListener("focusin", (event) => {
      const [row, col] = this.kernel.cellAt(event);
      this.attention.reach({ on: "weight", row, col });
    });
    for (const { panel } of [this.kernel, this.input]) panel.addEventListener("focusout", () => this.attention.reach(null));
    listen(this.element, stageKeys(this));
  }

  // --- from outside ----------------------------------------------------------------------------------------------------

  /** Puts an operation on the stage. What can stay (step, channel, player) stays. */
  show(op, position = null) {
    this.op = op;
    const [rows, cols] = op.output.shape;
    this.player.resize(rows, cols, op.input.shape[0] * op.rows.kernel * op.cols.kernel);
    if (position) this.player.step = Math.min(rows - 1, position[0]) * cols + Math.min(cols - 1, position[1]);
    if (this.part >= (op.parts?.length ?? 0)) this.part = null;
    this.channel = Math.min(this.#channelOfPart ?? this.channel, op.input.shape[0] - 1);
    const pointed = this.attention.cellOn("output");
    if (pointed && (pointed[0] >= rows || pointed[1] >= cols)) this.attention.free();
    this.player.reveal();
    this.#stale.pictures = true;
    this.invalidate();
  }

  /** Sizes in CSS pixels for the room there is; the stage paints anew. `beside`: a panel stands over the ledger. */
  resize(width, dark, { beside = false } = {}) {
    Object.assign(this, { width, dark, beside, projector: isProjecting() });
    mark(this.element, "data-beside", beside);
    const style = getComputedStyle(this.element);
    const colour = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
    this.look = { paper: colour("--paper", "#ffffff"), soft: colour("--soft", "#5b6570"), font: style.fontFamily, dark };
    this.blank = colour("--blank", "#f2f3f5");
    const fitted = [width, beside, this.projector, devicePixelRatio, fontsLoaded(), this.blank, ...Object.values(this.look)].join();
    if (fitted === this.#fitted) return; // the page has only become longer or shorter
    this.#fitted = fitted;
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

  /** Shows the products of a part of the sum; of a channel its slice, too. */
  unfold(part) {
    this.part = part;
    if (this.op) this.#choose(this.#channelOfPart ?? this.channel);
  }

  /** Folds the ledger again: a line a part. */
  overview() {
    this.part = null;
    this.invalidate();
  }

  /** The channel whose products are shown; null where none are, or where the parts are no channels. */
  get #channelOfPart() {
    return this.#partsAreChannels ? this.part : null;
  }

  get #partsAreChannels() {
    return this.op.parts?.length === this.op.input.shape[0];
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
    this.hurry();
  }

  /** Plays, or pauses. */
  toggle() {
    this.player.toggle();
    this.#moved();
  }

  /** Something is about to change: asks for the next frame before the sums are made, so that they do not make it late. */
  expect() {
    this.#request();
  }

  /** Something changed: draw at the next frame. */
  invalidate() {
    this.#stale.frame = true;
    this.#request();
  }

  /**
   * Draws what a hand has just done without waiting for the next frame, which then has only to lay it out. A second time
   * before that frame nothing is gained, and it is left to the frame.
   */
  hurry() {
    if (this.#stale.frame && !this.#drawn && !this.player.playing && this.op && this.width) this.#paint();
  }

  /** Ends the loop; nothing is left behind. */
  stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = -1; // no frame will be asked for again
    this.#followers.clear();
    this.ledger.stop();
  }

  /** The input cell in the middle of the window, [row, col]; the nearest one, where that lies in the padding. */
  get middle() {
    const { row, col, rows, cols } = windowAt(this.op, this.player.position);
    const inside = (at, size) => Math.min(size - 1, Math.max(0, at));
    return [inside(row + (rows >> 1), this.input.rows), inside(col + (cols >> 1), this.input.cols)];
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
  #stand(place) {
    this.player.pause();
    this.player.stand(place.row * this.output.cols + place.col);
    this.attention.toggle(place);
    this.onMoved();
  }

  #choose(channel) {
    this.channel = channel;
    if (this.#channelOfPart !== null) this.part = channel;
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
    if (this.#drawn) mark(this.element, "data-painted", ++this.#painted);
    this.#drawn = false;
    if (moved) this.onMoved();
    if (this.player.playing) this.#request();
  }

  #paint() {
    this.#stale.frame = false;
    const at = this.#at;
    this.#showChannelOf(at);
    const { pictures } = this.#stale;
    if (pictures) {
      this.#stale.pictures = false;
      this.#layout();
      this.#paintPictures();
    }
    const { op, player, position } = this;
    const kind = kindOf(op);
    const taps = kind.taps(op, position);
    const result = kind.result(op, taps, position);
    const inside = at >= 0 && at < taps.length;
    const part = this.player.inside && inside ? Math.floor((at * (op.parts?.length ?? 0)) / taps.length) : this.part;
    this.ledger.open = part;
    kind.write(this.ledger, op, taps, result, position);
    this.ledger.upTo(at);
    const pointed = this.#pointed();
    const chosen = at >= taps.length ? (kind.chosen?.(taps, result) ?? null) : null;
    const scene = sceneOf(op, { position, taps, at, channel: this.channel, revealed: player.revealed, chosen, line: this.#partsAreChannels ? null : part }, pointed);
    this.#drawWindow(scene, taps);
    const step = position[0] * this.output.cols + position[1];
    const sentence = inside ? kind.within(op, position, result, at) : kind.sentence(op, position, result);
    this.#describe(position, step, pointed.sentence ?? sentence);
    this.#describePointed(pointed);
    this.#drawn = true;
    for (const follow of this.#followers) follow({ op, position, step, taps, at, result, player });
    if (kind.weighs) this.#showKernel(scene.kernel, pictures);
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
    if (this.#channelOfPart !== null) this.part = channel;
    this.#stale.pictures = true;
  }

  #layout() {
    const sizes = layoutOf(this.op, this);
    for (const [name, size] of Object.entries(sizes.rooms)) this.element.style.setProperty(`--${name}`, `${size}px`);
    for (const name of ["input", "output", "products"]) this[name].layout(sizes[name]);
    this.kernel.layout(sizes.kernel);
    if (sizes.loupe) this.loupe.layout(sizes.loupe);
    this.magnified = Boolean(sizes.loupe);
    mark(this.element, "data-loupe", this.magnified);
  }

  /** All that stays as it is while the window moves. */
  #paintPictures() {
    const { op, channel, columns } = this;
    const { weighs } = kindOf(op);
    mark(this.element, "data-stage", op.name);
    mark(this.element, "data-steps", this.player.steps);
    mark(this.element, "data-weighs", weighs);
    this.#paintInput();
    const scale = { kind: "activation", top: roundUp(largest(op.output.data)) };
    paintOutput(this.output, op, scale, this.look);
    columns.showLegend(scale);
    if (weighs) op.weightScale = { kind: "weight", top: largest(op.weight.data) || 1 };
    columns.show(op, channel);
  }

  /** The input's picture, anew only when there is something new to see: a weight that changes leaves it as it is. */
  #paintInput() {
    const { op, channel, input, look } = this;
    const left = leftOverCells(op, input).flatMap(({ rows, cols }) => [rows, cols]);
    const seen = [channel, input.key, look.paper, op.kind, op.paddingMode, ...left, ...Object.values(op.picture)].join();
    if (this.#paintedInput?.values === op.input.data && this.#paintedInput.seen === seen) return;
    this.#paintedInput = { values: op.input.data, seen };
    paintInput(input, op, channel, look);
  }

  /** What lies on the pictures, and the pictures that change with every step. */
  #drawWindow(scene, taps) {
    const { op, position, channel, look, blank } = this;
    for (const name of ["input", "output"]) this[name].draw({ ...scene[name], blank });
    if (kindOf(op).weighs) {
      const each = op.rows.kernel * op.cols.kernel;
      paintProducts(this.products, taps.slice(channel * each, (channel + 1) * each), look);
      this.products.draw({ ...scene.products, blank });
    }
    if (!this.magnified) return;
    paintLoupe(this.loupe, op, channel, windowAt(op, position), look);
    this.loupe.draw(scene.loupe);
  }

  /** The weights, and the one that is used. Last of all, for what it may cost (see KernelPanel.show). */
  #showKernel(used, changed) {
    const { op, channel, kernel } = this;
    if (changed) kernel.show(op.weight, channel, op.weightScale, op.channelNames.length > 1 ? op.channelNames[channel] : "");
    kernel.here(used);
  }

  /** What an input cell feeds or a weight meets, if one is pointed at: { cell, fed or met, sentence }, or {}. */
  #pointed() {
    const { op, channel, attention } = this;
    const [cell, weight] = [attention.cellOn("input"), kindOf(op).weighs && attention.cellOn("weight")];
    if (cell && cell[0] < this.input.rows && cell[1] < this.input.cols) {
      const fed = fedBy(op, channel, cell);
      return { cell, fed, sentence: fedSentence(op, channel, cell, fed) };
    }
    if (weight && weight[0] < op.rows.kernel && weight[1] < op.cols.kernel) {
      const met = metBy(op, weight);
      return { cell: weight, met, sentence: metSentence(op, channel, weight, met) };
    }
    return {};
  }

  /** Everything that tests and screen readers hold on to. */
  #describe(position, step, sentence) {
    const { player, op, element } = this;
    const [row, col] = position;
    const name = outputName(op, position);
    write(this.columns.window.note, name);
    mark(element, "data-position", `${row},${col}`);
    mark(element, "data-step", step);
    mark(element, "data-value", op.output.data[step]);
    mark(element, "data-playing", player.playing);
    mark(element, "data-moment", player.moment);
    mark(element, "data-moments", player.moments);
    mark(element, "data-pinned", this.attention.pinned !== null);
    this.bar.show(name, step, Boolean(op.strip));
    mark(this.words, "aria-live", player.playing ? "off" : "polite"); // nobody can listen to sixty sentences a second
    write(this.words, sentence);
  }

  /** The same for what is pointed at: where it is, what it feeds as "row,col:weight …", what it meets as a rectangle. */
  #describePointed({ cell, fed, met }) {
    const on = fed ? "input" : met ? "weight" : "";
    mark(this.element, "data-pointed", on && `${on} ${cell.join()}`);
    mark(this.output.panel, "data-fed", (fed ?? []).map(({ row, col, weight }) => `${row},${col}:${weight ?? ""}`).join(" "));
    mark(this.input.panel, "data-met", met ? [met.row, met.col, met.rows, met.cols, ...met.taps].join() : "");
  }
}

function largest(data) {
  let most = 0;
  for (let at = 0; at < data.length; at++) most = Math.max(most, Math.abs(data[at]));
  return most;
}
