/** Trained weights: fetched once, read from safetensors (https://huggingface.co/docs/safetensors). */

const fetched = new Map(); // one promise a URL

/** name → tensor, from the assets that the app serves. */
export function loadWeights(file, digest) {
  const url = new URL(`../cnnviz.assets/${file}?v=${digest}`, import.meta.url);
  if (!fetched.has(url.href)) {
    // the server sends no max-age: without force-cache every reload would fetch again
    const promise = fetch(url, { cache: "force-cache" }).then(
      async (response) => {
        if (!response.ok) throw new Error(`The weights ${file} could not be fetched (${response.status}).`);
        return parseSafetensors(await response.arrayBuffer());
      },
      () => {
        throw new Error(`The weights ${file} could not be fetched.`); // each browser has words of its own for the reason
      },
    );
    promise.catch(() => fetched.delete(url.href)); // the next try fetches again
    fetched.set(url.href, promise);
  }
  return fetched.get(url.href);
}

/** Eight bytes of header length, a JSON header, then the numbers. Only float32 is written by this project. */
export function parseSafetensors(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const tensors = Object.create(null); // a tensor may have any name, "__proto__" too
  for (const [name, about] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    if (about.dtype !== "F32") throw new Error(`The weights ${name} are ${about.dtype}, not F32.`);
    const [start, end] = about.data_offsets;
    tensors[name] = { shape: about.shape, data: new Float32Array(buffer.slice(8 + length + start, 8 + length + end)) };
  }
  return tensors;
}
