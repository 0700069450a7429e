/**
 * What the hand points at: a cell under the pointer, one that a click or Enter has pinned, or one that the keys have come to.
 * A place is { on: the name of a panel, row, col }. Nothing here draws.
 */
export class Attention {
  hovered = null;
  pinned = null;
  #reached = null; // by the keyboard

  /** onChange() after every change; asleep(on): is this no time to point at that panel (the window slides by itself)? */
  constructor({ onChange, asleep }) {
    Object.assign(this, { onChange, asleep });
  }

  /** The place that counts. What is pinned stays, whatever the pointer does. */
  get at() {
    const { pinned, hovered } = this;
    const reached = this.#reached;
    return pinned ?? hovered ?? (reached && !this.asleep(reached.on) ? reached : null);
  }

  /** The cell of that panel which is pointed at, as [row, col], or null. */
  cellOn(on) {
    const { at } = this;
    return at?.on === on ? [at.row, at.col] : null;
  }

  /** Lets the pointer choose cells of `part` (a Grid, or whatever has a panel and cellAt). onPick(place) at a click. */
  watch(on, part, onPick = () => {}) {
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
    if (place && (this.asleep(place.on) || this.pinned)) return;
    if (same(place, this.hovered)) return;
    this.hovered = place;
    this.onChange();
  }

  /** The keyboard has come to a place, or (null) has left. */
  reach(place) {
    if (same(place, this.#reached)) return;
    this.#reached = place;
    if (place && this.pinned?.on === place.on) this.pinned = null;
    if (place) this.hovered = null;
    this.onChange();
  }

  pin(place) {
    this.pinned = place;
    this.hovered = null;
    this.onChange();
  }

  /** Pins a place, or frees it if it is pinned already. */
  toggle(place) {
    this.pin(same(place, this.pinned) ? null : place);
  }

  /** Nothing is pointed at any more; true if something was pinned or reached. */
  free() {
    const held = Boolean(this.pinned ?? this.#reached);
    const pointed = held || this.hovered;
    this.#reached = null;
    if (pointed) this.pin(null);
    return held;
  }
}

function same(one, other) {
  return one === other || Boolean(one && other && one.on === other.on && one.row === other.row && one.col === other.col);
}
