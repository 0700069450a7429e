/**
 * Bulk numbers from Python (an image's pixels, torch's answer), each in a call of its own, so that a change of anything
 * else does not send them again. Components have separate copies of their modules, so the feeds meet on globalThis.
 */

const feeds = (globalThis.cnnvizFeeds ??= { latest: new Map(), listeners: new Map() });

/** The component itself shows nothing: it hands its data on. */
export default function ({ data }) {
  feeds.latest.set(data.name, data);
  for (const listen of feeds.listeners.get(data.name) ?? []) listen(data);
}

/** Calls `listen` with what this feed holds, now and at every change. Returns the function that ends it. */
export function subscribe(name, listen) {
  if (!feeds.listeners.has(name)) feeds.listeners.set(name, new Set());
  feeds.listeners.get(name).add(listen);
  if (feeds.latest.has(name)) listen(feeds.latest.get(name));
  return () => feeds.listeners.get(name).delete(listen);
}

/** { shape, dtype, levels, data } from ui/feed.py → tensor; "uint8" counts steps of 1/levels. */
export function decode({ shape, dtype, levels, data }) {
  const bytes = bytesOf(data);
  if (dtype === "float32") return { shape, data: new Float32Array(bytes.buffer) };
  const values = new Float32Array(bytes.length);
  for (let at = 0; at < values.length; at++) values[at] = bytes[at] / levels;
  return { shape, data: values };
}

/** Base64 → bytes. A loop, because Uint8Array.from takes ten times as long, and a picture has to fit into a frame. */
export function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
