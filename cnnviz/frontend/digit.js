/** A drawn digit as MNIST would have it. Mirrors core/digits.py, operation for operation, in double precision. */

const FIELD = 28; // MNIST's pictures are 28 pixels a side …
const DIGIT = 20; // … and the digit's longer side takes 20 of them
const SIDE = 32; // the network reads 32×32: two pixels of black all round
const FINE = 4; // the work is done four times finer, so that edges come out soft and shifts are quarter pixels
const INK = 0.15; // below this share of the strongest ink a pixel counts as empty
const FAINTEST = 0.02; // a canvas without any pixel above this is empty
const CENTRE = 14.5; // MNIST's centres of mass lie here, in the middle of the pixel (14, 14)
const PEN = 10; // thinner pens are thickened to this many fine pixels, 2.5 of MNIST's

/**
 * The digit on a canvas, as the network learned to see digits.
 *
 * @param {Float32Array} image (H·W) in [0, 1], white ink on black, row after row
 * @param {number} height
 * @param {number} width
 * @returns {{picture: Float32Array, box: number[]}} picture is (3, 32, 32), three equal channels; box is
 *   [top, left, height, width] of the square that became the 28×28 pixels in the middle, in fractions of the canvas;
 *   it may reach beyond it. An empty canvas gives zeros and is its own box.
 */
export function centreDigit(image, height, width) {
  const canvas = clipped(image, height, width);
  let topInk = 0;
  for (const value of canvas.data) if (value > topInk) topInk = value;
  if (topInk < FAINTEST) return { picture: new Float32Array(3 * SIDE * SIDE), box: [0, 0, 1, 1] };
  for (let at = 0; at < canvas.data.length; at++) canvas.data[at] /= topInk;
  const { top, left, ink } = crop(canvas);

  // fine pixels per canvas pixel, and how far the pen must grow on either side: see core/digits.py for the two equations
  const length = Math.max(ink.height, ink.width);
  const pen = penWidth(ink);
  let scale = (FINE * DIGIT) / length;
  if (length > pen) scale = Math.min(scale, (FINE * DIGIT - PEN) / (length - pen));
  const growth = Math.max(0, (PEN - scale * pen) / 2);
  const fine = resample(ink, fineSize(ink.height, scale), fineSize(ink.width, scale));
  // a hair line covers so little of a fine pixel that it would come out grey: two fine pixels of pen make full ink
  const gain = Math.max(1, 2 / (scale * pen));
  for (let at = 0; at < fine.data.length; at++) fine.data[at] = Math.min(1, fine.data[at] * gain);
  const { grown, margin } = grow(fine, growth);

  const field = raster(FINE * FIELD, FINE * FIELD);
  const [row, col] = offset(grown);
  for (let r = 0; r < grown.height; r++) {
    field.data.set(grown.data.subarray(r * grown.width, (r + 1) * grown.width), (row + r) * field.width + col);
  }
  const side = (FINE * FIELD) / scale;
  return {
    picture: framed(resample(field, FIELD, FIELD)),
    box: [(top - (row + margin) / scale) / height, (left - (col + margin) / scale) / width, side / height, side / width],
  };
}

/**
 * The canvas merely shrunk to 28×28 and framed to (3, 32, 32): what the network gets without centreDigit.
 *
 * @param {Float32Array} image (H·W) in [0, 1]
 * @param {number} height
 * @param {number} width
 * @returns {Float32Array} (3, 32, 32), three equal channels
 */
export function shrinkDigit(image, height, width) {
  return framed(resample(clipped(image, height, width), FIELD, FIELD));
}

function raster(height, width) {
  return { height, width, data: new Float64Array(height * width) };
}

function clipped(image, height, width) {
  const canvas = raster(height, width);
  for (let at = 0; at < canvas.data.length; at++) canvas.data[at] = Math.min(1, Math.max(0, image[at]));
  return canvas;
}

/** The smallest rectangle that holds all the ink, and where it begins. */
function crop({ height, width, data }) {
  let [top, left, bottom, right] = [height, width, -1, -1];
  for (let r = 0, at = 0; r < height; r++) {
    for (let c = 0; c < width; c++, at++) {
      if (data[at] < INK) continue;
      if (r < top) top = r;
      bottom = r;
      if (c < left) left = c;
      if (c > right) right = c;
    }
  }
  const ink = raster(bottom - top + 1, right - left + 1);
  for (let r = 0; r < ink.height; r++) {
    const from = (top + r) * width + left;
    ink.data.set(data.subarray(from, from + ink.width), r * ink.width);
  }
  return { top, left, ink };
}

