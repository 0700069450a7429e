/**
 * Watches Streamlit's connection. Lost: says so in plain words, and the page stays usable. Back: tells Python the address
 * bar, and what the page's components have said, as it may be a session that knows nothing of them.
 */

import { h, mark } from "./dom.js";
import { said } from "./said.js";
import { isDark } from "./theme.js";

const LOST = "The connection to the machine that runs this app is lost. What you see stays, and you can go on: the page comes back by itself.";

const WINDOW = '[data-testid="stDialog"]';

let watch = null;

export default function ({ parentElement, setStateValue }) {
  if (watch?.parent !== parentElement) {
    watch?.stop();
    watch = new Watch(parentElement);
  }
  watch.tell = (back) => setStateValue("back", back);
  watch.look();
}

class Watch {
  #times = 0; // the connection came back: no two messages are alike

  constructor(parent) {
    this.parent = parent;
    this.app = document.querySelector('[data-testid="stApp"]');
    this.banner = h("p", { class: "cnnviz connection", role: "status" });
    parent.append(this.banner);
    this.lost = false;
    this.observer = new MutationObserver(() => this.look());
    this.observer.observe(this.app, { attributes: true, attributeFilter: ["data-test-connection-state"] });
    // Streamlit reports a lost connection in a window that locks the page behind it, again at each try to connect
    this.windows = new MutationObserver((changes) => this.#shut(changes.flatMap(({ addedNodes }) => [...addedNodes])));
    this.onFocus = (event) => {
      if (!event.target.closest(WINDOW)) this.focused = event.composedPath()[0];
    };
  }

  stop() {
    this.observer.disconnect();
    this.#guard(false);
    this.banner.remove();
  }

  look() {
    const lost = this.app.dataset.testConnectionState !== "CONNECTED";
    if (lost === this.lost) return;
    this.lost = lost;
    mark(this.banner, "data-theme", isDark(this.banner) ? "dark" : "light");
    this.banner.textContent = lost ? LOST : "";
    this.#guard(lost);
    if (!lost) this.tell({ times: ++this.#times, link: location.search.slice(1), said: Object.fromEntries(said.texts), choices: said.choices });
  }

  #guard(on) {
    if (on) {
      this.focused = focusedElement();
      this.windows.observe(document.body, { childList: true });
      document.addEventListener("focusin", this.onFocus);
      return;
    }
    this.windows.disconnect();
    document.removeEventListener("focusin", this.onFocus);
  }

  /** Closes Streamlit's window before anybody sees it, and gives the focus back to where somebody may be typing. */
  #shut(added) {
    for (const dialog of added.filter((node) => node.matches?.(WINDOW))) {
      dialog.style.display = "none";
      dialog.querySelector("button[aria-label='Close']")?.click();
      requestAnimationFrame(() => requestAnimationFrame(() => {
        if (focusedElement() !== this.focused) this.focused?.focus({ preventScroll: true });
      }));
    }
  }
}

/** The element that has the focus, inside whatever shadow root it lies. */
function focusedElement() {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element;
}
