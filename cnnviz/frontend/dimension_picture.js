/** A picture of what slides where: a filter through all channels of an image, and a block through a volume. */

const SVG = "http://www.w3.org/2000/svg";

function shape(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A box in parallel projection: its lower left front corner, and how wide, high and deep it is. */
function box(x, y, width, height, depth, kind) {
  const [dx, dy] = [depth * 0.5, -depth * 0.35];
  const face = (points) => shape("polygon", { points: points.map((point) => point.join()).join(" "), class: kind });
  const [left, right, low, high] = [x, x + width, y, y - height];
  return [
    face([[left, low], [right, low], [right, high], [left, high]]),
    face([[left, high], [right, high], [right + dx, high + dy], [left + dx, high + dy]]),
    face([[right, low], [right + dx, low + dy], [right + dx, high + dy], [right, high]]),
  ];
}

function arrow(x, y, dx, dy) {
  const angle = (Math.atan2(dy, dx) * 180) / Math.PI;
  return shape("g", { transform: `translate(${x} ${y}) rotate(${angle})`, class: "way" },
    shape("path", { d: `M0 0H${Math.hypot(dx, dy)}m-6 -4l6 4l-6 4` }));
}

const text = (x, y, words) => shape("text", { x, y }, words);

export function dimensionPicture() {
  return shape("svg", { viewBox: "0 0 520 200", class: "dimension-picture", role: "img",
    "aria-label": "Left, Conv2d on a colour picture: the filter is as deep as the three channels and slides along rows and columns. Right, Conv3d: the kernel is a smaller block and slides along depth, too." },
  ...box(20, 165, 130, 110, 48, "whole"), ...box(30, 110, 46, 46, 48, "filter"), arrow(82, 86, 40, 0), arrow(52, 116, 0, 34),
  text(20, 190, "Conv2d: through all channels, two ways"),
  ...box(280, 165, 130, 110, 120, "whole"), ...box(292, 112, 46, 46, 44, "filter"), arrow(344, 88, 40, 0), arrow(314, 118, 0, 34), arrow(366, 62, 34, -24),
  text(280, 190, "Conv3d: a block, three ways"));
}
