/** The shift lab: nudge the input, and see at each stage what moved along, what stayed, and what did neither. */

import { compare, showAgreement } from "./agreement.js";
import { h, mark, write } from "./dom.js";
import { subscribe } from "./feed.js";
import { filterOf } from "./filter.js";
import { STAGE_HELP } from "./keys.js";
import { LabPictures } from "./lab_pictures.js";
import { joinQuery } from "./link.js";
import { Settling, mount } from "./mount.js";
import { decimal, plain, roundUp } from "./numbers.js";
import { Refused } from "./operations.js";
import { gradient } from "./palette.js";
import { decode } from "./parcel.js";
import { LARGEST_SHIFT, allShifts, fates, figures, shifted, stagesOf } from "./shift.js";
import { closing, direction, verdict } from "./shift_words.js";

const DEFAULTS = { detector: "sobel_x", pool: "max", window: 2, step: 2, enters: "edge", shift: "0,0" };
const LARGEST_WINDOW = 8;
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const SLICE = 8; // milliseconds of a frame that trying all shifts may take
const EXAMPLES = [
  { title: "Dots: it can stay", image: "dots", settings: "detector=identity&shift=0,-1" },
  { title: "Photograph: it does not", image: "photographer", settings: "shift=0,1" },
];
const POINT = "Point at any cell: its window and its winner are marked in the stages before it.";

class ShiftLab {
  help = [["The shift lab", [["← → ↑ ↓", "the input moves by one pixel, unless something else has the focus"], ["0", "no shift"]]], ...STAGE_HELP.slice(0, 2)];
  #frame = 0;
  #painted = 0;
  #search = 0; // the running search through all shifts

