/** Picture files on their way to Python, which is the one that decodes them. */

const MOST_BYTES = 20 * 2 ** 20; // core/image_files.py has the same number

/** Whoever takes files on this page; components have separate copies of their modules, so they meet on globalThis. */
const taker = (globalThis.cnnvizFiles ??= { take: () => {} });

/** From now on `take(file)` gets every file; returns the function that ends it. */
export function takeFiles(take) {
  taker.take = take;
  return () => {
    if (taker.take === take) taker.take = () => {};
  };
}

/** Hands a file to whoever takes files on this page. */
export function bring(file) {
  taker.take(file);
}

/** What Python is told of a file: { name, data: base64 }, or { name, size } where it is too large or cannot be read. */
export async function messageOf(file) {
  const { name, size } = file;
  if (size > MOST_BYTES) return { name, size };
  try {
    return { name, data: await base64(file) };
  } catch {
    return { name, size: 0 }; // a folder, or a file that was taken away meanwhile
  }
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

/** The first file of a drop or a paste: an image if there is one, else any; null if text or the like was meant. */
export function fileOf(transfer) {
  const files = [...(transfer?.files ?? [])];
  return files.find(({ type }) => type.startsWith("image/")) ?? files[0] ?? null;
}
