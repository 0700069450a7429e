/** What a unit's sum is made of, coarser than product by product: partial sums, and the largest contributions. */

import { decimal, fromScaled, scaled } from "./numbers.js";

const SUM_DECIMALS = 3;
const OPERAND_DECIMALS = 3;

/** The products of each channel added up: taps as window.js gives them, channel after channel. */
export function partialSums(taps, channels) {
  const size = taps.length / channels;
  return Array.from({ length: channels }, (_, channel) =>
    taps.slice(channel * size, (channel + 1) * size).reduce((sum, { value, weight }) => sum + value * weight, 0));
}

/**
 * Partial sums + bias = pre-activation as text that adds up exactly as printed; where the true value differs, `rounding`
 * closes the account. Returns { sums, bias, rounding (null if none), pre, activation }.
 */
export function accountOfSums(sums, bias, preActivation, decimals = SUM_DECIMALS) {
  const units = sums.map((sum) => scaled(sum, decimals));
  const biasUnits = scaled(bias, decimals);
  const outcome = scaled(preActivation, decimals);
  const rounding = outcome - biasUnits - units.reduce((a, b) => a + b, 0);
  return {
    sums: units.map((sum) => fromScaled(sum, decimals)),
    bias: fromScaled(biasUnits, decimals),
    rounding: rounding ? fromScaled(rounding, decimals) : null,
    pre: fromScaled(outcome, decimals),
    activation: fromScaled(Math.max(0, outcome), decimals),
  };
}

/** One product as text, exactly the product of its printed operands: { value, weight, product, units }. */
export function productOf(value, weight) {
  const units = scaled(value, OPERAND_DECIMALS) * scaled(weight, OPERAND_DECIMALS);
  return {
    value: decimal(value, OPERAND_DECIMALS), weight: decimal(weight, OPERAND_DECIMALS),
    product: fromScaled(units, 2 * OPERAND_DECIMALS), units,
  };
}

/**
 * A dense unit's sum by its largest parts: `positive` and `negative` hold up to `count` products each, the largest first,
 * as { tap, value, weight, product }; `others` is the sum of all that is left, `rest` how many of those are not zero.
 * The printed products, others, bias and rounding add up exactly to `pre`.
 */
export function largestContributions(inputs, weights, bias, preActivation, count) {
  const products = Array.from(inputs, (value, tap) => value * weights[tap]);
  const order = products.map((_, tap) => tap).sort((a, b) => products[b] - products[a]);
  const top = order.slice(0, count).filter((tap) => products[tap] > 0);
  const bottom = order.slice(-count).reverse().filter((tap) => products[tap] < 0);
  const named = new Set([...top, ...bottom]);
  const left = order.filter((tap) => !named.has(tap));
  const told = (tap) => ({ tap, ...productOf(inputs[tap], weights[tap]) });
  const [positive, negative] = [top.map(told), bottom.map(told)];
  const decimals = 2 * OPERAND_DECIMALS;
  const others = scaled(left.reduce((sum, tap) => sum + products[tap], 0), decimals);
  const biasUnits = scaled(bias, decimals);
  const outcome = scaled(preActivation, decimals);
  const rounding = outcome - biasUnits - others - [...positive, ...negative].reduce((sum, { units }) => sum + units, 0);
  return {
    positive, negative,
    rest: left.filter((tap) => products[tap] !== 0).length,
    others: fromScaled(others, decimals),
    bias: fromScaled(biasUnits, decimals),
    rounding: rounding ? fromScaled(rounding, decimals) : null,
    pre: fromScaled(outcome, decimals),
    activation: fromScaled(Math.max(0, outcome), decimals),
  };
}
