/** Numbers as text that a person reads, and the exact decimal arithmetic behind the ledger. */

const MINUS = "−";
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** The number with so many decimals, with a true minus sign, and never "−0". */
export function decimal(value, decimals) {
  const text = Math.abs(value).toFixed(decimals);
  return (value < 0 && Number(text) !== 0 ? MINUS : "") + text;
}

/** The fewest decimals, up to `most`, that say this float32 exactly; `most` where none does. */
export function decimalsOf(value, most) {
  const single = Math.fround(value);
  for (let decimals = 0; decimals < most; decimals++) {
    if (Math.fround(Number(value.toFixed(decimals))) === single) return decimals;
  }
  return most;
}

/** The fewest decimals, up to `most`, with which each of these numbers is told; what a sum has in noise behind them is not. */
export function decimalsOfAll(values, most) {
  return values.reduce((least, value) => {
    let decimals = least;
    while (decimals < most && Math.abs(value - Number(value.toFixed(decimals))) > 1e-6 * Math.max(1, Math.abs(value))) decimals++;
    return decimals;
  }, 0);
}

/** The number as it is printed with so many decimals, as a whole number of 10^−decimals. */
export function scaled(value, decimals) {
  return Math.round(Number(value.toFixed(decimals)) * 10 ** decimals);
}

/** A whole number of 10^−decimals as text. */
export function fromScaled(units, decimals) {
  return decimal(units / 10 ** decimals, decimals);
}

/** The fewest digits that tell this value: up to `decimals` after the point, trailing zeros dropped. */
export function plain(value, decimals = 4) {
  return decimal(value, decimalsOf(value, decimals));
}

/** The fewest digits, as code writes them, that give the same float32 again. */
export function shortest(value) {
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}

/**
 * A number for a cell that holds `width` characters: up to two decimals, as many as fit, "" if not even the whole part does.
 * What is not zero never reads as zero: a small number gets the decimals it needs, or, without room for them, "≈0".
 */
export function short(value, width) {
  // 0.9 that came out of a sum as 0.90000004 is still 0.9 to a reader
  const near = (decimals) => Math.abs(value - Number(value.toFixed(decimals))) <= 1e-6 * Math.max(1, Math.abs(value));
  const most = near(0) ? 0 : near(1) ? 1 : 2;
  for (let decimals = most; decimals >= 0; decimals--) {
    const text = decimal(value, decimals);
    const bare = decimals > 0 ? text.replace(/^(−?)0\./, "$1.") : text; // .25 says as much as 0.25
    if (bare.length > width) continue;
    if (most > 0 && Number(value.toFixed(decimals)) === 0) return tiny(value, width);
    return text.length <= width ? text : bare;
  }
  return "";
}

/** The first digit of a number that is nearly zero: .004 */
function tiny(value, width) {
  for (let decimals = 2; decimals <= 5; decimals++) {
    const text = decimal(value, decimals).replace("0.", ".");
    if (text.length > width) break;
    if (Number(value.toFixed(decimals))) return text;
  }
  return width > 1 ? "≈0" : "";
}

/** 0.00000023 → "2·10⁻⁷" */
export function power(value) {
  if (value === 0) return "0";
  if (value === Infinity) return "∞";
  let exponent = Math.floor(Math.log10(value));
  let factor = Math.round(value / 10 ** exponent);
  if (factor === 10) [factor, exponent] = [1, exponent + 1];
  const digits = [...String(Math.abs(exponent))].map((digit) => SUPERSCRIPTS[digit]).join("");
  return `${factor}·10${exponent < 0 ? "⁻" : ""}${digits}`;
}

/** 3844 → "3,844" */
export function grouped(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** The next "round" number at or above: 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten. Steadies a scale. */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((nice) => nice * unit >= value * (1 - 1e-9));
  return Number((step * unit).toPrecision(3));
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;

/** What a person typed as a number, or NaN: a true minus and a decimal comma are understood. */
export function parseNumber(text) {
  const ascii = text.trim().replace(MINUS, "-").replace(",", ".");
  return NUMBER.test(ascii) ? Number(ascii) : NaN;
}
