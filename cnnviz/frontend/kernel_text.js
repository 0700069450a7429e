/**
 * A kernel as text and back: NumPy and torch literals, JSON, CSV and TSV. What is pasted is read by the small grammar
 * below and never evaluated:
 *
 *   literal = [name "="] [call "("] list { "," option "=" word } [")"]      call: np.array, torch.tensor, array, tensor, …
 *   list    = "[" (list | number) { ["," ] (list | number) } [","] "]"      tuples likewise
 *   table   = lines of numbers, parted by tabs, semicolons, commas or spaces; an empty line parts the slices
 */

import { Refused, tensor } from "./operations.js";
import { shortest } from "./numbers.js";

export const LARGEST = 11; // rows and columns
export const HEAVIEST = 1000; // |weight|
const SLICES = [1, 3]; // grey; red, green, blue
const LONGEST = 20_000; // characters: 3 × 11 × 11 weights need 5,000
const WANTED = "paste rows of numbers, such as [[0, 1], [1, 0]], np.array(…), torch.tensor(…), CSV or TSV";

/** The formats: [key, what a person calls it, the ending of its files]. */
export const FORMATS = [
  ["numpy", "NumPy", "py"],
  ["torch", "torch", "py"],
  ["json", "JSON", "json"],
  ["csv", "CSV", "csv"],
  ["tsv", "TSV (spreadsheet)", "tsv"],
];

// --- writing -----------------------------------------------------------------------------------------------------------

/**
 * A filter (slices, rows, cols) as text, every weight with the fewest digits that give the same float32 again. A single
 * slice is written with two axes.
 */
export function kernelToText({ shape: [slices, rows, cols], data }, format) {
  const row = (slice, r) => Array.from(data.subarray((slice * rows + r) * cols, (slice * rows + r + 1) * cols), shortest);
  const tables = Array.from({ length: slices }, (_, slice) => Array.from({ length: rows }, (_, r) => row(slice, r)));
  if (format === "csv" || format === "tsv") {
    const between = format === "csv" ? "," : "\t";
    return `${tables.map((table) => table.map((line) => line.join(between)).join("\n")).join("\n\n")}\n`;
  }
  const list = nested(slices === 1 ? tables[0] : tables, "");
  if (format === "json") return `${list}\n`;
  return format === "numpy" ? `np.array(${list}, dtype=np.float32)` : `torch.tensor(${list}, dtype=torch.float32)`;
}

/** Nested lists of texts, a row a line. */
export function nested(part, indent) {
  if (!Array.isArray(part[0])) return `[${part.join(", ")}]`;
  const inner = `${indent}  `;
  return `[\n${part.map((one) => `${inner}${nested(one, inner)}`).join(",\n")}\n${indent}]`;
}

// --- reading -----------------------------------------------------------------------------------------------------------

