/** What padding puts beyond the edge of an axis. It mirrors core/padding.py. */

import { Refused, tensor } from "./tensor.js";

export const PADDING_MODES = ["zeros", "reflect", "replicate", "circular"];

/** Which of an axis's `size` cells the cell at `index` shows: itself, or beyond the edge the one it repeats; null for zeros. */
export function sourceIndex(index, size, mode) {
  if (index >= 0 && index < size) return index;
  if (mode === "reflect") return index < 0 ? -index : 2 * (size - 1) - index;
  if (mode === "replicate") return index < 0 ? 0 : size - 1;
  return mode === "circular" ? ((index % size) + size) % size : null;
}

/** The most cells that torch pads at either end. */
export function mostPadding(size, mode) {
  return { reflect: size - 1, circular: size }[mode] ?? Infinity;
}

/** Throws Refused where torch refuses to pad, with what would fit. */
function checkPadding(size, padding, mode) {
  const most = mostPadding(size, mode);
  if (padding <= most) return;
  const cells = padding === 1 ? "1 cell" : `${padding} cells`;
  const why = mode === "reflect"
    ? `Padding ${padding} reflects ${cells} behind the edge, but the input has only ${most} there`
    : `Padding ${padding} wraps around an input of ${size} more than once`;
  throw new Refused(`${why}: use padding ${most ? `0 to ${most}` : "0"}, or mode zeros or replicate.`);
}

/** x (C, H, W) with [rows, cols] of padding on either side: (C, H + 2·rows, W + 2·cols). */
export function pad(x, [down, across], mode) {
  const [channels, height, width] = x.shape;
  checkPadding(height, down, mode);
  checkPadding(width, across, mode);
  const [rows, cols] = [height + 2 * down, width + 2 * across];
  const padded = tensor([channels, rows, cols]);
  const sources = (size, padding) => Array.from({ length: size + 2 * padding }, (_, at) => sourceIndex(at - padding, size, mode));
  const [fromRows, fromCols] = [sources(height, down), sources(width, across)];
  let to = 0;
  for (let c = 0; c < channels; c++) {
    for (const row of fromRows) {
      const start = (c * height + row) * width;
      for (const col of fromCols) padded.data[to++] = row === null || col === null ? 0 : x.data[start + col];
    }
  }
  return padded;
}
