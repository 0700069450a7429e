/** Elements made in one expression. */

/**
 * h("button", { class: "round", onclick: play, "aria-label": "play" }, "▶")
 * Properties that start with "on" are listeners; all others are attributes (false and null leave one out).
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** Writes text only when it differs: an unchanged text node costs no layout. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Writes an attribute only when it differs. */
export function mark(element, name, value) {
  const text = String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** Gives an element these children in this order; those that stay in their place are not taken out and laid out anew. */
export function fill(element, children) {
  children.forEach((child, at) => {
    const there = element.childNodes[at];
    if (there !== child) element.insertBefore(child, there ?? null);
  });
  while (element.childNodes.length > children.length) element.lastChild.remove();
}

const dressed = new WeakMap(); // element → what its style was last given

/**
 * Writes properties of an element's style, each only when it differs from what was last written here: the browser works
 * the whole style out anew even where it stays the same, and gives colours back in other words than it was given.
 */
export function dress(element, styles) {
  if (!dressed.has(element)) dressed.set(element, {});
  const before = dressed.get(element);
  for (const [name, value] of Object.entries(styles)) {
    if (before[name] === value) continue;
    before[name] = value;
    if (name.startsWith("--")) element.style.setProperty(name, value);
    else element.style[name] = value;
  }
}
