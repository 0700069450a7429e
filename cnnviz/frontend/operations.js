/**
 * The operations of a network on plain arrays (see tensor.js); they mirror core/operations.py and are checked against torch.
 *
 * Sums run in double precision and are rounded once, so they lie at least as near the true value as torch's own.
 */

import { mostPadding, pad } from "./padding.js";
import { Refused, tensor } from "./tensor.js";

export { Refused, tensor };

const TOGETHER = 8; // sums of a row: they stay in registers, and each weight is read once for all of them

/** How many input cells a window spans: dilation·(kernel − 1) + 1. */
export function extent(kernel, dilation) {
  return dilation * (kernel - 1) + 1;
}

/**
 * How many places the kernel fits along one axis, by torch's formula:
 * ⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1. Throws Refused, with what would fit.
 */
export function outputSize(size, { kernel, stride = 1, padding = 0, dilation = 1 }, mode = "zeros") {
  checkWindow(size, { kernel, stride, padding, dilation });
  const padded = size + 2 * padding;
  if (extent(kernel, dilation) > padded) refuseSpan(size, { kernel, padding, dilation }, mode);
  return Math.floor((padded - extent(kernel, dilation)) / stride) + 1;
}

/**
 * How many places a pooling window has along one axis: as outputSize, but with `ceilMode` rounded up, as long as the last
 * window starts in the input or the padding before it. Throws Refused where torch's pooling would.
 */
export function pooledSize(size, { kernel, stride = kernel, padding = 0, dilation = 1 }, ceilMode = false) {
  checkWindow(size, { kernel, stride, padding, dilation });
  const most = Math.floor(kernel / 2);
  if (padding > most) throw new Refused(`Pooling takes a padding of at most half its window, here ${most}, and not ${padding}.`);
  if (!ceilMode) return outputSize(size, { kernel, stride, padding, dilation });
  const places = Math.ceil((size + 2 * padding - extent(kernel, dilation)) / stride) + 1;
  const seen = (places - 1) * stride >= size + padding ? places - 1 : places; // no window that sees only padding
  if (seen < 1) refuseSpan(size, { kernel, padding, dilation });
  return seen;
}

function checkWindow(size, { kernel, stride, padding, dilation }) {
  const wholes = [
    ["stride", stride, 1], ["padding", padding, 0], ["dilation", dilation, 1], ["kernel size", kernel, 1], ["size of the input", size, 1],
  ];
  for (const [name, value, least] of wholes) {
    if (!Number.isInteger(value) || value < least) {
      throw new Refused(`The ${name} must be a whole number from ${least} up, not ${value}.`);
    }
  }
}

function refuseSpan(size, { kernel, padding, dilation }, mode = "zeros") {
  const padded = size + 2 * padding;
  const spans = extent(kernel, dilation);
  const dilated = dilation > 1 ? ` (kernel ${kernel}, dilation ${dilation})` : "";
  const pads = padding ? `the padded image only ${padded}` : `the image only ${size}`;
  const needed = Math.ceil((spans - size) / 2);
  const smaller = dilation > 1 ? "a smaller kernel or dilation" : `a kernel of ${padded} or less`;
  const wider = needed <= mostPadding(size, mode) ? `padding ${needed} would fit, or ` : "use ";
  throw new Refused(`The window spans ${spans} cells${dilated}, but ${pads}: ${wider}${smaller}.`);
}

/** How many cells at the far end of the padded axis lie beyond the last window: what the floor in the formula takes away. */
export function leftOver(size, { kernel, stride = 1, padding = 0, dilation = 1 }) {
  return Math.max(0, size + 2 * padding - extent(kernel, dilation)) % stride;
}

/**
 * Cross-correlation, as torch.nn.Conv2d: the kernel is not flipped.
 *
 * x is (C_in, H, W), weight (C_out, C_in, kh, kw), bias a Float32Array(C_out) or null; stride, padding and dilation are
 * [rows, cols], paddingMode is one of PADDING_MODES. Returns (C_out, H_out, W_out).
 */
