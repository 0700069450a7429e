/** Shifting an image, and what that changes at each stage; mirrors core/invariance.py and core/comparison.py. */

import { avgPool2d, conv2d, maxPool2d, relu, tensor } from "./operations.js";

export const LARGEST_SHIFT = 8;

/** x (C, H, W) moved down and right by whole pixels; `border` says what enters: "black", "edge" or "wrap". */
export function shifted(x, [down, across], border) {
  const [channels, height, width] = x.shape;
  const output = tensor(x.shape);
  const from = (at, size) => {
    if (at >= 0 && at < size) return at;
    if (border === "wrap") return ((at % size) + size) % size;
    return border === "edge" ? Math.min(size - 1, Math.max(0, at)) : -1;
  };
  const sources = Array.from({ length: width }, (_, col) => from(col - across, width));
  for (let c = 0, to = 0; c < channels; c++) {
    for (let row = 0; row < height; row++) {
      const source = from(row - down, height);
      if (source < 0) to += width;
      else {
        const start = (c * height + source) * width;
        for (let col = 0; col < width; col++, to++) if (sources[col] >= 0) output.data[to] = x.data[start + sources[col]];
      }
    }
  }
  return output;
}

/**
 * The four stages of the lab: [input, feature map, after ReLU, pooled map], each (C, H, W); the last also has `winners`
 * where the maximum is taken. filter is (C, kh, kw); window and stride are numbers. Throws Refused where torch would.
 */
export function stagesOf(input, filter, { pool, window, stride }) {
  const map = conv2d(input, { shape: [1, ...filter.shape], data: filter.data }, null);
  const rectified = relu(map);
  const options = { kernel: [window, window], stride: [stride, stride] };
  return [input, map, rectified, pool === "max" ? maxPool2d(rectified, options) : avgPool2d(rectified, options)];
}

/** How far after is from before, as core/comparison.py's Change; with a move, where the two overlap. */
export function change(before, after, [down, across] = [0, 0]) {
  const [channels, height, width] = before.shape;
  let size = 0;
  let distance = 0;
  let same = 0;
  for (let c = 0; c < channels; c++) {
    for (let row = Math.max(0, down); row < height + Math.min(0, down); row++) {
      const to = (c * height + row) * width;
      const from = to - down * width - across;
      for (let col = Math.max(0, across); col < width + Math.min(0, across); col++) {
        const [was, is] = [before.data[from + col], after.data[to + col]];
        size += was * was;
        distance += (is - was) * (is - was);
        if (was === is) same++;
      }
    }
  }
  const cells = channels * Math.max(0, height - Math.abs(down)) * Math.max(0, width - Math.abs(across));
  const relative = distance === 0 ? 0 : size ? Math.sqrt(distance / size) : Infinity;
  return { relative, unchanged: same / cells, equal: same === cells };
}

/** The whole-cell moves nearest to what a shift amounts to in cells that lie `jump` pixels apart: one, two or four. */
function nearestMoves(shift, jump) {
  const [rows, cols] = shift.map((by) => [...new Set([Math.floor(by / jump), Math.ceil(by / jump)])].map((move) => move || 0));
  return rows.flatMap((row) => cols.map((col) => [row, col]));
}

/** The best of these moves, and the change that is left after it; null where none leaves an overlap. */
export function realigned(before, after, moves) {
  const [, height, width] = before.shape;
  let best = null;
  for (const move of moves) {
    if (Math.abs(move[0]) >= height || Math.abs(move[1]) >= width) continue;
    const left = change(before, after, move);
    if (!best || left.relative < best.relative) best = { ...left, move };
  }
  return best;
}

/** [{ changed, moved }] for the four stages; `jump` is the stride of the pooling. */
export function figures(before, after, shift, jump) {
  return before.map((stage, at) => ({
    changed: change(stage, after[at]),
    moved: realigned(stage, after[at], nearestMoves(shift, at === 3 ? jump : 1)),
  }));
}

/** Every shift but none at all, in reading order: 288. */
export function allShifts(largest = LARGEST_SHIFT) {
  const steps = Array.from({ length: 2 * largest + 1 }, (_, at) => at - largest);
  return steps.flatMap((down) => steps.map((across) => [down, across])).filter(([down, across]) => down || across);
}

/**
 * What became of each window of max pooling under a shift, counted: `won` kept its winner and with it its value; `tied`
 * has the same value although the winner left, an equal one stands in; `lost` has another value because the winner left
 * the window, `beaten` because something larger came in. stages as from stagesOf, before and after.
 */
export function fates(before, after, [down, across], stride, window) {
  const [, , width] = before[2].shape;
  const [, rows, cols] = before[3].shape;
  const counts = { won: 0, tied: 0, lost: 0, beaten: 0 };
  for (let row = 0, at = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++, at++) {
      const winner = before[3].winners[at];
      const [r, c] = [Math.floor(winner / width) + down - row * stride, (winner % width) + across - col * stride];
      const stays = r >= 0 && c >= 0 && r < window && c < window;
      const same = before[3].data[at] === after[3].data[at];
      if (same) counts[stays ? "won" : "tied"]++;
      else counts[stays ? "beaten" : "lost"]++;
    }
  }
  return counts;
}
