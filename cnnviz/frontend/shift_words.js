/** What a shift did, in sentences: equivariance (it moved along) and invariance (it stayed) are never swapped. */

import { decimal, grouped } from "./numbers.js";

const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight"];

/** 0.123 → "12%"; below one per cent as many decimals as show that it is not nothing. */
export function percent(share) {
  if (share === Infinity) return "∞ %";
  const value = 100 * share;
  if (value === 0 || value >= 9.95) return `${decimal(value, 0)}%`;
  if (value >= 0.05) return `${decimal(value, 1)}%`;
  return "< 0.1%";
}

/** A share of cells: "all" and "none" only when it is so. */
export function cells(share) {
  if (share === 1) return "100%";
  return share > 0.995 ? "> 99%" : share > 0 && share < 0.005 ? "< 1%" : `${decimal(100 * share, 0)}%`;
}

/** [1, −2] → "1 down, 2 left" */
export function direction([down, across]) {
  const parts = [];
  if (down) parts.push(`${Math.abs(down)} ${down > 0 ? "down" : "up"}`);
  if (across) parts.push(`${Math.abs(across)} ${across > 0 ? "right" : "left"}`);
  return parts.join(", ") || "none";
}

/** [0, 1] → "One pixel to the right" */
function opening([down, across]) {
  const part = (count, where) => `${NUMBERS[Math.abs(count)]} pixel${Math.abs(count) > 1 ? "s" : ""} ${where}`;
  const parts = [];
  if (down) parts.push(part(down, down > 0 ? "down" : "up"));
  if (across) parts.push(part(across, across > 0 ? "to the right" : "to the left"));
  const text = parts.join(" and ");
  return text[0].toUpperCase() + text.slice(1);
}

/**
 * One closing text for a shift. figures as from shift.js; settings { pool, window, stride }; counts from `fates`, or null.
 */
export function closing(shift, figures, { pool, stride }, counts) {
  if (!shift[0] && !shift[1]) return "Nothing is shifted: every map equals itself. Press an arrow key, or drag the input.";
  const [, map, , pooled] = figures;
  return `${opening(shift)}: ${featureMap(map)} ${pooledMap(shift, pooled, pool, stride, counts)}`;
}

function featureMap({ changed, moved }) {
  if (changed.equal) return "the feature map stayed exactly as it was (invariance): there is nothing in it that a shift could move.";
  if (moved?.equal) return "the feature map moved along exactly (equivariance).";
  return `the feature map did not move along exactly: ${percent(moved?.relative ?? changed.relative)} is left.`;
}

function pooledMap([down, across], { changed, moved }, pool, stride, counts) {
  if (changed.equal) {
    const why = counts
      ? counts.tied
        ? `${windows(counts.won)} kept ${counts.won === 1 ? "its" : "their"} winner, and in the others an equal value stands in`
        : "every winner is still in its window, and nothing larger came in"
      : "every window holds the same average as before";
    return `The pooled map stayed exactly as it was (invariance): ${why}.`;
  }
  const whole = down % stride === 0 && across % stride === 0;
  if (moved?.equal && (moved.move[0] || moved.move[1])) {
    const why = whole ? `the shift is a whole number of strides of ${stride}` : "the largest values all crossed into the next window";
    return `The pooled map did not stay, it moved along exactly, ${direction(moved.move)} (equivariance): ${why}.`;
  }
  if (whole) return `The pooled map did not stay, and ${percent(moved?.relative ?? changed.relative)} is left after moving it along.`;
  return pool === "max"
    ? "The pooled map neither stayed nor moved along: its windows now cut the feature map elsewhere."
    : "The pooled map neither stayed nor moved along: its windows now average other cells.";
}

function windows(count) {
  return `${grouped(count)} window${count === 1 ? "" : "s"}`;
}

/**
 * The outcome of trying all shifts: `identical` shifts that leave the pooled map as it is, `best` { shift, relative } that
 * changes it least, `counts` the fates of the windows under the best (null for averages).
 */
export function verdict({ identical, best, counts }) {
  const total = counts ? counts.won + counts.tied + counts.lost + counts.beaten : 0;
  if (identical.length) {
    const shifts = identical.length <= 4 ? identical.map((shift) => direction(shift)).join("; ") : `${direction(identical[0])} among them`;
    const why = !counts ? "The averages come out the same."
      : counts.tied ? `Shown: ${windows(counts.won)} kept the winner; in ${grouped(counts.tied)} it left, but an equal value stands in (zeros, mostly).`
      : `Shown: all ${grouped(total)} winners sit so that the shift keeps them in their own window, and nothing larger comes in.`;
    return `${identical.length} of 288 shifts ${identical.length === 1 ? "leaves" : "leave"} the pooled map identical (${shifts}). ${why}`;
  }
  const head = `None of the 288 shifts leaves the pooled map identical. ${direction(best.shift)} changes it least: ${percent(best.relative)}.`;
  if (!counts) return `${head} An average changes as soon as what enters a window differs from what leaves it.`;
  const kept = counts.tied ? `${grouped(counts.won)} keep their winner, ${grouped(counts.tied)} have an equal value in its place` : `${grouped(counts.won)} keep their winner`;
  return `${head} Of its ${grouped(total)} windows ${kept}, ${grouped(counts.lost)} lose it across an edge, and into ${grouped(counts.beaten)} comes something larger.`;
}