/** A filter (1 or 3 slices, rows, cols) from text. Throws Refused with a sentence: what is wrong, what would be right. */
export function kernelFromText(text) {
  if (text.length > LONGEST) throw new Refused(`The text is too long for a kernel: ${WANTED}, at most ${LARGEST} × ${LARGEST} of them.`);
  // some spreadsheets save a mark of the byte order, and torch prints a layer's weight under a heading
  const trimmed = text.replace(/^\uFEFF/, "").trim().replace(/^Parameter containing:\s*/, "");
  if (!trimmed) throw new Refused(`The text is empty: ${WANTED}.`);
  const nestedLists = /[[(]/.test(trimmed) ? new Literal(trimmed).read() : table(trimmed);
  return checked(nestedLists);
}

/** Is this more than one number, so that it cannot be meant for a single cell? */
export function holdsMany(text) {
  return /[\s,;[(]/.test(text.trim().replace(/^[+\-−]?\d*,\d+$/, ""));
}

const NUMBER = /^[+\-−]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,4})?$/i;
const WORDS = /^[+\-−]?(nan|inf|infinity)$/i;

/** The number that one token says, as float32. */
function weight(token, { comma = false } = {}) {
  const plain = comma && /^[^.,]*,[^.,]*$/.test(token) ? token.replace(",", ".") : token;
  const named = `“${shown(token)}”`;
  const wanted = `every weight must be a number from −${HEAVIEST} to ${HEAVIEST}, in the digits 0 to 9`;
  if (WORDS.test(plain)) throw new Refused(`${named} is not finite: ${wanted}.`);
  if (token === "...") throw new Refused("The text was shortened with “...”: print the array whole, then copy it.");
  if (!NUMBER.test(plain)) throw new Refused(`${named} is no number: ${wanted}.`);
  const value = Math.fround(Number(plain.replace("−", "-")));
  if (Math.abs(value) > HEAVIEST) throw new Refused(`${named} is too large: ${wanted}.`);
  return value + 0 === 0 ? 0 : value; // −0 would be drawn as a different zero
}

function shown(token) {
  return token.length > 20 ? `${token.slice(0, 20)}…` : token;
}

/** Lines of numbers → rows, or slices of rows. A comma is a decimal comma where something else parts the numbers. */
function table(text) {
  const separator = ["\t", ";", ","].find((one) => text.includes(one)) ?? /[ \u00A0]+/;
  const comma = separator === "\t" || separator === ";";
  const slices = text.split(/\r?\n[ \t]*\r?\n\s*/).map((block) => // an empty line between slices
    block.split(/\r\n|\n|\r/).map((line) => {
      const parts = line.trim().split(separator).map((part) => part.trim());
      if (separator !== "\t" && parts.length > 1 && parts.at(-1) === "") parts.pop(); // "1, 2, 3," is common
      if (parts.includes("")) throw new Refused("A cell of the table is empty: every cell must hold a number, 0 where nothing is meant.");
      return parts.map((part) => weight(part, { comma }));
    }));
  return slices.length === 1 ? slices[0] : slices;
}

/** NumPy's, torch's and JSON's nested lists, by recursive descent over tokens. */
class Literal {
  #tokens;
  #at = 0;
  #depth = 0;

  constructor(text) {
    // a word, a number or a quoted text holds together; all else is taken sign by sign
    this.#tokens = text.match(/\.\.\.|'[^']*'|"[^"]*"|[^\s[\](),=:'"]+|[[\](),=:'"]/g);
  }

  #next() {
    return this.#tokens[this.#at];
  }

  #take(token) {
    if (this.#next() !== token) return false;
    this.#at++;
    return true;
  }

  #refuse() {
    const token = this.#next();
    if (token === undefined) throw new Refused("A bracket is not closed: every “[” and “(” needs its “]” or “)”.");
    throw new Refused(`“${shown(token)}” was not expected there, and nothing is ever run: ${WANTED}.`);
  }

  read() {
    if (this.#tokens[1] === "=" && /^[a-z_]\w*$/i.test(this.#next())) this.#at += 2; // kernel = …
    let value;
    if (/^((np|numpy)\.(array|asarray|float32)|torch\.(tensor|as_tensor|Tensor)|array|tensor)$/.test(this.#next())) {
      this.#at++;
      if (!this.#take("(")) this.#refuse();
      value = this.#list();
      while (this.#take(",")) this.#option();
      if (!this.#take(")")) this.#refuse();
    } else value = this.#list();
    this.#take(";");
    if (this.#next() !== undefined) this.#refuse();
    return value;
  }

  /** dtype=torch.float32, device='cpu', requires_grad=True, or nothing after a last comma: read over. */
  #option() {
    if (this.#next() === ")") return;
    if (!["dtype", "device", "requires_grad"].includes(this.#next())) this.#refuse();
    this.#at++;
    if (!this.#take("=")) this.#refuse();
    if (!/^(['"]?)[\w.:]+\1$/.test(this.#next() ?? "")) this.#refuse();
    this.#at++;
  }

  #list() {
    const close = { "[": "]", "(": ")" }[this.#next()];
    if (!close) this.#refuse();
    if (++this.#depth > 8) throw new Refused(`The lists are nested too deep: ${WANTED}.`);
    this.#at++;
    const entries = [];
    while (!this.#take(close)) {
      const token = this.#next();
      if (token === "[" || token === "(") entries.push(this.#list());
      else if (token === undefined || /^[\](),=:'"]/.test(token)) this.#refuse();
      else {
        entries.push(weight(token));
        this.#at++;
      }
      this.#take(",");
    }
    this.#depth--;
    return entries;
  }
}

/** Nested lists → a filter, if they are 1 or 3 slices of equal rows that fit. */
function checked(value) {
  const shape = [];
  for (let part = value; Array.isArray(part); part = part[0]) shape.push(part.length);
  checkEven(value, shape, []);
  while (shape.length < 3) shape.unshift(1);
  const wanted = "a kernel has rows and columns, and 1 or 3 slices in front of them";
  if (shape.length === 4 && shape[0] === 1) shape.shift(); // one filter, as torch's layers hold it
  const size = shape.join(" × ");
  if (shape.includes(0)) throw new Refused(`The list is empty: ${WANTED}.`);
  if (shape.length > 3) throw new Refused(`The numbers have the shape ${size}: ${wanted}.`);
  const [slices, rows, cols] = shape;
  if (rows > LARGEST || cols > LARGEST) throw new Refused(`The kernel has ${rows} × ${cols} weights: at most ${LARGEST} × ${LARGEST} fit here.`);
  if (!SLICES.includes(slices)) throw new Refused(`The kernel has ${slices} slices: it needs 1 for all channels, or 3 for red, green and blue.`);
  return tensor(shape, Float32Array.from(value.flat(Infinity)));
}

/** Refuses lists of unequal length, naming the first one that differs. */
function checkEven(part, shape, place) {
  const [length, ...inner] = shape;
  if (!Array.isArray(part) || part.length !== length) {
    const unit = inner.length ? "slice" : "row";
    const where = `${unit} ${place.at(-1) + 1}${place.length > 1 ? ` of slice ${place[0] + 1}` : ""}`;
    const what = Array.isArray(part) ? `has ${part.length}` : "is a single number";
    const entries = inner.length ? "rows" : "numbers";
    throw new Refused(`The ${where} ${what}, but the first one has ${length} ${entries}: all ${unit}s must be equally long.`);
  }
  part.forEach((one, at) => {
    if (inner.length) checkEven(one, inner, [...place, at]);
    else if (Array.isArray(one)) throw new Refused("Some entries are numbers and some are lists: all rows must be equally long.");
  });
}
