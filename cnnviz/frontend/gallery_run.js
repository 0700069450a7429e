/** What a network makes of all the bundled pictures: how many it reads, and which of them excite each map most. */

import { forward } from "./forward.js";
import { softmax } from "./operations.js";

const BEST = 3; // pictures kept for each map

export class GalleryRun {
  #turn = 0;

  /** Forgets a run that is still on its way. */
  stop() {
    this.#turn++;
  }

  /**
   * Runs the model, as it is now, on the samples [{ key, label, picture }], one a task, so that no frame waits for long.
   * Resolves to { readings: [{ key, label, prediction, probability }], best } or to null if another run began meanwhile;
   * best holds, by layer and map, [{ key, picture, row, col, value }], the strongest activations first, one a picture.
   */
  async run(model, samples) {
    const turn = ++this.#turn;
    const { layers, weights, labels } = model;
    const best = new Map(layers.filter(({ kind }) => kind === "conv2d").map((layer) => [layer.name, layer.outputShape]));
    for (const [name, [maps]] of best) best.set(name, Array.from({ length: maps }, () => []));
    const readings = [];
    for (const { key, label, picture } of samples) {
      await new Promise((done) => setTimeout(done));
      if (turn !== this.#turn) return null;
      const results = forward(layers, weights, picture);
      const probabilities = softmax(results.get(model.last.name).output).data;
      const at = probabilities.indexOf(Math.max(...probabilities));
      readings.push({ key, label, prediction: labels[at], probability: probabilities[at] });
      for (const [name, maps] of best) note(maps, results.get(model.shownAs(name)).output, { key, picture });
    }
    return { readings, best };
  }
}

function note(maps, { shape: [, rows, cols], data }, about) {
  maps.forEach((list, map) => {
    let strongest = 0;
    const start = map * rows * cols;
    for (let at = 1; at < rows * cols; at++) if (data[start + at] > data[start + strongest]) strongest = at;
    const value = data[start + strongest];
    if (value <= 0) return; // a map that stays dark is not excited
    list.push({ ...about, row: Math.floor(strongest / cols), col: strongest % cols, value });
    list.sort((a, b) => b.value - a.value);
    list.length = Math.min(list.length, BEST);
  });
}
