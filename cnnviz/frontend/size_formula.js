/** The formula of the output's size with the numbers of this picture, twice where rows and columns differ. */

import { h } from "./dom.js";
import { decimal, plain } from "./numbers.js";
import { leftOver, outputSize } from "./operations.js";

/** Writes it into an element; rows and cols are { size, kernel, stride, padding, after: the padding behind, where it is another, dilation }. */
export function showFormula(element, rows, cols) {
  const alike = Object.keys(rows).every((key) => rows[key] === cols[key]);
  if (alike) element.replaceChildren(...spelt(rows));
  else element.replaceChildren("rows ", ...spelt(rows), ", columns ", ...spelt(cols));
}

/** ⌊(8 + 2·0 − 3) / 2⌋ + 1 = ⌊2.5⌋ + 1 = 3: what the floor takes away is seen where it takes any. */
function spelt(axis) {
  const { size, kernel, stride, padding, after = padding, dilation } = axis;
  const whole = { ...axis, padding: 0 }; // of the padded size
  const padded = size + padding + after;
  const pads = after === padding ? `2·${padding}` : [padding, after].filter(Boolean).join(" + ");
  const spans = dilation > 1 ? `(${dilation}·(${kernel} − 1) + 1)` : kernel;
  const rest = leftOver(padded, whole);
  const result = outputSize(padded, whole);
  const parts = [`⌊(${size} + ${pads} − ${spans}) / ${stride}⌋ + 1 = `];
  if (rest) parts.push(`⌊${quotient(result - 1 + rest / stride)}⌋ + 1 = `);
  return [...parts, h("b", {}, String(result)), ...(rest ? [` (${rest} left over)`] : [])];
}

/** Two decimals, and dots where there are more. */
function quotient(value) {
  const text = plain(value, 2);
  return Math.abs(Number(text) - value) < 1e-9 ? text : `${decimal(Math.floor(100 * value) / 100, 2)}…`;
}
