/** Kinds that multiply each value under the window by a weight and add: convolution. */

import { account, bracket, sentence } from "./account.js";
import { tapsAt } from "./window.js";

export const weightedSum = {
  weighs: true,
  window: "Window × kernel",
  edge: () => "0",
  taps: tapsAt,

  result(op, taps, [row, col]) {
    return account(taps, op.bias, op.pre[row * op.output.shape[1] + col], op.valueDecimals);
  },

  write(ledger, op, taps, result) {
    ledger.products(op, taps, result.lines);
    const end = op.relu
      ? [["pre", "= pre-activation", result.preActivation], ["output", "ReLU: max(0, ·) = output", result.activation]]
      : [["output", "= output", result.preActivation]];
    ledger.foot([["dot", "dot product", result.dotProduct], ["bias", "+ bias", result.bias], ["rounding", "rounding", result.rounding], ...end]);
  },

  sentence: (op, position, result) => sentence(position, result, op.relu),

  within(op, [row, col], { lines }, at) {
    const { value, weight, product, total } = lines[at];
    return `Row ${row + 1}, column ${col + 1}, product ${at + 1} of ${lines.length}: ${bracket(value)}×${bracket(weight)} = ${product}, so far ${total}`;
  },
};
