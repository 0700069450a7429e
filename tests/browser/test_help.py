"""The help on "?", and the keys that buttons name."""

from tests.browser.convolution_page import Lesson, open_lesson, weight_cell
from tests.browser.harness import STAGE, axe, stage, wait_stage

HELP = "dialog.help"


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
