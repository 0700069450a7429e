/**
 * What the convolution page's browser side owns, as one small object and as the text of a link. ui/state.py holds the
 * same table and has checked every text that arrives here.
 */

import { shortest } from "./numbers.js";

const DEFAULTS = {
  kernel: "sobel_x", stride: "1", padding: "0", padding_mode: "zeros", dilation: "1", bias: 0, relu: 0, at: "0,0", panel: "",
};

/** "kernel=box_3&at=2,3" → { kernel, weights, stride, padding, paddingMode, dilation, bias, relu, position }; pairs are [rows, cols]. */
export function settingsFromText(text) {
  const read = { ...DEFAULTS, ...Object.fromEntries(new URLSearchParams(text)) };
  return {
    kernel: read.kernel,
    weights: read.weights ? weightsFromText(read.weights) : null,
    stride: axesFromText(read.stride),
    padding: axesFromText(read.padding),
    paddingMode: read.padding_mode,
    dilation: axesFromText(read.dilation),
    bias: Math.fround(Number(read.bias)), // as torch holds it
    relu: Number(read.relu) === 1,
    position: read.at.split(",").map(Number),
    panel: read.panel,
  };
}

/** The same as text, without what stands at its default. */
export function settingsToText(settings) {
  const all = {
    kernel: settings.kernel,
    weights: settings.weights ? weightsToText(settings.weights) : "",
    stride: axesToText(settings.stride),
    padding: axesToText(settings.padding),
    padding_mode: settings.paddingMode,
    dilation: axesToText(settings.dilation),
    bias: shortest(settings.bias),
    relu: settings.relu ? 1 : 0,
    at: settings.position.join(","),
    panel: settings.panel,
  };
  return Object.entries(all)
    .filter(([key, value]) => String(value) !== String(DEFAULTS[key] ?? ""))
    .map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll("%2C", ",")}`)
    .join("&");
}

/** "2" → [2, 2]; "2,3" → [2, 3] */
function axesFromText(text) {
  const [rows, cols = rows] = text.split(",").map(Number);
  return [rows, cols];
}

function axesToText([rows, cols]) {
  return rows === cols ? String(rows) : `${rows},${cols}`;
}

/** "3x3~1,0,-1,…~…": rows x columns, then a list for each slice. */
function weightsFromText(text) {
  const [size, ...slices] = text.split("~");
  const [rows, cols] = size.split("x").map(Number);
  return { shape: [slices.length, rows, cols], data: Float32Array.from(slices.flatMap((slice) => slice.split(",").map(Number))) };
}

function weightsToText({ shape: [slices, rows, cols], data }) {
  const cells = rows * cols;
  const lists = Array.from({ length: slices }, (_, slice) =>
    Array.from(data.subarray(slice * cells, (slice + 1) * cells), shortest).join(","));
  return [`${rows}x${cols}`, ...lists].join("~");
}
