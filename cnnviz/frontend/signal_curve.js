/** A signal as stems over a line of zero, with the window as a band, or drawn by hand. */

import { h, mark } from "./dom.js";
import { ACCENT, INK } from "./palette.js";
import { plain, roundUp } from "./numbers.js";
import { isProjecting, leastDigits } from "./projector.js";

const HEIGHT = 96;
const EDGE = 7; // pixels kept free above and below

export class SignalCurve {
  drawing = false;
  #last = null;

  /** onDraw(values) while the pointer draws, onDrawn() when it goes up; without them it only shows. */
  constructor({ onDraw = null, onDrawn = () => {} } = {}) {
    this.canvas = h("canvas", { role: "img", class: "curve" });
    this.element = h("div", { class: "curve-box" }, this.canvas);
    if (onDraw) this.#listen(onDraw, onDrawn);
  }

  set drawable(drawable) {
    this.canDraw = drawable;
    this.canvas.style.touchAction = drawable ? "none" : "auto";
    this.canvas.style.cursor = drawable ? "crosshair" : "default";
  }

  resize(width, dark) {
    const ratio = globalThis.devicePixelRatio || 1;
    Object.assign(this, { width, dark, ratio });
    Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(HEIGHT * ratio) });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${HEIGHT}px` });
  }

  /**
   * values at the places from, from + step, …, each `cell` CSS pixels wide. `band` { start, span, every } is the window, of
   * which every so-many-th place counts; only `revealed` values have been made so far; `point` is the output that is looked at,
   * `made` or not: what has no value yet stands on the line of zero.
   * `padding` [in front, behind] are places that hold no value of the signal but all the same one, `beyond` ("0" or "−∞").
   */
  show(scene) {
    this.scene = { step: 1, band: null, point: null, made: true, revealed: Infinity, padding: [0, 0], beyond: "0", ...scene };
    if (!this.width) return;
    const { values, from, step, cell, band, point, made, revealed } = this.scene;
    const context = this.canvas.getContext("2d");
    const top = this.canDraw ? 1 : roundUp(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
    const y = (value) => HEIGHT / 2 - (value / top) * (HEIGHT / 2 - EDGE);
    const x = (at) => (from + at * step + 0.5) * cell;
    const ink = this.dark ? "#e6e9ed" : INK;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, HEIGHT);
    if (band) {
      context.fillStyle = ACCENT;
      context.globalAlpha = band.every > 1 ? 0.12 : 0.3;
      context.fillRect(band.start * cell, 0, band.span * cell, HEIGHT);
      context.globalAlpha = 0.3;
      for (let at = 0; band.every > 1 && at < band.span; at += band.every) context.fillRect((band.start + at) * cell, 0, cell, HEIGHT);
      context.globalAlpha = 1;
    }
    context.strokeStyle = ink;
    context.fillStyle = ink;
    context.globalAlpha = 0.45;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, HEIGHT / 2);
    context.lineTo(this.width, HEIGHT / 2);
    context.stroke();
    context.globalAlpha = 1;
    context.lineWidth = Math.min(2.5, cell / 4);
    const dot = Math.max(1.5, Math.min(4, cell / 4));
    this.#drawPadding(context, { ...this.scene, ink, dot });
    for (let at = 0; at < values.length; at++) {
      if (at >= revealed && !(made && at === point)) continue;
      context.beginPath();
      context.moveTo(x(at), HEIGHT / 2);
      context.lineTo(x(at), y(values[at]));
      context.stroke();
      context.beginPath();
      context.arc(x(at), y(values[at]), dot, 0, 2 * Math.PI);
      context.fill();
    }
    if (point !== null) {
      context.beginPath();
      context.arc(x(point), y(made ? values[point] : 0), dot + 3, 0, 2 * Math.PI);
      context.lineWidth = 5;
      context.strokeStyle = INK;
      context.stroke();
      context.lineWidth = 3;
      context.strokeStyle = ACCENT;
      context.stroke();
    }
    const size = isProjecting() ? leastDigits().font : 12;
    context.font = `${size}px ${getComputedStyle(this.element).fontFamily}`;
    context.fillText(`+${plain(top, 3)}`, 2, size);
    context.fillText(`−${plain(top, 3)}`, 2, HEIGHT - 4);
    mark(this.canvas, "aria-label", `A curve of ${values.length} values from ${plain(Math.min(...values), 2)} to ${plain(Math.max(...values), 2)}${padded(this.scene)}`);
  }

  /** Padding is not part of the signal: a paler ground up to a dashed edge, and hollow signs, for −∞ at the very bottom. */
  #drawPadding(context, { values, from, cell, padding: [front, behind], beyond, ink, dot }) {
    const ends = [[from - front, front, from], [from + values.length, behind, from + values.length]];
    for (const [start, count, edge] of ends.filter(([, count]) => count)) {
      context.fillStyle = context.strokeStyle = ink;
      context.globalAlpha = 0.1;
      context.fillRect(start * cell, 0, count * cell, HEIGHT);
      context.globalAlpha = 0.6;
      context.lineWidth = 1;
      context.setLineDash([3, 3]);
      context.beginPath();
      context.moveTo(edge * cell, 0);
      context.lineTo(edge * cell, HEIGHT);
      context.stroke();
      context.setLineDash([]);
      context.globalAlpha = 1;
      context.fillStyle = getComputedStyle(this.element).getPropertyValue("--paper");
      context.lineWidth = Math.min(1.5, dot / 2);
      for (let at = start; at < start + count; at++) {
        const middle = (at + 0.5) * cell;
        context.beginPath();
        if (beyond === "0") context.arc(middle, HEIGHT / 2, dot, 0, 2 * Math.PI);
        else {
          context.moveTo(middle - dot, HEIGHT - EDGE - dot);
          context.lineTo(middle + dot, HEIGHT - EDGE - dot);
          context.lineTo(middle, HEIGHT - EDGE + dot);
          context.closePath();
        }
        context.fill();
        context.stroke();
      }
    }
    context.fillStyle = context.strokeStyle = ink;
    context.lineWidth = Math.min(2.5, cell / 4);
  }

  /** The value nearest to a pointer event, as the place of a grid with one row: [0, number]. */
  cellAt({ clientX }) {
    const { values, from, step, cell } = this.scene;
    const at = Math.round(((clientX - this.canvas.getBoundingClientRect().left) / cell - from - 0.5) / step);
    return [0, Math.min(values.length - 1, Math.max(0, at))];
  }

  /** What the pointer moves over, as Attention wants it. */
  get panel() {
    return this.canvas;
  }

  #listen(onDraw, onDrawn) {
    const place = (event) => {
      const { top } = this.canvas.getBoundingClientRect();
      const value = (HEIGHT / 2 - (event.clientY - top)) / (HEIGHT / 2 - EDGE);
      return [this.cellAt(event)[1], Math.round(100 * Math.min(1, Math.max(-1, value))) / 100];
    };
    const draw = (event) => {
      const [at, value] = place(event);
      const [before, old] = this.#last ?? [at, value];
      const values = Float32Array.from(this.scene.values);
      const steps = Math.abs(at - before);
      for (let step = 0; step <= steps; step++) {
        const along = steps ? step / steps : 1;
        values[Math.round(before + (at - before) * along)] = Math.round(100 * (old + (value - old) * along)) / 100;
      }
      this.#last = [at, value];
      onDraw(values);
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      if (!this.canDraw || event.button > 0) return;
      this.canvas.setPointerCapture(event.pointerId);
      this.drawing = true;
      this.#last = null;
      draw(event);
      event.preventDefault();
    });
    this.canvas.addEventListener("pointermove", (event) => this.drawing && draw(event));
    for (const end of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(end, () => {
        if (!this.drawing) return;
        this.drawing = false;
        onDrawn();
      });
    }
  }
}

function padded({ padding: [front, behind], beyond }) {
  return front || behind ? `; padding of ${beyond}: ${front} in front, ${behind} behind` : "";
}