export function conv2d(x, weight, bias, { stride = [1, 1], padding = [0, 0], dilation = [1, 1], paddingMode = "zeros" } = {}) {
  const [channels, height, width] = x.shape;
  const [outChannels, inChannels, kernelRows, kernelCols] = weight.shape;
  if (channels !== inChannels) throw new Refused(`The kernel has ${inChannels} slices, but the image ${channels} channels.`);
  const axis = (at, size, kernel) =>
    outputSize(size, { kernel, stride: stride[at], padding: padding[at], dilation: dilation[at] }, paddingMode);
  const [rows, cols] = [axis(0, height, kernelRows), axis(1, width, kernelCols)];
  const padded = padding[0] || padding[1] ? pad(x, padding, paddingMode) : x;
  const data = inDoubles(padded.data);
  const output = tensor([outChannels, rows, cols]);
  const step = stride[1] | 0; // "| 0" tells the engine that an index is a small whole number, and need not be checked to be one
  const [step2, step3, step4, step5, step6, step7] = [2 * step | 0, 3 * step | 0, 4 * step | 0, 5 * step | 0, 6 * step | 0, 7 * step | 0];
  for (let out = 0; out < outChannels; out++) {
    const { weights, offsets } = tapsOf(weight, out, padded.shape, dilation);
    const [taps, shift] = [weights.length, bias ? bias[out] : 0];
    for (let i = 0; i < rows; i++) {
      const first = i * stride[0] * padded.shape[2]; // the first value under the row's first window
      const to = (out * rows + i) * cols;
      const whole = cols >= TOGETHER ? cols : 0; // the last ones of a row are made again with those before them
      for (let next = 0; next < whole; next += TOGETHER) {
        const j = Math.min(next, cols - TOGETHER);
        const at = (first + j * step) | 0;
        let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
        for (let tap = 0; tap < taps; tap++) {
          const value = weights[tap];
          const from = (at + offsets[tap]) | 0;
          a += value * data[from];
          b += value * data[(from + step) | 0];
          c += value * data[(from + step2) | 0];
          d += value * data[(from + step3) | 0];
          e += value * data[(from + step4) | 0];
          f += value * data[(from + step5) | 0];
          g += value * data[(from + step6) | 0];
          h += value * data[(from + step7) | 0];
        }
        output.data[to + j] = a + shift;
        output.data[to + j + 1] = b + shift;
        output.data[to + j + 2] = c + shift;
        output.data[to + j + 3] = d + shift;
        output.data[to + j + 4] = e + shift;
        output.data[to + j + 5] = f + shift;
        output.data[to + j + 6] = g + shift;
        output.data[to + j + 7] = h + shift;
      }
      for (let j = whole; j < cols; j++) {
        const at = first + j * step;
        let sum = 0;
        for (let tap = 0; tap < taps; tap++) sum += weights[tap] * data[at + offsets[tap]];
        output.data[to + j] = sum + shift;
      }
    }
  }
  return output;
}

let doubles = new Float64Array(0); // one room for all convolutions: a new one for each would be a megabyte a moment to clear away

/** The values in double precision: turned once, not at each product. They stand there until the next call. */
function inDoubles(data) {
  if (doubles.length < data.length) doubles = new Float64Array(data.length);
  doubles.set(data);
  return doubles;
}

/** One filter's weights but for its zeros, and how far behind the window's first value each finds its own. */
function tapsOf({ shape: [, channels, kernelRows, kernelCols], data }, out, [, height, width], dilation) {
  const [weights, offsets] = [[], []];
  let w = out * channels * kernelRows * kernelCols;
  for (let c = 0; c < channels; c++) {
    for (let u = 0; u < kernelRows; u++) {
      for (let v = 0; v < kernelCols; v++) {
        const value = data[w++];
        if (value === 0) continue;
        weights.push(value);
        offsets.push((c * height + u * dilation[0]) * width + v * dilation[1]);
      }
    }
  }
  return { weights: Float64Array.from(weights), offsets: Int32Array.from(offsets) };
}

export function relu(x) {
  return { shape: x.shape, data: x.data.map((value) => (value <= 0 ? 0 : value)) }; // NaN stays, as in torch
}

