/** Python that repeats what is on the stage with the numbers it has now: it runs as it stands, and ends with `out`. */

import { kernelToText, nested } from "./kernel_text.js";
import { loopCode, padText } from "./notebook_code.js";
import { shortest } from "./numbers.js";

const MOST_LITERAL = 1024; // values of an image that are written out; more would bury the code
const LINE = 76; // characters of base64 a line

/** `way` is "torch", with torch.nn.functional, or "loop", with the notebook's double loop. op is as stage.js describes it. */
export function snippet(op, way) {
  const { rows, cols, bias, relu, paddingMode = "zeros" } = op;
  const image = imageText(op.input);
  const colour = op.input.shape[0] > 1;
  const padded = rows.padding > 0 || cols.padding > 0;
  const functional = way === "torch" || padded;
  const [, height, width] = op.input.shape;
  const [outRows, outCols] = op.output.shape;
  const scalar = `torch.tensor(${shortest(bias)}, dtype=torch.float32)`;
  const parts = [
    [image.packed ? "import base64\n" : "", "import torch", functional ? "import torch.nn.functional as F" : ""],
    [`image = ${image.text}  # ${colour ? "3 channels of " : ""}${height} rows of ${width}`],
    [`kernel = ${kernelToText(op.weight, "torch")}`],
    bias === 0 ? [] : [`bias = ${scalar}`],
    way === "loop"
      ? [...loopCode(op).map(({ text }) => text), "", "", `out = conv2d(image, kernel${bias === 0 ? "" : ", bias"})`]
      : torchLines({ rows, cols, bias, relu, paddingMode, padded, colour, op }),
    [`print(out)  # the feature map, ${outRows} × ${outCols}`],
  ];
  const between = way === "loop" ? ["\n\n", "\n", "\n", "\n\n\n", "\n"] : ["\n\n", "\n", "\n", "\n\n", "\n"];
  const texts = parts.map((lines, at) => (at === 0 ? lines.filter(Boolean) : lines).join("\n"));
  return `${texts.reduce((text, next, at) => (next ? text + between[at - 1] + next : text))}\n`;
}

function torchLines({ rows, cols, bias, relu, paddingMode, padded, colour, op }) {
  const batch = colour ? "[None]" : "[None, None]"; // torch wants (images, channels, rows, columns)
  const pair = (key, usual) => (rows[key] === usual && cols[key] === usual ? [] : [`${key}=(${rows[key]}, ${cols[key]})`]);
  const around = padded && paddingMode !== "zeros"; // conv2d itself pads with zeros only
  const options = [...(bias === 0 ? [] : ["bias[None]"]), ...pair("stride", 1), ...(around ? [] : pair("padding", 0)), ...pair("dilation", 1)];
  return [
    `x = image${batch}  # one image`,
    ...(around ? [`x = ${padText(op, "x", paddingMode)}`] : []),
    `out = F.conv2d(${["x", `kernel${batch}`, ...options].join(", ")})`,
    ...(relu ? ["out = F.relu(out)"] : []),
    "out = out[0, 0]  # of the one image, the one map",
  ];
}

/** An image as an expression of (rows, columns) or (3, rows, columns); large ones as bytes in base64, which lose nothing. */
function imageText({ shape, data }) {
  const [channels, height, width] = shape;
  const size = channels > 1 ? `3, ${height}, ${width}` : `${height}, ${width}`;
  if (data.length <= MOST_LITERAL) {
    const row = (at) => Array.from(data.subarray(at * width, (at + 1) * width), shortest);
    const tables = Array.from({ length: channels }, (_, c) => Array.from({ length: height }, (_, r) => row(c * height + r)));
    return { text: `torch.tensor(${nested(channels > 1 ? tables : tables[0], "")}, dtype=torch.float32)` };
  }
  const levels = [100, 255].find((steps) => data.every((value) => {
    const step = Math.round(value * steps);
    return step >= 0 && step <= 255 && Math.fround(step / steps) === value;
  }));
  const bytes = levels ? Uint8Array.from(data, (value) => Math.round(value * levels)) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const lines = base64(bytes).match(new RegExp(`.{1,${LINE}}`, "g")).map((text) => `    "${text}"`);
  const [type, back] = levels ? ["uint8", `.double().div(${levels}).float()`] : ["float32", ""];
  return {
    packed: true,
    text: `torch.frombuffer(bytearray(base64.b64decode(\n${lines.join("\n")}\n)), dtype=torch.${type}).reshape(${size})${back}`,
  };
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return btoa(text);
}
