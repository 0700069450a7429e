/** The kind that averages the values under the window. */

import { decimal } from "./numbers.js";
import { isPadded, tapsAt } from "./window.js";

const text = (value) => decimal(value, 4);

export const averagePooling = {
  weighs: false,
  window: "Window",
  edge: ({ countIncludePad = true }) => (countIncludePad ? "0" : ""),
  taps: tapsAt,

  /** Their sum, and what it is divided by: cells beyond the padding (which ceil mode can reach) never count. */
  result(op, taps, [row, col]) {
    const { countIncludePad = true } = op;
    const counts = taps.map((tap) => !tap.padding || (countIncludePad && isPadded(op, tap.row, tap.col)));
    const sum = taps.reduce((total, { value, padding }) => total + (padding ? 0 : value), 0);
    return { counts, sum, divisor: counts.filter(Boolean).length, output: op.output.data[row * op.output.shape[1] + col] };
  },

  write(ledger, op, taps, { counts, sum, divisor, output }) {
    const line = ({ value, padding }, at) => (counts[at] ? `${text(value)}${padding ? "   padding" : ""}` : "beyond the edge: not counted");
    ledger.values("values in the window", taps.map(line));
    ledger.foot([["dot", "sum", text(sum)], ["bias", "divided by", String(divisor)], ["output", "mean = output", text(output)]]);
  },

  within: (op, [row, col], result, at) => `Row ${row + 1}, column ${col + 1}: value ${at + 1} of ${op.rows.kernel * op.cols.kernel}`,

  sentence(op, [row, col], { sum, divisor, output }) {
    return `Row ${row + 1}, column ${col + 1}: the sum ${text(sum)} divided by ${divisor} is ${text(output)}`;
  },
};
