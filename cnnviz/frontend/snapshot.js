/**
 * A picture of an element as it stands on the page: canvases, backgrounds, lines, fields and text, each where the browser
 * has laid it out. It knows the few things that a stage is made of, not all of CSS.
 */

const SIDES = ["Top", "Right", "Bottom", "Left"];

/** A PNG of the element on its page's background, `scale` pixels for each of CSS, as a Blob. `leave(element)`: not this one. */
export function snapshot(element, { scale = 2, margin = 16, leave = () => false } = {}) {
  const box = element.getBoundingClientRect();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round((box.width + 2 * margin) * scale);
  canvas.height = Math.round((box.height + 2 * margin) * scale);
  const context = canvas.getContext("2d");
  context.fillStyle = getComputedStyle(element).getPropertyValue("--paper").trim() || "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, (margin - box.left) * scale, (margin - box.top) * scale);
  draw(context, element, leave);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function draw(context, element, leave) {
  const style = getComputedStyle(element);
  if (leave(element) || style.visibility === "hidden" || style.opacity === "0") return;
  const box = element.getBoundingClientRect();
  if (style.display !== "contents" && (!box.width || !box.height)) return;
  context.save();
  drawBox(context, style, box);
  if (element instanceof HTMLCanvasElement) {
    context.imageSmoothingEnabled = style.imageRendering !== "pixelated";
    context.drawImage(element, box.left, box.top, box.width, box.height);
  }
  if (element instanceof HTMLInputElement) drawField(context, element, style, box);
  if (style.overflowX !== "visible" || style.overflowY !== "visible") {
    context.beginPath();
    context.rect(box.left, box.top, box.width, box.height);
    context.clip();
  }
  for (const child of element.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) drawText(context, child, style);
    else if (child instanceof HTMLElement) draw(context, child, leave);
  }
  context.restore();
}

function drawBox(context, style, box) {
  const gradient = style.backgroundImage.match(/rgba?\([^)]*\)/g);
  if (gradient && style.backgroundImage.startsWith("linear-gradient(90deg")) {
    const ramp = context.createLinearGradient(box.left, 0, box.right, 0);
    gradient.forEach((colour, at) => ramp.addColorStop(at / (gradient.length - 1), colour));
    fill(context, style, box, ramp);
  } else if (style.backgroundColor !== "rgba(0, 0, 0, 0)") fill(context, style, box, style.backgroundColor);
  const [top, right, bottom, left] = SIDES.map((side) => parseFloat(style[`border${side}Width`]));
  if (top) line(context, style.borderTopColor, box.left, box.top, box.width, top);
  if (bottom) line(context, style.borderBottomColor, box.left, box.bottom - bottom, box.width, bottom);
  if (left) line(context, style.borderLeftColor, box.left, box.top, left, box.height);
  if (right) line(context, style.borderRightColor, box.right - right, box.top, right, box.height);
}

function fill(context, style, box, colour) {
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(box.left, box.top, box.width, box.height, Math.min(parseFloat(style.borderTopLeftRadius) || 0, box.width / 2, box.height / 2));
  context.fill();
}

function line(context, colour, x, y, width, height) {
  context.fillStyle = colour;
  context.fillRect(x, y, width, height);
}

function drawField(context, field, style, box) {
  if (field.type === "checkbox" || field.type === "range") return;
  write(context, style, field.value, (box.left + box.right) / 2, (box.top + box.bottom) / 2, "center", box.height / field.offsetHeight);
}

/** Each line of a text where it was laid out. */
function drawText(context, node, style) {
  const text = node.data;
  if (!text.trim()) return;
  const range = document.createRange();
  let start = 0;
  let last = null;
  const flush = (end) => last && write(context, style, text.slice(start, end).trimEnd(), last.left, (last.top + last.bottom) / 2, "left");
  for (let at = 0; at < text.length; at++) {
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    const place = range.getClientRects()[0];
    if (!place || !place.width) continue;
    if (last && Math.abs(place.top - last.top) < 2) continue;
    flush(at);
    [start, last] = [at, place];
  }
  flush(text.length);
}

/** `zoom`: how much larger than it is laid out the text is shown. */
function write(context, style, text, x, y, align, zoom = 1) {
  context.font = `${style.fontStyle} ${style.fontWeight} ${parseFloat(style.fontSize) * zoom}px ${style.fontFamily}`;
  context.fillStyle = style.color;
  context.textAlign = align;
  context.textBaseline = "middle";
  context.fillText(text, x, y + 1);
}
