/** What leaves the page: text for the clipboard, files for the download folder. All of it is made here, for this user. */

import { h, write } from "./dom.js";

const SAID = 2000; // milliseconds for which a button says that it has copied

/**
 * Puts text into the clipboard; true if that worked. A classroom's LAN address is no secure context and has no
 * navigator.clipboard, so there a field inside `container` is selected and copied.
 */
async function copyText(text, container) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const focused = container.getRootNode().activeElement;
    const field = h("textarea", { readonly: true, "aria-hidden": "true", style: "position: fixed; opacity: 0; top: 0" });
    field.value = text;
    container.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    focused?.focus();
    return done;
  }
}

/** A button that copies what text() gives, and says for a moment whether it could. */
export function copyButton(label, text) {
  let timer = 0;
  const word = h("span", { "aria-live": "polite" }, label);
  const button = h("button", { class: "tool", type: "button", onclick: async () => {
    const done = await copyText(text(), button.parentElement);
    write(word, done ? "copied" : "select and copy by hand");
    clearTimeout(timer);
    timer = setTimeout(() => write(word, label), SAID);
  } }, word);
  return button;
}

/** Hands a file over to the browser's downloads: parts as Blob takes them. */
export function saveFile(name, parts, type) {
  const address = URL.createObjectURL(parts instanceof Blob ? parts : new Blob([parts], { type }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // a large file is still being read after the click
}
