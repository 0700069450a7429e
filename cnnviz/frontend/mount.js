/** What every component has in common: one view a place on the page, and one way to tell Python what rests. */

import { joinQuery, mirrorLink } from "./link.js";
import { PageTools } from "./page_tools.js";
import { unpack } from "./parcel.js";
import { isProjecting, onProjector, projectorText } from "./projector.js";
import { said } from "./said.js";
import { isDark } from "./theme.js";
import { mark } from "./dom.js";

const REST = 150; // milliseconds without a change before Python hears of it

/**
 * The default export of a component: Streamlit calls it at every change of data or theme, and the view made at the first
 * call lives until the page is left. A view has `element`, `update(data)`, `resize(dark)`, `stop()` and, if it owns a state,
 * `settling`; it can `ask(text)` Python for something, heard once and after what was sent, and hand it a `file`. To the
 * `.toolbar` of the page's main view its tools are added, and to none that `isBelow` another; `help` may name keys of its
 * own (see help.js).
 */
export function mount(View) {
  const views = new WeakMap();
  return ({ name, parentElement, data: parcel, setStateValue, setTriggerValue }) => {
    const data = unpack(parcel);
    if (!views.has(parentElement)) views.set(parentElement, start(new View(data), parentElement));
    const view = views.get(parentElement);
    view.ask = (text) => setTriggerValue("asked", text);
    view.file = (message) => setTriggerValue("file", message);
    if (view.settling) {
      view.settling.send = (text) => {
        said.texts.set(name, text);
        setStateValue("settled", text);
      };
    }
    view.update(data);
    fit(view);
    return () => {
      // Streamlit also ends a call that the next one has overtaken: the component is still there, and so is its view
      if (parentElement.isConnected) return;
      view.observer.disconnect();
      document.fonts.removeEventListener("loadingdone", view.onFonts);
      view.endProjector();
      view.pageTools?.stop();
      view.settling?.stop();
      said.texts.delete(name);
      view.stop();
      views.delete(parentElement);
    };
  };
}

function start(view, parent) {
  const toolbar = view.isBelow ? null : view.element.querySelector(".toolbar");
  view.pageTools = toolbar && new PageTools(view.help);
  toolbar?.append(view.pageTools.element);
  parent.append(view.element);
  view.observer = new ResizeObserver(() => fit(view));
  view.observer.observe(view.element);
  view.onFonts = () => fit(view);
  document.fonts.addEventListener("loadingdone", view.onFonts);
  view.endProjector = onProjector(() => {
    fit(view);
    view.settling?.soon();
  });
  return view;
}

function fit(view) {
  const dark = isDark(view.element);
  mark(view.element, "data-theme", dark ? "dark" : "light");
  mark(view.element, "data-projector", isProjecting());
  view.resize(dark);
}

/** Sends one compact text to Python, and mirrors it in the address bar, once nothing has changed for a while. */
export class Settling {
  #timer = 0;
  #sent = null;
  send = () => {};

  /**
   * revision: counts the changes that Python's answers are for, each of which names the one it belongs to; the first number is
   * Python's. busy(): is something still moving? message(): the text for Python, which ends in a query. link(): the query for the
   * address bar, if this view has its care.
   */
  constructor({ revision, busy, message, link = null }) {
    Object.assign(this, { revision, busy, message, link });
  }

  /** Something changed: tell Python after a rest. */
  soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(), REST);
  }

  /** Something came to its end (the pen went up): tell Python at once. */
  now() {
    clearTimeout(this.#timer);
    if (this.busy()) return;
    const shared = this.link ? projectorText() : ""; // said by the view that has the link's care
    const text = joinQuery(`${this.revision};${this.message()}`, shared);
    if (text !== this.#sent) this.send(text);
    this.#sent = text;
    this.mirror();
  }

  /** The address bar shows what is on the page. */
  mirror() {
    if (this.link) mirrorLink(this.link());
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
