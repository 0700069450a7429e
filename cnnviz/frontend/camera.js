/** A snapshot from the camera, which is on from the moment it is asked for until the picture is taken, and no longer. */

import { h, write } from "./dom.js";

const REFUSALS = {
  NotAllowedError: "The browser does not let this page use the camera: allow it beside the address, then ask again.",
  NotFoundError: "No camera is connected to this computer: connect one, or open a file.",
  NotReadableError: "The camera is busy with another program: close that one, then ask again.",
};
const INSECURE =
  "A browser gives its camera only to a page opened by https, or on this computer itself (localhost). On a phone, “Open a file” offers the camera instead.";

export class Camera {
  #stream = null;
  #facing = "user";
  gone = false;

  /** onPicture(file) with each snapshot. */
  constructor(onPicture) {
    this.onPicture = onPicture;
    this.video = h("video", { autoplay: true, playsinline: true, muted: true, "aria-label": "What the camera sees" });
    this.video.muted = true;
    this.trigger = h("button", { type: "button", class: "tool primary", onclick: () => this.take() }, "Take the picture");
    this.turn = h("button", { type: "button", class: "tool", onclick: () => this.#turn() }, "Other camera");
    this.cancel = h("button", { type: "button", class: "tool", onclick: () => this.stop() }, "Cancel");
    this.finder = h("div", { class: "finder", hidden: true }, this.video, h("div", { class: "finder-tools" }, this.trigger, this.turn, this.cancel));
    this.words = h("p", { class: "remark", role: "status" });
    this.element = h("div", { class: "camera" }, this.finder, this.words);
  }

  async start() {
    write(this.words, "");
    if (!navigator.mediaDevices?.getUserMedia) return write(this.words, INSECURE);
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: this.#facing, width: { ideal: 1280 } } });
      this.stop();
      if (this.gone) return stream.getTracks().forEach((track) => track.stop()); // the view was closed meanwhile
      this.#stream = stream;
      this.video.srcObject = stream;
      this.finder.hidden = false;
      const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
      this.turn.hidden = cameras.length < 2;
      this.trigger.focus();
    } catch (error) {
      write(this.words, REFUSALS[error.name] ?? `The camera does not answer (${error.name}): open a file instead.`);
    }
  }

  #turn() {
    this.#facing = this.#facing === "user" ? "environment" : "user";
    this.stop();
    return this.start();
  }

  take() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width) return; // the first frame is still to come
    const canvas = h("canvas", { width, height });
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    this.stop();
    canvas.toBlob((blob) => this.onPicture(new File([blob], "Camera", { type: blob.type })), "image/jpeg", 0.95);
  }

  /** Switches the camera off. */
  stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = this.video.srcObject = null;
    this.finder.hidden = true;
  }
}
