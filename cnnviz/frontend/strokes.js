/**
 * What was done to a picture by hand: strokes { tool: "pen" | "eraser", size, points } and typed pixels
 * { tool: "value", hundredths, channel, points } as numbers, as link text, and as paint. Mirrors core/strokes.py,
 * operation for operation.
 */

export const GRID = 1000; // coordinates are thousandths of the picture's height and width
const MAX_STROKES = 200;
const MAX_POINTS = 6000;
const LETTERS = { pen: "p", eraser: "e" };
const CHANNELS = { v: null, r: 0, g: 1, b: 2 }; // letters of typed pixels: for every channel, or for one
export const MOST_HUNDREDTHS = 1000; // a typed value lies between 0 and 10

const base36 = (number) => number.toString(36).padStart(2, "0");

export function strokesToText(strokes) {
  return strokes
    .map((stroke) => `${head(stroke)}_` + stroke.points.map(([row, col]) => base36(row) + base36(col)).join(""))
    .join(".");
}

function head({ tool, size, hundredths, channel }) {
  if (tool !== "value") return `${LETTERS[tool]}${size}`;
  return Object.keys(CHANNELS).find((letter) => CHANNELS[letter] === channel) + hundredths;
}

/** The strokes that strokesToText wrote. Python has read the text before, so it is taken as sound. */
export function strokesFromText(text) {
  if (!text) return [];
  return text.split(".").map((part) => {
    const [start, body] = part.split("_");
    const [letter, number] = [start[0], Number(start.slice(1))];
    const numbers = body.match(/../g).map((digits) => parseInt(digits, 36));
    const points = [];
    for (let at = 0; at < numbers.length; at += 2) points.push([numbers[at], numbers[at + 1]]);
    if (letter in CHANNELS) return { tool: "value", hundredths: number, channel: CHANNELS[letter], points };
    return { tool: letter === "p" ? "pen" : "eraser", size: number, points };
  });
}

/** What typing a value over the pixel (row, col) of a picture of height × width adds to the strokes; channel null is all. */
export function typedPixel(row, col, height, width, value, channel) {
  const corner = (at) => [Math.floor((GRID * (row + at)) / height + 0.5), Math.floor((GRID * (col + at)) / width + 0.5)];
  return { tool: "value", hundredths: Math.round(100 * value), channel, points: [corner(0), corner(1)] };
}

/** Is there room for another point in a drawing that a link can still carry? */
export function hasRoom(strokes) {
  return strokes.length < MAX_STROKES && strokes.reduce((sum, stroke) => sum + stroke.points.length, 0) < MAX_POINTS;
}

/** The share of each pixel that one stroke covers, 0 to 1: (H·W) doubles. */
function coverage(stroke, height, width) {
  const covered = new Float64Array(height * width);
  const radius = Math.max(0.5, (stroke.size * Math.max(height, width)) / (2 * GRID));
  const points = stroke.points.map(([row, col]) => [(row * height) / GRID, (col * width) / GRID]);
  for (let at = 0; at < Math.max(1, points.length - 1); at++) {
    const [row0, col0] = points[at];
    const [row1, col1] = points[at + 1] ?? points[at];
    const dRow = row1 - row0;
    const dCol = col1 - col0;
    const length2 = dRow * dRow + dCol * dCol;
    // only the pixels near this piece of the stroke
    const reach = radius + 1;
    const top = Math.max(0, Math.floor(Math.min(row0, row1) - reach));
    const bottom = Math.min(height - 1, Math.ceil(Math.max(row0, row1) + reach));
    const left = Math.max(0, Math.floor(Math.min(col0, col1) - reach));
    const right = Math.min(width - 1, Math.ceil(Math.max(col0, col1) + reach));
    for (let r = top; r <= bottom; r++) {
      for (let c = left; c <= right; c++) {
        const row = r + 0.5;
        const col = c + 0.5;
        let along = length2 ? ((row - row0) * dRow + (col - col0) * dCol) / length2 : 0;
        along = Math.min(1, Math.max(0, along));
        const offRow = row - (row0 + along * dRow);
        const offCol = col - (col0 + along * dCol);
        const distance = Math.sqrt(offRow * offRow + offCol * offCol);
        const share = Math.min(1, Math.max(0, radius + 0.5 - distance));
        if (share > covered[r * width + c]) covered[r * width + c] = share;
      }
    }
  }
  return covered;
}

/** The pixels, of `side` in a row, whose centres lie in [start, end) thousandths; or the one around the middle. */
function centresWithin(start, end, side) {
  const [first, last] = [start, end].map((edge) => Math.max(0, Math.ceil((edge * side) / GRID - 0.5)));
  if (first < last) return [first, last];
  const middle = Math.min(side - 1, Math.floor(((start + end) * side) / (2 * GRID)));
  return [middle, middle + 1];
}

function typeOver(image, { hundredths, channel, points }) {
  const [channels, height, width] = image.shape;
  if (channel !== null && channels === 1) return; // a grey picture shows what was typed for all channels only
  const [[top, left], [bottom, right]] = points;
  const [rows, cols] = [centresWithin(top, bottom, height), centresWithin(left, right, width)];
  for (const c of channel === null ? Array(channels).keys() : [channel]) {
    for (let r = rows[0]; r < rows[1]; r++) image.data.fill(hundredths / 100, (c * height + r) * width + cols[0], (c * height + r) * width + cols[1]);
  }
}

/** Paints one stroke over a (C, H, W) tensor, in place. The pen paints `ink`, the eraser 0; typed values replace. */
export function paintStroke(image, stroke, ink) {
  if (stroke.tool === "value") return typeOver(image, stroke);
  const [channels, height, width] = image.shape;
  const covered = coverage(stroke, height, width);
  const target = stroke.tool === "pen" ? ink : 0;
  for (let c = 0, at = 0; c < channels; c++) {
    for (let cell = 0; cell < covered.length; cell++, at++) {
      // NumPy takes this difference of two float32 in float32
      if (covered[cell]) image.data[at] += covered[cell] * Math.fround(target - image.data[at]);
    }
  }
}
