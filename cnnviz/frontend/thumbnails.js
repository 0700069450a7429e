/** Values and pictures on canvases that have one canvas pixel for each value. */

import { h } from "./dom.js";
import { publish } from "./feed.js";
import { packed } from "./palette.js";

const GREY = { kind: "grey", bottom: 0, top: 1 };

/** (H · W) values in the colours of a scale. */
export function paintValues(canvas, values, scale = GREY) {
  const image = new ImageData(canvas.width, canvas.height);
  const colours = new Uint32Array(image.data.buffer);
  for (let at = 0; at < colours.length; at++) colours[at] = packed(scale, values[at]);
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** (1 or 3, H, W) values as they look, `bottom` black and `top` white. */
export function paintPicture(canvas, data, { bottom = 0, top = 1 } = {}) {
  const image = new ImageData(canvas.width, canvas.height);
  const area = canvas.width * canvas.height;
  const step = data.length > area ? area : 0;
  for (let at = 0; at < area; at++) {
    for (let c = 0; c < 3; c++) image.data[4 * at + c] = Math.round((255 * (data[c * step + at] - bottom)) / (top - bottom));
    image.data[4 * at + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Shows the image chooser what the shared image (a tensor; `source` is Python's name for it) looks like by now. */
export function showImage(source, { shape: [, height, width], data }, range) {
  const canvas = h("canvas", { width, height });
  paintPicture(canvas, data, range);
  publish({ name: "drawn", source, picture: canvas.toDataURL() });
}
