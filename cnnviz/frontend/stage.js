/** The stage: one operation, its window sliding over the input, and the account of the output it stands on. */

import { h, mark, write } from "./dom.js";
import { Grid, LEAST_FOR_DIGITS } from "./grid.js";
import { KernelPanel } from "./kernel_panel.js";
import { Ledger, account, sentence } from "./ledger.js";
import { decimal, plain, roundUp, short } from "./numbers.js";
import { extent } from "./operations.js";
import { gradient, packed } from "./palette.js";
import { Player } from "./player.js";
import { PlayerBar } from "./player_bar.js";
import { tapsAt, windowAt } from "./window.js";

const LOUPE_AROUND = 2; // cells shown around the window
const PADDING_COLOUR = packed({ kind: "grey", top: 1 }, 0);

/**
 * An operation on the stage:
 * { name, kind: "conv2d" | "max_pool2d", input (C, H, W), weight (C, kh, kw), bias, relu, pre and output (rows, cols),
 *   winners, rows and cols: { kernel, stride, padding, dilation }, valueName ("pixel"), valueDecimals,
 *   channelNames, picture: { kind: "grey" | "rgb" | "activation", bottom, top }, titles: { input, kernel, kernelNote, output } }
 * max_pool2d has no weight, bias or relu.
 */
export class Stage {
  player = new Player();
  channel = 0;
  hover = null;
  pinned = false;
  #frame = 0;
  #last = 0;
  #stale = { base: true, frame: true }; // the pictures themselves; what lies on them
  #painted = 0;
  #paintedInput = null;

  /** `compact`: smaller, for a stage below something else. `tools` stand under the input. */
  constructor({ onEdit = null, onMoved = () => {}, onRefused = () => {}, tools = null, compact = false } = {}) {
    Object.assign(this, { onMoved, compact });
    this.input = new Grid("input");
    this.output = new Grid("output", { tabindex: "0", role: "application" });
    this.products = new Grid("products");
    this.loupe = new Grid("loupe");
    this.kernel = new KernelPanel({ onEdit, onRefused });
    this.ledger = new Ledger();
    this.#build(tools);
    this.#listen();
  }

  #build(tools) {
    const column = (name, title, ...children) => {
      const [heading, note] = [h("span", { class: "title" }, title), h("span", { class: "note" })];
      const element = h("div", { class: `column column-${name}` }, h("div", { class: "heading" }, heading, " ", note), ...children);
      return { element, heading, note };
    };
    this.tabs = h("div", { class: "tabs", role: "group", "aria-label": "Channel" });
    this.kernelNote = h("p", { class: "kernel-note" });
    this.legend = h("div", { class: "legend" }, h("div", { class: "ramp" }), h("div", { class: "ticks" }));
    this.productsTitle = h("div", { class: "heading products-heading" }, h("span", { class: "title" }, "Products"), " ", h("span", { class: "note" }, "window × kernel"));
    this.columns = {
      input: column("input", "Input", h("div", { class: "box input-box" }, this.input.element), tools),
      kernel: column("kernel", "Kernel", this.tabs, h("div", { class: "box kernel-box" }, this.kernel.element), this.kernelNote, this.productsTitle, this.products.element),
      window: column("window", "Window × kernel", h("div", { class: "loupe-box" }, this.loupe.element), this.ledger.element),
      output: column("output", "Feature map", h("div", { class: "box output-box" }, this.output.element), this.legend),
    };
    this.bar = new PlayerBar(this.player, () => this.#moved());
    this.words = h("p", { class: "words", "aria-live": "polite" });
    this.agreement = h("p", { class: "agreement" });
    this.element = h(
      "section",
      { class: "stage", "data-compact": this.compact, "aria-label": "The sliding window" },
      h("div", { class: "columns" }, ...Object.values(this.columns).map(({ element }) => element)),
      this.bar.element,
      h("div", { class: "below" }, this.words, this.agreement),
    );
  }

