/** Lets a test call the browser's modules: values come and go as JSON, arrays as base64, so no digit is lost. */

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };
const ODD = { NaN, Infinity, "-Infinity": -Infinity, "-0": -0 }; // numbers that JSON does not know

/** The module of that name in cnnviz/frontend. */
export const load = (name) => import(`./cnnviz.frontend/${name}`);

function decoded(value) {
  if (Array.isArray(value)) return value.map(decoded);
  if (value === null || typeof value !== "object") return value;
  if (value.odd) return ODD[value.odd];
  if (value.base64 === undefined) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, decoded(one)]));
  const bytes = Uint8Array.from(atob(value.base64), (character) => character.charCodeAt(0));
  return new ARRAYS[value.dtype](bytes.buffer);
}

function encoded(value) {
  if (value === undefined) return null;
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? value : { odd: Object.is(value, -0) ? "-0" : String(value) };
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(encoded);
  if (value instanceof Map) return encoded(Object.fromEntries(value));
  if (!ArrayBuffer.isView(value)) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, encoded(one)]));
  const dtype = Object.keys(ARRAYS).find((name) => value instanceof ARRAYS[name]);
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return { dtype, base64: btoa(text) };
}

/** Runs an action for each list of arguments; an answer holds `value` or `error`. JSON text in, JSON text out. */
async function answers(text, action) {
  const all = [];
  for (const given of decoded(JSON.parse(text))) {
    try {
      all.push({ value: encoded(await action(...given)) });
    } catch (error) {
      all.push({ error: error.constructor.name, message: error.message });
    }
  }
  return JSON.stringify(all);
}

/** Calls one function of a module. */
export async function call(module, name, text) {
  const functions = await load(module);
  return answers(text, (...given) => functions[name](...given));
}

/** Calls a function that the test has written. */
export const run = (script, text) => answers(text, script);
