/** The kind that keeps the largest value under the window. */

import { decimal, decimalsOfAll } from "./numbers.js";
import { capital, outputName } from "./places.js";
import { tapsAt } from "./window.js";

const MOST_DECIMALS = 4;

export const maxPooling = {
  weighs: false,
  window: "Window",
  edge: () => "−∞",
  taps: tapsAt,

  /** Which tap the output came from; among equals the first, as in torch: `equals` counts them. `text` writes these values. */
  result(op, taps, [row, col]) {
    const output = op.output.data[row * op.output.shape[1] + col];
    const wins = ({ value, padding }) => !padding && value === output;
    const decimals = decimalsOfAll(taps.filter(({ padding }) => !padding).map(({ value }) => value), MOST_DECIMALS);
    return { winner: taps.findIndex(wins), equals: taps.filter(wins).length, output, text: (value) => decimal(value, decimals) };
  },

  chosen: (taps, { winner }) => taps[winner] ?? null,

  write(ledger, op, taps, { winner, output, text }) {
    const line = ({ value, padding }, at) => (padding ? "beyond the edge: −∞" : `${text(value)}${at === winner ? "   ← winner" : ""}`);
    ledger.values("values in the window", taps.map(line), winner);
    ledger.foot([["output", "largest = output", text(output)]]);
  },

  within: (op, position, result, at) => `${capital(outputName(op, position))}: value ${at + 1} of ${op.rows.kernel * op.cols.kernel}`,

  sentence(op, position, { equals, output, text }) {
    const tie = equals > 1 ? `; ${equals} cells have it, and as in torch the first of them wins` : "";
    return `${capital(outputName(op, position))}: the largest of ${op.rows.kernel * op.cols.kernel} values, ${text(output)}${tie}`;
  },
};
