/** The channels page: planes, a slice of the filter under each, partial maps, their sum, and the next filter, and the next. */

import { compare, showAgreement } from "./agreement.js";
import { Attention } from "./attention.js";
import { ChannelPicture } from "./channel_picture.js";
import { ChannelToolbar } from "./channel_toolbar.js";
import { PLANES, aboutFilter, biasOf, channelsOf, filterWeights, groupOf, layerFromText, layerToText, mapsOf, partialsOf } from "./channel_layer.js";
import { h, mark, write } from "./dom.js";
import { subscribe } from "./feed.js";
import { listen } from "./keys.js";
import { joinQuery } from "./link.js";
import { Settling, mount } from "./mount.js";
import { Refused } from "./operations.js";
import { decode } from "./parcel.js";
import { byRowAndColumn } from "./places.js";
import { Player } from "./player.js";
import { PlayerBar } from "./player_bar.js";
import { tapsAt } from "./window.js";
import { weightedSum } from "./weighted_sum.js";

const HINT = "Press play: the filter slides over all planes at once, and each gives a partial map; their sum, and the bias, is one map. Then comes the next filter.";

class ChannelsView {
  player = new Player();
  #frame = 0;
  #last = 0;
  #painted = 0;
  #stale = true; // the pictures themselves, not only what lies on them

