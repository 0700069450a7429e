/** All numbers of an operation as CSV: one line a number, with the place it has. */

import { shortest } from "./numbers.js";

/**
 * part,channel,row,column,value: the input, the kernel, the bias, the map before ReLU where there is one, and the output.
 * Places count from 0, as in code; every value has the digits that give its float32 again.
 */
export function numberTable(op) {
  const lines = ["part,channel,row,column,value"];
  const add = (part, [channels, rows, cols], data) => {
    for (let c = 0, at = 0; c < channels; c++) {
      for (let r = 0; r < rows; r++) for (let k = 0; k < cols; k++, at++) lines.push(`${part},${c},${r},${k},${shortest(data[at])}`);
    }
  };
  const map = [1, ...op.output.shape];
  add("input", op.input.shape, op.input.data);
  add("kernel", op.weight.shape, op.weight.data);
  lines.push(`bias,0,0,0,${shortest(op.bias)}`);
  if (op.relu) add("pre-activation", map, op.pre);
  add("output", map, op.output.data);
  return `${lines.join("\n")}\n`;
}
