/**
 * The account of one output: pixel × weight = product, running total, bias, activation. Every printed product is the exact
 * product of its printed operands and every total the exact sum of what stands above it; where the true value differs,
 * a line "rounding" closes the account.
 */

import { decimal, decimalsOf, fromScaled, scaled } from "./numbers.js";
import { capital } from "./places.js";

const WEIGHT_DECIMALS = 4;

/**
 * The account in whole numbers of 10^−decimals, so that sums are exact.
 *
 * taps: [{ value, weight }], bias, preActivation: what the operation computed. `most` is how many decimals an operand may
 * show. Returns { lines: [{ value, weight, product, total }], dotProduct, bias, rounding, preActivation } as text.
 *
 * With `parts`, the taps are added in so many groups of one size (channels), and the account is closed after each: `parts`
 * holds { sum, rounding (null if none), total } of every group. `sum` is the true sum, so that whoever reads the parts alone
 * reads nothing that the rounding of the products under them has made.
 */
export function account(taps, bias, preActivation, most = 2, parts = 0) {
  let valueDecimals = 0;
  let weightDecimals = 0;
  for (const { value, weight } of taps) {
    if (valueDecimals < most) valueDecimals = Math.max(valueDecimals, decimalsOf(value, most));
    if (weightDecimals < WEIGHT_DECIMALS) weightDecimals = Math.max(weightDecimals, decimalsOf(weight, WEIGHT_DECIMALS));
  }
  const biasDecimals = decimalsOf(bias, WEIGHT_DECIMALS);
  // a trained weight has no end of digits: what four of them would add is noise beside the rounding of the values
  if (weightDecimals === WEIGHT_DECIMALS && most > 2) weightDecimals = 3;
  const decimals = Math.max(valueDecimals + weightDecimals, biasDecimals);
  const spare = 10 ** (decimals - valueDecimals - weightDecimals);
  let total = 0;
  const [each, closed] = [taps.length / (parts || 1), []];
  let [before, exact] = [0, 0]; // the total before this part; what its products truly are
  const lines = taps.map(({ value, weight }, at) => {
    const product = scaled(value, valueDecimals) * scaled(weight, weightDecimals);
    total += product * spare;
    exact += value * weight;
    const line = {
      value: decimal(value, valueDecimals),
      weight: decimal(weight, weightDecimals),
      product: fromScaled(product, valueDecimals + weightDecimals),
      total: fromScaled(total, decimals),
    };
    if (parts && (at + 1) % each === 0) {
      const sum = scaled(exact, decimals);
      const rounding = before + sum - total;
      total = before + sum;
      closed.push({ sum: fromScaled(sum, decimals), rounding: rounding ? fromScaled(rounding, decimals) : null, total: fromScaled(total, decimals) });
      [before, exact] = [total, 0];
    }
    return line;
  });
  const biasUnits = scaled(bias, decimals);
  const outcome = scaled(preActivation, decimals);
  const rounding = outcome - total - biasUnits;
  return {
    lines,
    parts: closed,
    decimals,
    dotProduct: fromScaled(total, decimals),
    bias: fromScaled(biasUnits, decimals),
    rounding: rounding ? fromScaled(rounding, decimals) : null,
    preActivation: fromScaled(outcome, decimals),
    activation: fromScaled(Math.max(0, outcome), decimals),
  };
}

/** A negative number behind × or + stands in brackets. */
export function bracket(text) {
  return text.startsWith("−") ? `(${text})` : text;
}

/** "Row 3, column 4: 3×(−1) + 3×0 + … = −2", for the output called `name`: long sums show their first and last terms, folded ones those of their parts. */
export function sentence(name, { lines, parts, bias, rounding, preActivation, activation }, relu) {
  const terms = parts.length ? parts.map(({ sum }) => bracket(sum)) : lines.map(({ value, weight }) => `${bracket(value)}×${bracket(weight)}`);
  const shown = terms.length <= 9 ? terms : [...terms.slice(0, 3), "…", terms.at(-1)];
  const sum = shown.join(" + ") + (/[1-9]/.test(bias) ? ` + bias ${bracket(bias)}` : "");
  const outcome = `${rounding ? "≈" : "="} ${preActivation}`;
  return `${capital(name)}: ${sum} ${outcome}${relu ? `, after ReLU ${activation}` : ""}`;
}
