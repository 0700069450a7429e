/** The kind that averages the values under the window. */

import { decimal, decimalsOfAll } from "./numbers.js";
import { capital, outputName } from "./places.js";
import { isPadded, tapsAt } from "./window.js";

const MOST_DECIMALS = 4;

export const averagePooling = {
  weighs: false,
  window: "Window",
  edge: ({ countIncludePad = true }) => (countIncludePad ? "0" : ""),
  taps: tapsAt,

  /** Their sum, and what it is divided by: cells beyond the padding (which ceil mode can reach) never count. `text` writes a value. */
  result(op, taps, [row, col]) {
    const { countIncludePad = true } = op;
    const counts = taps.map((tap) => !tap.padding || (countIncludePad && isPadded(op, tap.row, tap.col)));
    const sum = taps.reduce((total, { value, padding }) => total + (padding ? 0 : value), 0);
    const output = op.output.data[row * op.output.shape[1] + col];
    // the values as their cells show them, in as many decimals as all of them need; the mean in as many as it needs, too
    const decimals = decimalsOfAll(taps.map(({ value, padding }) => (padding ? 0 : value)), MOST_DECIMALS);
    const text = (value) => decimal(value, Math.max(decimals, decimalsOfAll([value], MOST_DECIMALS)));
    return { counts, sum, divisor: counts.filter(Boolean).length, output, text };
  },

  write(ledger, op, taps, { counts, sum, divisor, output, text }) {
    const line = ({ value, padding }, at) => (counts[at] ? `${text(value)}${padding ? "   padding" : ""}` : "beyond the edge: not counted");
    ledger.values("values in the window", taps.map(line));
    ledger.foot([["dot", "sum", text(sum)], ["bias", "divided by", String(divisor)], ["output", "mean = output", text(output)]]);
  },

  within: (op, position, result, at) => `${capital(outputName(op, position))}: value ${at + 1} of ${op.rows.kernel * op.cols.kernel}`,

  sentence(op, position, { sum, divisor, output, text }) {
    return `${capital(outputName(op, position))}: the sum ${text(sum)} divided by ${divisor} is ${text(output)}`;
  },
};
