"""A page under measurement: how long until the frame that shows the answer, how even the frames, what is left behind.

A sample of `answer_time` begins with the `timeStamp` that the browser gives a real input event (sent through the
DevTools protocol) before any script sees it. It ends after the frame in which the page says that it shows the answer,
when script, style, layout and paint on the main thread are done. What the compositor needs to put that on the screen is
not included: 2 ms or so on a calm machine. Between two samples a random pause lets the next event fall anywhere between
two frames, as a person's does.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page

from tests.benchmarks.report import Measurement
from tests.browser.server import Server
from tests.browser.visits import wait_at_rest

PROBE = Path(__file__).with_name("probe.js")
WINDOW = {"width": 1440, "height": 900}
PAUSE = (20, 60)  # milliseconds between two samples
COUNT = 30  # samples of a row
WARM_UP = 5  # samples thrown away: the first ones compile, cache and lay out for the rest
WATCHED = 500  # milliseconds after an act in which the frames are counted: torch's answer comes within them
PATIENCE = 10_000  # milliseconds until an answer is given up


@dataclass(frozen=True, slots=True)
class Bench:
    """What every measurement is given: a browser, and the app."""

    browser: Browser
    server: Server


class Probe:
    """Measures one page. Without `pauses`, one sample follows another as fast as it can."""

    pauses = True

    def __init__(self, page: Page, devtools: CDPSession) -> None:
        self.page = page
        self.devtools = devtools
        devtools.send("Performance.enable")
        self._random = random.Random(7)

    def answer_time(self, act: Callable[[], object], begin: str, selector: str, **expected: str | None) -> float:
        """Milliseconds from the event that `act` causes to the end of the frame that shows its answer.

        `begin` is "pointermove", "keydown" or "click"; "send" is the next message to the server instead. The answer is
        the first paint, or change of agreement, of the element `selector` at which its data-* are as `expected`: None
        where they only have to differ from what they are now.
        """
        if self.pauses:
            self.page.wait_for_timeout(self._random.uniform(*PAUSE))
        self.page.evaluate("all => probe.arm(...all)", [begin, selector, expected, PATIENCE])
        act()
        return self.page.evaluate("probe.answer")

    def frames(self, act: Callable[[], object], selector: str | None = None) -> list[dict]:
        """Every frame while `act` runs: {"at", "script", "main", "painted"}.

        `at` is when the frame began, `script` what its animation callbacks took and `main` all that the main thread did
        for it, in milliseconds; `painted` says whether the element `selector` has painted in it.
        """
        self.page.evaluate("selector => probe.record(selector)", selector)
        act()
        return self.page.evaluate("probe.stop()")

    def first_paint(self, root: str) -> float:
        """Milliseconds from the start of the visit to the end of the first frame that shows "stage" or "network"."""
        shown = self.page.wait_for_function("root => Number.isFinite(probe.first[root]) && probe.first[root]", arg=root)
        return shown.json_value()

    def leftovers(self) -> dict[str, float]:
        """What the page holds once all garbage is collected: heap in MB, nodes, listeners, and what waits for its time.

        `loops` is how many animation frames are asked for within half a second in which nothing happens.
        """
        for _ in range(3):  # what a finaliser lets go is collected by the next round
            self.devtools.send("HeapProfiler.collectGarbage")
        held = {metric["name"]: metric["value"] for metric in self.devtools.send("Performance.getMetrics")["metrics"]}
        before = self.page.evaluate("probe.pending()")
        self.page.wait_for_timeout(500)
        after = self.page.evaluate("probe.pending()")
        return {
            "heap": held["JSHeapUsedSize"] / 1e6,
            "nodes": held["Nodes"],
            "listeners": held["JSEventListeners"],
            "timers": after["timers"],
            "loops": after["framesAsked"] - before["framesAsked"],
        }

    def settled(self) -> None:
        """Waits until Python has checked what is on the page."""
        self.page.locator('[data-agreement="agrees"]').first.wait_for()


@contextmanager
def new_page(bench: Bench) -> Iterator[tuple[Page, CDPSession]]:
    """An empty page in a browser profile of its own, with nothing in its cache, and a line to its developer tools."""
    context = bench.browser.new_context(viewport=WINDOW)
    try:
        context.add_init_script(path=PROBE)
        page = context.new_page()
        yield page, context.new_cdp_session(page)
    finally:
        context.close()


@contextmanager
def probed(bench: Bench, path: str) -> Iterator[Probe]:
    """A page of the app at rest, checked by torch."""
    with new_page(bench) as (page, devtools):
        page.goto(bench.server.url + path)
        wait_at_rest(page)
        probe = Probe(page, devtools)
        probe.settled()
        yield probe


def sampled(sample: Callable[[int], float], count: int = COUNT) -> Measurement:
    """`sample(number)` for as many times as are wanted, after the warm-up."""
    times = [sample(number) for number in range(WARM_UP + count)]
    return Measurement(tuple(times[WARM_UP:]))


def longest_frames(probe: Probe, act: Callable[[int], object]) -> Measurement:
    """The longest frame of each time that `act(number)` is done, and until torch has answered, too."""

    def longest(at: int) -> float:
        def act_and_rest() -> None:
            act(at)
            probe.page.wait_for_timeout(WATCHED)

        return max(after["at"] - before["at"] for before, after in pairwise(probe.frames(act_and_rest)))

    return sampled(longest)


def timed(act: Callable[[], object]) -> float:
    """The milliseconds that ``act`` takes."""
    start = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - start)
