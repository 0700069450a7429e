/** The signs on buttons, drawn: not every computer has a font with ⏮ in it. */

const SVG = "http://www.w3.org/2000/svg";
const SIDE = 24; // all paths lie in a square of 24 × 24

const PATHS = {
  play: "M7 4 20 12 7 20Z",
  pause: "M6 4h4v16H6ZM14 4h4v16h-4Z",
  first: "M5 5h3v14H5ZM20 5v14L9 12Z",
  last: "M16 5h3v14h-3ZM4 5 15 12 4 19Z",
  back: "M17 5v14L6 12Z",
  forward: "M5 5 14 12 5 19ZM16 5h3v14h-3Z",
  nextRow: "M17 4h3v11H9.5v4.5L3 13.5 9.5 7.5V12H17Z",
  link: "M10.6 13.4a1 1 0 0 1 0-1.4l3-3a3 3 0 1 1 4.2 4.2l-2 2 1.6 1.6 2-2a5.3 5.3 0 0 0-7.4-7.4l-3 3a3.3 3.3 0 0 0 0 4.6ZM13.4 10.6a1 1 0 0 1 0 1.4l-3 3a3 3 0 1 1-4.2-4.2l2-2-1.6-1.6-2 2a5.3 5.3 0 0 0 7.4 7.4l3-3a3.3 3.3 0 0 0 0-4.6Z",
  help: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm0 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16Zm-1 12h2v2h-2ZM12 6a4 4 0 0 0-4 4h2a2 2 0 1 1 2.9 1.8C11.6 12.4 11 13.2 11 14.5h2c0-.6.3-1 1-1.3A4 4 0 0 0 12 6Z",
  projector: "M2 3h20v2h-1v11h-8v1.6l4 3-1.2 1.6L12 19.2l-3.8 3L7 20.6l4-3V16H3V5H2Zm3 2v9h14V5Z",
  undo: "M9.5 4v4.2h4.5a6 6 0 0 1 0 12H7v-3h7a3 3 0 0 0 0-6H9.5V15.5L3 9.7Z",
  redo: "M14.5 4v4.2H10a6 6 0 0 0 0 12h7v-3h-7a3 3 0 0 1 0-6h4.5V15.5L21 9.7Z",
};

/** An icon as large as the text beside it; the button it stands on has the words. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  const attributes = { class: "icon", viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true", focusable: "false", "data-icon": name };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
