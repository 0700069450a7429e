/** Kinds that multiply each value under the window by a weight and add: convolution. */

import { account, bracket, sentence } from "./account.js";
import { maxPooling } from "./max_pooling.js";
import { fromScaled, scaled } from "./numbers.js";
import { capital, outputName } from "./places.js";
import { tapsAt } from "./window.js";

export const weightedSum = {
  weighs: true,
  window: "Window × kernel",
  edge: () => "0",
  taps: tapsAt,

  result(op, taps, [row, col]) {
    const padded = taps.filter(({ padding }) => padding).length;
    return { ...account(taps, op.bias, op.pre[row * op.output.shape[1] + col], op.valueDecimals, op.parts?.length ?? 0), padded };
  },

  write(ledger, op, taps, result, position) {
    ledger.products(op, taps, result);
    const end = op.relu
      ? [["pre", "= pre-activation", result.preActivation], ["output", "ReLU: max(0, ·) = output", result.activation]]
      : [["output", "= output", result.preActivation]];
    ledger.foot([["dot", "dot product", result.dotProduct], ["bias", "+ bias", result.bias], ["rounding", "rounding", result.rounding], ...end,
      ...(op.pooled ? [["pooled", ...pooled(op, position, result)]] : [])]);
  },

  sentence(op, position, result) {
    const { padded, lines } = result;
    return `${sentence(outputName(op, position), result, op.relu)}${padded ? ` (${padded} of the ${lines.length} values ${padded === 1 ? "is" : "are"} padding)` : ""}`;
  },

  within(op, position, { lines }, at) {
    const { value, weight, product, total } = lines[at];
    return `${capital(outputName(op, position))}, product ${at + 1} of ${lines.length}: ${bracket(value)}×${bracket(weight)} = ${product}, so far ${total}`;
  },
};

/** What the pooling behind it makes of an output: [label, value], the value null where no window covers it. */
function pooled({ pooled: pool }, [row, col], { decimals }) {
  const place = [Math.floor(row / pool.rows.stride), Math.floor(col / pool.cols.stride)];
  const [rows, cols] = pool.output.shape;
  if (place[0] >= rows || place[1] >= cols) return [`${pool.title}: no window reaches here`, null];
  const taps = maxPooling.taps(pool, place);
  const { winner, output } = maxPooling.result(pool, taps, place);
  const own = (row % pool.rows.stride) * pool.cols.kernel + (col % pool.cols.stride);
  const which = winner === own ? "this one" : taps[own].value === output ? "an equal one" : "a larger one";
  return [`${pool.title} keeps ${which}`, fromScaled(scaled(output, decimals), decimals)];
}
