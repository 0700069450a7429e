/** What the hand points at: a cell under the pointer, or one that a click has pinned. It draws nothing. */

/** A place is { on: the name of a panel, row, col }. */
export class Attention {
  hovered = null;
  pinned = null;

  /** onChange() after every change; `asleep()`: is this no time to point at anything (the window slides by itself)? */
  constructor({ onChange, asleep }) {
    Object.assign(this, { onChange, asleep });
  }

  /** The place that counts. What is pinned stays, whatever the pointer does. */
  get at() {
    return this.pinned ?? this.hovered;
  }

  /** The cell of that panel which is pointed at, as [row, col], or null. */
  cellOn(on) {
    return this.at?.on === on ? [this.at.row, this.at.col] : null;
  }

  /** Lets the pointer choose cells of `part` (a Grid, or whatever has a panel and cellAt). onPick(place) at a click. */
  watch(on, part, onPick) {
    const { panel } = part;
    const place = (event) => {
      const [row, col] = part.cellAt(event);
      return { on, row, col };
    };
    const point = (event) => this.hover(place(event));
    panel.addEventListener("pointermove", point);
    panel.addEventListener("pointerdown", point);
    panel.addEventListener("pointerleave", () => this.hover(null));
    panel.addEventListener("click", (event) => onPick(place(event)));
  }

  hover(place) {
    if (place && (this.asleep() || this.pinned)) return;
    if (same(place, this.hovered)) return;
    this.hovered = place;
    this.onChange();
  }

  pin(place) {
    this.pinned = place;
    this.hovered = null;
    this.onChange();
  }

  /** Nothing is pointed at any more; true if something was pinned. */
  free() {
    const held = this.pinned !== null;
    if (this.at) this.pin(null);
    return held;
  }
}

export function same(one, other) {
  return one === other || Boolean(one && other && one.on === other.on && one.row === other.row && one.col === other.col);
}