  #listen() {
    const panel = this.output.panel;
    const point = (event) => {
      if (this.player.playing || this.pinned) return;
      const here = this.output.cellAt(event);
      if (this.hover && here[0] === this.hover[0] && here[1] === this.hover[1]) return;
      this.hover = here;
      this.invalidate();
    };
    panel.addEventListener("pointermove", point);
    panel.addEventListener("pointerdown", point);
    panel.addEventListener("pointerleave", () => {
      if (!this.hover) return;
      this.hover = null;
      this.invalidate();
    });
    panel.addEventListener("click", (event) => {
      const [row, col] = this.output.cellAt(event);
      const step = row * this.output.cols + col;
      const again = this.pinned && step === this.player.step;
      this.player.pause();
      this.player.step = step;
      this.pinned = !again;
      this.hover = null;
      this.#moved({ keepPin: true });
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.target.matches?.("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
      const [row, col] = this.player.position;
      const { rows, cols } = this.output;
      const moves = {
        ArrowRight: () => this.player.step + 1,
        ArrowLeft: () => this.player.step - 1,
        ArrowDown: () => Math.min(rows - 1, row + 1) * cols + col,
        ArrowUp: () => Math.max(0, row - 1) * cols + col,
        Home: () => 0,
        End: () => this.player.steps - 1,
      };
      if (event.key === "Escape" && this.pinned) {
        this.pinned = false;
        this.invalidate();
        event.stopPropagation();
      } else if (event.key === " " && event.target === panel) {
        this.player.toggle();
        this.#moved();
      } else if (moves[event.key]) {
        const filling = this.player.filling;
        this.player.pause();
        this.player.seek(moves[event.key]());
        this.player.filling = filling && this.player.filling;
        this.#moved();
      } else return;
      event.preventDefault();
    });
  }

