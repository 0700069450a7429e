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

/** Every value of the window with its weight, all channels, in the order of the sum: [{ value, weight, padding }]. */
export function tapsAt(operation, position) {
  const { input, weight, rows, cols } = operation;
  const [channels, height, width] = input.shape;
  const { row, col } = windowAt(operation, position);
  const taps = [];
  for (let c = 0; c < channels; c++) {
    for (let u = 0; u < rows.kernel; u++) {
      const r = row + u * rows.dilation;
      for (let v = 0; v < cols.kernel; v++) {
        const k = col + v * cols.dilation;
        const padding = r < 0 || k < 0 || r >= height || k >= width;
        const value = padding ? 0 : input.data[(c * height + r) * width + k];
        taps.push({ value, weight: weight ? weight.data[taps.length] : 1, padding });
      }
    }
  }
  return taps;
}