  constructor(data) {
    this.first = data.revision;
    this.banks = JSON.parse(data.banks);
    this.layer = layerFromText(data.seed);
    this.attention = new Attention({ onChange: () => this.invalidate(), asleep: () => this.player.playing });
    this.picture = new ChannelPicture({
      attention: this.attention,
      onEdit: (...edit) => this.#editWeight(...edit),
      onBias: (value) => this.#editBias(value),
      onFilter: (filter) => this.#goTo(filter),
      onPin: (place) => this.#pin(place),
      say: (text) => this.#say(text),
    });
    this.bar = new PlayerBar(this.player, () => this.#moved());
    this.toolbar = new ChannelToolbar({ change: (change) => this.#try(change), say: (text) => this.#say(text) });
    this.notice = h("p", { class: "notice", role: "status" });
    this.words = h("p", { class: "words", "aria-live": "polite" });
    this.agreement = h("p", { class: "agreement" });
    this.element = h("div", { class: "cnnviz lab channels", "data-stage": "channels", role: "group", "aria-label": "Planes, filters and maps" },
      this.toolbar.element, h("div", { class: "remarks" }, this.notice, this.toolbar.formula), this.picture.element, this.bar.element,
      h("div", { class: "below" }, this.words, this.agreement));
    this.settling = new Settling({
revision: data.revision,
      busy: () => this.player.playing || !this.x,
      message: () => this.#text,
      link: () => joinQuery(this.data.link, this.#text),
    });
    listen(this.element, this.#keys());
    this.unsubscribe = [subscribe("planes", (planes) => this.#receive(planes)), subscribe("maps", (maps) => this.#check(maps))];
  }

  update(data) {
    this.data = data;
    if (this.planes) this.#receive(this.planes);
    if (!this.warned) this.#say("");
    if (this.x) this.settling.mirror();
  }

  resize(dark) {
    Object.assign(this, { dark, width: this.element.clientWidth });
    this.#stale = true;
    this.invalidate();
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = -1;
    this.picture.ledger.stop();
    for (const end of this.unsubscribe) end();
  }

  // --- what is on the page -----------------------------------------------------------------------------------------------

  #receive(planes) {
    this.planes = planes;
    if (!this.data || planes.id !== this.data.image || planes.id === this.shown) return;
    this.shown = planes.id;
    this.all = decode(planes);
    try {
      this.#recompute();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.layer = layerFromText("");
      this.#recompute();
      this.#say(`${error.message} The layer stands at its beginning again.`);
    }
  }

  /** Takes a change of the layer if torch would; otherwise says why, and keeps the last good picture. */
  #try(change) {
    const before = this.layer;
    const reshaped = ["planes", "side", "groups"].some((name) => name in change && change[name] !== before[name]);
    const dropped = reshaped && before.edits.size > 0;
    this.layer = { ...before, ...(reshaped ? { edits: new Map(), biases: null } : {}), ...change };
    try {
      this.#recompute();
      this.#say(dropped ? "The changed weights belonged to slices of another shape: these filters are the bank’s." : "");
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.layer = before;
      this.#say(`${error.message} The last picture stays.`);
      return false;
    }
  }

  #recompute() {
    if (!this.all) return;
    const { layer, banks } = this;
    const x = channelsOf(this.all, 0, layer.planes);
    this.maps = mapsOf(layer, banks, x); // throws where torch refuses, before anything has changed
    this.x = x;
    const [, rows, cols] = this.maps[0].shape;
    const products = (layer.planes / layer.groups) * layer.side ** 2;
    const { filter } = this;
    this.player.resize(layer.filters * rows, cols, products);
    if (!this.restored) this.player.stand(this.#stepOf(...layer.cell));
    else if (filter >= layer.filters) this.player.stand(0);
    this.restored = true;
    this.attention.free();
    this.player.reveal();
    this.partials = null;
    this.toolbar.show(layer, x.shape.slice(1));
    this.settling.revision++;
    this.#stale = true;
    showAgreement(this.agreement, null);
    if (this.answer) this.#check(this.answer);
    this.invalidate();
    this.settling.soon();
  }

  #stepOf(filter, row, col) {
    const [, rows, cols] = this.maps[0].shape;
    return (Math.min(filter, this.maps.length - 1) * rows + Math.min(row, rows - 1)) * cols + Math.min(col, cols - 1);
  }

  /** Torch's maps, if they belong to what is on the page now. What is shown at first counts as a change that Python was not told of. */
  #check(answer) {
    this.answer = answer;
    if (answer.image !== this.shown || !this.maps || (answer.revision !== this.settling.revision && !(answer.revision === this.first && this.settling.revision === this.first + 1))) return;
    if (answer.refused) return this.#say(answer.refused);
    const ours = Float32Array.from(this.maps.flatMap(({ data }) => Array.from(data)));
    const largest = this.x.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const heaviest = Math.max(...this.maps.map((_, filter) => filterWeights(this.layer, this.banks, filter).data.reduce((sum, w) => sum + Math.abs(w), 0)));
    showAgreement(this.agreement, compare(ours, decode(answer).data, heaviest * largest));
  }

  // --- the hand ----------------------------------------------------------------------------------------------------------

  /** [filter, row, col]: what is pointed at on the map, or where the player stands. */
  get place() {
    const [, rows] = this.maps[0].shape;
    const [row, col] = this.player.position;
    const pointed = this.attention.cellOn("output");
    const filter = Math.floor(row / rows);
    return pointed ? [filter, ...pointed] : [filter, row % rows, col];
  }

  get filter() {
    return this.maps && this.restored ? Math.floor(this.player.step / (this.player.steps / this.player.rows) / this.maps[0].shape[1]) : 0;
  }

  #editWeight(slice, row, col, value) {
    const { filter, layer } = this;
    const weights = filterWeights(layer, this.banks, filter).data.slice();
    weights[(slice * layer.side + row) * layer.side + col] = value;
    this.#try({ edits: new Map(layer.edits).set(filter, weights) });
  }

  #editBias(value) {
    const biases = Float32Array.from(this.maps, (_, filter) => biasOf(this.layer, this.banks, filter));
    biases[this.filter] = value;
    return this.#try({ biases });
  }

  /** To the same place on another filter's map. */
  #goTo(filter) {
    const [, row, col] = this.place;
    this.player.pause();
    this.player.seek(this.#stepOf(filter, row, col));
    this.player.reveal();
    this.#moved();
  }

  #pin({ on, row, col }) {
    const [filter] = this.place;
    const pinned = this.attention.pinned;
    const again = pinned && pinned.row === row && pinned.col === col;
    this.player.pause();
    this.player.stand(this.#stepOf(filter, row, col));
    this.attention.pin(again ? null : { on, row, col });
    this.settling.soon();
  }

  #moved() {
    this.attention.free();
    this.invalidate();
    this.settling.soon();
  }

