/**
 * The arithmetic of a crop: { top, left, height, width, square } in thousandths of the picture's shorter side, as
 * core/cut.py counts them. A picture is { height, width } in pixels. Every function returns a crop within the picture.
 */

export const UNITS = 1000;
export const LEAST = 50;
const MOST_OBLONG = 25; // 128 to 5, the extremes of a working picture

const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

function spans({ height, width }) {
  const shorter = Math.min(height, width);
  return [(UNITS * height) / shorter, (UNITS * width) / shorter];
}

/** The largest square in the middle: what is worked on without a crop. */
export function centreSquare(picture) {
  const [tall, wide] = spans(picture);
  return { top: Math.floor((tall - UNITS) / 2), left: Math.floor((wide - UNITS) / 2), height: UNITS, width: UNITS, square: true };
}

export function wholePicture(picture) {
  const [tall, wide] = spans(picture);
  return within({ top: 0, left: 0, height: tall, width: wide, square: false }, picture);
}

/** "" is the centre square, three numbers a square, four a rectangle. */
export function cropFromText(text, picture) {
  if (!text) return centreSquare(picture);
  const [top, left, height, width = height] = text.split(",").map(Number);
  return within({ top, left, height, width, square: text.split(",").length === 3 }, picture);
}

export function cropToText(crop, picture) {
  const { top, left, height, width, square } = crop;
  const centre = centreSquare(picture);
  if (square && Object.keys(centre).every((key) => centre[key] === crop[key])) return "";
  return [top, left, height, ...(square ? [] : [width])].join();
}

/** The crop in whole units, no smaller than it may be, and moved until it lies within the picture. */
function within({ top, left, height, width, square }, picture) {
  const [tall, wide] = spans(picture);
  const most = square ? [UNITS, UNITS] : [tall, wide];
  let [rows, cols] = [clamp(height, LEAST, most[0]), clamp(width, LEAST, most[1])];
  if (square) rows = cols = Math.min(rows, cols);
  [rows, cols] = [Math.min(rows, cols * MOST_OBLONG), Math.min(cols, rows * MOST_OBLONG)].map(Math.floor);
  const place = (start, span, full) => clamp(Math.round(start), 0, Math.floor(full - span));
  return { top: place(top, rows, tall), left: place(left, cols, wide), height: rows, width: cols, square };
}

export function moved(crop, rows, cols, picture) {
  return within({ ...crop, top: crop.top + rows, left: crop.left + cols }, picture);
}

/** Larger or smaller about its middle; `rows` and `cols` are added to its sides. */
export function grown(crop, rows, cols, picture) {
  const sized = within({ ...crop, height: crop.height + rows, width: crop.width + cols }, picture);
  return within({ ...sized, top: crop.top + (crop.height - sized.height) / 2, left: crop.left + (crop.width - sized.width) / 2 }, picture);
}

/** One corner ("top" or "bottom", "left" or "right") pulled to a place in the picture; the opposite corner stays. */
export function pulled(crop, [vertical, horizontal], row, col, picture) {
  const [tall, wide] = spans(picture);
  const fixed = [vertical === "top" ? crop.top + crop.height : crop.top, horizontal === "left" ? crop.left + crop.width : crop.left];
  // from the fixed corner outwards, and no farther than the picture goes
  const room = [vertical === "top" ? fixed[0] : tall - fixed[0], horizontal === "left" ? fixed[1] : wide - fixed[1]];
  const pull = [vertical === "top" ? fixed[0] - row : row - fixed[0], horizontal === "left" ? fixed[1] - col : col - fixed[1]];
  let [height, width] = pull.map((length, axis) => clamp(length, LEAST, room[axis]));
  if (crop.square) height = width = Math.floor(clamp(Math.max(height, width), LEAST, Math.min(UNITS, ...room)));
  const top = vertical === "top" ? fixed[0] - height : fixed[0];
  const left = horizontal === "left" ? fixed[1] - width : fixed[1];
  return within({ ...crop, top, left, height, width }, picture);
}

/** A square about the same middle, or a rectangle that may be pulled to any shape. */
export function squared(crop, square, picture) {
  const side = Math.min(crop.height, crop.width);
  if (!square) return { ...crop, square };
  return grown({ ...crop, square }, side - crop.height, side - crop.width, picture);
}
