/** What lies on a stage's pictures at one moment: a plain description, drawn by the grids. Nothing here remembers or draws. */

import { short } from "./numbers.js";
import { packed } from "./palette.js";
import { LOUPE_AROUND } from "./layout.js";
import { windowAt } from "./window.js";

/**
 * op: the operation. moment: { position, taps, at (the tap that is just taken, or taps.length), channel, revealed,
 * chosen: the tap that the output came from, once all are taken and if there is one; line: the row of the window whose
 * products are shown, if they are only those }.
 * fed, met: what uses.js says of the input cell or the weight that is pointed at (`cell`), null otherwise.
 * Returns for each grid what Grid.draw takes, and for the kernel the cell that is used.
 */
export function sceneOf(op, { position, taps, at, channel, revealed, chosen = null, line = null }, { cell = null, fed = null, met = null }) {
  const window = windowAt(op, position);
  const here = one(...position);
  const each = op.rows.kernel * op.cols.kernel;
  const within = at - channel * each; // the tap in this channel's slice
  const taken = within >= 0 && within < each ? taps[at] : null;
  const marked = taken ?? chosen;
  const tap = marked ? one(marked.row, marked.col) : null;
  const used = taken ? [Math.floor(within / op.cols.kernel), within % op.cols.kernel] : null;
  const frame = { ...window, row: LOUPE_AROUND, col: LOUPE_AROUND };
  const spot = tap && { ...tap, row: tap.row - window.row + frame.row, col: tap.col - window.col + frame.col };
  const thin = { ...window, thin: true };
  const around = op.all ? [] : [thin];
  const whole = window.rows >= op.input.shape[1] && window.cols >= op.input.shape[2]; // a broad frame would lie on the digits
  const row = line === null ? [] : [{ ...window, row: window.row + line * op.rows.dilation, rows: 1, thin: true }];
  const scene = {
    input: { framed: op.all, marks: tap ? [...around, ...row, tap] : [...(whole ? around : [window]), ...row] },
    output: { revealed, also: at < taps.length ? null : position, marks: [here] },
    products: { revealed: Math.max(0, Math.min(each, within + 1)), marks: used ? [one(...used)] : [] },
    loupe: { marks: tap ? [{ ...frame, thin: true }, spot] : [frame] },
    kernel: used,
  };
  if (fed) {
    scene.input = { framed: op.all, marks: [...around, one(...cell)] };
    scene.output = { lit: fed.map(({ row, col }) => one(row, col)), stickers: fed.map((output) => sticker(op, output)).filter(Boolean) };
  }
  if (met) {
    const { taps: every, ...extent } = met;
    scene.input = { framed: op.all, lit: [met], marks: [...around, extent] };
    scene.kernel = cell;
  }
  return scene;
}

/** The weight that an output used, on the output itself; without weights there is nothing to write. */
function sticker(op, { row, col, weight }) {
  if (weight === null) return null;
  return { row, col, colour: packed(op.weightScale, weight), textOf: (room) => (room > 2 ? `×${short(weight, room - 1)}` : "") };
}

const one = (row, col) => ({ row, col, rows: 1, cols: 1 });
