/** Takes the pictures that are dropped or pasted anywhere on the page, and says what is going on with them. */

import { h, mark, write } from "./dom.js";
import { fileOf, messageOf, takeFiles } from "./files.js";

export class Arrivals {
  #ends = [];
  #shown = "";

  /** send(message) tells Python of a file. */
  constructor(send) {
    this.send = send;
    // it is said over the whole page, wherever the chooser stands
    this.curtain = h("div", { class: "cnnviz-arrivals", role: "status", "data-shown": "false" });
    Object.assign(this.curtain.style, {
      position: "fixed", inset: "12px", zIndex: 1_000_000, display: "none", placeItems: "center", pointerEvents: "none",
      border: "4px dashed #ffb000", borderRadius: "16px", background: "rgba(28, 33, 40, 0.82)", color: "#fff",
      font: "600 22px 'Source Sans', system-ui, sans-serif", textAlign: "center", padding: "24px",
    });
    document.body.append(this.curtain);
    const on = (name, listen) => {
      // before Streamlit's own listeners, which know nothing of pictures
      document.addEventListener(name, listen, { capture: true });
      this.#ends.push(() => document.removeEventListener(name, listen, { capture: true }));
    };
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const over = (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      this.#say("Let go, and this picture becomes the image.");
    };
    on("dragenter", over);
    on("dragover", over);
    on("dragleave", (event) => {
      if (event.relatedTarget === null) this.#say(""); // the pointer has left the window
    });
    on("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      this.take(fileOf(event.dataTransfer));
    });
    on("paste", (event) => {
      const file = fileOf(event.clipboardData);
      if (!file) return; // text, for the field that has the focus
      event.preventDefault();
      this.take(file);
    });
    this.#ends.push(takeFiles((file) => this.take(file)));
  }

  async take(file) {
    if (!file) return this.#say("");
    this.#say("Reading the picture …");
    this.send(await messageOf(file));
  }

  /** data.arrived counts what Python has received; with each one, the picture or a sentence is on the page. */
  update({ arrived }) {
    if (arrived !== this.arrived) this.#say("");
    this.arrived = arrived;
  }

  #say(sentence) {
    if (sentence === this.#shown) return;
    this.#shown = sentence;
    write(this.curtain, sentence);
    mark(this.curtain, "data-shown", Boolean(sentence));
    this.curtain.style.display = sentence ? "grid" : "none";
  }

  stop() {
    for (const end of this.#ends) end();
    this.curtain.remove();
  }
}
