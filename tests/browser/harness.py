"""Words for what is to be seen and done on a page, for tests and benchmarks."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, Page, TimeoutError

from tests.browser import slow_motion

T = TypeVar("T")

STAGE = "[data-stage]"
NETWORK = "[data-network]"

# Streamlit labels the drop zone of its uploader, and calls it presentation: a minor fault, and not the app's to mend
STREAMLITS_OWN = ("presentation-role-conflict", 'data-testid="stFileUploaderDropzone"')

# querySelector does not look into shadow roots; this does, as long as they are open
_FIND = """
function find(selector, root = document) {
  const here = root.querySelector(selector);
  if (here) return here;
  for (const element of root.querySelectorAll("*")) {
    const inside = element.shadowRoot && find(selector, element.shadowRoot);
    if (inside) return inside;
  }
  return null;
}
"""


def eventually(page: Page, look: Callable[[], T]) -> T:
    """What `look` returns as soon as no assertion of it fails and the page has what it reads; its last error when time is up.

    For what takes several looks: a page moves on between two of them. What one look can tell, let Playwright's `expect`
    or `until` wait for.
    """
    end = time.monotonic() + slow_motion.patience()
    while True:
        try:
            return look()
        except (AssertionError, Error):
            if time.monotonic() > end:
                raise
        page.wait_for_timeout(50)


def until(page: Page, predicate: str, arg: object = None) -> Any:
    """What a JavaScript function of one argument returns as soon as that is truthy; Playwright's TimeoutError when time is up.

    `find(selector, root)` in it looks into shadow roots, too. A part of the page that is not there yet is waited for: what a
    function may not read of null is no error before time is up.
    """
    once = f"(arg) => {{ {_FIND} return ({predicate})(arg); }}"
    try:
        return page.wait_for_function(
            f"(arg) => {{ try {{ return ({once})(arg); }} catch (error) {{ if (!(error instanceof TypeError)) throw error; }} }}",
            arg=arg,
        ).json_value()
    except TimeoutError:
        page.evaluate(once, arg)  # says what it failed on, if it still does
        raise


def painted(page: Page, root: str = STAGE) -> int:
    """How often the stage (or, with NETWORK, the network view) has painted so far."""
    return int(page.locator(root).get_attribute("data-painted"))


def wait_painted(page: Page, since: int = 0, root: str = STAGE) -> int:
    """Waits until it has painted more often than `since`, and returns how often by then.

    Take `painted(page)` before the act whose answer you wait for.
    """
    return until(
        page,
        """([root, since]) => {
          const count = Number(find(root).dataset.painted);
          return count > since && count;
        }""",
        [root, since],
    )


def stage(page: Page, root: str = STAGE) -> dict:
    """What the stage says of itself: stage, position (row, col), step, steps, value, playing, painted."""
    return _said(page.locator(root).evaluate("element => ({ ...element.dataset })"))


def _said(texts: Mapping[str, str]) -> dict:
    read = {"position": _place, "step": int, "steps": int, "value": float, "playing": "true".__eq__, "painted": int}
    return {name: read.get(name, str)(text) for name, text in texts.items()}


def wait_stage(page: Page, root: str = STAGE, **expected) -> dict:
    """Waits until the stage says this of itself, and returns all it says then: `wait_stage(page, position=(2, 3))`."""
    texts = {name: _text(value) for name, value in expected.items()}
    said = until(
        page,
        """([root, expected]) => {
          const said = { ...find(root).dataset };
          return Object.entries(expected).every(([name, text]) => said[name] === text) && said;
        }""",
        [root, texts],
    )
    return _said(said)


def agreement(page: Page, root: str = STAGE) -> float:
    """Waits until torch has answered for what the stage (or, with NETWORK, the network view) shows now.

    Returns by how much browser and torch differ. AssertionError where the page itself says that this is too much.
    """
    # verdict and figure in one look, as the next picture may already be on its way
    answer = until(
        page,
        """(root) => {
          const said = find(`${root} [data-agreement]`);
          const { agreement, difference } = said.dataset;
          return ["agrees", "differs"].includes(agreement) && { agreement, difference, words: said.textContent };
        }""",
        root,
    )
    assert answer["agreement"] == "agrees", answer["words"]
    return float(answer["difference"])


def network(page: Page) -> dict:
    """What the network view says of itself: network, prediction, painted."""
    said = page.locator(NETWORK).evaluate("element => ({ ...element.dataset })")
    return said | {"painted": int(said["painted"])}


def cell(
    page: Page, panel: str, row: int, col: int, *, channel: int | None = None, within: str = STAGE
) -> tuple[float, float]:
    """Where the middle of a cell lies in the window, as (x, y) in CSS pixels, scrolled into view if need be.

    `panel` is "input", "kernel", "products" or "output"; `within` narrows the search, for instance to
    '[data-layer="conv1"]'. Where a panel has several channels, say which.
    """
    which = f'[data-panel="{panel}"]' + ("" if channel is None else f'[data-channel="{channel}"]')
    grid = page.locator(f"{within} {which}")
    grid.scroll_into_view_if_needed()
    left, top, width, height, rows, cols = grid.evaluate(
        """grid => {
          const box = grid.getBoundingClientRect();
          return [box.left, box.top, box.width, box.height, Number(grid.dataset.rows), Number(grid.dataset.cols)];
        }"""
    )
    if not (0 <= row < rows and 0 <= col < cols):
        raise ValueError(f"The {panel} panel has {rows:.0f}×{cols:.0f} cells, so there is no ({row}, {col}).")
    return left + (col + 0.5) / cols * width, top + (row + 0.5) / rows * height


def stroke(page: Page, points: Sequence[tuple[float, float]], *, touch: bool = False) -> None:
    """Draws through `points`, (x, y) in the window: with the mouse, or with a finger where the page has touch."""
    if touch:
        fingers = page.context.new_cdp_session(page)
        # a finger that rests before it lifts: a flick makes Chromium take the next tap for the end of a fling
        rested = [*points, points[-1]]
        moments = [
            *(time.time() + 0.016 * step for step in range(len(points))),
            time.time() + 0.016 * len(points) + 0.3,
        ]
        for kind, (x, y), moment in zip(["touchStart", *["touchMove"] * len(points)], rested, moments, strict=True):
            touch = {"type": kind, "touchPoints": [{"x": x, "y": y}], "timestamp": moment}
            fingers.send("Input.dispatchTouchEvent", touch)
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": [], "timestamp": moments[-1]})
        fingers.detach()
        return
    page.mouse.move(*points[0])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(x, y)
    page.mouse.up()


def axe(page: Page, options: Mapping | None = None) -> list[str]:
    """The accessibility rules that the page breaks, one line for each element; shadow roots included."""
    found = Axe().run(page, options={"resultTypes": ["violations"], **(options or {})}).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {element['html'][:200]} {element['failureSummary']}"
        for rule in found
        for element in rule["nodes"]
        if not (rule["id"] == STREAMLITS_OWN[0] and STREAMLITS_OWN[1] in element["html"])
    ]


def _place(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
