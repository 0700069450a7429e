/** The frame on a picture that says which piece of it is meant: moved and sized by mouse, finger or keys. */

import { UNITS, cropToText, grown, moved, pulled } from "./crop.js";
import { h, mark } from "./dom.js";

const STEP = 20; // thousandths of the shorter side that a key moves or grows
const CORNERS = [["top", "left"], ["top", "right"], ["bottom", "left"], ["bottom", "right"]];

export class CropFrame {
  #drag = null;

  /** onCrop(crop) at each change, onSettled() when the pointer lets go. */
  constructor({ onCrop, onSettled }) {
    Object.assign(this, { onCrop, onSettled });
    const handles = CORNERS.map((corner) => h("span", { class: `handle ${corner.join(" ")}`, "data-corner": corner.join("-") }));
    this.element = h("div", { class: "crop-frame", tabindex: "0", role: "application" }, ...handles);
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  get dragging() {
    return this.#drag !== null;
  }

  /** Lays the frame on a picture { height, width } that fills its parent; returns the crop's sides in whole pixels. */
  show(crop, picture) {
    Object.assign(this, { crop, picture });
    const { height, width } = picture;
    const shorter = Math.min(height, width);
    const share = (units, side) => `${(100 * units * shorter) / (UNITS * side)}%`;
    Object.assign(this.element.style, {
      top: share(crop.top, height), left: share(crop.left, width), height: share(crop.height, height), width: share(crop.width, width),
    });
    const [rows, cols] = [crop.height, crop.width].map((side) => Math.max(1, Math.round((side * shorter) / UNITS)));
    const keys = crop.square ? "Arrow keys move it, plus and minus size it." : "Arrow keys move it, with Shift they size it, as do plus and minus.";
    mark(this.element, "aria-label", `Crop, ${rows} × ${cols} pixels. ${keys}`);
    mark(this.element, "data-crop", cropToText(crop, picture));
    return [rows, cols];
  }

  /** Takes the pointer on this element: the frame, or the picture under it, where the frame comes to the pointer. */
  listenOn(grip) {
    grip.addEventListener("pointerdown", (event) => {
      if (event.button > 0 || this.#drag) return;
      const [row, col] = this.#place(event);
      if (!this.element.contains(event.target)) {
        const { top, left, height, width } = this.crop; // beside the frame: it comes to the pointer
        this.onCrop(moved(this.crop, row - top - height / 2, col - left - width / 2, this.picture));
      }
      this.#drag = { pointer: event.pointerId, corner: event.target.dataset.corner?.split("-"), row, col, crop: this.crop };
      grip.setPointerCapture(event.pointerId);
      this.element.focus({ preventScroll: true });
      event.preventDefault();
    });
    grip.addEventListener("pointermove", (event) => {
      if (this.#drag?.pointer !== event.pointerId) return;
      const { corner, crop } = this.#drag;
      const [row, col] = this.#place(event);
      if (corner) this.onCrop(pulled(crop, corner, row, col, this.picture));
      else this.onCrop(moved(crop, row - this.#drag.row, col - this.#drag.col, this.picture));
    });
    const end = (event) => {
      if (this.#drag?.pointer !== event.pointerId) return;
      this.#drag = null;
      this.onSettled();
    };
    grip.addEventListener("pointerup", end);
    grip.addEventListener("pointercancel", end);
  }

  /** Where in the picture the pointer is, [row, col] in thousandths of its shorter side. */
  #place(event) {
    const box = this.element.parentElement.getBoundingClientRect();
    const unit = Math.min(box.height, box.width) / UNITS;
    return [(event.clientY - box.top) / unit, (event.clientX - box.left) / unit];
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const change = event.shiftKey && !this.crop.square ? grown : moved;
    const steps = { ArrowUp: [-STEP, 0], ArrowDown: [STEP, 0], ArrowLeft: [0, -STEP], ArrowRight: [0, STEP] }[event.key];
    if (steps) this.onCrop(change(this.crop, ...steps, this.picture));
    else if (event.key === "+" || event.key === "=") this.onCrop(grown(this.crop, STEP, STEP, this.picture));
    else if (event.key === "-" || event.key === "−") this.onCrop(grown(this.crop, -STEP, -STEP, this.picture));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
