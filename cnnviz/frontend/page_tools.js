/** What stands at the end of every page's toolbar: help and projector. */

import { h } from "./dom.js";
import { Help } from "./help.js";
import { ProjectorSwitch } from "./projector.js";

export class PageTools {
  /** sections: what the help says of this page's keys, as in help.js. Call `stop` when the page is left. */
  constructor(sections = []) {
    this.help = new Help(sections);
    this.projector = new ProjectorSwitch();
    this.element = h("span", { class: "page-tools", role: "group", "aria-label": "Page" },
      this.help.button, this.projector.button, this.help.element);
  }

  stop() {
    this.help.stop();
    this.projector.stop();
  }
}
