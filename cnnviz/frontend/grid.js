/** A grid of cells on a canvas: pictures, digits where they fit, and the marks that say "here". */

import { dress, h, mark } from "./dom.js";
import { ACCENT, INK, PAPER, inkOn } from "./palette.js";
import { leastDigits } from "./projector.js";

const LEAST_FOR_LINES = 10; // CSS pixels a cell needs before lines between cells help more than they hide
const HATCH = 12; // CSS pixels between the lines that cross out

/** The height of a cell in CSS pixels, when rows × cols of them, with the margin around them, fit into a box; see Grid.layout. */
export function cellSize({ rows, cols, margin = [0, 0], width, height = width, breadth = 1 }, ratio = globalThis.devicePixelRatio || 1) {
  const [top, left, bottom = top, right = left] = margin;
  const cell = Math.min(width / (left + cols + right) / breadth, height / (top + rows + bottom)) * ratio;
  return (cell >= 8 ? Math.floor(cell + 1e-6) : cell) / ratio; // whole device pixels keep the lines sharp; tiny cells need the room
}

/**
 * Gives a canvas room for this size. What it has is not given back, to be asked for again: new memory for a canvas costs
 * milliseconds, here and in the frame that shows it. Setting a size, even to what it is, throws the canvas away.
 */
export function grow(canvas, width, height) {
  if (canvas.width < width) canvas.width = width;
  if (canvas.height < height) canvas.height = height;
}

/** A canvas to grow. A new one has 300 × 150 pixels, which is a lot where each of them is a whole cell of the page. */
export function roomless(attributes = {}) {
  return h("canvas", { width: 1, height: 1, ...attributes });
}

/**
 * The canvas may show a `margin` around the grid proper (padding): [rows, columns], or [above, left, below, right] where its
 * ends differ. It may be larger than both: the sheet it lies on shows no more of it than that. `panel`, the element that
 * tests, pointers and screen readers hold on to, lies exactly over the grid proper.
 */
export class Grid {
  #base = roomless(); // the picture with its digits, painted once a change
  #pixels = roomless(); // one canvas pixel a cell
  #size = [0, 0]; // of the picture, in canvas pixels: the canvases may be larger

  constructor(panel, attributes = {}) {
    this.canvas = roomless({ "aria-hidden": "true" });
    this.panel = h("div", { class: "panel", "data-panel": panel, role: "img", ...attributes });
    this.element = h("div", { class: "grid" }, h("div", { class: "sheet" }, this.canvas), this.panel);
    this.context = this.canvas.getContext("2d");
  }

