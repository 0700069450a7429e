/** Where the window of an operation lies, and the values under it. An operation is as stage.js describes it. */

import { extent } from "./operations.js";

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

/** The input's value at a cell, or null beyond its edge. */
export function valueAt({ input }, channel, row, col) {
  const [, height, width] = input.shape;
  if (row < 0 || col < 0 || row >= height || col >= width) return null;
  return input.data[(channel * height + row) * width + col];
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
        const value = valueAt(operation, c, r, k);
        const padding = value === null;
        taps.push({ value: value ?? 0, weight: weight ? weight.data[taps.length] : 1, padding, row: r, col: k });
      }
    }
  }
  return taps;
}
