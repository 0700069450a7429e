/** How large the parts of a stage are, in CSS pixels, for the room there is. Nothing here draws. */

import { LEAST_FOR_DIGITS, cellSize } from "./grid.js";
import { extent } from "./operations.js";

export const LOUPE_AROUND = 2; // cells shown around the window
const PHONE = 720; // narrower than this, the columns stand under each other
const GAP = 22;

/**
 * The sizes of all grids: each is what Grid.layout takes. `loupe` is null where the input itself shows digits.
 * `compact` is a stage below something else.
 */
export function layoutOf(op, { width, compact }) {
  const phone = width < PHONE;
  const kernel = compact ? 150 : 200;
  const [least, most, others] = [200, compact ? 300 : 440, 3 * GAP + 200 + 300];
  const side = phone ? Math.min(width, 420) : Math.max(least, Math.min((width - others) / 2, most));
  const { rows, cols } = op;
  const [, height, columns] = op.input.shape;
  const largest = Math.max(rows.kernel, cols.kernel);
  const input = { rows: height, cols: columns, margin: [rows.padding, cols.padding], width: side };
  const magnified = cellSize(input) < LEAST_FOR_DIGITS || op.picture.kind === "rgb";
  return {
    side,
    kernel,
    input,
    output: { rows: op.output.shape[0], cols: op.output.shape[1], width: side },
    products: { rows: rows.kernel, cols: cols.kernel, width: compact ? kernel : Math.min(40 * largest, 168) },
    loupe: magnified && {
      rows: extent(rows.kernel, rows.dilation) + 2 * LOUPE_AROUND,
      cols: extent(cols.kernel, cols.dilation) + 2 * LOUPE_AROUND,
      width: phone ? Math.min(width, 300) : 216,
    },
  };
}
