/**
 * The layer on the channels page: its settings as the text of a link, its weights, its maps. core/filter_bank.py makes the
 * same layer for torch; ui/state.py has checked every text that arrives here.
 */

import { shortest } from "./numbers.js";
import { Refused, conv2d, tensor } from "./operations.js";

export const PLANES = ["red", "green", "blue", "brightness"];
export const MOST_FILTERS = 8;
const DEFAULTS = { planes: 3, side: 3, groups: 1, filters: 5, hop: 1, rim: 0, cell: "0,0,0", slices: "", biases: "" };

/** "filters=3&cell=1,2,3" → { planes, side, groups, filters, stride, padding, cell, edits: Map(filter → weights), biases }. */
export function layerFromText(text) {
  const read = { ...DEFAULTS, ...Object.fromEntries(new URLSearchParams(text)) };
  const numbers = (list) => Float32Array.from(list.split(","), Number);
  const edits = read.slices ? read.slices.split("~~").map((part) => part.split("~")) : [];
  return {
    planes: Number(read.planes), side: Number(read.side), groups: Number(read.groups), filters: Number(read.filters),
    stride: Number(read.hop), padding: Number(read.rim), cell: read.cell.split(",").map(Number),
    edits: new Map(edits.map(([filter, list]) => [Number(filter), numbers(list)])),
    biases: read.biases ? numbers(read.biases) : null,
  };
}

/** The same as text, without what stands at its default. */
export function layerToText(layer) {
  const list = (numbers) => Array.from(numbers, shortest).join(",");
  const edits = [...layer.edits].sort(([a], [b]) => a - b);
  const all = {
    planes: layer.planes, side: layer.side, groups: layer.groups, filters: layer.filters, hop: layer.stride, rim: layer.padding,
    cell: layer.cell.join(), slices: edits.map(([filter, weights]) => `${filter}~${list(weights)}`).join("~~"),
    biases: layer.biases ? list(layer.biases) : "",
  };
  return Object.entries(all).filter(([name, value]) => String(value) !== String(DEFAULTS[name]))
    .map(([name, value]) => `${name}=${value}`).join("&");
}

/** The first planes of a filter's group, and how many there are: [first, count]. */
export function groupOf({ planes, groups, filters }, filter) {
  const count = planes / groups;
  return [Math.floor(filter / (filters / groups)) * count, count];
}

/** Throws Refused where torch would: groups must share planes and filters evenly. */
export function checkGroups({ planes, groups, filters }) {
  for (const [name, count] of [["planes", planes], ["filters", filters]]) {
    if (count % groups) throw new Refused(`${groups} groups cannot share ${count} ${name} evenly: ${count} / ${groups} leaves a rest.`);
  }
}

/** One filter's weights, (planes / groups, side, side), as edited or as its bank has them. */
export function filterWeights(layer, banks, filter) {
  const { planes, groups, side, edits } = layer;
  const count = planes / groups;
  const shape = [count, side, side];
  const edited = edits.get(filter);
  if (edited?.length === count * side * side) return tensor(shape, edited);
  const { weights, alike } = banks[side][filter];
  const slices = groups === 1 ? weights.slice(0, planes) : Array(count).fill(alike);
  return tensor(shape, Float32Array.from(slices.flat()));
}

/** What a filter is called, and what it answers to: { name, sentence }. With groups it compares no colours. */
export function aboutFilter(layer, banks, filter) {
  const changed = layer.edits.has(filter);
  const { title, sentence } = banks[layer.side][filter];
  const [, count] = groupOf(layer, filter);
  const [name, says] = layer.groups === 1 ? [title, sentence]
    : count === 1 ? ["One plane", "It sees this plane only, so it compares no colours."]
    : [`${count} planes`, "It sees these planes only, each through the same slice, so it compares no colours."];
  return changed ? { name: `${name}, changed`, sentence: "" } : { name, sentence: says };
}

export function biasOf(layer, banks, filter) {
  return layer.biases ? layer.biases[filter] ?? 0 : Math.fround(banks[layer.side][filter].bias);
}

/** Some channels of a tensor (C, H, W). */
export function channelsOf({ shape: [, rows, cols], data }, first, count) {
  return tensor([count, rows, cols], data.subarray(first * rows * cols, (first + count) * rows * cols));
}

/** Every filter's map of x (planes, H, W): [{ shape: [1, rows, cols], data }]. Throws Refused where torch refuses. */
export function mapsOf(layer, banks, x) {
  checkGroups(layer);
  return Array.from({ length: layer.filters }, (_, filter) => {
    const weights = filterWeights(layer, banks, filter);
    const seen = channelsOf(x, ...groupOf(layer, filter));
    return conv2d(seen, { shape: [1, ...weights.shape], data: weights.data }, [biasOf(layer, banks, filter)], options(layer));
  });
}

/** What each plane of a filter's group adds to its map, before they are summed: one map a plane. */
export function partialsOf(layer, banks, x, filter) {
  const weights = filterWeights(layer, banks, filter);
  const [first, count] = groupOf(layer, filter);
  return Array.from({ length: count }, (_, slice) =>
    conv2d(channelsOf(x, first + slice, 1), { ...channelsOf(weights, slice, 1), shape: [1, 1, layer.side, layer.side] }, null, options(layer)));
}

function options({ stride, padding }) {
  return { stride: [stride, stride], padding: [padding, padding] };
}
