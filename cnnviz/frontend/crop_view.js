/** The picture with a frame on it: the piece that is worked on, moved and sized by mouse, finger or keys. */

import { centreSquare, cropFromText, cropToText, grown, moved, pulled, squared, wholePicture } from "./crop_frame.js";
import { h, mark, write } from "./dom.js";
import { Settling, mount } from "./mount.js";

const BOX = { width: 330, height: 250 }; // CSS pixels at most
const STEP = 20; // thousandths of the shorter side that a key moves or grows
const CORNERS = [["top", "left"], ["top", "right"], ["bottom", "left"], ["bottom", "right"]];

class CropView {
  #drag = null;

  constructor() {
    this.settling = new Settling({ busy: () => false, message: () => `${this.source};${this.#text}` });
    this.image = h("img", { alt: "", draggable: "false" });
    const handles = CORNERS.map((corner) => h("span", { class: `handle ${corner.join(" ")}`, "data-corner": corner.join("-") }));
    this.frame = h("div", { class: "crop-frame", tabindex: "0", role: "application" }, ...handles);
    this.box = h("div", { class: "crop-box" }, this.image, this.frame);
    this.square = h("input", { type: "checkbox", onchange: () => this.#take(squared(this.crop, this.square.checked, this.picture)) });
    const button = (text, action) => h("button", { type: "button", class: "tool", onclick: action }, text);
    this.note = h("p", { class: "remark", role: "status" });
    this.element = h("div", { class: "cnnviz crop" }, this.box,
      h("div", { class: "crop-tools" },
        h("label", { class: "same" }, this.square, "keep it square"),
        button("Centre", () => this.#take(centreSquare(this.picture))),
        button("Whole", () => this.#take(wholePicture(this.picture)))),
      this.note);
    this.#listen();
  }

  update(data) {
    const { source, crop, picture, height, width, title } = data;
    this.image.src = picture;
    mark(this.image, "alt", `${title}, whole`);
    mark(this.box, "data-counted", Math.max(height, width) <= 64);
    if (source === this.source) return;
    this.source = source;
    this.picture = { height, width };
    this.crop = cropFromText(crop, this.picture);
    this.#show();
  }

  resize() {
    if (this.picture) this.#show();
  }

  stop() {}

  get #text() {
    return cropToText(this.crop, this.picture);
  }

  #take(crop) {
    this.crop = crop;
    this.#show();
    this.settling.soon();
  }

  #listen() {
    const place = (event) => {
      const box = this.box.getBoundingClientRect();
      return [(event.clientY - box.top) / this.scale, (event.clientX - box.left) / this.scale];
    };
    this.box.addEventListener("pointerdown", (event) => {
      if (event.button > 0 || this.#drag) return;
      const [row, col] = place(event);
      if (!this.frame.contains(event.target)) {
        const { top, left, height, width } = this.crop; // beside the frame: it comes to the pointer
        this.#take(moved(this.crop, row - top - height / 2, col - left - width / 2, this.picture));
      }
      this.#drag = { pointer: event.pointerId, corner: event.target.dataset.corner?.split("-"), row, col, crop: this.crop };
      this.box.setPointerCapture(event.pointerId);
      this.frame.focus({ preventScroll: true });
      event.preventDefault();
    });
    this.box.addEventListener("pointermove", (event) => {
      if (this.#drag?.pointer !== event.pointerId) return;
      const { corner, crop } = this.#drag;
      const [row, col] = place(event);
      if (corner) this.#take(pulled(crop, corner, row, col, this.picture));
      else this.#take(moved(crop, row - this.#drag.row, col - this.#drag.col, this.picture));
    });
    const end = (event) => {
      if (this.#drag?.pointer !== event.pointerId) return;
      this.#drag = null;
      this.settling.now();
    };
    this.box.addEventListener("pointerup", end);
    this.box.addEventListener("pointercancel", end);
    this.frame.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const change = event.shiftKey && !this.crop.square ? grown : moved;
      const steps = {
        ArrowUp: [-STEP, 0], ArrowDown: [STEP, 0], ArrowLeft: [0, -STEP], ArrowRight: [0, STEP],
      }[event.key];
      if (steps) this.#take(change(this.crop, ...steps, this.picture));
      else if (event.key === "+" || event.key === "=") this.#take(grown(this.crop, STEP, STEP, this.picture));
      else if (event.key === "-") this.#take(grown(this.crop, -STEP, -STEP, this.picture));
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  #show() {
    const { height, width } = this.picture;
    const room = Math.min(BOX.width, this.element.clientWidth || BOX.width);
    const pixel = Math.min(room / width, BOX.height / height); // CSS pixels of one of the picture's
    this.scale = (pixel * Math.min(height, width)) / 1000;
    Object.assign(this.box.style, { width: `${pixel * width}px`, height: `${pixel * height}px` });
    const { top, left, square } = this.crop;
    const inCss = (units) => `${units * this.scale}px`;
    Object.assign(this.frame.style, {
      top: inCss(top), left: inCss(left), height: inCss(this.crop.height), width: inCss(this.crop.width),
    });
    this.square.checked = square;
    const shorter = Math.min(height, width);
    const [rows, cols] = [this.crop.height, this.crop.width].map((side) => Math.max(1, Math.round((side * shorter) / 1000)));
    write(this.note, `${rows} × ${cols} of ${height} × ${width} pixels`);
    const keys = square ? "Arrow keys move it, plus and minus size it." : "Arrow keys move it, with Shift they size it, as do plus and minus.";
    mark(this.frame, "aria-label", `Crop, ${rows} × ${cols} pixels. ${keys}`);
    mark(this.element, "data-crop", this.#text);
  }
}

export default mount(CropView);
