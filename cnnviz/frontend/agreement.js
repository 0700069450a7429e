/** Whether browser and torch agree, said in plain words. */

import { mark, write } from "./dom.js";
import { power } from "./numbers.js";

const TOLERANCE = 1e-5;

/**
 * The most by which two equal-sized arrays differ, and whether that is within 1e-5 · max(1, scale), where scale is
 * Σ|w| · max|x|: what float32 sums of that size may differ by.
 */
export function compare(ours, torchs, scale) {
  let difference = ours.length === torchs.length ? 0 : Infinity;
  for (let at = 0; at < ours.length && difference < Infinity; at++) {
    const apart = Math.abs(ours[at] - torchs[at]);
    if (!(apart <= difference)) difference = Number.isNaN(apart) ? Infinity : apart;
  }
  return { difference, agrees: difference <= TOLERANCE * Math.max(1, scale) };
}

const heaviest = new WeakMap(); // weights → Σ|w| of their heaviest filter: an edit makes new ones of the layer it is in, and only of that

/** Σ|w| of the heaviest filter of `weight` (filters, …): what the rounding errors of a layer grow with. */
export function heaviestFilter(weight) {
  if (!heaviest.has(weight)) {
    const size = weight.data.length / weight.shape[0];
    let most = 0;
    for (let from = 0; from < weight.data.length; from += size) {
      let sum = 0;
      for (let at = from; at < from + size; at++) sum += Math.abs(weight.data[at]);
      most = Math.max(most, sum);
    }
    heaviest.set(weight, most);
  }
  return heaviest.get(weight);
}

export function showAgreement(element, state) {
  const kind = state === null ? "waiting" : state.agrees ? "agrees" : "differs";
  mark(element, "data-agreement", kind);
  if (state) mark(element, "data-difference", state.difference);
  if (state === null) write(element, "torch is checking …");
  else if (!state.agrees) write(element, `browser and torch differ by ${power(state.difference)}: trust torch, and please report this`);
  else if (state.difference === 0) write(element, "browser and torch agree exactly");
  else write(element, `browser and torch agree to ${power(state.difference)}`);
}
