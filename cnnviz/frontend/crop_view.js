/** The picture with a frame on it: the piece that all pages work on. */

import { centreSquare, cropFromText, cropToText, squared, wholePicture } from "./crop.js";
import { CropFrame } from "./crop_frame.js";
import { h, mark, write } from "./dom.js";

const BOX = { width: 330, height: 250 }; // CSS pixels at most

export class CropView {
  /** onChange() when the frame is another. */
  constructor(onChange) {
    this.onChange = onChange;
    this.image = h("img", { alt: "", draggable: "false" });
    this.frame = new CropFrame({ onCrop: (crop) => this.#take(crop), onSettled: onChange });
    this.box = h("div", { class: "crop-box" }, this.image, this.frame.element);
    this.frame.listenOn(this.box);
    this.square = h("input", { type: "checkbox", onchange: () => this.#take(squared(this.crop, this.square.checked, this.picture)) });
    const button = (text, action) => h("button", { type: "button", class: "tool", onclick: action }, text);
    this.note = h("p", { class: "remark", role: "status" });
    this.element = h("div", { class: "crop" }, this.box,
      h("div", { class: "crop-tools" },
        h("label", { class: "same" }, this.square, "keep it square"),
        button("Centre", () => this.#take(centreSquare(this.picture))),
        button("Whole", () => this.#take(wholePicture(this.picture)))),
      this.note);
  }

  /** text is the crop, file or picture where the whole picture is to be had. */
  update({ source, text, file, picture, height, width, title }) {
    mark(this.image, "src", file ? new URL(`../cnnviz.assets/${file}`, import.meta.url) : picture);
    mark(this.image, "alt", `${title}, whole`);
    mark(this.box, "data-counted", Math.max(height, width) <= 64);
    if (source === this.source) return;
    this.source = source;
    this.picture = { height, width };
    this.crop = cropFromText(text, this.picture);
    if (this.element.checkVisibility()) this.show(); // else nobody sees it, and its room would have to be measured
  }

  get text() {
    return cropToText(this.crop, this.picture);
  }

  #take(crop) {
    this.crop = crop;
    this.show();
    this.onChange();
  }

  /** Draws it in the room that it has. */
  show() {
    const { height, width } = this.picture;
    const room = Math.min(BOX.width, this.element.clientWidth || BOX.width);
    const pixel = Math.min(room / width, BOX.height / height); // CSS pixels of one of the picture's
    Object.assign(this.box.style, { width: `${pixel * width}px`, height: `${pixel * height}px` });
    this.square.checked = this.crop.square;
    const [rows, cols] = this.frame.show(this.crop, this.picture);
    write(this.note, `${rows} × ${cols} of ${height} × ${width} pixels`);
  }
}