  /**
   * Fits rows × cols cells, with the margin around them, into a box of CSS pixels. Cells are squares, or `breadth` times as
   * wide as high; `digits`: the least font, and the least cell for it.
   */
  layout({ rows, cols, margin = [0, 0], width, height = width, breadth = 1, digits = leastDigits() }) {
    const ratio = globalThis.devicePixelRatio || 1;
    const key = [rows, cols, ...margin, width, height, breadth, ratio, digits.font, digits.cell].join();
    if (key === this.key) return;
    this.key = key;
    const [top, left, bottom = top, right = left] = margin;
    Object.assign(this, { rows, cols, margin: [top, left, bottom, right], ratio, digits });
    this.allRows = top + rows + bottom;
    this.allCols = left + cols + right;
    this.cell = cellSize({ rows, cols, margin, width, height, breadth }, ratio);
    this.across = this.cell * breadth; // the width of a cell
    const [boxWidth, boxHeight] = [this.allCols * this.across, this.allRows * this.cell];
    this.#size = [Math.round(boxWidth * ratio), Math.round(boxHeight * ratio)];
    for (const canvas of [this.canvas, this.#base]) grow(canvas, ...this.#size);
    grow(this.#pixels, this.allCols, this.allRows);
    dress(this.canvas, { width: `${this.canvas.width / ratio}px`, height: `${this.canvas.height / ratio}px` });
    dress(this.element, { width: `${boxWidth}px`, height: `${boxHeight}px` });
    dress(this.panel, {
      left: `${left * this.across}px`,
      top: `${top * this.cell}px`,
      width: `${cols * this.across}px`,
      height: `${rows * this.cell}px`,
    });
    mark(this.panel, "data-rows", rows);
    mark(this.panel, "data-cols", cols);
    if (this.margin.some(Boolean)) mark(this.panel, "data-padding", margin.join());
    else this.panel.removeAttribute("data-padding");
  }

  get showsDigits() {
    return this.cell >= this.digits.cell;
  }

  /** How many characters a cell holds at the least readable size. */
  get characters() {
    return Math.max(1, Math.floor((this.across * 0.94) / (this.digits.font * 0.56)));
  }

  /**
   * Paints the picture that the marks will lie on. colourOf(row, col) gives a packed colour (see palette.js), textOf its
   * digits or ""; `faded` cells (padding) are drawn lighter; `hatched` rectangles { row, col, rows, cols } are crossed out;
   * `line` is the colour between cells. Rows and columns count from the margin's corner.
   */
  paint({ colourOf, textOf = null, faded = null, hatched = [], paper, soft, line = paper, font }) {
    Object.assign(this, { paper, soft, line, font });
    const { allRows, allCols, ratio, digits } = this;
    const image = new ImageData(allCols, allRows);
    const colours = new Uint32Array(image.data.buffer);
    for (let r = 0, at = 0; r < allRows; r++) for (let c = 0; c < allCols; c++) colours[at++] = colourOf(r, c);
    this.#pixels.getContext("2d").putImageData(image, 0, 0);
    const [width, height] = this.#size;

    const context = this.#base.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#pixels, 0, 0, allCols, allRows, 0, 0, width, height);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (this.cell >= LEAST_FOR_LINES) this.#lines(context, line);
    if (faded) this.#fade(context, faded, paper);
    mark(this.panel, "data-digits", textOf && this.showsDigits ? digits.font : 0); // the least size they may have here
    if (textOf && this.showsDigits) this.#digits(context, colours, textOf, faded);
    for (const cells of hatched) if (cells.rows && cells.cols) this.#hatch(context, cells);
  }

  /** Slanting lines: these cells enter no sum. */
  #hatch(context, { row, col, rows, cols }) {
    const { cell, across } = this;
    const [x, y, width, height] = [col * across, row * cell, cols * across, rows * cell];
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    context.beginPath();
    for (let from = -height; from < width; from += HATCH) {
      context.moveTo(x + from, y + height);
      context.lineTo(x + from + height, y);
    }
    // dark beside light shows on black, on white and on every grey between
    for (const [lineWidth, colour] of [[2.5, PAPER], [1, INK]]) {
      context.lineWidth = lineWidth;
      context.strokeStyle = colour;
      context.stroke();
    }
    context.restore();
  }

  #lines(context, colour) {
    const { cell, across, allRows, allCols } = this;
    context.strokeStyle = colour;
    context.lineWidth = cell >= 30 ? 2 : 1;
    context.beginPath();
    for (let r = 1; r < allRows; r++) {
      context.moveTo(0, r * cell);
      context.lineTo(allCols * across, r * cell);
    }
    for (let c = 1; c < allCols; c++) {
      context.moveTo(c * across, 0);
      context.lineTo(c * across, allRows * cell);
    }
    context.stroke();
  }

  /** Padding is not part of the image: it is dotted, and its cells are paler. */
  #fade(context, faded, paper) {
    const { cell, across, allRows, allCols } = this;
    context.beginPath(); // one path: filled cell by cell, their edges would show where cells are no whole pixels
    for (let r = 0; r < allRows; r++) {
      for (let c = 0; c < allCols; c++) if (faded(r, c)) context.rect(c * across, r * cell, across, cell);
    }
    context.fillStyle = paper;
    context.globalAlpha = 0.72;
    context.fill();
    context.globalAlpha = 1;
    if (!this.margin.some(Boolean)) return;
    context.setLineDash([3, 3]);
    context.strokeStyle = "#8a929c";
    context.lineWidth = 1;
    context.strokeRect(0.5, 0.5, allCols * across - 1, allRows * cell - 1);
    context.setLineDash([]);
  }

