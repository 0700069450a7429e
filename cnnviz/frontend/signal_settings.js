/** The signals page's settings, as text and as numbers; core/signals.py does the same with torch. */

import { parseNumber, shortest } from "./numbers.js";
import { Refused, conv2d, maxPool2d, tensor } from "./operations.js";

export const ACTS = [["conv", "multiply and add"], ["max", "max pooling"], ["average", "average pooling"]];
export const MOST_TAPS = 15;
const DEFAULTS = { signal: "step", curve: "", wave: "average_3", taps: "", act: "conv", pace: 1, lead: 0, causal: 0, spread: 1, sample: 0 };

/** "signal=sine&taps=-1,1" → { signal, curve, kernel, taps, act, stride, padding, causal, dilation, sample }. */
export function signalFromText(text) {
  const read = { ...DEFAULTS, ...Object.fromEntries(new URLSearchParams(text)) };
  const curve = read.curve ? curveFromText(read.curve) : null;
  return {
    signal: read.signal === "drawn" && !curve ? DEFAULTS.signal : read.signal, curve, kernel: read.wave, taps: read.taps ? Float32Array.from(read.taps.split(","), Number) : null,
    act: read.act, stride: Number(read.pace), padding: Number(read.lead), causal: Number(read.causal) === 1, dilation: Number(read.spread), sample: Number(read.sample),
  };
}

export function signalToText(settings) {
  const all = {
    signal: settings.signal, curve: settings.curve && settings.signal === "drawn" ? curveToText(settings.curve) : "", wave: settings.kernel,
    taps: settings.taps ? Array.from(settings.taps, shortest).join(",") : "", act: settings.act, pace: settings.stride, lead: settings.padding,
    causal: settings.causal ? 1 : 0, spread: settings.dilation, sample: settings.sample,
  };
  return Object.entries(all).filter(([name, value]) => String(value) !== String(DEFAULTS[name])).map(([name, value]) => `${name}=${value}`).join("&");
}

/** Two characters a sample, base 36: hundredths above −1. */
export function curveToText(curve) {
  return Array.from(curve, (value) => Math.round(100 * value + 100).toString(36).padStart(2, "0")).join("");
}

export function curveFromText(text) {
  return Float32Array.from(text.match(/../g) ?? [], (pair) => (parseInt(pair, 36) - 100) / 100);
}

/** "−1, 0, 1" or "1/3, 1/3, 1/3" → weights; null where that is no kernel. */
export function weightsFromTyped(text) {
  const numbers = text.trim().split(/[\s,;]+/).filter(Boolean).map((part) => part.split("/", 2).map(parseNumber).reduce((over, under) => over / under));
  const sound = numbers.length >= 1 && numbers.length <= MOST_TAPS && numbers.every((number) => Math.abs(number) <= 1000);
  return sound ? Float32Array.from(numbers) : null;
}

/** Weights as one types them; an n-th part that no decimal writes briefly stands as 1/n. */
export function weightsToTyped(weights) {
  const text = (weight) => {
    const parts = Math.round(1 / weight);
    const short = shortest(weight);
    return short.length > 7 && parts <= MOST_TAPS && Math.fround(1 / parts) === weight ? `1/${parts}` : short;
  };
  return Array.from(weights, text).join(", ").replaceAll("-", "−");
}

/** The weights that slide: typed ones or the preset's; for an average, as many equal ones. */
export function weightsOf({ kernel, taps, act }, presets) {
  const weights = taps ?? Float32Array.from(presets.get(kernel).weights);
  return act === "average" ? Float32Array.from(weights, () => 1 / weights.length) : weights;
}

/** How many places of padding lie in front of the signal and behind it: a causal one reaches back as far as its window does. */
export function paddingOf(taps, { causal, dilation, padding }) {
  return causal ? [dilation * (taps - 1), 0] : [padding, padding];
}

/** The signal with zeros in front, (1, 1, length): nn.Conv1d pads both ends alike, so that causal padding comes before it. */
function afterZeros(values, front) {
  const data = new Float32Array(front + values.length);
  data.set(values, front);
  return tensor([1, 1, data.length], data);
}

/** Every output of the window, by the arithmetic of the stage. Throws Refused where torch refuses. */
export function slide(values, weights, settings) {
  const { act, stride, causal, dilation } = settings;
  const [front, behind] = paddingOf(weights.length, settings);
  const x = afterZeros(values, front - behind);
  const padding = [0, behind];
  if (act === "max") {
    if (causal) throw new Refused("Max pooling pads with −∞, so there is no causal padding with zeros for it: switch causal off.");
    return maxPool2d(x, { kernel: [1, weights.length], stride: [1, stride], padding, dilation: [1, dilation] }).data;
  }
  const most = Math.floor(weights.length / 2);
  if (act === "average" && !causal && dilation === 1 && settings.padding > most) {
    throw new Refused(`Pooling takes a padding of at most half its window, here ${most}, and not ${settings.padding}.`);
  }
  return conv2d(x, { shape: [1, 1, 1, weights.length], data: weights }, null, { stride: [1, stride], padding, dilation: [1, dilation] }).data;
}
