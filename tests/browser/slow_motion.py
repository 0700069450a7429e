"""The app on a machine that takes its time, for finding what only holds on a quick one: `pytest --slow-motion tests/browser`.

What a slow machine draws out is drawn out by waiting, at random, so that it costs no more of this one: the server pauses
after each message of a run and before each answer to a request; a page paints, hears itself and writes to the server late.
The order of things stays as it is. `--slow-motion=7` draws other pauses than `--slow-motion=6`. Several tests may well
run at once, as in `pytest --slow-motion -n 3 --dist=loadfile tests/browser`: most of the time they wait.

As a script it is Streamlit's command, slowed down: `python slow_motion.py run app.py`.
"""

import asyncio
import os
import random
import time
from pathlib import Path

_SEED = "CNNVIZ_TESTS_SLOW_MOTION"
_PAUSE = 0.06  # seconds, the longest between two messages
_TIMES = 3  # how much more patient the tests are meanwhile

_ON_THE_PAGE = """
(() => {
  let seed = SEED;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;

  // the page's own, as a test may put a clock of its own in their place
  const later = window.setTimeout.bind(window);
  const frame = window.requestAnimationFrame.bind(window);
  // what was asked for up to the late frame comes in that one, as in any
  const after = (frames, act) => frame((now) => (frames ? after(frames - 1, act) : act(now)));
  let [asked, due, last] = [new Map(), new Map(), 0];
  window.requestAnimationFrame = (callback) => {
    if (!asked.size) {
      after(Math.floor(4 * random()), (now) => {
        [due, asked] = [asked, new Map()];
        for (const [id, callback] of due) {
          due.delete(id);
          try {
            callback(now);
          } catch (error) {
            reportError(error);
          }
        }
      });
    }
    asked.set(++last, callback);
    return last;
  };
  window.cancelAnimationFrame = (id) => asked.delete(id) || due.delete(id);

  // React's own tasks come over such a port
  delay(MessagePort.prototype, "postMessage", 20);
  delay(WebSocket.prototype, "send", 60);

  function delay(prototype, name, most) {
    const act = prototype[name];
    const queues = new WeakMap();
    prototype[name] = function (...what) {
      const before = queues.get(this) ?? Promise.resolve();
      const pause = () => new Promise((go) => later(go, most * random()));
      queues.set(this, before.then(pause).then(() => act.apply(this, what)));
    };
  }
})();
"""


def begin(seed: int) -> None:
    """From here on, servers and visits are slow."""
    os.environ[_SEED] = str(seed)


def patience() -> float:
    """Seconds until a test gives up on what does not come: Playwright's own, on a quick machine."""
    return 30.0 * (_TIMES if _SEED in os.environ else 1)


def streamlit() -> list[str]:
    """Streamlit's command behind that of Python."""
    return ["-P", str(Path(__file__))] if _SEED in os.environ else ["-m", "streamlit"]


def script() -> str:
    """What a page runs before anything else."""
    return _ON_THE_PAGE.replace("SEED", str(1000 + int(os.environ[_SEED]))) if _SEED in os.environ else ""


def _slow_down() -> None:
    from starlette.applications import Starlette
    from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

    chance = random.Random(os.environ.get(_SEED))
    tell, answer = ScriptRunner._enqueue_forward_msg, Starlette.__call__

    def tell_and_pause(self, message):
        tell(self, message)
        if self._is_in_script_thread():
            time.sleep(chance.uniform(0, _PAUSE))

    async def pause_and_answer(self, scope, receive, send):
        if scope["type"] == "http":
            await asyncio.sleep(chance.uniform(0, _PAUSE))
        await answer(self, scope, receive, send)

    ScriptRunner._enqueue_forward_msg = tell_and_pause
    Starlette.__call__ = pause_and_answer


if __name__ == "__main__":
    from streamlit.web.cli import main

    _slow_down()
    main()