/**
 * Max pooling, as torch.nn.functional.max_pool2d: cells beyond the edge count as −∞, the first of equals wins.
 * kernel, stride, padding, dilation are [rows, cols]. `winners` holds, per output, the index h·W + w of its winner.
 */
export function maxPool2d(x, { kernel, stride = kernel, padding = [0, 0], dilation = [1, 1], ceilMode = false }) {
  const [channels, height, width] = x.shape;
  const [rows, cols] = [0, 1].map((axis) => pooledSize(x.shape[axis + 1], {
    kernel: kernel[axis], stride: stride[axis], padding: padding[axis], dilation: dilation[axis],
  }, ceilMode));
  const output = tensor([channels, rows, cols]);
  const winners = new Int32Array(output.data.length);
  let to = 0;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++, to++) {
        let best = -Infinity;
        let winner = -1;
        for (let u = 0; u < kernel[0]; u++) {
          const row = i * stride[0] - padding[0] + u * dilation[0];
          if (row < 0 || row >= height) continue;
          for (let v = 0; v < kernel[1]; v++) {
            const col = j * stride[1] - padding[1] + v * dilation[1];
            if (col < 0 || col >= width) continue;
            const value = x.data[(c * height + row) * width + col];
            if (winner < 0 || value > best || Number.isNaN(value)) {
              best = value;
              winner = row * width + col;
            }
          }
        }
        output.data[to] = best;
        winners[to] = winner;
      }
    }
  }
  return { ...output, winners };
}

/**
 * Average pooling, as torch.nn.functional.avg_pool2d: cells of the padding count as zeros, or, without countIncludePad,
 * not at all; cells beyond the padding, which ceilMode can reach, never count. Options are [rows, cols] as in maxPool2d.
 */
export function avgPool2d(x, { kernel, stride = kernel, padding = [0, 0], ceilMode = false, countIncludePad = true }) {
  const [channels, height, width] = x.shape;
  const [rows, cols] = [0, 1].map((axis) =>
    pooledSize(x.shape[axis + 1], { kernel: kernel[axis], stride: stride[axis], padding: padding[axis] }, ceilMode));
  const output = tensor([channels, rows, cols]);
  let to = 0;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < rows; i++) {
      const top = i * stride[0] - padding[0];
      const [firstRow, endRow] = [Math.max(0, top), Math.min(height, top + kernel[0])];
      const counted = Math.min(top + kernel[0], height + padding[0]) - top;
      for (let j = 0; j < cols; j++, to++) {
        const left = j * stride[1] - padding[1];
        const [firstCol, endCol] = [Math.max(0, left), Math.min(width, left + kernel[1])];
        let sum = 0;
        for (let row = firstRow; row < endRow; row++) {
          for (let col = firstCol; col < endCol; col++) sum += x.data[(c * height + row) * width + col];
        }
        output.data[to] = sum / (countIncludePad
          ? counted * (Math.min(left + kernel[1], width + padding[1]) - left)
          : (endRow - firstRow) * (endCol - firstCol));
      }
    }
  }
  return output;
}

/** x (N), weight (M, N), bias (M): weight · x + bias, (M). */
export function linear(x, weight, bias) {
  const [outputs, inputs] = weight.shape;
  if (x.data.length !== inputs) throw new Refused(`The layer takes ${inputs} numbers, but gets ${x.data.length}.`);
  const output = tensor([outputs]);
  for (let m = 0, w = 0; m < outputs; m++) {
    let sum = 0;
    for (let n = 0; n < inputs; n++, w++) sum += weight.data[w] * x.data[n];
    output.data[m] = sum + (bias ? bias[m] : 0);
  }
  return output;
}

export function flatten(x) {
  return { shape: [x.data.length], data: x.data };
}

/** Scores to probabilities: exp(x − max) / Σ exp(x − max). */
export function softmax(x) {
  const top = x.data.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Array.from(x.data, (value) => Math.exp(value - top));
  const total = powers.reduce((a, b) => a + b, 0);
  return { shape: x.shape, data: Float32Array.from(powers, (power) => power / total) };
}
