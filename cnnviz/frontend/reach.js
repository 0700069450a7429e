/** What a unit looks at: the cells of the layer before it, and its receptive field on the picture. */

import { extent } from "./operations.js";

/** The rectangle of cells in its input that a unit of a sliding layer takes, cut at the edges: { row, col, rows, cols }. */
export function patchOf(layer, { row, col }) {
  const [, height, width] = layer.inputShape;
  const [top, bottom] = behind([row, row + 1], layer, 0);
  const [left, right] = behind([col, col + 1], layer, 1);
  return cut([top, bottom], [left, right], height, width);
}

/** The unit of the layer before whose value is the tap-th factor of this unit's sum; null where that is the picture. */
export function inputOf(model, unit, tap) {
  const layer = model.layer(unit.layer);
  const source = model.sources.get(unit.layer);
  if (!source) return null;
  if (layer.kind === "linear") {
    const [, rows = 1, cols = 1] = layer.inputShape;
    if (layer.inputShape.length === 1) return { layer: source.name, map: tap, row: 0, col: 0 };
    return { layer: source.name, map: Math.floor(tap / (rows * cols)), row: Math.floor(tap / cols) % rows, col: tap % cols };
  }
  const [rows, cols] = layer.kernel;
  return {
    layer: source.name,
    map: layer.kind === "max_pool2d" ? unit.map : Math.floor(tap / (rows * cols)),
    row: unit.row * layer.stride[0] - layer.padding[0] + (Math.floor(tap / cols) % rows) * layer.dilation[0],
    col: unit.col * layer.stride[1] - layer.padding[1] + (tap % cols) * layer.dilation[1],
  };
}

/** The convolution's unit whose value a pooling unit passes on. */
export function winnerOf(model, unit) {
  const { output } = model.results.get(unit.layer);
  const [, height, width] = model.layer(unit.layer).inputShape;
  const [, rows, cols] = output.shape;
  const winner = output.winners[(unit.map * rows + unit.row) * cols + unit.col];
  return { layer: model.sources.get(unit.layer).name, map: unit.map, row: Math.floor(winner / width) % height, col: winner % width };
}

/** The pixels of the picture that can change this unit's value, exactly: { row, col, rows, cols }, cut at the edges. */
export function receptiveField(model, unit) {
  const [, height, width] = model.layers[0].inputShape;
  const at = model.layers.findIndex(({ name }) => name === unit.layer);
  let [rows, cols] = [[unit.row, unit.row + 1], [unit.col, unit.col + 1]];
  for (const layer of model.layers.slice(0, at + 1).reverse()) {
    if (layer.kind === "linear" || layer.kind === "flatten") [rows, cols] = [[0, layer.inputShape[1] ?? 1], [0, layer.inputShape[2] ?? 1]];
    else if (layer.kernel.length) [rows, cols] = [behind(rows, layer, 0), behind(cols, layer, 1)];
  }
  return cut(rows, cols, height, width);
}

/** [first, one after the last] of a layer's outputs along an axis → the same of its inputs. */
function behind([first, end], { kernel, stride, padding, dilation }, axis) {
  return [first * stride[axis] - padding[axis], (end - 1) * stride[axis] - padding[axis] + extent(kernel[axis], dilation[axis])];
}

function cut([top, bottom], [left, right], height, width) {
  const [row, col] = [Math.max(0, top), Math.max(0, left)];
  return { row, col, rows: Math.min(height, bottom) - row, cols: Math.min(width, right) - col };
}
