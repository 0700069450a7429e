/**
 * Layers as the shape calculator holds them: { kind: "Conv2d", values: { in_channels: 3, … } }, values as JSON: a number, a
 * list of numbers, true, false, null, or a word. core/layers.py knows them all and reads what is written here.
 */

/** [3, 5] → "(3, 5)", null → "None", "same" → "'same'": as Python writes it. */
function python(value) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `(${value.join(", ")})`;
  return typeof value === "string" ? `"${value}"` : String(value);
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** "Conv2d(3, 6, 3, stride=2)": required arguments by place, others by name where they differ from their default. */
export function codeOf({ kind, values }, kinds) {
  const parts = [];
  for (const { name, required, default: usual } of kinds.get(kind).arguments) {
    if (required) parts.push(python(values[name]));
    else if (!same(values[name], usual)) parts.push(`${name}=${python(values[name])}`);
  }
  return `${kind}(${parts.join(", ")})`;
}

/** The chain as a link carries it. */
export function chainText(layers, kinds) {
  return layers.map((layer) => codeOf(layer, kinds).replaceAll(" ", "").replaceAll('"', "'")).join(";");
}

/** A layer of a kind with torch's defaults; `like` gives what it has in common with an older one. */
export function newLayer(kind, kinds, like = {}) {
  const values = {};
  for (const { name, default: usual, start, kind: form } of kinds.get(kind).arguments) {
    const kept = like[name];
    const fits = kept !== undefined && !(Array.isArray(kept) && kept.length !== kinds.get(kind).axes) && (kept !== null || form.startsWith("maybe_"))
      && !(typeof kept === "string" && form === "size");
    values[name] = fits ? kept : start ?? usual;
  }
  return { kind, values };
}

const WHOLE = /^-?\d{1,7}$/;

/** What was typed into an argument's field as its value; undefined where it cannot be one. */
export function valueOf(text, { kind, options }, axes) {
  const form = kind.replace("maybe_", "");
  const bare = text.trim().replaceAll("−", "-");
  if (form !== kind && (bare === "" || /^none$/i.test(bare))) return null;
  if (form === "mode") return options.includes(bare) ? bare : undefined;
  if (form === "padding" && /^(same|valid)$/i.test(bare)) return bare.toLowerCase();
  const parts = bare.replace(/^[([]|[)\]]$/g, "").split(/[\s,×x]+/).filter(Boolean);
  if (!parts.length || !parts.every((part) => WHOLE.test(part))) return undefined;
  const numbers = parts.map(Number);
  if (numbers.some((number) => Math.abs(number) > 1_000_000)) return undefined;
  if (numbers.every((number) => number === numbers[0]) && (numbers.length === 1 || numbers.length === axes)) return numbers[0];
  return (form === "size" || form === "padding") && numbers.length === axes ? numbers : undefined;
}

/** A value as it stands in its field. */
export function fieldText(value) {
  if (value === null) return "None";
  return Array.isArray(value) ? value.join(", ") : String(value).replace("-", "−");
}

/** "1, 3, 7, 7" → [1, 3, 7, 7]; null where that is no shape. */
export function shapeOf(text) {
  const parts = text.trim().replace(/^[([]|[)\]]$/g, "").split(/[\s,×x]+/).filter(Boolean);
  const sound = parts.length >= 1 && parts.length <= 6 && parts.every((part) => /^\d{1,7}$/.test(part) && Number(part) >= 1 && Number(part) <= 1_000_000);
  return sound ? parts.map(Number) : null;
}
