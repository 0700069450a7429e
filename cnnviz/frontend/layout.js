/** How large the parts of a stage are, in CSS pixels, for the room there is. Nothing here draws. */

import { cellSize } from "./grid.js";
import { extent } from "./operations.js";
import { leastDigits } from "./projector.js";

export const LOUPE_AROUND = 2; // cells shown around the window
const PHONE = 720; // narrower than this, the columns stand under each other
const GAP = 22;
const BESIDE = { least: 1200, ledger: 500, loupe: 176 }; // a stage with a panel in its window column: its least width, and rooms

/** How much room the columns have that do not share out the rest. */
const USUAL = { kernel: 200, ledger: 300, loupe: 216 };
const COMPACT = { ...USUAL, kernel: 316, ledger: 320 }; // kernel and products side by side; sums of six decimals
const PROJECTED = { kernel: 264, ledger: 380, loupe: 300 };

/** Is a stage of this width wide enough for a panel in its window column? */
export function hasRoomBeside(width) {
  return width >= BESIDE.least;
}

/**
 * The sizes of all grids: each is what Grid.layout takes. `loupe` is null where the input itself shows digits. `rooms` are the
 * sides of what the style sheet keeps free for the pictures, the kernel and the products, whatever kernel comes.
 * `compact` is a stage below something else; `projector`: digits of 24 pixels in cells of 32 or more;
 * `beside`: a panel stands over the ledger. An operation of one row may say how its `strip` of cells fits a scale that others
 * share: { cell: the side of an input's cell, breadth: how many of those an output spans }.
 */
export function layoutOf(op, { width, compact, projector, beside = false }) {
  const phone = width < PHONE;
  const room = { ...(projector ? PROJECTED : compact ? COMPACT : USUAL), ...(beside ? BESIDE : {}) };
  const digits = leastDigits(projector);
  const kernel = compact && !projector ? 150 : Math.min(width, room.kernel);
  const [least, most, others] = [200, compact ? 300 : 440, 3 * GAP + room.kernel + room.ledger];
  const side = phone ? Math.min(width, 420) : Math.max(least, Math.min((width - others) / 2, most));
  const { rows, cols } = op;
  const [, height, columns] = op.input.shape;
  const largest = Math.max(rows.kernel, cols.kernel);
  const tabs = op.input.shape[0] > 1; // they stand over the kernel, and the player is to stay on the screen
  const strip = op.strip && { height: op.strip.cell, width: Infinity };
  const input = { rows: height, cols: columns, margin: [rows.padding, cols.padding, rows.padding, cols.after ?? cols.padding], width: side, digits, ...strip };
  const around = [extent(rows.kernel, rows.dilation), extent(cols.kernel, cols.dilation)].map((size) => size + 2 * LOUPE_AROUND);
  const readable = room.loupe / Math.max(...around) >= digits.cell; // else it shows no digits, and the ledger needs the room more
  const magnified = !op.all && (cellSize(input) < digits.cell || op.picture.kind === "rgb");
  const products = tabs ? 130 : 168;
  return {
    kernel: { width: kernel, digits },
    input,
    output: { rows: op.output.shape[0], cols: op.output.shape[1], width: side, digits, ...strip, breadth: op.strip?.breadth ?? 1 },
    products: { rows: rows.kernel, cols: cols.kernel, width: compact ? kernel : Math.min(64 * largest, products), digits },
    rooms: { side, kernel, products },
    loupe: magnified && {
      rows: around[0],
      cols: around[1],
      width: phone ? Math.min(width, projector ? width : 300) : projector && !readable ? USUAL.loupe : room.loupe,
      digits,
    },
  };
}