/** How wide the pen was, in pixels: twice the area over the outline (the picture's total variation). */
function penWidth({ height, width, data }) {
  let area = 0;
  let outline = 0;
  const pixel = (r, c) => (r < 0 || c < 0 || r >= height || c >= width ? 0 : data[r * width + c]);
  for (let r = -1; r < height; r++) {
    for (let c = -1; c < width; c++) {
      const here = pixel(r, c);
      const down = pixel(r + 1, c) - here;
      const right = pixel(r, c + 1) - here;
      area += here;
      outline += Math.sqrt(down * down + right * right);
    }
  }
  return (2 * area) / outline;
}

function fineSize(pixels, scale) {
  return Math.max(1, Math.floor(pixels * scale + 0.5));
}

/** The picture at another size: each new pixel is the mean of the area it covers. */
function resample(image, height, width) {
  return transposed(resampleRows(transposed(resampleRows(image, height)), width));
}

function resampleRows({ height: size, width, data }, height) {
  // sums from the top down to any height, whole rows and a part: their differences are the new rows, whatever the ratio
  const above = new Float64Array((size + 1) * width);
  for (let at = 0; at < size * width; at++) above[at + width] = above[at] + data[at];
  const result = raster(height, width);
  const ratio = size / height;
  const sumTo = (edge, c) => {
    const whole = Math.min(Math.floor(edge), size - 1);
    return above[whole * width + c] + (edge - whole) * data[whole * width + c];
  };
  for (let r = 0, at = 0; r < height; r++) {
    const from = (r * size) / height;
    const to = ((r + 1) * size) / height;
    for (let c = 0; c < width; c++, at++) result.data[at] = Math.max(0, (sumTo(to, c) - sumTo(from, c)) / ratio);
  }
  return result;
}

function transposed({ height, width, data }) {
  const result = raster(width, height);
  for (let r = 0, at = 0; r < height; r++) {
    for (let c = 0; c < width; c++, at++) result.data[c * height + r] = data[at];
  }
  return result;
}

/** The ink with `growth` pixels more on every side, and the margin that was added for it all round. */
function grow(fine, growth) {
  const margin = Math.ceil(growth);
  const grown = raster(fine.height + 2 * margin, fine.width + 2 * margin);
  for (let row = -margin; row <= margin; row++) {
    for (let col = -margin; col <= margin; col++) {
      // a disc with a soft edge one pixel wide
      const share = Math.min(1, growth + 0.5 - Math.sqrt(row * row + col * col));
      if (share <= 0 && (row || col)) continue;
      const factor = row || col ? share : 1; // the ink itself always stays
      for (let r = 0, from = 0; r < fine.height; r++) {
        let to = (margin + row + r) * grown.width + margin + col;
        for (let c = 0; c < fine.width; c++, from++, to++) {
          const value = factor * fine.data[from];
          if (value > grown.data[to]) grown.data[to] = value;
        }
      }
    }
  }
  return { grown, margin };
}

/** Where the ink's top left corner goes, so that its centre of mass lies where MNIST's do, or as near as it fits. */
function offset({ height, width, data }) {
  const rows = new Float64Array(height);
  const cols = new Float64Array(width);
  let mass = 0;
  for (let r = 0, at = 0; r < height; r++) {
    for (let c = 0; c < width; c++, at++) {
      rows[r] += data[at];
      cols[c] += data[at];
      mass += data[at];
    }
  }
  return [rows, cols].map((lines) => {
    let moment = 0;
    for (let at = 0; at < lines.length; at++) moment += (at + 0.5) * lines[at];
    const wanted = Math.floor(FINE * CENTRE - moment / mass + 0.5);
    return Math.min(Math.max(0, wanted), FINE * FIELD - lines.length);
  });
}

/** 28×28 in the middle of 32×32 zeros, three times. */
function framed(field) {
  const picture = new Float32Array(3 * SIDE * SIDE);
  const border = (SIDE - FIELD) / 2;
  for (let r = 0; r < FIELD; r++) {
    picture.set(field.data.subarray(r * FIELD, (r + 1) * FIELD), (border + r) * SIDE + border);
  }
  picture.copyWithin(SIDE * SIDE, 0, SIDE * SIDE);
  picture.copyWithin(2 * SIDE * SIDE, 0, SIDE * SIDE);
  return picture;
}
