/** The window seen from the other side: which outputs an input cell feeds, and which inputs a weight meets. */

import { grouped, plain } from "./numbers.js";
import { extent } from "./operations.js";
import { sourceIndex } from "./padding.js";
import { capital, inputName, outputName, weightName } from "./places.js";
import { valueAt } from "./window.js";

/**
 * Every output that uses an input cell: [{ row, col, weight, uses: [[u, v], …] }] in reading order. `uses` are the kernel
 * cells that met it there: more than one where padding repeats the cell, and then `weight` is their sum; null without weights.
 */
export function fedBy(op, channel, [row, col]) {
  const [height, width] = op.input.shape.slice(1);
  const [places, across] = op.output.shape;
  const down = alongAxis(op.rows, height, places, row, op.paddingMode);
  const beside = alongAxis(op.cols, width, across, col, op.paddingMode);
  const weightOf = op.weight ? ([u, v]) => op.weight.data[(channel * op.rows.kernel + u) * op.cols.kernel + v] : null;
  const fed = [];
  for (const [i, us] of down) {
    for (const [j, vs] of beside) {
      const uses = us.flatMap((u) => vs.map((v) => [u, v]));
      fed.push({ row: i, col: j, uses, weight: weightOf && uses.reduce((sum, use) => sum + weightOf(use), 0) });
    }
  }
  return fed;
}

/** Along one axis: each place whose window takes the cell, with the taps that take it. */
function alongAxis({ kernel, stride, padding, dilation }, size, places, index, mode = "zeros") {
  const found = [];
  for (let place = 0; place < places; place++) {
    const taps = [];
    for (let tap = 0; tap < kernel; tap++) {
      if (sourceIndex(place * stride - padding + tap * dilation, size, mode) === index) taps.push(tap);
    }
    if (taps.length) found.push([place, taps]);
  }
  return found;
}

/**
 * Every input that a weight meets, as a shifted copy of the output's extent: { row, col, rows, cols, taps: [rows, cols] }, a
 * rectangle (it may reach into the padding) and every how many cells of it count; `count` of them, `padded` in the padding.
 */
export function metBy(op, [u, v]) {
  const along = ({ stride, padding, dilation }, tap, size, places) => {
    const first = tap * dilation - padding;
    let inside = 0;
    for (let place = 0; place < places; place++) inside += first + place * stride >= 0 && first + place * stride < size;
    return { first, span: (places - 1) * stride + 1, inside, places };
  };
  const [, height, width] = op.input.shape;
  const down = along(op.rows, u, height, op.output.shape[0]);
  const across = along(op.cols, v, width, op.output.shape[1]);
  const count = down.places * across.places;
  return {
    row: down.first, col: across.first, rows: down.span, cols: across.span, taps: [op.rows.stride, op.cols.stride],
    count, padded: count - down.inside * across.inside,
  };
}

const SPELT_OUT = 9; // so many are named one by one, more only by the first and the last

/** What an input cell feeds, as a sentence. */
export function fedSentence(op, channel, [row, col], fed) {
  const value = valueAt(op, channel, row, col);
  const who = `Input ${inputName(op, [row, col])} (${op.names?.input ? "" : `${op.valueName} `}${plain(value)})`;
  if (!fed.length) {
    const covered = covers(op.rows, op.output.shape[0], row) && covers(op.cols, op.output.shape[1], col);
    return `${who} feeds no output: ${covered ? "every window over it has a gap there, which is its dilation" : "no window reaches it"}.`;
  }
  const one = ({ row: i, col: j, weight, uses }) => {
    const twice = uses.length > 1 ? ` (${uses.length} weights together)` : "";
    return `${outputName(op, [i, j])}${weight === null ? "" : ` by ${plain(weight)}`}${twice}`;
  };
  const named = fed.length <= SPELT_OUT ? fed.map(one) : [...fed.slice(0, 3).map(one), "…", one(fed.at(-1))];
  const by = op.weight && fed.length > 1 ? ", each by the weight that met it" : "";
  return `${who} feeds ${counted(fed.length, "output")}${by}: ${named.join("; ")}.`;
}

/** What a weight met, as a sentence. */
export function metSentence(op, channel, [u, v], met) {
  const weight = op.weight.data[(channel * op.rows.kernel + u) * op.cols.kernel + v];
  const stretch = (name, first, span, every) => {
    if (span === 1) return `${name} ${numbered(first + 1)}`;
    const step = every > 1 ? `every ${every === 2 ? "2nd" : every === 3 ? "3rd" : `${every}th`} of ` : "";
    return `${step}${name}s ${numbered(first + 1)} to ${numbered(first + span)}`;
  };
  const across = stretch(op.names?.along ?? "column", met.col, met.cols, met.taps[1]);
  const where = op.names?.along ? across : op.names?.input && met.count === 1 ? op.names.input(met.row, met.col) : `${stretch("row", met.row, met.rows, met.taps[0])}, ${across}`;
  const padded = met.padded ? `, ${numbered(met.padded)} of them padding` : "";
  return `${capital(weightName(op, [u, v]))} (${plain(weight)}) meets ${counted(met.count, "input")}${padded}: ${where}.`;
}

/** Does a window lie over this index of an axis, with a weight there or with a gap? */
function covers({ kernel, stride, padding, dilation }, places, index) {
  return Array.from({ length: places }, (_, place) => index + padding - place * stride).some((at) => at >= 0 && at < extent(kernel, dilation));
}

const counted = (count, name) => `${grouped(count)} ${name}${count === 1 ? "" : "s"}`;
const numbered = (value) => String(value).replace("-", "−");
