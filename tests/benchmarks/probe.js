/**
 * Watches a page from within; runs before the page's own scripts. What is measured stands in probe.py.
 *
 * The page's pictures say that they were painted by counting up data-painted in the frame that paints them. An observer
 * hears of it inside that frame; a message posted there arrives right after it, when script, style, layout and paint of
 * the frame are done.
 */
(() => {
  const WATCHED = { attributes: true, subtree: true, attributeFilter: ["data-painted", "data-agreement"] };
  const nativeFrame = requestAnimationFrame.bind(window);

  // --- the end of a frame ------------------------------------------------------------------------------------------------

  const waiting = [];
  const channel = new MessageChannel();
  channel.port1.onmessage = () => waiting.shift()(performance.now());
  const afterFrame = (then) => {
    waiting.push(then);
    channel.port2.postMessage(null);
  };

  // --- one sample: from an input event, or a message to the server, to the frame that shows the answer ----------------------

  let armed = null;
  const [nativeTimeout, nativeClear] = [setTimeout.bind(window), clearTimeout.bind(window)];
  const first = {}; // attribute → milliseconds after the start of the visit

  const begin = (kind, at) => {
    if (armed?.from === kind && armed.begin === null) armed.begin = at;
  };
  for (const kind of ["pointermove", "keydown", "click"]) {
    addEventListener(kind, (event) => begin(kind, event.timeStamp), { capture: true, passive: true });
  }
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (message) {
    begin("send", performance.now());
    return send.call(this, message);
  };

  const answers = ({ selector, expected, before }, element) =>
    element.matches(selector) && Object.entries(expected).every(([name, text]) =>
      text === null ? element.dataset[name] !== before[name] : element.dataset[name] === text);

  function changed(records) {
    for (const { target, attributeName } of records) {
      const painted = attributeName === "data-painted";
      if (painted) {
        if (recording?.selector && target.matches(recording.selector)) recording.frames.at(-1).painted = true;
        const root = Object.keys(target.dataset).find((name) => name === "stage" || name === "network");
        if (!(root in first)) {
          first[root] = Infinity;
          afterFrame((now) => (first[root] = now));
        }
      }
      if (armed && armed.begin !== null && answers(armed, target)) {
        const { begin, done, late } = armed;
        armed = null;
        nativeClear(late);
        const finish = () => afterFrame((now) => done(now - begin));
        if (painted) finish();
        else nativeFrame(finish); // text changes outside of frames, and is seen in the next one
      }
    }
  }
  const observer = new MutationObserver(changed);
  observer.observe(document, WATCHED);
  const attachShadow = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attachShadow.call(this, options);
    observer.observe(root, WATCHED); // an observer does not look into shadow roots by itself
    return root;
  };

  function find(selector, root = document) {
    const here = root.querySelector(selector);
    if (here) return here;
    for (const element of root.querySelectorAll("*")) {
      const inside = element.shadowRoot && find(selector, element.shadowRoot);
      if (inside) return inside;
    }
    return null;
  }

  // --- frames: how far apart, and what they cost -----------------------------------------------------------------------------

  let recording = null;
  function frame(now) {
    const { frames } = recording;
    if (frames.at(-1)?.at !== now) {
      const next = { at: now, script: 0, main: 0, painted: false };
      const start = performance.now();
      afterFrame((end) => (next.main = end - start));
      frames.push(next);
    }
    return frames.at(-1);
  }
  const heartbeat = (now) => {
    if (!recording) return;
    frame(now);
    nativeFrame(heartbeat);
  };

  // --- what waits for its time -----------------------------------------------------------------------------------------------------

  const pending = { timeouts: new Set(), intervals: new Set() };
  let framesAsked = 0;
  window.requestAnimationFrame = (callback) => {
    framesAsked++;
    return nativeFrame((now) => {
      if (!recording) return callback(now);
      const current = frame(now);
      const start = performance.now();
      callback(now);
      current.script += performance.now() - start;
    });
  };
  const interval = setInterval.bind(window);
  window.setTimeout = (callback, ...rest) => {
    const id = nativeTimeout((...values) => {
      pending.timeouts.delete(id);
      callback(...values);
    }, ...rest);
    pending.timeouts.add(id);
    return id;
  };
  window.setInterval = (...all) => {
    const id = interval(...all);
    pending.intervals.add(id);
    return id;
  };
  for (const name of ["clearTimeout", "clearInterval"]) {
    const native = window[name];
    window[name] = (id) => {
      pending.timeouts.delete(id);
      pending.intervals.delete(id);
      native(id);
    };
  }

  // --- for probe.py ----------------------------------------------------------------------------------------------------------

  window.probe = {
    first,
    /** `expected`: the data-* that the answer carries; null where it only has to differ from now. */
    arm(from, selector, expected, patience) {
      const before = { ...find(selector)?.dataset };
      probe.answer = new Promise((done, fail) => {
        const late = nativeTimeout(() => fail(new Error(`${from} had no answer from ${selector} in ${patience} ms`)), patience);
        armed = { from, selector, expected, before, begin: null, done, late };
      });
      probe.answer.catch(() => {}); // whoever asks for the answer hears of it
    },
    record(selector) {
      recording = { selector, frames: [] };
      nativeFrame(heartbeat);
    },
    stop() {
      const { frames } = recording;
      recording = null;
      return frames;
    },
    pending: () => ({ timers: pending.timeouts.size + pending.intervals.size, framesAsked }),
  };
})();