  #moved({ keepPin = false } = {}) {
    if (!keepPin) this.pinned = false;
    this.hover = null;
    this.invalidate();
    this.onMoved();
  }

  /** Puts an operation on the stage. What can stay (step, channel, player) stays. */
  show(op, position = null) {
    this.op = op;
    const [rows, cols] = op.output.shape;
    this.player.resize(rows, cols);
    if (position) this.player.step = Math.min(rows - 1, position[0]) * cols + Math.min(cols - 1, position[1]);
    this.channel = Math.min(this.channel, op.input.shape[0] - 1);
    if (this.hover && (this.hover[0] >= rows || this.hover[1] >= cols)) this.hover = null;
    this.player.reveal();
    this.#stale.base = true;
    this.invalidate();
  }

  /** Sizes in CSS pixels for the room there is; the stage paints anew. */
  resize(width, dark) {
    this.width = width;
    this.dark = dark;
    this.#stale.base = true;
    this.invalidate();
  }

  /** Something changed: draw at the next frame. */
  invalidate() {
    this.#stale.frame = true;
    this.#request();
  }

  #request() {
    this.#frame ||= requestAnimationFrame((now) => this.#tick(now));
  }

  /** Ends the loop; nothing is left behind. */
  stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = -1; // no frame will be asked for again
  }

  #tick(now) {
    this.#frame = 0;
    const moved = this.player.tick(this.#last ? (now - this.#last) / 1000 : 0);
    this.#last = this.player.playing ? now : 0;
    if (this.op && this.width && (moved || this.#stale.frame)) this.#draw();
    if (moved) this.onMoved();
    if (this.player.playing) this.#request();
  }

  /** The position on show: what the pointer is on, or where the player stands. */
  get position() {
    return this.hover ?? this.player.position;
  }

  #draw() {
    this.#stale.frame = false;
    if (this.#stale.base) {
      this.#stale.base = false;
      this.#layout();
      this.#paintPictures();
    }
    this.#drawWindow();
    this.#describe();
    mark(this.element, "data-painted", ++this.#painted);
  }

  #layout() {
    const { op, width } = this;
    const phone = width < 720;
    const most = this.compact ? 300 : 440;
    const kernelWidth = this.compact ? 150 : 200;
    const side = phone ? Math.min(width, 420) : Math.max(200, Math.min((width - 3 * 22 - 200 - 300) / 2, most));
    const { input, rows, cols } = op;
    const [, height, columns] = input.shape;
    this.element.style.setProperty("--side", `${side}px`);
    this.input.layout({ rows: height, cols: columns, margin: [rows.padding, cols.padding], width: side });
    this.output.layout({ rows: op.output.shape[0], cols: op.output.shape[1], width: side });
    this.kernel.layout(kernelWidth);
    const [kernelRows, kernelCols] = [rows.kernel, cols.kernel];
    const productSide = this.compact ? kernelWidth : Math.min(40 * Math.max(kernelRows, kernelCols), 168);
    this.products.layout({ rows: kernelRows, cols: kernelCols, width: productSide });
    const around = [extent(rows.kernel, rows.dilation) + 2 * LOUPE_AROUND, extent(cols.kernel, cols.dilation) + 2 * LOUPE_AROUND];
    const loupe = this.input.cell < LEAST_FOR_DIGITS || op.picture.kind === "rgb";
    mark(this.element, "data-loupe", loupe);
    this.loupe.layout({ rows: around[0], cols: around[1], width: phone ? Math.min(width, 300) : 216 });
  }

  /** The colour of an input cell, and the value whose digits it shows. */
  #inputColour(row, col) {
    const { op, channel } = this;
    const [channels, height, width] = op.input.shape;
    if (row < 0 || col < 0 || row >= height || col >= width) return PADDING_COLOUR;
    const at = row * width + col;
    if (op.picture.kind !== "rgb") return packed(op.picture, op.input.data[channel * height * width + at]);
    let colour = 255 << 24;
    for (let c = 0; c < channels; c++) {
      const part = (op.input.data[c * height * width + at] - op.picture.bottom) / (op.picture.top - op.picture.bottom);
      colour |= Math.round(255 * Math.min(1, Math.max(0, part))) << (8 * c);
    }
    return colour >>> 0;
  }

  #inputValue(row, col) {
    const [, height, width] = this.op.input.shape;
    if (row < 0 || col < 0 || row >= height || col >= width) return null;
    return this.op.input.data[(this.channel * height + row) * width + col];
  }

  get #paint() {
    return { paper: this.paper, font: this.font };
  }

  #paintPictures() {
    const { op, channel } = this;
    const style = getComputedStyle(this.element);
    this.paper = style.getPropertyValue("--paper").trim() || "#ffffff";
    this.blank = style.getPropertyValue("--blank").trim() || "#f2f3f5";
    this.font = style.fontFamily;
    this.#paintInput();

    const top = roundUp(op.output.data.reduce((a, value) => Math.max(a, Math.abs(value)), 0));
    this.outputScale = { kind: "activation", top };
    const { cols } = this.output;
    this.output.paint({
      ...this.#paint,
      colourOf: (r, c) => packed(this.outputScale, op.output.data[r * cols + c]),
      textOf: this.output.showsDigits ? (r, c) => short(op.output.data[r * cols + c], this.output.characters) : null,
    });
    this.legend.firstChild.style.background = gradient("activation");
    const shown = plain(this.outputScale.top, 3);
    this.legend.lastChild.replaceChildren(...[`−${shown}`, "0", `+${shown}`].map((text) => h("span", {}, text)));

    const convolves = op.kind === "conv2d";
    mark(this.element, "data-kind", op.kind);
    if (convolves) {
      const heaviest = op.weight.data.reduce((a, value) => Math.max(a, Math.abs(value)), 0);
      op.weightScale = { kind: "weight", top: heaviest || 1 };
      this.kernel.show(op.weight, channel, op.weightScale, op.channelNames.length > 1 ? op.channelNames[channel] : "");
    }
    this.#titles();
  }

  /** The input's picture, anew only when there is something new to see: a weight that changes leaves it as it is. */
  #paintInput() {
    const { op, channel } = this;
    const look = [channel, this.input.key, this.paper, op.kind, ...Object.values(op.picture)].join();
    if (this.#paintedInput?.values === op.input.data && this.#paintedInput.look === look) return;
    this.#paintedInput = { values: op.input.data, look };
    const { margin } = this.input;
    const digits = this.input.showsDigits && op.picture.kind !== "rgb";
    const [, height, width] = op.input.shape;
    const outside = (r, c) => r < margin[0] || c < margin[1] || r >= height + margin[0] || c >= width + margin[1];
    const edge = op.kind === "max_pool2d" ? "−∞" : "0";
    // pixels may be white and may be black: the line between them is neither
    const pictureLine = op.picture.kind === "activation" ? this.paper : "rgba(127, 133, 140, 0.45)";
    this.input.paint({
      ...this.#paint,
      line: pictureLine,
      colourOf: (r, c) => this.#inputColour(r - margin[0], c - margin[1]),
      textOf: digits
        ? (r, c) => (outside(r, c) ? edge : short(this.#inputValue(r - margin[0], c - margin[1]), this.input.characters))
        : null,
      faded: outside,
    });
  }

  #titles() {
    const { op, columns } = this;
    const [channels, height, width] = op.input.shape;
    const [rows, cols] = op.output.shape;
    write(columns.input.heading, op.titles.input);
    write(columns.input.note, `${channels} × ${height} × ${width}`);
    write(columns.kernel.heading, op.titles.kernel);
    write(columns.kernel.note, op.titles.kernelNote);
    write(columns.output.heading, op.titles.output);
    write(columns.output.note, `1 × ${rows} × ${cols}`);
    write(columns.window.heading, op.kind === "conv2d" ? "Window × kernel" : "Window");
    if (this.tabs.dataset.names !== op.channelNames.join()) {
      this.tabs.dataset.names = op.channelNames.join();
      const names = op.channelNames.length > 1 ? op.channelNames : [];
      this.tabs.replaceChildren(
        ...names.map((name, index) =>
          h("button", { type: "button", class: "tab", "data-index": index, onclick: () => this.#choose(index) }, name)));
    }
    for (const tab of this.tabs.children) mark(tab, "aria-pressed", Number(tab.dataset.index) === this.channel);
    mark(this.element, "data-stage", op.name);
    mark(this.element, "data-steps", this.player.steps);
    mark(this.input.panel, "aria-label", `${op.titles.input}: ${channels} × ${height} × ${width} values`);
    mark(this.output.panel, "aria-label", `${op.titles.output}: ${rows} × ${cols} values. Arrow keys move the window, space plays.`);
    mark(this.products.panel, "aria-label", "Each value of the window times the weight over it");
    mark(this.loupe.panel, "aria-label", `The window and ${LOUPE_AROUND} cells around it, enlarged`);
    if (channels > 1) mark(this.input.panel, "data-channel", this.channel);
    else this.input.panel.removeAttribute("data-channel");
  }

  #choose(channel) {
    this.channel = channel;
    this.#stale.base = true;
    this.invalidate();
  }

  #drawWindow() {
    const { op, player, position, channel } = this;
    const [row, col] = position;
    const [kernelRows, kernelCols] = [op.rows.kernel, op.cols.kernel];
    const window = windowAt(op, position);
    this.input.draw({ marks: [window] });
    this.output.draw({ revealed: player.revealed, also: position, blank: this.blank, marks: [{ row, col, rows: 1, cols: 1 }] });

    const taps = tapsAt(op, position);
    const at = row * this.output.cols + col;
    if (op.kind === "conv2d") {
      this.result = account(taps, op.bias, op.pre[at], op.valueDecimals);
      this.ledger.show(op, taps, this.result);
      this.#drawProducts(taps.slice(channel * kernelRows * kernelCols, (channel + 1) * kernelRows * kernelCols));
    } else {
      const winner = taps.findIndex(({ value, padding }) => !padding && value === op.output.data[at]);
      this.result = { winner };
      this.ledger.showWinner(op, taps, winner);
    }
    if (this.element.dataset.loupe === "true") this.#drawLoupe(window);
    write(this.columns.window.note, `row ${row + 1}, column ${col + 1}`);
  }

  #drawProducts(taps) {
    const { cols } = this.products;
    const values = taps.map(({ value, weight }) => value * weight);
    const top = values.reduce((a, value) => Math.max(a, Math.abs(value)), 0) || 1;
    this.products.paint({
      ...this.#paint,
      colourOf: (r, c) => packed({ kind: "activation", top }, values[r * cols + c]),
      textOf: (r, c) => short(values[r * cols + c], this.products.characters),
    });
    this.products.draw();
  }

  /** The window and the cells around it, with the digits of the chosen channel. */
  #drawLoupe(window) {
    const { op, loupe } = this;
    const [, height, width] = op.input.shape;
    const [top, left] = [window.row - LOUPE_AROUND, window.col - LOUPE_AROUND];
    const beyond = (r, c) => r < 0 || c < 0 || r >= height || c >= width;
    const inWindow = (r, c) => r >= window.row && c >= window.col && r < window.row + window.rows && c < window.col + window.cols;
    const scale = op.picture.kind === "rgb" ? { ...op.picture, kind: "grey" } : op.picture;
    const blank = packed({ kind: "grey", top: 1 }, this.dark ? 0.12 : 0.95);
    loupe.paint({
      ...this.#paint,
      colourOf: (r, c) => {
        const value = this.#inputValue(top + r, left + c);
        if (value === null) return inWindow(top + r, left + c) ? PADDING_COLOUR : blank;
        return packed(scale, value);
      },
      textOf: (r, c) => {
        const value = this.#inputValue(top + r, left + c);
        if (value === null) return inWindow(top + r, left + c) ? "0" : "";
        return short(value, loupe.characters);
      },
      faded: (r, c) => beyond(top + r, left + c),
    });
    loupe.draw({ marks: [{ ...window, row: LOUPE_AROUND, col: LOUPE_AROUND }] });
  }

  /** Everything that tests and screen readers hold on to. */
  #describe() {
    const { player, position, op } = this;
    const [row, col] = position;
    const step = row * this.output.cols + col;
    mark(this.element, "data-position", `${row},${col}`);
    mark(this.element, "data-step", step);
    mark(this.element, "data-value", op.output.data[step]);
    mark(this.element, "data-playing", player.playing);
    mark(this.element, "data-pinned", this.pinned);
    this.bar.show(position, step);
    mark(this.words, "aria-live", player.playing ? "off" : "polite"); // nobody can listen to sixty sentences a second
    write(this.words, this.#sentence(position));
  }

  #sentence(position) {
    const { op } = this;
    if (op.kind === "conv2d") return sentence(position, this.result, op.relu);
    const [row, col] = position;
    return `Row ${row + 1}, column ${col + 1}: the largest of ${op.rows.kernel * op.cols.kernel} values, ${decimal(op.output.data[row * this.output.cols + col], 4)}`;
  }
}
