/** The convolution page's component: image, kernel and hyperparameters in the hand, the stage below. */

import { compare, showAgreement } from "./agreement.js";
import { CodePanel } from "./code_panel.js";
import { h, mark, write } from "./dom.js";
import { subscribe } from "./feed.js";
import { filterOf, resized, slicesAlike, withWeight } from "./filter.js";
import { KernelTools } from "./kernel_tools.js";
import { joinQuery } from "./link.js";
import { STAGE_HELP } from "./keys.js";
import { hasRoomBeside } from "./layout.js";
import { Settling, mount } from "./mount.js";
import { Refused, conv2d, relu } from "./operations.js";
import { Drawing, Pad } from "./pad.js";
import { ExportPanel } from "./export_panel.js";
import { Panels } from "./panels.js";
import { decode } from "./parcel.js";
import { PixelField } from "./pixel_field.js";
import { isProjecting } from "./projector.js";
import { settingsFromText, settingsToText } from "./settings.js";
import { Stage } from "./stage.js";
import { strokesFromText, strokesToText } from "./strokes.js";
import { showImage } from "./thumbnails.js";
import { Toolbar } from "./toolbar.js";

const CHANNELS = { 1: ["grey"], 3: ["red", "green", "blue"] };
const HINT = "Press play, or point at the map: amber marks the pixels behind that number. Type over any weight; double-click a pixel's digits.";

class ConvolutionLab {
  help = STAGE_HELP;

