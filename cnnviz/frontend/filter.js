/** The filter on the convolution page: a preset, or typed weights, for as many channels as the image has. */

import { tensor } from "./operations.js";

/**
 * (C, kh, kw) from settings (see settings.js) and a preset { weights, averaging }. One slice serves every channel; a
 * preset that keeps even areas as they are shares itself out over the channels.
 */
export function filterOf({ weights }, preset, channels) {
  const [slices, rows, cols] = weights ? weights.shape : [1, preset.weights.length, preset.weights[0].length];
  const cells = rows * cols;
  const filter = tensor([channels, rows, cols]);
  const source = weights ? weights.data : preset.weights.flat();
  const share = !weights && preset.averaging ? channels : 1;
  for (let c = 0; c < channels; c++) {
    const slice = c < slices ? c : 0;
    for (let at = 0; at < cells; at++) filter.data[c * cells + at] = source[slice * cells + at] / share;
  }
  return filter;
}

/** The filter with one weight changed, in one slice or (slice null) in all. */
export function withWeight({ shape, data }, slice, row, col, value) {
  const [channels, rows, cols] = shape;
  const changed = tensor(shape, data.slice());
  for (let c = 0; c < channels; c++) {
    if (slice === null || c === slice) changed.data[(c * rows + row) * cols + col] = value;
  }
  return changed;
}

/** The filter with so many rows and columns: cut, or filled with zeros, about its centre. */
export function resized({ shape, data }, rows, cols) {
  const [channels, oldRows, oldCols] = shape;
  const changed = tensor([channels, rows, cols]);
  const [top, left] = [Math.floor((rows - oldRows) / 2), Math.floor((cols - oldCols) / 2)];
  for (let c = 0; c < channels; c++) {
    for (let u = 0; u < oldRows; u++) {
      for (let v = 0; v < oldCols; v++) {
        const [r, k] = [u + top, v + left];
        if (r < 0 || k < 0 || r >= rows || k >= cols) continue;
        changed.data[(c * rows + r) * cols + k] = data[(c * oldRows + u) * oldCols + v];
      }
    }
  }
  return changed;
}

/** Are all slices the same? */
export function slicesAlike({ shape, data }) {
  const cells = shape[1] * shape[2];
  return data.every((value, at) => value === data[at % cells]);
}