  #keys() {
    const { player } = this;
    const to = (target) => () => {
      const { filling } = player;
      player.pause();
      player.seek(target());
      player.filling = filling && player.filling;
      this.#moved();
    };
    return [
      { keys: ["ArrowRight"], act: to(() => player.step + 1) },
      { keys: ["ArrowLeft"], act: to(() => player.step - 1) },
      { keys: ["ArrowDown"], act: to(() => player.step + player.cols) },
      { keys: ["ArrowUp"], act: to(() => player.step - player.cols) },
      { keys: ["PageDown"], act: () => this.#goTo(Math.min(this.layer.filters - 1, this.filter + 1)) },
      { keys: ["PageUp"], act: () => this.#goTo(Math.max(0, this.filter - 1)) },
      { keys: ["Home"], act: to(() => 0) },
      { keys: ["End"], act: to(() => player.steps - 1) },
      { keys: [" "], on: this.picture.map.panel, act: () => { player.toggle(); this.#moved(); } },
      { keys: ["Escape"], act: () => this.attention.free() },
    ];
  }

  // --- painting ----------------------------------------------------------------------------------------------------------

  invalidate() {
    this.#frame ||= requestAnimationFrame((now) => this.#tick(now));
  }

  #tick(now) {
    this.#frame = 0;
    const moved = this.player.tick(this.#last ? (now - this.#last) / 1000 : 0);
    this.#last = this.player.playing ? now : 0;
    if (this.x && this.width) this.#paint();
    if (moved) this.settling.soon();
    if (this.player.playing) this.invalidate();
  }

  #paint() {
    const { layer, banks, player, x, maps } = this;
    const place = this.place;
    const [filter, row, col] = place;
    const [, rows, cols] = maps[0].shape;
    if (this.partials?.filter !== filter) {
      this.partials = { filter, maps: partialsOf(layer, banks, x, filter) };
      this.#stale = true;
    }
    const [first, count] = groupOf(layer, filter);
    const spec = { kernel: layer.side, stride: layer.stride, padding: layer.padding, dilation: 1 };
    const op = {
      name: "channels", kind: "conv2d", input: channelsOf(x, first, count), weight: filterWeights(layer, banks, filter),
      bias: biasOf(layer, banks, filter), relu: false, pre: maps[filter].data, output: { shape: [rows, cols], data: maps[filter].data },
      rows: spec, cols: spec, valueName: "pixel", valueDecimals: 2, channelNames: PLANES.slice(first, first + count),
    };
    const position = [row, col];
    const taps = tapsAt(op, position);
    const result = weightedSum.result(op, taps, position);
    const pointed = Boolean(this.attention.cellOn("output"));
    const at = pointed ? taps.length : player.moment - 1;
    const before = filter * rows * cols; // steps of the filters that are through
    const revealed = Math.max(0, player.revealed - before);
    const scene = {
      layer, x, maps, partials: this.partials.maps, op, filter, first, count, position, taps, result, at, revealed,
      title: `Filter ${filter + 1}`, ...aboutFilter(layer, banks, filter),
      filling: player.filling, range: { bottom: this.planes.bottom, top: this.planes.top }, width: this.width, dark: this.dark,
    };
    if (this.#stale) this.picture.paint(scene);
    this.#stale = false;
    this.picture.draw(scene);
    const inside = at >= 0 && at < taps.length;
    const sentence = inside ? weightedSum.within(op, position, result, at) : weightedSum.sentence(op, position, result);
    this.#describe(place, `Filter ${filter + 1}, ${sentence[0].toLowerCase()}${sentence.slice(1)}`);
    mark(this.element, "data-painted", ++this.#painted);
  }

  #describe([filter, row, col], sentence) {
    const { player, element } = this;
    const value = this.maps[filter].data[row * this.maps[0].shape[2] + col];
    const step = this.#stepOf(filter, row, col);
    mark(element, "data-filter", filter);
    mark(element, "data-position", `${row},${col}`);
    mark(element, "data-step", step);
    mark(element, "data-steps", player.steps);
    mark(element, "data-value", value);
    mark(element, "data-playing", player.playing);
    mark(element, "data-moment", player.moment);
    this.bar.show(byRowAndColumn(row, col), step);
    mark(this.words, "aria-live", player.playing ? "off" : "polite");
    write(this.words, sentence);
  }

  #say(text) {
    this.warned = Boolean(text);
    write(this.notice, text || this.data?.note || HINT);
    mark(this.notice, "data-warning", this.warned);
  }

  get #text() {
    return layerToText({ ...this.layer, cell: this.restored ? [this.filter, this.player.position[0] % this.maps[0].shape[1], this.player.position[1]] : this.layer.cell });
  }
}

export default mount(ChannelsView);
