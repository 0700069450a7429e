"""A phone in the hand: every act by touch, and a page that scrolls wherever nobody draws."""

from playwright.sync_api import expect

from tests.browser.convolution_page import Lesson, open_lesson, strokes_of, weight_cell, with_weight
from tests.browser.harness import STAGE, agreement, cell, stage, stroke, wait_stage

MAIN = "document.querySelector('[data-testid=stMain]')"


def scrolls(page, panel):
    """A finger goes up over a panel: the page goes with it."""
    grid = page.locator(f"{STAGE} [data-panel='{panel}']")
    grid.evaluate("grid => grid.scrollIntoView({ block: 'center' })")
    box = grid.bounding_box()
    before = page.evaluate(f"{MAIN}.scrollTop")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    stroke(page, [(x, y - 12 * step) for step in range(12)], touch=True)
    page.wait_for_function(f"before => {MAIN}.scrollTop > before + 50", arg=before)


def test_a_finger_scrubs_pins_edits_and_draws_and_the_page_scrolls_on(visit):
    page = open_lesson(visit, width=390, height=844, touch=True)

    for panel in ("input", "output", "kernel"):  # looking never holds the page
        scrolls(page, panel)

    scrub = page.get_by_label("step", exact=True)
    box = scrub.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait_stage(page, step=12)

    page.touchscreen.tap(*cell(page, "output", 1, 3))
    wait_stage(page, position=(1, 3), pinned=True)
    assert stage(page)["value"] == Lesson().feature_map[1, 3]
    page.touchscreen.tap(*cell(page, "input", 0, 3))
    wait_stage(page, pinned=True, pointed="input 0,3")
    page.touchscreen.tap(*cell(page, "input", 0, 3))
    wait_stage(page, pinned=False)

    page.touchscreen.tap(*cell(page, "kernel", 1, 1))
    expect(weight_cell(page, 1, 1)).to_be_focused()
    page.keyboard.insert_text("3")
    assert agreement(page) == 0
    edited = with_weight(Lesson(), 1, 1, 3)
    assert stage(page)["value"] == edited.feature_map[1, 3]

    page.locator("[data-tool=pen]").tap()
    points = [cell(page, "input", 2, 2), cell(page, "input", 4, 4)]
    scrolled = page.evaluate(f"{MAIN}.scrollTop")
    stroke(page, points, touch=True)
    assert page.evaluate(f"{MAIN}.scrollTop") == scrolled
    page.wait_for_function("location.search.includes('strokes=')")
    assert len(strokes_of(page)) == 1
    page.locator("[data-tool=look]").tap()
    scrolls(page, "input")  # let go again

    # while one reads the code, the player is at hand, and lies over nothing that has the focus
    page.get_by_role("button", name="Code", exact=True).tap()
    page.locator("[data-live=out]").scroll_into_view_if_needed()
    before = stage(page)["step"]
    page.get_by_role("button", name="step forward", exact=True).tap()
    wait_stage(page, step=before + 1)
    assert page.evaluate(f"{MAIN}.scrollTop") > 500
    image = page.locator(".st-key-chooser").bounding_box()  # in the navigation's end, where it covers nothing
    assert 270 < image["x"] < image["x"] + image["width"] < 390
    assert image["y"] + image["height"] <= page.get_by_test_id("stHeader").bounding_box()["height"]
    bar = page.locator(".player").bounding_box()
    assert bar["y"] + bar["height"] <= 844
    panel = page.locator(".panels")
    box = panel.bounding_box()
    assert box["y"] + box["height"] <= bar["y"]  # at the end of the page all of the code stands above it
    page.evaluate(f"{MAIN}.scrollTop = 0")
    hidden = panel.evaluate("""(panel) => [...panel.querySelectorAll("button, [tabindex]")].filter((each) => each.checkVisibility())
      .filter((each) => {
        document.activeElement?.blur();
        document.querySelector("[data-testid=stMain]").scrollTop = 0;
        each.focus();
        const { left, top, width, height } = each.getBoundingClientRect();
        return !each.contains(each.getRootNode().elementFromPoint(left + width / 2, top + height - 2));
      }).map((each) => each.textContent)""")
    assert hidden == []
    assert page.evaluate(
        f"document.scrollingElement.scrollWidth <= innerWidth && {MAIN}.scrollWidth <= {MAIN}.clientWidth"
    )
