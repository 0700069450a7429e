/** One unit of a network as an operation for the stage: real inputs, its own filter, the position it stands at. */

/** Rows × cols in which a flat layer of units stands on the stage. */
const FLAT = { 120: [12, 10], 84: [12, 7] };

const COLOURS = ["red", "green", "blue"];
const names = (word, count) => (count > 1 ? Array.from({ length: count }, (_, at) => `${word} ${at + 1}`) : [word]);

/**
 * unit: { layer, map, row, col }. layers and results as in forward.js. `rectified` is the ReLU behind a convolution or
 * dense layer, where the view shows values after it; `label` the class whose score the unit is. Returns { operation, position } for Stage.show.
 */
export function unitOperation({ layers, weights, results, rectified, title, label = null }, unit) {
  const layer = layers.find(({ name }) => name === unit.layer);
  const { input, output } = results.get(layer.name);
  const shown = rectified ? results.get(rectified).output : output;
  if (layer.kind === "linear") return denseOperation(layer, weights, input, output, shown, Boolean(rectified), { title, label }, unit);
  const [, rows, cols] = output.shape;
  const cells = rows * cols;
  const axis = (index) => ({
    kernel: layer.kernel[index], stride: layer.stride[index], padding: layer.padding[index], dilation: layer.dilation[index],
  });
  const common = {
    name: layer.name, kind: layer.kind, rows: axis(0), cols: axis(1), valueName: "input", valueDecimals: 3,
    output: { shape: [rows, cols], data: shown.data.subarray(unit.map * cells, (unit.map + 1) * cells) },
    pre: output.data.subarray(unit.map * cells, (unit.map + 1) * cells),
  };
  const position = [unit.row, unit.col];
  if (layer.kind === "max_pool2d") {
    const [, height, width] = input.shape;
    const area = height * width;
    const map = { shape: [1, height, width], data: input.data.subarray(unit.map * area, (unit.map + 1) * area) };
    return {
      position,
      operation: {
        ...common, input: map, weight: null, bias: 0, relu: false, channelNames: [`map ${unit.map + 1}`],
        picture: { kind: "activation", top: largest(map.data) },
        titles: { input: `Input, map ${unit.map + 1}`, kernel: "", kernelNote: "", output: `${title}, map ${unit.map + 1}` },
      },
    };
  }
  const weight = weights[`${layer.module}.weight`];
  const size = weight.shape.slice(1).reduce((a, b) => a * b, 1);
  const first = layers[0] === layer;
  const channelNames = first && input.shape[0] === 3 ? COLOURS : names(first ? "channel" : "map", input.shape[0]);
  const next = rectified && layers[layers.findIndex(({ name }) => name === rectified) + 1];
  const pools = next?.kind === "max_pool2d" && next.kernel.every((size, axis) => size === next.stride[axis] && !next.padding[axis]);
  return {
    position,
    operation: {
      ...common, input, relu: Boolean(rectified),
      pooled: pools ? { ...unitOperation({ layers, weights, results, rectified: null, title: next.title }, { ...unit, layer: next.name }).operation, title: next.title } : null,
      weight: { shape: weight.shape.slice(1), data: weight.data.subarray(unit.map * size, (unit.map + 1) * size) },
      bias: weights[`${layer.module}.bias`].data[unit.map],
      channelNames, parts: channelNames.length > 1 ? channelNames : null,
      picture: first ? { kind: "grey", bottom: 0, top: 1 } : { kind: "activation", top: largest(input.data) },
      titles: {
        input: "Input", kernel: `Filter ${unit.map + 1}`, kernelNote: "one slice a channel",
        output: `${title}, map ${unit.map + 1}`,
      },
    },
  };
}

/** A dense unit multiplies every input by a weight of its own: a window as large as its input, at the one place it fits. */
function denseOperation(layer, weights, input, output, shown, rectified, { title, label }, unit) {
  const weight = weights[`${layer.module}.weight`];
  const inputs = weight.shape[1];
  const shape = layer.inputShape.length === 3 ? layer.inputShape : [1, ...FLAT[inputs]];
  const [channels, height, width] = shape;
  const channelNames = channels > 1 ? names("map", channels) : ["units"];
  const only = (kernel) => ({ kernel, stride: 1, padding: 0, dilation: 1 });
  return {
    position: [0, 0],
    operation: {
      name: layer.name, kind: "conv2d", all: true, rows: only(height), cols: only(width), valueName: "input", valueDecimals: 3,
      input: { shape, data: input.data },
      weight: { shape, data: weight.data.subarray(unit.map * inputs, (unit.map + 1) * inputs) },
      bias: weights[`${layer.module}.bias`].data[unit.map],
      relu: rectified,
      pre: output.data.subarray(unit.map, unit.map + 1),
      output: { shape: [1, 1], data: shown.data.subarray(unit.map, unit.map + 1) },
      channelNames, parts: channels > 1 ? channelNames : rowsOfUnits(height, width), names: unitNames(unit, label, channels > 1 ? null : width),
      picture: { kind: "activation", top: largest(input.data) },
      titles: {
        input: `Its ${inputs} inputs`, kernel: `Its ${inputs} weights`, kernelNote: "",
        output: label === null ? `${title}, unit ${unit.map + 1}` : `Score of ${label}`,
      },
    },
  };
}

/** The one output is a unit, or the score of a class; where the inputs are units as well, `width` in a row, so is each of them. */
function unitNames({ map }, label, width) {
  const input = (row, col) => `unit ${row * width + col + 1}`;
  return { output: () => (label === null ? `unit ${map + 1}` : `score of ${label}`), ...(width && { input, weight: (row, col) => `the weight of ${input(row, col)}` }) };
}

/** A long sum of units folds into the rows in which its inputs stand. */
function rowsOfUnits(rows, cols) {
  return Array.from({ length: rows }, (_, row) => `units ${row * cols + 1} to ${(row + 1) * cols}`);
}

function largest(data) {
  return data.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
}
