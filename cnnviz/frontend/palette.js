/** The one place for colour in the browser. Colour means value and nothing else; amber marks "here". */

const MIDDLE = [247, 247, 247];
const ACTIVATION = [[178, 24, 43], MIDDLE, [33, 102, 172]]; // red, negative · light, zero · blue, positive
const WEIGHT = [[179, 88, 6], MIDDLE, [84, 39, 136]]; // orange · light · purple
const GREY = [[0, 0, 0], [255, 255, 255]];

export const ACCENT = "#ffb000";
export const INK = "#1c2128";
export const PAPER = "#ffffff";
const BLACK = "#000000";

const STEPS = 512;

/** A table of STEPS + 1 colours through the stops, as little-endian RGBA for ImageData. */
function table(stops) {
  const colours = new Uint32Array(STEPS + 1);
  for (let step = 0; step <= STEPS; step++) {
    const along = (step / STEPS) * (stops.length - 1);
    const at = Math.min(stops.length - 2, Math.floor(along));
    const [r, g, b] = [0, 1, 2].map((i) => Math.round(stops[at][i] + (stops[at + 1][i] - stops[at][i]) * (along - at)));
    colours[step] = (255 << 24) | (b << 16) | (g << 8) | r;
  }
  return colours;
}

const TABLES = { activation: table(ACTIVATION), weight: table(WEIGHT), grey: table(GREY) };

/**
 * The colours of a scale: { kind: "activation" | "weight", top } diverges about zero, from −top to +top;
 * { kind: "grey", bottom, top } runs from black to white.
 */
export function packed(scale, value) {
  const bottom = scale.kind === "grey" ? (scale.bottom ?? 0) : -scale.top;
  const t = (value - bottom) / (scale.top - bottom || 1);
  return TABLES[scale.kind][t <= 0 ? 0 : t >= 1 ? STEPS : Math.round(t * STEPS)];
}

/** The colour of a value, as CSS. */
export function css(scale, value) {
  const colour = packed(scale, value);
  return `rgb(${colour & 255},${(colour >> 8) & 255},${(colour >> 16) & 255})`;
}

/**
 * Black or white text, whichever stands out more on this colour (WCAG relative luminance). One of them always has the
 * contrast of 4.5 that small digits need; on a middling orange, neither white nor the softer ink would.
 */
export function inkOn(colour) {
  const [r, g, b] = [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255].map((byte) => {
    const part = byte / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? BLACK : PAPER;
}

/** A CSS gradient for a legend. */
export function gradient(kind) {
  const stops = { activation: ACTIVATION, weight: WEIGHT, grey: GREY }[kind];
  return `linear-gradient(90deg, ${stops.map((stop) => `rgb(${stop.join(",")})`).join(", ")})`;
}
