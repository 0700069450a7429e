"""The help on "?", the projector, and the keys that buttons name."""

import pytest

from tests.browser.convolution_page import Lesson, agreement, moment, open_lesson, weight_cell
from tests.browser.harness import STAGE, axe, cell, stage, wait_stage

HELP = "dialog.help"
# what is to be seen of the page in numbers or words, but the page's own frame, which is Streamlit's
SMALL = """
(root) => [...root.querySelectorAll("*")]
  .filter((element) => !element.closest("dialog, option, svg") && element.checkVisibility({ visibilityProperty: true }))
  .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && /\\d/.test(node.data)) || (element.matches("input[type=text], input[type=number]") && element.value))
  .map((element) => [element.className, element.textContent || element.value, parseFloat(getComputedStyle(element).fontSize)])
  .filter(([, , size]) => size < 24)
"""


def test_the_help_opens_on_a_key_lists_the_keys_and_gives_the_focus_back(visit):
    page = open_lesson(visit, Lesson(at=(1, 1)))
    panel = page.locator(f"{STAGE} [data-panel='output']")
    panel.focus()
    page.keyboard.press("?")
    box = page.locator(HELP)
    box.wait_for()
    listed = dict(zip(box.locator("dt").all_inner_texts(), box.locator("dd").all_inner_texts(), strict=True))
    assert {"Space", "← →", "N", "L", "I", "?", "P", "Enter", "Tab"} <= {*listed}
    assert axe(page) == []
    page.keyboard.press("ArrowRight")  # the page behind hears nothing
    assert stage(page)["position"] == (1, 1)
    page.keyboard.press("Escape")
    box.wait_for(state="hidden")
    assert panel.evaluate("panel => panel.getRootNode().activeElement === panel")
    page.keyboard.press("ArrowRight")
    wait_stage(page, position=(1, 2))
    weight_cell(page, 0, 0).focus()
    page.keyboard.press("?")  # typed into a weight it is no request for help
    assert not box.is_visible()
    page.get_by_role("button", name="help", exact=True).click()
    box.wait_for()
    box.get_by_role("button", name="close").click()
    box.wait_for(state="hidden")


def test_every_key_that_a_button_names_does_what_the_button_does(visit):
    page = open_lesson(visit, Lesson(at=(1, 1)))
    for label in ("play", "step forward", "step back", "next row", "first step", "last step"):
        assert "(" in page.get_by_role("button", name=label, exact=True).get_attribute("title")
    page.locator(f"{STAGE} [data-panel='output']").focus()
    for key, position in [
        ("n", (2, 0)),
        ("ArrowRight", (2, 1)),
        ("ArrowLeft", (2, 0)),
        ("End", (4, 4)),
        ("Home", (0, 0)),
    ]:
        page.keyboard.press(key)
        wait_stage(page, position=position)
    page.keyboard.press("l")
    assert page.get_by_role("checkbox", name="loop").is_checked()
    page.keyboard.press("i")
    wait_stage(page, moment="0")
    page.keyboard.press("i")
    page.keyboard.press("Space")
    wait_stage(page, playing=True)
    page.keyboard.press("Space")
    wait_stage(page, playing=False)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_projector_shows_large_digits_in_large_cells_and_travels_in_the_link(visit, dark):
    page = open_lesson(visit, Lesson(at=(1, 2)), dark=dark)
    before = moment(page)
    page.keyboard.press("p")
    wait_stage(page, position=(1, 2))
    page.wait_for_function("new URLSearchParams(location.search).get('projector') === '1'")
    root = page.locator(".lab")
    assert root.get_attribute("data-projector") == "true"
    assert root.evaluate(SMALL) == []
    for panel in ("input", "kernel", "output"):
        rows, width = page.locator(f"{STAGE} [data-panel='{panel}']").evaluate(
            "panel => [Number(panel.dataset.rows), panel.getBoundingClientRect().height]"
        )
        assert width / rows >= 32, panel
    assert moment(page).lines == before.lines
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert page.locator(".player").evaluate("bar => bar.getBoundingClientRect().bottom <= innerHeight")
    assert axe(page) == []
    page.goto(page.url)  # the link alone shows it as large
    agreement(page)
    page.locator(".lab[data-projector='true']").wait_for()
    page.get_by_role("link", name="Network").click()  # and so does the next page
    page.locator(".network[data-projector='true']").wait_for()
    page.wait_for_function("new URLSearchParams(location.search).get('projector') === '1'")
    page.get_by_role("button", name="projector", exact=True).click()
    page.locator(".network[data-projector='false']").wait_for()
    page.wait_for_function("!new URLSearchParams(location.search).has('projector')")


def test_a_loupe_on_the_projector_is_large_enough_to_read(visit):
    page = visit("/?projector=1&image=cat&at=3,4")
    agreement(page)
    for panel in ("loupe", "kernel"):
        rows, height = page.locator(f"{STAGE} [data-panel='{panel}']").evaluate(
            "panel => [Number(panel.dataset.rows), panel.getBoundingClientRect().height]"
        )
        assert height / rows >= 32, panel
    page.mouse.move(*cell(page, "output", 9, 9))
    wait_stage(page, position=(9, 9))
