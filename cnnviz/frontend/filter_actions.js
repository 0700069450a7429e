/** What one may do to a filter (slices, rows, cols) as a whole; each action gives a new one, slice by slice. */

import { Refused, tensor } from "./operations.js";
import { HEAVIEST } from "./kernel_text.js";

/** A filter of this shape whose weight at (row, col) of a slice is the old one's at from(row, col). */
function moved({ shape, data }, rows, cols, from) {
  const [slices, oldRows, oldCols] = shape;
  const changed = tensor([slices, rows, cols]);
  for (let c = 0, at = 0; c < slices; c++) {
    for (let r = 0; r < rows; r++) {
      for (let k = 0; k < cols; k++, at++) {
        const [row, col] = from(r, k);
        changed.data[at] = data[(c * oldRows + row) * oldCols + col];
      }
    }
  }
  return changed;
}

/** Turned by 180°: the flip that makes cross-correlation a convolution in the sense of mathematics. */
export function flipped(filter) {
  const [, rows, cols] = filter.shape;
  return moved(filter, rows, cols, (r, c) => [rows - 1 - r, cols - 1 - c]);
}

/** Left and right exchanged. */
export function mirrored(filter) {
  const [, rows, cols] = filter.shape;
  return moved(filter, rows, cols, (r, c) => [r, cols - 1 - c]);
}

/** Top and bottom exchanged. */
export function upended(filter) {
  const [, rows, cols] = filter.shape;
  return moved(filter, rows, cols, (r, c) => [rows - 1 - r, c]);
}

/** A quarter turn clockwise: rows become columns. */
export function rotated(filter) {
  const [, rows, cols] = filter.shape;
  return moved(filter, cols, rows, (r, c) => [rows - 1 - c, r]);
}

/** Every weight times a factor. Throws Refused where one would leave what a weight may be. */
export function scaled({ shape, data }, factor) {
  const changed = data.map((weight) => weight * factor + 0); // + 0: never −0
  const heaviest = changed.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  if (!(heaviest <= HEAVIEST)) {
    throw new Refused(`A weight would leave the range from −${HEAVIEST} to ${HEAVIEST}: a smaller factor would fit.`);
  }
  return tensor(shape, changed);
}

/**
 * Divided so that all weights of all slices, which enter one sum, add up to one. Where they add up to zero no factor can
 * do that: then so that their sizes |w| do. Returns { filter, by: "sum" | "sizes", divisor }; throws Refused where every weight is 0.
 */
export function normalised(filter) {
  const sum = filter.data.reduce((total, weight) => total + weight, 0);
  const sizes = filter.data.reduce((total, weight) => total + Math.abs(weight), 0);
  if (sizes === 0) throw new Refused("Every weight is 0, so no division makes their sum 1: a kernel needs a weight that is not 0.");
  const by = Math.abs(sum) > 1e-6 * sizes ? "sum" : "sizes"; // float32 weights such as 0.1 leave a sum that is only nearly 0
  const divisor = by === "sum" ? sum : sizes;
  return { filter: scaled(filter, 1 / divisor), by, divisor };
}