  #digits(context, colours, textOf, faded) {
    const { allRows, allCols } = this;
    for (let r = 0; r < allRows; r++) {
      for (let c = 0; c < allCols; c++) {
        const text = textOf(r, c);
        if (text) this.#text(context, text, r, c, faded?.(r, c) ? this.soft : inkOn(colours[r * allCols + c]));
      }
    }
  }

  /** In the middle of a cell, counted from the margin's corner. */
  #text(context, text, row, col, colour) {
    const { cell, across } = this;
    const size = Math.max(this.digits.font, Math.min(cell * (across > cell ? 0.6 : 0.42), Math.max(26, this.digits.font * 1.4), (across * 0.94) / (text.length * 0.56)));
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = `600 ${size}px ${this.font}`;
    context.fillStyle = colour;
    context.fillText(text, (col + 0.5) * across, (row + 0.53) * cell);
  }

  /**
   * Shows the picture up to `revealed` cells in reading order, and the marks over it. Cost does not depend on the number
   * of cells. `also` is one more cell to show beyond them. A mark is { row, col, rows, cols, taps }: a rectangle in the
   * grid's own cells; with taps [rows, cols] > 1, only every so-many-th cell of it counts (dilation). Where there are `lit`
   * rectangles (with taps, too), all else is veiled. A sticker { row, col, colour, textOf(characters) } covers a cell. `framed`:
   * the whole is marked, by a frame around it that lies on no digit.
   */
  draw({ revealed = Infinity, also = null, marks = [], lit = null, stickers = [], blank = null, framed = false } = {}) {
    mark(this.element, "data-framed", framed);
    const { context, ratio, cell, across, cols, rows } = this;
    const [width, height] = this.#size;
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (revealed >= rows * cols) {
      context.drawImage(this.#base, 0, 0, width, height, 0, 0, width, height);
    } else {
      context.fillStyle = blank ?? this.paper;
      context.fillRect(0, 0, width, height);
      const [side, broad] = [cell * ratio, across * ratio];
      const whole = Math.round(Math.floor(revealed / cols) * side);
      const rest = Math.round((revealed % cols) * broad);
      if (whole) context.drawImage(this.#base, 0, 0, width, whole, 0, 0, width, whole);
      const strip = Math.min(Math.round(side), height - whole);
      if (rest && strip > 0) context.drawImage(this.#base, 0, whole, rest, strip, 0, whole, rest, strip);
      if (also) {
        const [x, y] = [also[1] * broad, also[0] * side];
        context.drawImage(this.#base, x, y, broad, side, x, y, broad, side);
      }
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      if (cell >= LEAST_FOR_LINES) this.#lines(context, this.line);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (lit) this.#veil(context, lit);
    for (const sticker of stickers) this.#stick(context, sticker);
    for (const here of marks) this.#mark(context, here);
  }

  /** Leaves only these rectangles, and of each only its taps, in full light. */
  #veil(context, lit) {
    const { cell, across: broad, margin } = this;
    context.beginPath();
    context.rect(0, 0, this.allCols * broad, this.allRows * cell);
    for (const { row, col, rows, cols, taps: [down, across] = [1, 1] } of lit) {
      const [high, wide] = [down > 1 ? 1 : rows, across > 1 ? 1 : cols];
      for (let r = 0; r < rows; r += down > 1 ? down : rows) {
        for (let c = 0; c < cols; c += across > 1 ? across : cols) {
          context.rect((col + margin[1] + c) * broad, (row + margin[0] + r) * cell, wide * broad, high * cell);
        }
      }
    }
    context.fillStyle = this.paper;
    context.globalAlpha = 0.75;
    context.fill("evenodd");
    context.globalAlpha = 1;
  }

  #stick(context, { row, col, colour, textOf }) {
    const { cell, across } = this;
    const [x, y] = [(col + this.margin[1]) * across, (row + this.margin[0]) * cell];
    context.fillStyle = `rgb(${colour & 255},${(colour >> 8) & 255},${(colour >> 16) & 255})`;
    context.fillRect(x, y, across, cell);
    if (cell < LEAST_FOR_LINES) return;
    context.strokeStyle = INK;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, across - 1, cell - 1);
    const text = this.showsDigits ? textOf(this.characters) : "";
    if (text) this.#text(context, text, row + this.margin[0], col + this.margin[1], inkOn(colour));
  }

  #mark(context, { row, col, rows, cols, taps = [1, 1], thin = false }) {
    const { cell, across, margin } = this;
    const band = thin ? 2 : Math.min(5, Math.max(2.5, cell / 8));
    // at the picture's edge the frame moves inwards, or half of it would be cut off
    const inside = (start, span, all, side) => {
      const from = Math.max(band / 2 + 1, start * side);
      return [from, Math.min(all * side - band / 2 - 1, (start + span) * side) - from];
    };
    const [x, width] = inside(col + margin[1], cols, this.allCols, across);
    const [y, height] = inside(row + margin[0], rows, this.allRows, cell);
    if (taps[0] > 1 || taps[1] > 1) {
      this.#veilGaps(context, { row: row + margin[0], col: col + margin[1], rows, cols, taps });
      for (const [line, colour] of [[3, INK], [1.5, ACCENT]]) {
        context.lineWidth = line;
        context.strokeStyle = colour;
        for (let r = 0; r < rows; r += taps[0]) {
          for (let c = 0; c < cols; c += taps[1]) {
            const [left, top] = [(col + margin[1] + c) * across, (row + margin[0] + r) * cell];
            context.strokeRect(left + 1.5, top + 1.5, Math.max(1, across - 3), Math.max(1, cell - 3));
          }
        }
      }
    }
    // amber between two dark lines shows on black, on white and on every colour between
    context.strokeStyle = INK;
    context.lineWidth = band + 2;
    context.strokeRect(x, y, width, height);
    context.strokeStyle = ACCENT;
    context.lineWidth = band;
    context.strokeRect(x, y, width, height);
  }

  /** Cells between the taps are looked at by no weight: they are paler. */
  #veilGaps(context, { row, col, rows, cols, taps }) {
    const { cell, across } = this;
    context.beginPath();
    context.rect(col * across, row * cell, cols * across, rows * cell);
    for (let r = 0; r < rows; r += taps[0]) {
      for (let c = 0; c < cols; c += taps[1]) context.rect((col + c) * across, (row + r) * cell, across, cell);
    }
    context.fillStyle = this.paper;
    context.globalAlpha = 0.6;
    context.fill("evenodd");
    context.globalAlpha = 1;
  }

  /** The cell of the grid proper under a pointer event, clamped to the grid: [row, col]. */
  cellAt(event) {
    return cellUnder(event, this);
  }
}

/** The cell of a panel with so many rows and columns under a pointer event, clamped to them: [row, col]. */
export function cellUnder({ clientX, clientY }, { panel, rows, cols }) {
  const box = panel.getBoundingClientRect();
  const row = Math.floor(((clientY - box.top) / box.height) * rows);
  const col = Math.floor(((clientX - box.left) / box.width) * cols);
  return [Math.min(rows - 1, Math.max(0, row)), Math.min(cols - 1, Math.max(0, col))];
}
