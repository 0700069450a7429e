/** The one place where time lives: which step the window stands at, and how it moves on. */

/**
 * Steps a second; "frame": a step with every frame the screen shows; "sweep": the whole map in ten seconds, however many
 * steps that takes.
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
  #due = 0;

  /** A new picture: as many steps as it has, at the same step if there is one. */
  resize(rows, cols) {
    this.steps = rows * cols;
    this.rows = rows;
    this.cols = cols;
    this.step = Math.min(this.step, this.steps - 1);
  }

  get position() {
    return [Math.floor(this.step / this.cols), this.step % this.cols];
  }

  /** How many outputs are shown, in reading order. */
  get revealed() {
    return this.filling ? this.step + 1 : Infinity;
  }

  /** From where it stands, or from the start when it has reached the end. */
  play() {
    if (this.step >= this.steps - 1) this.step = 0;
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

  /** To a step, clamped; the map fills up to there. */
  seek(step) {
    this.step = Math.min(this.steps - 1, Math.max(0, step));
    this.filling = this.step < this.steps - 1;
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
    const rates = { sweep: Math.max(1, this.steps / SWEEP_SECONDS), frame: 0 };
    this.#due += Math.min(seconds, LONGEST_FRAME) * (rates[this.speed] ?? Number(this.speed));
    const moves = this.speed === "frame" ? 1 : Math.floor(this.#due + 1e-6);
    if (!moves) return false;
    this.#due = Math.max(0, this.#due - moves);
    const next = this.step + moves;
    if (next < this.steps) {
      this.step = next;
    } else if (this.loop) {
      this.step = 0;
      this.#due = 0;
    } else {
      this.step = this.steps - 1;
      this.filling = false;
      this.playing = false;
    }
    return true;
  }
}
