/** What Python sends to a component, and the arrays in it: see ui/parcel.py and ui/component.py. */

/** The values of a message: plain ones come in a list of one, those with arrays as bytes. */
export function unpack(data) {
  if (!(data instanceof Uint8Array)) return data[0];
  const end = data.indexOf(10);
  const text = new TextDecoder().decode(data.subarray(0, end));
  const behind = data.subarray(end + 1);
  return JSON.parse(text, (_, value) => (value?.$bytes ? behind.subarray(...value.$bytes) : value));
}

/** Do two messages of bytes say the same? */
export function same(a, b) {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** { shape, dtype, levels, data } → tensor; "uint8" counts steps of 1/levels. */
export function decode({ shape, dtype, levels, data }) {
  if (dtype === "float32") return { shape, data: new Float32Array(data.slice().buffer) }; // a copy begins where numbers may begin
  const values = new Float32Array(data.length);
  for (let at = 0; at < values.length; at++) values[at] = data[at] / levels;
  return { shape, data: values };
}
