/**
 * The one place where time lives: which step the window stands at, and how it moves on. Stepping inside, it also stops
 * within the window: a step then has `moments`, the first with no product made yet, then one for each product, and the
 * last with the output written. Otherwise every step is seen at its last moment.
 */

/**
 * Steps a second (products a second inside a window); "frame": a step with every frame the screen shows; "sweep": the
 * whole map in ten seconds, however many steps that takes.
 */
export const SPEEDS = [
  ["1", "1 a second"],
  ["2", "2 a second"],
  ["5", "5 a second"],
  ["15", "15 a second"],
  ["60", "60 a second"],
  ["frame", "every frame"],
  ["sweep", "whole map in 10 s"],
];
const SWEEP_SECONDS = 10;
const LONGEST_FRAME = 0.25; // a tab that slept does not leap ahead when it wakes

export class Player {
  step = 0;
  steps = 1;
  rows = 1;
  cols = 1;
  playing = false;
  speed = "2";
  loop = false;
  filling = false; // while true, only what the window has passed is shown
  inside = false;
  moments = 2;
  #moment = 0;
  #due = 0;

  /** A new picture: as many steps as it has, at the same step if there is one. `products` is how many a step adds up. */
  resize(rows, cols, products = 0) {
    this.moments = products + 2;
    this.#moment = Math.min(this.#moment, products + 1);
    this.steps = rows * cols;
    this.rows = rows;
    this.cols = cols;
    this.step = Math.min(this.step, this.steps - 1);
  }

  /** The moment within the step. */
  get moment() {
    return this.inside ? this.#moment : this.moments - 1;
  }

  /** Is the step's output written? */
  get complete() {
    return this.moment === this.moments - 1;
  }

  /** Steps into the windows, or out again. */
  enter(inside) {
    this.inside = inside;
    this.#moment = 0;
    this.filling = inside || this.step < this.steps - 1;
  }

  get position() {
    return [Math.floor(this.step / this.cols), this.step % this.cols];
  }

  /** How many outputs are shown, in reading order. */
  get revealed() {
    if (!this.filling) return Infinity;
    return this.step + (this.complete ? 1 : 0);
  }

  /** From where it stands, or from the start when it has reached the end. */
  play() {
    if (this.step >= this.steps - 1 && this.complete) this.stand(0);
    this.filling = true;
    this.playing = true;
    this.#due = 0;
  }

  pause() {
    this.playing = false;
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** At a step, at its first moment. */
  stand(step) {
    this.step = step;
    this.#moment = 0;
  }

  /** To a step, clamped; the map fills up to there. */
  seek(step) {
    this.stand(Math.min(this.steps - 1, Math.max(0, step)));
    this.filling = this.step < this.steps - 1 || !this.complete;
  }

  /** On, or back, by a step; inside a window, by a moment. */
  move(by) {
    if (!this.inside) return this.seek(this.step + by);
    const last = this.steps * this.moments - 1;
    this.#standAt(Math.min(last, Math.max(0, this.#place + by)));
    this.filling = this.#place < last;
  }

  /** The moments since the beginning of the map; outside of the windows, the steps. */
  get #place() {
    return this.inside ? this.step * this.moments + this.#moment : this.step;
  }

  #standAt(place) {
    const each = this.inside ? this.moments : 1;
    this.step = Math.floor(place / each);
    this.#moment = place % each;
  }

  /** The first step of the next row; in the last row, the last step. */
  get nextRow() {
    return Math.min(this.steps - 1, (this.position[0] + 1) * this.cols);
  }

  /** Whatever changed, the whole map is worth seeing. */
  reveal() {
    if (!this.playing) this.filling = false;
  }

  /** Lets `seconds` pass; true if the window moved or the player stopped. */
  tick(seconds) {
    if (!this.playing) return false;
    const places = this.steps * (this.inside ? this.moments : 1);
    const rates = { sweep: Math.max(1, places / SWEEP_SECONDS), frame: 0 };
    this.#due += Math.min(seconds, LONGEST_FRAME) * (rates[this.speed] ?? Number(this.speed));
    const moves = this.speed === "frame" ? 1 : Math.floor(this.#due + 1e-6);
    if (!moves) return false;
    this.#due = Math.max(0, this.#due - moves);
    const next = this.#place + moves;
    if (next < places) {
      this.#standAt(next);
    } else if (this.loop) {
      this.#standAt(0);
      this.#due = 0;
    } else {
      this.#standAt(places - 1);
      this.filling = false;
      this.playing = false;
    }
    return true;
  }
}
