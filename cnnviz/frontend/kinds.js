/**
 * The table of all that the stage can show. A kind says what its window does, in numbers and in words; the stage asks it,
 * and never which kind it is.
 *
 * {
 *   weighs                  does it have weights, and with them a kernel and products?
 *   window                  the title over the ledger
 *   edge(op)                the digits of a padding cell that repeats no value of the input: "0", "−∞", or "" where it does not
 *                           count; such cells are hatched
 *   taps(op, position)      what is under the window: [{ value, weight, padding, row, col }] in the order of the sum
 *   result(op, taps, position)           the account of one output: whatever the next two read
 *   write(ledger, op, taps, result, position)   … as lines of the ledger
 *   sentence(op, position, result)       … as a sentence
 *   chosen(taps, result)    the one tap that the output came from, where there is one: marked on the input
 *   within(op, position, result, at)     what happens at one tap of the window, as a sentence
 * }
 */

import { averagePooling } from "./average_pooling.js";
import { maxPooling } from "./max_pooling.js";
import { weightedSum } from "./weighted_sum.js";

const KINDS = {
  conv2d: weightedSum,
  max_pool2d: maxPooling,
  avg_pool2d: averagePooling,
};

export function kindOf(op) {
  const kind = KINDS[op.kind];
  if (!kind) throw new Error(`The stage has no kind of operation called ${op.kind}: add it to kinds.js.`);
  return kind;
}
