/** The square of a picture that a network reads, averaged down to its input. Mirrors core/squares.py, operation for operation. */

import { UNITS } from "./crop.js";

/**
 * The crop as the network reads it: (3, size, size), each pixel the mean of the area it covers. A grey picture (one
 * channel) gives three equal ones; `bottom` becomes 0 and `top` 1.
 */
export function averagedSquare(image, crop, size, { bottom = 0, top = 1 } = {}) {
  const [channels, height, width] = image.shape;
  const scale = Math.min(height, width) / UNITS; // pixels per thousandth
  const area = height * width;
  const picture = new Float32Array(3 * size * size);
  for (let c = 0; c < channels; c++) {
    const plane = { height, width, data: new Float64Array(area) };
    for (let at = 0; at < area; at++) plane.data[at] = (image.data[c * area + at] - bottom) / (top - bottom);
    const rows = averagedRows(plane, crop.top * scale, crop.height * scale, size);
    const both = averagedRows(transposed(rows), crop.left * scale, crop.height * scale, size); // columns, lying on their side
    picture.set(transposed(both).data, c * size * size);
  }
  if (channels === 1) {
    picture.copyWithin(size * size, 0, size * size);
    picture.copyWithin(2 * size * size, 0, size * size);
  }
  return { shape: [3, size, size], data: picture };
}

/** The rows from `start` on, `span` rows in all, as `count` rows of equal height: each the mean of what it covers. */
function averagedRows({ height, width, data }, start, span, count) {
  // sums from the top down to any height, whole rows and a part: their differences are the new rows, whatever the ratio
  const above = new Float64Array((height + 1) * width);
  for (let at = 0; at < height * width; at++) above[at + width] = above[at] + data[at];
  const sumTo = (edge, c) => {
    const whole = Math.min(Math.floor(edge), height - 1);
    return above[whole * width + c] + (edge - whole) * data[whole * width + c];
  };
  const result = { height: count, width, data: new Float64Array(count * width) };
  for (let r = 0, at = 0; r < count; r++) {
    const [from, to] = [start + (r * span) / count, start + ((r + 1) * span) / count];
    for (let c = 0; c < width; c++, at++) result.data[at] = (sumTo(to, c) - sumTo(from, c)) / (span / count);
  }
  return result;
}

function transposed({ height, width, data }) {
  const result = { height: width, width: height, data: new Float64Array(height * width) };
  for (let r = 0, at = 0; r < height; r++) {
    for (let c = 0; c < width; c++, at++) result.data[c * height + r] = data[at];
  }
  return result;
}
