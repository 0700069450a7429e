/** Where the window of an operation lies, and the values under it. An operation is as stage.js describes it. */

import { extent } from "./operations.js";
import { sourceIndex } from "./padding.js";

/** The rectangle of input cells at a position (it may reach into the padding), and every how many cells a tap lies. */
export function windowAt({ rows, cols }, [row, col]) {
  return {
    row: row * rows.stride - rows.padding,
    col: col * cols.stride - cols.padding,
    rows: extent(rows.kernel, rows.dilation),
    cols: extent(cols.kernel, cols.dilation),
    taps: [rows.dilation, cols.dilation],
  };
}

/** Does the cell lie beyond the input's edge? */
export function isBeyond({ input }, row, col) {
  return row < 0 || col < 0 || row >= input.shape[1] || col >= input.shape[2];
}

/** Does the cell lie in the input or in its padding? */
export function isPadded({ input, rows, cols }, row, col) {
  const inside = (at, size, { padding, after = padding }) => at >= -padding && at < size + after;
  return inside(row, input.shape[1], rows) && inside(col, input.shape[2], cols);
}

/** The value at a cell, also beyond the edge, where padding repeats one of the input; null where it repeats none. */
export function valueAt({ input, paddingMode = "zeros" }, channel, row, col) {
  const [, height, width] = input.shape;
  const [r, c] = [sourceIndex(row, height, paddingMode), sourceIndex(col, width, paddingMode)];
  return r === null || c === null ? null : input.data[(channel * height + r) * width + c];
}

/** Every value of the window with its weight, all channels, in the order of the sum: [{ value, weight, padding, row, col }]. */
export function tapsAt(operation, position) {
  const { input, weight, rows, cols } = operation;
  const { row, col } = windowAt(operation, position);
  const taps = [];
  for (let c = 0; c < input.shape[0]; c++) {
    for (let u = 0; u < rows.kernel; u++) {
      const r = row + u * rows.dilation;
      for (let v = 0; v < cols.kernel; v++) {
        const k = col + v * cols.dilation;
        const value = valueAt(operation, c, r, k) ?? 0;
        taps.push({ value, weight: weight ? weight.data[taps.length] : 1, padding: isBeyond(operation, r, k), row: r, col: k });
      }
    }
  }
  return taps;
}
