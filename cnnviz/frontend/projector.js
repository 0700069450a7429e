/**
 * The projector: one switch for all that is on the page, kept where every component sees it, on the document itself. A
 * component's root carries data-projector (mount.js sees to it), for which base.css has rules; the link carries projector=1.
 */

import { h, mark } from "./dom.js";
import { icon } from "./icons.js";
import { isTyping } from "./keys.js";

const CHANGED = "cnnviz-projector";
const root = document.documentElement;

// the first component of a visit takes it from the link; a page change leaves the document as it is
root.dataset.projector ??= String(new URLSearchParams(location.search).get("projector") === "1");

export function isProjecting() {
  return root.dataset.projector === "true";
}

/** The least that digits, and the cells that hold them, must have on every canvas and kernel, in CSS pixels. */
export function leastDigits(projecting = isProjecting()) {
  return projecting ? { font: 24, cell: 32 } : { font: 9, cell: 20 };
}

/** What the link says of it. */
export function projectorText() {
  return isProjecting() ? "projector=1" : "";
}

function project(on) {
  root.dataset.projector = on;
  document.dispatchEvent(new CustomEvent(CHANGED));
}

/** Calls listen() after every change; returns what ends it. */
export function onProjector(listen) {
  document.addEventListener(CHANGED, listen);
  return () => document.removeEventListener(CHANGED, listen);
}

/** The switch, for a page's toolbar; P does the same. Its `stop` ends the listening. */
export class ProjectorSwitch {
  constructor() {
    const toggle = () => project(!isProjecting());
    this.button = h("button", {
      type: "button", class: "tool page-tool", "aria-label": "projector", title: "projector (P): larger, and only what matters",
      "aria-keyshortcuts": "P", "aria-pressed": isProjecting(), onclick: toggle,
    }, icon("projector"));
    const onKey = (event) => {
      if ((event.key !== "p" && event.key !== "P") || isTyping(event) || event.defaultPrevented) return;
      event.preventDefault();
      toggle();
    };
    document.addEventListener("keydown", onKey);
    const end = onProjector(() => mark(this.button, "aria-pressed", isProjecting()));
    this.stop = () => {
      end();
      document.removeEventListener("keydown", onKey);
    };
  }
}
