/**
 * The pictures on a stage's grids: what each cell shows, without anything that lies on it. Each takes all it needs and
 * remembers nothing. `look` is { paper, soft, font, dark }: the page's colours and type.
 */

import { LOUPE_AROUND } from "./layout.js";
import { kindOf } from "./kinds.js";
import { short } from "./numbers.js";
import { extent } from "./operations.js";
import { packed } from "./palette.js";
import { isBeyond, isPadded, valueAt } from "./window.js";

const PADDING_COLOUR = packed({ kind: "grey", top: 1 }, 0);
const BETWEEN_PIXELS = "rgba(127, 133, 140, 0.45)"; // pixels may be white and may be black: this is neither

/** The input with its padding. Digits are those of the chosen channel, unless the picture is in colour. */
export function paintInput(grid, op, channel, look) {
  const { margin } = grid;
  const edge = kindOf(op).edge(op);
  const rgb = op.picture.kind === "rgb";
  const at = (r, c) => valueAt(op, channel, r - margin[0], c - margin[1]);
  grid.paint({
    ...look,
    line: op.picture.kind === "activation" ? look.paper : BETWEEN_PIXELS,
    colourOf: rgb ? (r, c) => colourAt(op, r - margin[0], c - margin[1]) : (r, c) => shade(op.picture, at(r, c)),
    textOf: grid.showsDigits && !rgb ? (r, c) => digits(at(r, c), grid, edge) : null,
    faded: (r, c) => isBeyond(op, r - margin[0], c - margin[1]),
    hatched: [...leftOverCells(op, grid), ...(edge === "" ? marginCells(grid) : [])],
  });
}

export function paintOutput(grid, op, scale, look) {
  const { cols } = grid;
  grid.paint({
    ...look,
    colourOf: (r, c) => packed(scale, op.output.data[r * cols + c]),
    textOf: grid.showsDigits ? (r, c) => short(op.output.data[r * cols + c], grid.characters) : null,
  });
}

/** Value × weight of one channel's taps. */
export function paintProducts(grid, taps, look) {
  const { cols } = grid;
  const values = taps.map(({ value, weight }) => value * weight);
  const top = values.reduce((a, value) => Math.max(a, Math.abs(value)), 0) || 1;
  grid.paint({
    ...look,
    colourOf: (r, c) => packed({ kind: "activation", top }, values[r * cols + c]),
    textOf: (r, c) => short(values[r * cols + c], grid.characters),
  });
}

/** The window and the cells around it, with the digits of the chosen channel. */
export function paintLoupe(grid, op, channel, window, look) {
  const [top, left] = [window.row - LOUPE_AROUND, window.col - LOUPE_AROUND];
  const at = (r, c) => valueAt(op, channel, top + r, left + c);
  const nothing = (r, c) => !isPadded(op, top + r, left + c);
  const scale = op.picture.kind === "rgb" ? { ...op.picture, kind: "grey" } : op.picture;
  const blank = packed({ kind: "grey", top: 1 }, look.dark ? 0.12 : 0.95);
  const edge = kindOf(op).edge(op);
  grid.paint({
    ...look,
    colourOf: (r, c) => (nothing(r, c) ? blank : shade(scale, at(r, c))),
    textOf: (r, c) => (nothing(r, c) ? "" : digits(at(r, c), grid, edge)),
    faded: (r, c) => isBeyond(op, top + r, left + c),
  });
}

/** The rows and columns at the far end that no window reaches, padding included: the rectangles the floor takes away. */
export function leftOverCells({ output, rows, cols }, { allRows, allCols }) {
  const rest = (all, places, { kernel, stride, dilation }) => Math.max(0, all - (places - 1) * stride - extent(kernel, dilation));
  const [below, beside] = [rest(allRows, output.shape[0], rows), rest(allCols, output.shape[1], cols)];
  return [
    { row: allRows - below, col: 0, rows: below, cols: allCols },
    { row: 0, col: allCols - beside, rows: allRows - below, cols: beside },
  ];
}

function marginCells({ margin: [top, left, bottom, right], rows, cols, allCols }) {
  return [
    { row: 0, col: 0, rows: top, cols: allCols },
    { row: top + rows, col: 0, rows: bottom, cols: allCols },
    { row: top, col: 0, rows, cols: left },
    { row: top, col: left + cols, rows, cols: right },
  ];
}

function shade(scale, value) {
  return value === null ? PADDING_COLOUR : packed(scale, value);
}

function digits(value, grid, beyond) {
  return value === null ? beyond : short(value, grid.characters);
}

/** A cell of a picture in red, green and blue. */
function colourAt(op, row, col) {
  const { bottom, top } = op.picture;
  let colour = 255 << 24;
  for (let c = 0; c < op.input.shape[0]; c++) {
    const value = valueAt(op, c, row, col);
    if (value === null) return PADDING_COLOUR;
    colour |= Math.round(255 * Math.min(1, Math.max(0, (value - bottom) / (top - bottom)))) << (8 * c);
  }
  return colour >>> 0;
}