  constructor(data) {
    const kernels = JSON.parse(data.kernels);
    this.presets = new Map(kernels.map((kernel) => [kernel.key, kernel]));
    this.settings = settingsFromText(data.seed);
    this.drawing = new Drawing();
    this.settling = new Settling({
revision: data.revision,
      busy: () => this.stage.player.playing || this.pad.running !== false || !this.shown,
      message: () => `${this.source};${this.#text}`,
      link: () => joinQuery(this.data.link, this.#text),
    });
    const tools = h("div", { class: "tools-box" });
    this.stage = new Stage({
      tools,
      onEdit: (...edit) => this.#editWeight(...edit),
      onMoved: () => this.settling.soon(),
      onRefused: (text) => this.#say(text),
    });
    this.pad = new Pad(this.stage.input.panel, this.drawing, {
      size: 60,
      onChoose: (tool) => (this.stage.looking = tool === "look"),
      onStroke: () => this.#imageChanged(),
      onSettled: () => {
        showImage(this.source, this.pixels, this.image);
        this.settling.now();
      },
      onFull: (text) => this.#say(text),
    });
    tools.append(this.pad.element);
    this.pixelField = new PixelField(this.stage.input, {
      mayPoint: () => this.pad.tool === "look",
      where: () => this.stage.attention.cellOn("input") ?? this.stage.middle,
      point: ([row, col]) => this.stage.attention.reach({ on: "input", row, col }),
      take: (edit) => this.pad.add(edit),
      say: (text) => this.#say(text),
    });
    this.stage.onPaint(({ op }) => this.pixelField.show(op, this.stage.channel));
    this.toolbar = new Toolbar(kernels, {
      change: (change) => this.#try(change),
      resize: (rows, cols) => this.#try({ weights: resized(this.filter, rows, cols) }),
      say: (text) => this.#say(text),
    });
    this.same = h("input", { type: "checkbox", checked: true });
    this.sameControl = h("label", { class: "same", hidden: true }, this.same, "edit all three slices alike");
    this.kernelTools = new KernelTools({
      filter: () => this.filter,
      take: (filter, sentence) => this.#takeKernel(filter, sentence),
      reset: () => this.#try({ weights: null }),
      refuse: (text) => this.#say(text),
    });
    this.kernelTools.listenForPaste(this.stage.kernel.element);
    this.stage.kernelNote.before(this.kernelTools.element);
    this.stage.kernelNote.after(this.sameControl);
    this.panels = new Panels({
      onChange: (panel) => {
        this.settings.panel = panel;
        this.resize(this.stage.dark);
        this.settling.soon();
      },
    });
    this.#addPanel("code", "Code", new CodePanel(), { beside: this.stage.columns.window.element.firstElementChild });
    this.exports = new ExportPanel({ stage: this.stage, ask: (text) => this.#ask(text) });
    this.#addPanel("export", "Export", this.exports);
    this.panels.open(this.settings.panel);
    this.notice = h("p", { class: "notice", role: "status" });
    const remarks = h("div", { class: "remarks" }, this.notice, this.toolbar.formula);
    this.element = h("div", { class: "cnnviz lab" }, this.toolbar.element, remarks, this.stage.element, this.panels.element, this.kernelTools.text.element);
    this.unsubscribe = [
      subscribe("image", (image) => this.#receiveImage(image)),
      subscribe("answer", (answer) => this.#receiveAnswer(answer)),
    ];
  }

  /** New data from Python: another image, or only another theme. */
  update(data) {
    this.data = data;
    this.#receiveImage(this.image);
    if (!this.warned) this.#say("");
    if (this.shown) this.settling.mirror();
  }

  resize(dark) {
    const width = this.element.clientWidth;
    this.panels.arrange(hasRoomBeside(width) && !isProjecting());
    this.stage.resize(width, dark, { beside: this.panels.besides });
  }

  stop() {
    this.stage.stop();
    this.exports.stop();
    for (const end of this.unsubscribe) end();
  }

  #addPanel(key, title, panel, where) {
    this.panels.add(key, title, panel, where);
    this.stage.onPaint((now) => panel.follow(now));
  }

  /** Asks Python for something that takes longer, of what is on the stage now: that it hears first. */
  #ask(text) {
    this.stage.player.pause();
    this.settling.now();
    this.ask(text);
  }

  // --- the image ---------------------------------------------------------------------------------------------------

  /** Pixels and their description come separately; the picture changes when both are of the same image. */
  #receiveImage(image) {
    if (!image) return;
    this.image = image;
    if (!this.data || image.id !== this.data.image.id) return;
    const { id, source } = this.data.image;
    if (id === this.shown && source === this.source) return; // the same picture chosen anew has no strokes on it
    this.shown = id;
    this.pixelField.close();
    if (source !== this.source) {
      this.source = source;
      this.pad.restart(strokesFromText(this.data.image.strokes));
      if (this.data.image.draw) this.pad.choose("pen");
    }
    this.drawing.setBase(decode(image), image.top);
    this.#imageChanged(this.revisionKnown ? undefined : 0);
    this.revisionKnown = true;
  }

  /** The pixels as they enter the sum: two decimals each, so that every printed sum can be added again by hand. */
  #pixels() {
    const picture = this.drawing.picture(this.pad.running !== false);
    if (this.drawing.strokes.length) {
      const { data } = picture;
      for (let at = 0; at < data.length; at++) data[at] = Math.floor(100 * data[at] + 0.5) / 100;
    }
    return picture;
  }

  #imageChanged(steps = 1) {
    this.pixels = this.#pixels();
    try {
      this.#recompute(steps);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#fallBack(error);
    }
  }

  // --- kernel and hyperparameters --------------------------------------------------------------------------------------

