/** The buttons that bring a picture along: a file, or the camera. */

import { Camera } from "./camera.js";
import { h } from "./dom.js";
import { bring } from "./files.js";

export class SourceTools {
  constructor() {
    this.camera = new Camera(bring);
    // on a phone, "image/*" also offers the camera; some systems do not count the last three among images
    this.input = h("input", {
      type: "file", accept: "image/*,.tif,.tiff,.bmp,.webp", hidden: true, "aria-label": "picture file", onchange: () => {
        if (this.input.files.length) bring(this.input.files[0]);
        this.input.value = ""; // the same file chosen again is a change too
      },
    });
    const button = (text, action) => h("button", { type: "button", class: "tool", onclick: action }, text);
    this.element = h("div", { class: "sources" },
      h("div", { class: "source-tools" },
        button("Open a file …", () => this.input.click()), this.input,
        button("Camera", () => this.camera.start()),
        h("span", { class: "source-hint" }, "or drop a picture anywhere on the page, or paste one")),
      this.camera.element);
  }

  /** Nobody sees the finder any more. */
  stop() {
    this.camera.stop();
  }

  /** The view is gone, and a camera that is still being asked for is not wanted either. */
  end() {
    this.camera.gone = true;
    this.stop();
  }
}
