/**
 * Bulk numbers from Python (an image's pixels, torch's answer), each in a call of its own, so that a change of anything
 * else does not send them again. Components have separate copies of their modules, so the feeds meet on globalThis.
 */

import { same, unpack } from "./parcel.js";

const feeds = (globalThis.cnnvizFeeds ??= { latest: new Map(), listeners: new Map() });

const told = new WeakMap(); // place on the page → the last message that came for it

/** The component itself shows nothing: it hands on what is new. Streamlit calls it at every run of the page. */
export default function ({ parentElement, data }) {
  if (told.has(parentElement) && same(told.get(parentElement), data)) return;
  told.set(parentElement, data);
  publish(unpack(data));
}

/** Tells all that listen to `said.name`, and whoever will. */
export function publish(said) {
  feeds.latest.set(said.name, said);
  for (const listen of feeds.listeners.get(said.name) ?? []) listen(said);
}

/** Calls `listen` with what this feed holds, now and at every change. Returns the function that ends it. */
export function subscribe(name, listen) {
  if (!feeds.listeners.has(name)) feeds.listeners.set(name, new Set());
  feeds.listeners.get(name).add(listen);
  if (feeds.latest.has(name)) listen(feeds.latest.get(name));
  return () => feeds.listeners.get(name).delete(listen);
}