  #editWeight(slice, row, col, value) {
    const alike = this.filter.shape[0] === 1 || this.same.checked;
    this.settings.weights = withWeight(this.filter, alike ? null : slice, row, col, value);
    this.#recompute();
    this.stage.hurry();
  }

  /** Takes another kernel in place of this one, if torch would, and says something about it. */
  #takeKernel(filter, sentence) {
    const preset = filterOf({ weights: null }, this.presets.get(this.settings.kernel), filter.shape[0]);
    const same = preset.shape.join() === filter.shape.join() && preset.data.every((weight, at) => weight === filter.data[at]);
    if (!this.#try({ weights: same ? null : filter })) return; // flipped twice, it is the preset again
    if (!slicesAlike(this.filter)) this.same.checked = false; // else the next edit would make them so
    if (sentence) this.#say(sentence, { warning: false });
  }

  /** Takes a change of settings if torch would; otherwise says why, and keeps the last good picture. */
  #try(change) {
    const before = this.settings;
    this.settings = { ...before, ...change };
    try {
      this.#recompute();
      this.#say("");
      this.stage.hurry();
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.settings = before;
      this.#say(`${error.message} The last picture stays.`);
      return false;
    }
  }

  // --- computing and showing -------------------------------------------------------------------------------------------

  /** Everything from image and settings to the stage. Throws Refused, and changes nothing, where torch would refuse. */
  #recompute(steps = 1) {
    if (!this.pixels) return;
    this.stage.expect();
    const { stride, padding, paddingMode, dilation, bias, relu: rectify } = this.settings;
    const filter = filterOf(this.settings, this.presets.get(this.settings.kernel), this.pixels.shape[0]);
    const [channels, ...kernel] = filter.shape;
    const options = { stride, padding, paddingMode, dilation };
    const pre = conv2d(this.pixels, { shape: [1, ...filter.shape], data: filter.data }, [bias], options);
    const axis = (at) => ({ kernel: kernel[at], stride: stride[at], padding: padding[at], dilation: dilation[at] });
    const output = rectify ? relu(pre) : pre;
    const [, rows, cols] = pre.shape;
    const { image } = this;
    this.stage.show(
      {
        name: "convolution",
        kind: "conv2d",
        input: this.pixels,
        weight: filter,
        bias,
        relu: rectify,
        pre: pre.data,
        output: { shape: [rows, cols], data: output.data },
        rows: axis(0),
        cols: axis(1),
        paddingMode,
        valueName: "pixel",
        valueDecimals: 2,
        channelNames: CHANNELS[channels],
        picture: { kind: channels === 3 ? "rgb" : "grey", bottom: image.bottom, top: image.top },
        titles: { input: "Input", kernel: "Kernel", kernelNote: "edit any weight", output: rectify ? "After ReLU" : "Feature map" },
      },
      this.restored ? null : this.settings.position,
    );
    this.restored = true;
    this.settling.revision += steps;
    this.filter = filter;
    this.toolbar.show(this.settings, filter.shape.slice(1), this.pixels.shape.slice(1));
    this.kernelTools.show({ changed: Boolean(this.settings.weights) });
    this.#showKernelNote();
    showAgreement(this.stage.agreement, null);
    if (this.answer) this.#receiveAnswer(this.answer);
    if (steps) this.settling.soon();
  }

  /** An image, or the one of a link, may be too small for the kernel: the first lesson's settings fit every image. */
  #fallBack(error) {
    this.settings = { ...settingsFromText(""), panel: this.settings.panel, relu: this.settings.relu, bias: this.settings.bias };
    this.#recompute();
    this.#say(`${error.message} The kernel is Sobel x again, stride 1, no padding.`);
  }

  /** Python's answer, if it belongs to what is on the stage now. */
  #receiveAnswer(answer) {
    this.answer = answer;
    const { revision, image, source } = answer;
    if (revision !== this.settling.revision || image !== this.shown || source !== this.source || !this.stage.op) return;
    if (answer.refused) return this.#say(answer.refused);
    const weights = this.filter.data.reduce((sum, value) => sum + Math.abs(value), 0);
    const largest = this.pixels.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const torchs = decode(answer).data;
    showAgreement(this.stage.agreement, compare(this.stage.op.output.data, torchs, weights * largest));
  }

  /** A warning or a remark, or, where there is none, what one may do here. */
  #say(text, { warning = Boolean(text) } = {}) {
    this.warned = warning;
    write(this.notice, text || this.data?.image.note || HINT);
    mark(this.notice, "data-warning", this.warned);
  }

  #showKernelNote() {
    const { title, sentence, averaging } = this.presets.get(this.settings.kernel);
    const changed = Boolean(this.settings.weights);
    const parts = [changed ? `Changed from ${title}.` : sentence];
    const colour = this.filter.shape[0] > 1;
    if (colour) {
      const share = !changed && averaging ? ", each a third of it" : "";
      parts.push(slicesAlike(this.filter) ? `Three equal slices${share}.` : "The three slices differ.");
    }
    this.sameControl.hidden = !colour;
    write(this.stage.kernelNote, parts.join(" "));
  }

  /** What a link holds beside the image: the strokes, and all that stands on the stage. */
  get #text() {
    const strokes = this.drawing.strokes.length ? `strokes=${strokesToText(this.drawing.strokes)}` : "";
    const position = this.restored ? this.stage.player.position : this.settings.position;
    return joinQuery(strokes, settingsToText({ ...this.settings, position }));
  }
}

export default mount(ConvolutionLab);
