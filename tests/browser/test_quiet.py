"""Play costs the server nothing: the page says a word only when something has come to rest."""

from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.browser.convolution_page import weight_cell
from tests.browser.harness import NETWORK, agreement, cell, eventually, painted, wait_painted, wait_stage
from tests.browser.visits import wait_at_rest


class Words:
    """How often a page has asked Python to run, since the last time that somebody asked."""

    def __init__(self, page: Page) -> None:
        self._count, self._page = 0, page
        page.on("websocket", lambda socket: socket.on("framesent", self._sent))
        page.reload()  # the connection that is already there cannot be listened to
        wait_at_rest(page)
        agreed(page)
        self.news()

    def _sent(self, data: bytes) -> None:
        self._count += BackMsg.FromString(data).WhichOneof("type") == "rerun_script"

    def wait(self) -> None:
        """Waits until a word has been sent, which may be a little later than the page says so."""

        def look() -> None:
            assert self._count

        eventually(self._page, look)

    def news(self) -> int:
        count, self._count = self._count, 0
        return count


def agreed(page: Page) -> None:
    page.locator('[data-agreement="agrees"]').first.wait_for()


def test_hovering_costs_nothing_sliding_and_editing_one_word_when_they_end(visit):
    page = visit("/?image=cat&size=32")
    words = Words(page)
    for number in range(30):
        before = painted(page)
        page.mouse.move(*cell(page, "output", number % 28, (7 * number) % 28 + 1))
        wait_painted(page, before)
    assert words.news() == 0

    page.get_by_label("speed", exact=True).select_option("frame")
    page.get_by_label("play", exact=True).click()
    wait_stage(page, playing=True)
    wait_painted(page, painted(page) + 60)
    assert words.news() == 0
    page.get_by_label("pause", exact=True).click()
    wait_stage(page, playing=False)
    page.wait_for_function("() => new URLSearchParams(location.search).has('at')")
    words.wait()
    wait_at_rest(page)
    assert words.news() == 1

    before = painted(page)
    weight_cell(page, 1, 1).evaluate(
        """(field) => {
          for (let number = 1; number <= 40; number++) {
            field.value = String(number);
            field.dispatchEvent(new Event("input", { bubbles: true }));
          }
        }"""
    )
    wait_painted(page, before)
    agreed(page)
    page.wait_for_function("() => location.search.includes('40')")
    assert words.news() == 1


@pytest.mark.parametrize("path", ["/?image=draw", "/network?image=draw"])
def test_drawing_costs_one_word_when_the_pen_is_lifted(visit, path):
    page = visit(path)
    agreed(page)
    words = Words(page)
    on_network = path.startswith("/network")
    place = {"panel": "drawing", "within": NETWORK} if on_network else {"panel": "input"}
    side = 112 if on_network else 28
    points = [cell(page, row=side // 4 + number * side // 60, col=side // 3, **place) for number in range(30)]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    assert words.news() == 0
    page.mouse.up()
    page.wait_for_function("() => location.search.includes('strokes=')")
    agreed(page)
    assert words.news() == 1


def test_pointing_at_the_other_pages_costs_nothing_and_a_nudge_one_word(visit):
    page = visit("/signals?signal=pulses")
    words = Words(page)
    for path, root in (
        ("/signals?signal=pulses", '[data-stage="signal"]'),
        ("/channels", "[data-stage]"),
        ("/network?image=digit_3", NETWORK),
        ("/pooling", '[data-stage="shift lab"]'),
    ):
        page.goto(urljoin(page.url, path))
        wait_painted(page, root=root)
        agreed(page)
        wait_at_rest(page)
        words.news()
        box = page.locator(root).first.bounding_box()
        for number in range(40):
            page.mouse.move(
                box["x"] + box["width"] * (number + 0.5) / 40, box["y"] + box["height"] * (7 * number % 40) / 40
            )
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        wait_at_rest(page)
        assert words.news() == 0, path
    page.evaluate(
        """() => {
          for (let number = 0; number < 4; number++) {
            document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, cancelable: true }));
          }
        }"""
    )
    page.locator(f'{root}[data-shift="0,4"]').wait_for()
    page.wait_for_function("() => new URLSearchParams(location.search).get('shift') === '0,4'")
    words.wait()
    agreement(page, root)
    wait_at_rest(page)
    assert words.news() == 1
