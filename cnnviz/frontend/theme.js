/** Light or dark, and whether the page's type is there. */

/** Is the page dark? Read from the theme's own background. */
export function isDark(element) {
  const probe = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  const hex = /^#([0-9a-f]{6})/i.exec(probe)?.[1];
  if (hex) {
    const [r, g, b] = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
    return r + g + b < 384;
  }
  const parts = probe.match(/\d+(\.\d+)?/g)?.map(Number) ?? [255, 255, 255];
  return parts[0] + parts[1] + parts[2] < 384;
}

/** How many of the page's fonts are loaded: a canvas does not write its digits anew when its font arrives. */
export function fontsLoaded() {
  return [...document.fonts].filter(({ status }) => status === "loaded").length;
}
