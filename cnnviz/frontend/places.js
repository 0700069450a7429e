/**
 * What the places of an operation are called: by row and column, unless its `names` say otherwise, as where a signal has no
 * rows. `names` may hold
 * { output(row, col): "output 3", input(row, col): "sample 3", weight(row, col): "weight 3", along: "sample", where there is one axis only }.
 */

export const byRowAndColumn = (row, col) => `row ${row + 1}, column ${col + 1}`;

export function outputName({ names }, [row, col]) {
  return (names?.output ?? byRowAndColumn)(row, col);
}

export function inputName({ names }, [row, col]) {
  return (names?.input ?? byRowAndColumn)(row, col);
}

export function weightName({ names }, [row, col]) {
  return names?.weight?.(row, col) ?? `the weight in ${byRowAndColumn(row, col)}`;
}

/** At the beginning of a sentence. */
export function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}
