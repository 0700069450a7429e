/** A trained network in the browser: the layers of a trace, run one after the other by operations.js. */

import { conv2d, flatten, linear, maxPool2d, relu } from "./operations.js";

const RUN = {
  conv2d: (x, layer, weights) =>
    conv2d(x, weights[`${layer.module}.weight`], weights[`${layer.module}.bias`].data, layer),
  relu,
  max_pool2d: (x, layer) => maxPool2d(x, layer),
  flatten,
  linear: (x, layer, weights) => linear(x, weights[`${layer.module}.weight`], weights[`${layer.module}.bias`].data),
};

/** layers: [{ name, kind, module, kernel, stride, padding, dilation }]; x (C, H, W). Returns name → { input, output }. */
export function forward(layers, weights, x) {
  const results = new Map();
  for (const layer of layers) {
    const output = RUN[layer.kind](x, layer, weights);
    results.set(layer.name, { input: x, output });
    x = output;
  }
  return results;
}