  constructor(data) {
    const kernels = JSON.parse(data.kernels);
    this.presets = new Map(kernels.map((kernel) => [kernel.key, kernel]));
    this.settings = settingsFromText(data.seed);
    this.settling = new Settling({
revision: data.revision,
      busy: () => !this.before || this.dragging || this.searching,
      message: () => [this.tried ? 1 : 0, this.pending?.image ?? "", this.#text].join(";"),
      link: () => joinQuery(this.data.link, this.#text),
    });
    this.#build(kernels);
    this.onKey = (event) => {
      if (document.activeElement === document.body && this.#inView()) this.#key(event);
    };
    document.addEventListener("keydown", this.onKey);
    this.unsubscribe = [
      subscribe("lab_image", (image) => this.#receiveImage(image)),
      subscribe("lab_answer", (answer) => this.#receiveAnswer(answer)),
    ];
  }

  /** New data from Python: the link's other half, or what is to be said of the image. */
  update(data) {
    this.data = data;
    this.#receiveImage(this.latest);
    if (!this.warned) this.#say("");
    if (this.before) this.settling.mirror();
  }

  resize() {}

  stop() {
    cancelAnimationFrame(this.#frame);
    cancelAnimationFrame(this.#search);
    document.removeEventListener("keydown", this.onKey);
    for (const end of this.unsubscribe) end();
  }

  // --- building --------------------------------------------------------------------------------------------------------

  #build(kernels) {
    const chip = (label, ...controls) => h("label", { class: "chip-control" }, h("span", {}, label), ...controls);
    const choice = (label, key, options) =>
      h("select", { "aria-label": label, onchange: (event) => this.#try({ [key]: event.target.value }) },
        ...options.map(([value, text]) => h("option", { value }, text)));
    const number = (label, key) => h("input", {
      type: "number", min: 1, max: LARGEST_WINDOW, step: 1, "aria-label": label, value: this.settings[key],
      oninput: (event) => {
        const value = Number(event.target.value);
        const fits = Number.isInteger(value) && value >= 1 && value <= LARGEST_WINDOW;
        if (!fits) this.#say(`The ${label} must be a whole number from 1 to ${LARGEST_WINDOW}; it stays ${this.settings[key]}.`);
        const taken = fits && this.#try(key === "window" && this.settings.step === this.settings.window ? { window: value, step: value } : { [key]: value });
        if (taken) event.target.removeAttribute("aria-invalid");
        else event.target.setAttribute("aria-invalid", "true");
      },
      onblur: (event) => {
        event.target.value = this.settings[key];
        event.target.removeAttribute("aria-invalid");
      },
    });
    this.controls = {
      detector: choice("kernel", "detector", kernels.map(({ key, title }) => [key, title])),
      pool: choice("pooling", "pool", [["max", "max"], ["average", "average"]]),
      window: number("pooling window", "window"),
      step: number("pooling stride", "step"),
      enters: choice("what enters at the edge", "enters", [["edge", "edge pixels"], ["black", "black"], ["wrap", "wrapped round"]]),
    };
    this.shiftText = h("b", {});
    const nudge = (symbol, label, move) => h("button", { type: "button", class: "nudge", "aria-label": label, onclick: () => this.#nudge(move) }, symbol);
    this.shiftChip = h("div", { class: "chip-control shift-chip", role: "group", "aria-label": "Shift of the input: the arrow keys move it by one pixel", tabindex: "0" },
      h("span", {}, "shift"), this.shiftText,
      nudge("←", "one pixel left", [0, -1]), nudge("→", "one pixel right", [0, 1]), nudge("↑", "one pixel up", [-1, 0]), nudge("↓", "one pixel down", [1, 0]),
      h("button", { type: "button", class: "nudge", "aria-label": "no shift", onclick: () => this.#shift([0, 0]) }, "0"));
    this.tryButton = h("button", { type: "button", class: "tool try-all", onclick: () => this.#tryAll() }, "Try all 288 shifts");
    const toolbar = h("div", { class: "toolbar", role: "group", "aria-label": "Kernel, pooling and shift" },
      chip("kernel", this.controls.detector), chip("pool", this.controls.pool), chip("window", this.controls.window), chip("stride", this.controls.step),
      chip("enters at the edge", this.controls.enters), this.shiftChip, this.tryButton,
      h("span", { class: "segmented", role: "group", "aria-label": "Examples" },
        ...EXAMPLES.map((example) => h("button", { type: "button", class: "tool", onclick: () => this.#open(example) }, example.title))));
    this.notice = h("p", { class: "notice", role: "status" });
    this.legend = h("div", { class: "legend lab-legend" }, h("div", { class: "ramp" }), h("div", { class: "ticks" }));
    this.legend.firstChild.style.background = gradient("activation");
    this.pictures = new LabPictures({ onPoint: (...place) => this.#point(...place) });
    this.readout = h("p", { class: "lab-readout", "aria-live": "off" });
    this.words = h("p", { class: "words", "aria-live": "polite" });
    this.agreement = h("p", { class: "agreement" });
    this.element = h("section", { class: "cnnviz shift-lab", "aria-label": "The shift lab" },
      toolbar, h("div", { class: "remarks" }, this.notice, this.legend), this.pictures.element,
      h("div", { class: "lab-foot" }, this.readout), h("div", { class: "below" }, this.words, this.agreement));
    this.element.addEventListener("keydown", (event) => {
      if (!event.target.matches?.("input, select, textarea")) this.#key(event);
    });
    for (const { canvas } of this.pictures.columns[0].pictures.slice(0, 2)) this.#listenForDrags(canvas);
  }

  #listenForDrags(canvas) {
    canvas.classList.add("draggable");
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.dragging = { x: event.clientX, y: event.clientY, from: this.settings.shift };
      event.preventDefault();
      this.shiftChip.focus({ preventScroll: true });
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.dragging) return;
      const { x, y, from } = this.dragging;
      const box = canvas.getBoundingClientRect();
      this.#shift([
        from[0] + Math.round(((event.clientY - y) / box.height) * canvas.height),
        from[1] + Math.round(((event.clientX - x) / box.width) * canvas.width),
      ]);
    });
    const end = () => {
      if (!this.dragging) return;
      this.dragging = null;
      this.settling.now();
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
  }

  #inView() {
    const { top, bottom } = this.element.getBoundingClientRect();
    return top > -200 && bottom > 0 && top < innerHeight / 2;
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "0") this.#shift([0, 0]);
    else if (ARROWS[event.key]) this.#nudge(ARROWS[event.key]);
    else return;
    event.preventDefault();
  }

  // --- settings ----------------------------------------------------------------------------------------------------------

  #nudge([down, across]) {
    this.#shift([this.settings.shift[0] + down, this.settings.shift[1] + across]);
  }

  #shift(shift) {
    const within = shift.map((by) => Math.min(LARGEST_SHIFT, Math.max(-LARGEST_SHIFT, by)) || 0);
    if (String(within) === String(this.settings.shift)) return;
    this.#try({ shift: within }, { keepTried: true });
  }

  /** Takes a change of settings if torch would; otherwise says why, and keeps the last good pictures. */
  #try(change, { keepTried = false } = {}) {
    const before = this.settings;
    this.settings = { ...before, ...change };
    try {
      this.#compute(keepTried);
      this.#say("");
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.settings = before;
      this.#showControls();
      this.#say(`${error.message} The last pictures stay.`);
      return false;
    }
  }

  /** Asks Python for another picture; the settings that go with it wait until it is here. */
  #open({ image, settings }) {
    this.#forget();
    this.pending = { image, settings: settingsFromText(settings) };
    this.settling.now();
  }

  #showControls() {
    const active = this.element.getRootNode().activeElement;
    for (const [key, control] of Object.entries(this.controls)) {
      if (control !== active || control.tagName === "SELECT") control.value = this.settings[key];
    }
    write(this.shiftText, direction(this.settings.shift));
  }

  /** A warning, or, where there is none, what must be said of the image, or what one may do here. */
  #say(text) {
    this.warned = Boolean(text);
    write(this.notice, text || this.data?.note || "Arrow keys or dragging the input shift it by whole pixels. Nothing is padded; where two maps are compared after a move, it is where they overlap.");
    mark(this.notice, "data-warning", this.warned);
  }

  // --- computing and painting ----------------------------------------------------------------------------------------------

  #receiveImage(image) {
    this.latest = image;
    if (!image || !this.data || image === this.image) return;
    const first = !this.input;
    this.image = image;
    this.input = decode(image);
    this.before = null;
    if (this.pending?.image === image.key) this.settings = this.pending.settings;
    this.pending = null;
    try {
      this.#compute(false, first ? 0 : 1);
      this.#say("");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.settings = settingsFromText("");
      this.#compute(false, first ? 0 : 1);
      this.#say(`${error.message} The lab is back at Sobel x and windows of 2.`);
    }
  }

  /** Everything from image and settings to the four stages. Throws Refused, and changes nothing, where torch would. */
  #compute(keepTried, steps = 1) {
    if (!this.input) return;
    const { detector, shift, enters, pool, window, step } = this.settings;
    const look = [detector, pool, window, step].join();
    const pooling = { pool, window, stride: step };
    const filter = filterOf({}, this.presets.get(detector), this.input.shape[0]);
    const before = this.before && look === this.look ? this.before : stagesOf(this.input, filter, pooling);
    const after = shift[0] || shift[1] ? stagesOf(shifted(this.input, shift, enters), filter, pooling) : before;
    Object.assign(this, { look, before, after, filter });
    if (!keepTried) this.#forget();
    this.figures = figures(before, after, shift, step);
    this.counts = pool === "max" ? fates(before, after, shift, step, window) : null;
    this.settling.revision += steps;
    this.#showControls();
    showAgreement(this.agreement, null);
    this.#repaint();
    if (this.answer) this.#receiveAnswer(this.answer);
    if (steps) this.settling.soon();
    else this.settling.mirror();
  }

  #forget() {
    cancelAnimationFrame(this.#search);
    this.searching = false;
    this.tried = null;
    write(this.tryButton, "Try all 288 shifts");
  }

  #repaint() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #paint() {
    const { shift } = this.settings;
    const top = roundUp(this.before[1].data.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
    this.pictures.paint(this.before, this.after, this.image, top);
    this.pictures.describe(this.figures);
    write(this.words, closing(shift, this.figures, { ...this.settings, stride: this.settings.step }, this.counts));
    const ends = [`−${plain(top, 3)}`, "0", `+${plain(top, 3)}`];
    if (this.legend.lastChild.textContent !== ends.join("")) this.legend.lastChild.replaceChildren(...ends.map((text) => h("span", {}, text)));
    this.#describePoint();
    mark(this.element, "data-stage", "shift lab");
    mark(this.element, "data-shift", shift);
    mark(this.element, "data-painted", ++this.#painted);
  }

  // --- pointing ------------------------------------------------------------------------------------------------------------

  #point(stage, row, col) {
    const place = stage === null || this.dragging ? null : { stage, row, col };
    if (String(place && Object.values(place)) === String(this.pointed && Object.values(this.pointed))) return;
    this.pointed = place;
    this.#describePoint();
  }

  #describePoint() {
    const place = this.pointed;
    const [, rows, cols] = place ? this.before[place.stage].shape : [];
    if (!place || place.row >= rows || place.col >= cols) {
      this.pictures.point(null);
      write(this.readout, this.tried ? verdict(this.tried) : POINT);
      return;
    }
    const { stage, row, col } = place;
    const one = { row, col, rows: 1, cols: 1 };
    const marks = [[], [], [], []];
    marks[stage] = [one, one, one];
    let detail = "";
    if (stage === 3) {
      const { step, window } = this.settings;
      const area = { row: row * step, col: col * step, rows: window, cols: window };
      marks[2] = [area, area, area];
      if (this.counts) {
        const width = this.before[2].shape[2];
        const [was, is] = [this.before, this.after].map((stages) => stages[3].winners[row * cols + col])
          .map((at) => ({ row: Math.floor(at / width), col: at % width, rows: 1, cols: 1 }));
        marks[1] = [was, is];
        detail = ` The winner sat at row ${was.row - area.row + 1}, column ${was.col - area.col + 1} of its window; now it is row ${is.row - area.row + 1}, column ${is.col - area.col + 1}.`;
      }
    }
    this.pictures.point(marks);
    const at = row * cols + col;
    const value = (stages) => stages[stage].data[at];
    write(this.readout, `${this.pictures.columns[stage].title}, row ${row + 1}, column ${col + 1}: before ${decimal(value(this.before), 4)}, after ${decimal(value(this.after), 4)}, difference ${decimal(value(this.after) - value(this.before), 4)}.${detail}`);
  }

  // --- all shifts ------------------------------------------------------------------------------------------------------------

  /** Goes through all shifts a few at a time, so that no frame is lost, and then shows the one that changes least. */
  #tryAll() {
    this.#forget();
    this.searching = true;
    const { enters, pool, window, step } = this.settings;
    const shifts = allShifts();
    const found = { identical: [], best: null };
    let next = 0;
    const go = () => {
      const end = performance.now() + SLICE;
      while (next < shifts.length && performance.now() < end) {
        const shift = shifts[next++];
        const after = stagesOf(shifted(this.input, shift, enters), this.filter, { pool, window, stride: step });
        const { changed } = figures([this.before[3]], [after[3]], shift, step)[0];
        if (changed.equal) found.identical.push(shift);
        if (!found.best || closer(changed.relative, shift, found.best)) found.best = { shift, relative: changed.relative };
      }
      write(this.tryButton, `${next} of 288 tried`);
      if (next < shifts.length) this.#search = requestAnimationFrame(go);
      else this.#found(found);
    };
    this.#search = requestAnimationFrame(go);
  }

  #found(found) {
    this.searching = false;
    write(this.tryButton, "Try all 288 shifts");
    this.tried = found;
    this.settings = { ...this.settings, shift: found.best.shift };
    this.#compute(true);
    found.counts = this.counts;
    mark(this.element, "data-identical", found.identical.length);
    mark(this.element, "data-best", found.best.shift);
  }

  // --- what torch says, and what the link holds ------------------------------------------------------------------------------

  /** Torch's values and figures, if they belong to what is shown now. */
  #receiveAnswer(answer) {
    this.answer = answer;
    if (answer.revision !== this.settling.revision || answer.image !== this.image?.id || !this.before) return;
    if (answer.refused) return this.#say(answer.refused);
    const weights = this.filter.data.reduce((sum, value) => sum + Math.abs(value), 0);
    const largest = this.input.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const torchs = decode(answer).data;
    const ours = Float32Array.from(this.after.slice(1).flatMap(({ data }) => Array.from(data)));
    const state = compare(ours, torchs, weights * largest);
    const agrees = state.agrees && this.#sameFigures(answer.figures) && this.#sameSearch(answer.tried);
    showAgreement(this.agreement, { ...state, agrees });
  }

  #sameFigures(theirs) {
    return theirs.every(({ relative, equal, realigned, realigned_equal: realignedEqual }, at) => {
      const { changed, moved } = this.figures[at];
      return near(relative, changed.relative) && equal === changed.equal
        && (realigned === null) === (moved === null) && (!moved || (near(realigned, moved.relative) && realignedEqual === moved.equal));
    });
  }

  #sameSearch(theirs) {
    if (!theirs || !this.tried) return true;
    return theirs.identical === this.tried.identical.length && near(theirs.relative, this.tried.best.relative);
  }

  get #text() {
    const { shift, ...others } = this.pending?.settings ?? this.settings;
    return Object.entries({ ...others, shift: shift.join() })
      .filter(([key, value]) => String(value) !== String(DEFAULTS[key]))
      .map(([key, value]) => `${key}=${value}`)
      .join("&");
  }
}

export default mount(ShiftLab);

/** Whether a shift changes less than the best so far; among equals the shortest, and of those the first, is kept. */
function closer(relative, shift, best) {
  const length = ([down, across]) => Math.abs(down) + Math.abs(across);
  return relative < best.relative || (relative === best.relative && length(shift) < length(best.shift));
}

/** Two figures that can only differ by the rounding of the values they were made of; −1 is Python's word for infinity. */
function near(theirs, ours) {
  return theirs < 0 ? ours === Infinity : Math.abs(theirs - ours) <= 1e-4 * Math.max(1, ours);
}

function settingsFromText(text) {
  const read = { ...DEFAULTS, ...Object.fromEntries(new URLSearchParams(text)) };
  return { ...read, window: Number(read.window), step: Number(read.step), shift: read.shift.split(",").map(Number) };
}
