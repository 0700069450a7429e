"""The projector: large digits in large cells, only what matters, on every page."""

import re
from urllib.parse import urljoin

import pytest

from tests.browser.convolution_page import Lesson, moment, open_lesson
from tests.browser.harness import STAGE, agreement, axe, cell, eventually, until, wait_stage
from tests.browser.visits import turn_to, wait_at_rest

# what is to be seen of the page in numbers or words, but the page's own frame, which is Streamlit's
SMALL = """
(root) => [...root.querySelectorAll("*")]
  .filter((element) => !element.closest("dialog, option, svg") && element.checkVisibility({ visibilityProperty: true }))
  .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && /\\d/.test(node.data)) || (element.matches("input[type=text], input[type=number]") && element.value))
  .map((element) => [element.className, element.textContent || element.value, parseFloat(getComputedStyle(element).fontSize) * (element.matches(".weight-cell") ? element.getBoundingClientRect().height / element.offsetHeight : 1)])
  .filter(([, , size]) => size < 23.99)
"""
# the cells that show digits: which panel, the least size of the digits, the side of a cell
DIGITS = """
(root) => [...root.querySelectorAll("[data-panel][data-rows]")]
  .filter((panel) => panel.checkVisibility() && Number(panel.dataset.digits))
  .map((panel) => [panel.dataset.panel, Number(panel.dataset.digits), panel.getBoundingClientRect().height / panel.dataset.rows])
"""
# headings that have no room for all they say
CUT = """
(root) => [...root.querySelectorAll(".heading")]
  .filter((heading) => heading.checkVisibility({ visibilityProperty: true }) && heading.scrollWidth > heading.clientWidth)
  .map((heading) => heading.textContent)
"""


def assert_large(page, root, panels):
    """Within a component no digit is smaller than 24 pixels, no cell that shows one than 32; these panels show some."""
    shown = page.locator(root)
    until(
        page,
        f"""([selector, panels]) => {{
          const names = ({DIGITS})(find(selector)).map(([name]) => name);
          return panels.every((name) => names.includes(name));
        }}""",
        [root, sorted(panels)],
    )

    def look():
        digits = shown.evaluate(DIGITS)
        assert [each for each in digits if each[1] < 24 or each[2] < 32] == []
        assert shown.evaluate(SMALL) == []
        assert shown.evaluate(CUT) == []

    eventually(page, look)


def test_the_projector_shows_large_digits_in_large_cells_and_travels_in_the_link(visit):
    page = open_lesson(visit, Lesson(at=(1, 2)))
    before = moment(page)
    page.keyboard.press("p")
    wait_stage(page, position=(1, 2))
    page.wait_for_function("new URLSearchParams(location.search).get('projector') === '1'")
    root = page.locator(".lab")
    assert root.get_attribute("data-projector") == "true"
    assert_large(page, ".lab", {"input", "kernel", "output"})
    assert moment(page).lines == before.lines
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    for height in (720, 900):  # many projectors have 1280 × 720
        page.set_viewport_size({"width": 1440 if height == 900 else 1280, "height": height})
        until(
            page,
            """() => {
              const [output, bar] = [".foot-output", ".player"].map((name) => find(name).getBoundingClientRect());
              return output.bottom <= bar.top && bar.bottom <= innerHeight;
            }""",
        )
    for dark in (False, True):
        turn_to(page, dark=dark)
        assert axe(page) == []
    page.goto(page.url)  # the link alone shows it as large
    agreement(page)
    page.locator(".lab[data-projector='true']").wait_for()
    page.get_by_role("link", name="Network").click()  # and so does the next page
    page.locator(".network[data-projector='true']").wait_for()
    until(  # every map and every class stands on the screen
        page,
        """() => {
          const shown = [...find(".layers").querySelectorAll(".map, [data-class]")].map((each) => each.getBoundingClientRect());
          return shown.length === 1 + 6 + 6 + 16 + 16 + 2 + 10 && shown.every(({ right, bottom }) => right <= innerWidth && bottom <= innerHeight);
        }""",
    )
    page.wait_for_function("new URLSearchParams(location.search).get('projector') === '1'")
    # a dense unit has more weights than large digits have room for: then none is shown, and the ledger has them
    page.goto(urljoin(page.url, "/network?projector=1&unit=fc2,6,0,0&sums=1"))
    wait_stage(page, stage="fc2")
    assert_large(page, ".unit", {"output"})
    inputs = page.locator(f'{STAGE} .grid:has(> [data-panel="input"])')
    assert inputs.get_attribute("data-framed") == "true"  # around the digits, not over them
    assert not page.locator(f"{STAGE} .loupe-box").is_visible()  # it would show the same once more
    page.get_by_text(re.compile("^Unit 7: ")).wait_for()
    page.get_by_role("button", name="projector", exact=True).click()
    page.locator(".network[data-projector='false']").wait_for()
    page.wait_for_function("!new URLSearchParams(location.search).has('projector')")


def test_a_loupe_on_the_projector_is_large_enough_to_read(visit):
    page = visit("/?projector=1&image=cat&at=3,4")
    agreement(page)
    assert_large(page, ".lab", {"loupe", "kernel"})
    page.mouse.move(*cell(page, "output", 9, 9))
    wait_stage(page, position=(9, 9))


PAGES = {
    "/channels": {".channels": {"input", "kernel", "partial", "output"}},
    "/signals": {".signals": {"kernel"}},
    "/shapes": {".shapes": set()},
    "/pooling?image=integers&shift=1,0": {".shift-lab": set(), ".pooling-stage": {"input", "output"}},
    "/network?unit=conv1,2,3,4&sums=1": {".network .unit": {"kernel", "loupe"}, ".network .layers": set()},
}


@pytest.mark.timeout(300)  # five pages, four times each
def test_every_other_page_is_as_large_and_breaks_no_rule_of_accessibility_on_the_projector_or_off_it(visit):
    page = visit("/channels")
    for path, roots in PAGES.items():
        if path != "/channels":
            page.goto(urljoin(page.url, path))
            wait_at_rest(page)
        for root in roots:
            page.locator(root).wait_for()
        if "unit=" in path:
            page.locator(f".unit {STAGE}").wait_for()
        turn_to(page, dark=False)
        assert axe(page) == [], path
        page.keyboard.press("p")
        for root, panels in roots.items():
            page.locator(f"[data-projector='true']{root}, [data-projector='true'] {root.split()[-1]}").first.wait_for()
            assert_large(page, root, panels)
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), path
        assert axe(page) == [], path
        turn_to(page, dark=True)
        assert axe(page) == [], path
        page.keyboard.press("p")
        for root in roots:
            page.locator(
                f"[data-projector='false']{root}, [data-projector='false'] {root.split()[-1]}"
            ).first.wait_for()
        assert axe(page) == [], path
