"""Who sees less, has no mouse, a small screen, or wants no motion, can use the pages too."""

from itertools import pairwise

import pytest

from tests.browser.convolution_page import Lesson, chooser, open_lesson
from tests.browser.harness import NETWORK, STAGE, agreement, axe, painted, stage, until, wait_stage
from tests.browser.network_page import Unit, next_frames, open_network, open_unit, opened_unit, take_apart, torchs
from tests.browser.visits import turn_to

SCREENS = {"projector": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844, "touch": True}}
PHONE = SCREENS["phone"]

# the roots of the components, and everything in them that is to be seen
ROOTS = """
function roots(within = document) {
  return [...within.querySelectorAll("*")].flatMap(({ shadowRoot }) => shadowRoot ? [shadowRoot, ...roots(shadowRoot)] : []);
}
function shown() {
  return roots().flatMap((root) => [...root.querySelectorAll("*")]).filter((element) => element.checkVisibility({ visibilityProperty: true }));
}
"""


@pytest.mark.parametrize("screen", SCREENS)
def test_the_convolution_page_breaks_no_rule_of_accessibility(visit, screen):
    """As it opens, and with the image chooser, the loop inside a window, the code for torch and the export open."""
    page = open_lesson(visit, Lesson(stride=2, padding=1), **SCREENS[screen])
    page.get_by_role("button", name="Code", exact=True).click()
    page.get_by_label("inside", exact=False).check()
    page.get_by_role("button", name="step forward", exact=True).click()
    wait_stage(page, moment=1)
    if screen == "phone":  # there the code comes after all of the stage, not beside it
        assert_order(page, ".words", ".code-panel")
        assert page.locator(".code-lines").evaluate("lines => lines.scrollWidth <= lines.clientWidth")
    assert_accessible(page)
    page.get_by_role("button", name="The same with torch").click()
    until(
        page,
        "() => { const text = find('.snippet'); return text.textContent && text.scrollTop + text.clientHeight >= text.scrollHeight - 2; }",
    )
    assert_accessible(page)
    page.get_by_role("button", name="Export", exact=True).click()
    chooser(page).get_by_role("slider").wait_for()
    assert_accessible(page)
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def assert_accessible(page):
    """It breaks no rule, neither light nor dark."""
    for dark in (False, True):
        turn_to(page, dark=dark)
        assert axe(page) == [], dark


def assert_order(page, *selectors):
    """Each begins below the end of the one before."""
    edges = [
        page.locator(each).evaluate("e => { const b = e.getBoundingClientRect(); return [b.top, b.bottom]; }")
        for each in selectors
    ]
    assert all(before[1] < after[0] for before, after in pairwise(edges))


def test_the_network_page_breaks_no_rule_of_accessibility_on_a_phone(visit):  # on a projector: test_projector.py
    page = open_network(visit, **PHONE)
    assert_accessible(page)
    for unit in (Unit("conv2", 5, 3, 4), Unit("pool_1", 2, 1, 1)):
        open_unit(page, unit)
        assert_accessible(page)


def test_a_colour_picture_and_a_note_break_no_rule_either(visit):
    page = open_lesson(visit, Lesson(image="cat", colour=True, kernel="gaussian_5", at=(3, 40)))
    assert axe(page) == []
    page.goto(f"{page.url}&stride=x")
    page.get_by_test_id("stAlert").wait_for()
    agreement(page)
    page.get_by_label("dilation", exact=True).fill("16")  # a 5×5 kernel would then span 65 of the 64 pixels
    page.locator('[role="status"][data-warning="true"]').wait_for()
    assert axe(page) == []


# --- the keyboard ---------------------------------------------------------------------------------------------------------


def reached_by_tab(page) -> list[dict]:
    """Goes through the page with the Tab key, and returns what each element that gets the focus says and looks like.

    AssertionError if a control of the components that can be seen and used is not among them.
    """
    count = page.evaluate(
        f"""() => {{
          {ROOTS}
          const usable = "button, input, select, textarea, a[href], [tabindex]";
          const style = (element) => {{ const {{ outline, boxShadow }} = getComputedStyle(element); return outline + boxShadow; }};
          window.controls = shown().filter((element) => element.matches(usable) && !element.disabled && element.tabIndex >= 0);
          window.atRest = window.controls.map(style);
          window.focused = () => {{
            let element = document.activeElement;
            while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
            const at = window.controls.indexOf(element);
            if (at < 0) return {{ at, body: element === document.body }};
            const box = element.getBoundingClientRect();
            const {{ outlineStyle, outlineWidth }} = getComputedStyle(element);
            return {{
              at, name: element.getAttribute("aria-label") ?? element.textContent.trim(), panel: element.parentElement.dataset.panel,
              outline: outlineStyle === "solid" ? parseFloat(outlineWidth) : 0, marked: style(element) !== window.atRest[at],
              onScreen: box.top < innerHeight && box.bottom > 0 && box.left < innerWidth && box.right > 0,
            }};
          }};
          return window.controls.length;
        }}"""
    )
    reached = {}
    for _ in range(count + 40):  # the page around the components has controls, too
        page.keyboard.press("Tab")
        focused = page.evaluate("window.focused()")
        if focused["at"] in reached:
            break
        if focused["at"] >= 0:
            reached[focused["at"]] = focused
    missed = sorted(set(range(count)) - reached.keys())
    assert not missed, page.evaluate("(missed) => missed.map((at) => window.controls[at].outerHTML)", missed)
    return list(reached.values())


def assert_visible(focused: list[dict]) -> None:
    for each in focused:
        assert each["outline"] >= 2, each
        assert each["marked"], each
        assert each["onScreen"], each


def test_tab_reaches_every_control_of_the_convolution_page_and_shows_where_it_is(visit):
    page = open_lesson(visit)
    focused = reached_by_tab(page)
    assert_visible(focused)
    names = [each["name"] for each in focused]
    player = ["play", "step forward", "step back", "next row", "first step", "last step", "step", "speed"]
    toolbar = ["kernel", "kernel rows", "kernel columns", "stride", "padding", "dilation", "bias"]
    assert {*player, *toolbar} <= {*names}
    assert [each["name"] for each in focused if each["panel"] == "kernel"] == [
        f"weight, row {row}, column {col}" for row in (1, 2, 3) for col in (1, 2, 3)
    ]
    assert any("Arrow keys move the window" in name for name in names)


def test_tab_reaches_every_control_of_the_network_page_and_shows_where_it_is(visit):
    page = open_network(visit, "?unit=conv1,2,3,4&sums=1")
    opened_unit(page, Unit("conv1", 2, 3, 4))
    focused = reached_by_tab(page)
    assert_visible(focused)
    names = [each["name"] for each in focused]
    assert {"show", "scale", "Pen", "Eraser", "pen size", "play", "close (Esc)"} <= {*names}
    assert sum(name.startswith("a ") and len(name) == 3 for name in names) == 20  # the digits of the gallery
    assert sum(": probability " in name for name in names) == 10


def test_the_keyboard_alone_opens_a_class_and_its_stage_and_closes_both(visit):
    page = open_network(visit)
    score = pytest.approx(float(torchs(page)["fc3"].output[0, 3]), abs=1e-4)
    page.locator('[data-class="3"]').focus()
    page.keyboard.press("Enter")
    drill = page.locator('[data-drill="fc3,3,0,0"] .drill-body > *')
    assert float(drill.get_attribute("data-value")) == score
    page.locator('[data-act="stage"]').focus()
    page.keyboard.press("Enter")
    assert opened_unit(page, Unit("fc3", 3)).value == score
    page.keyboard.press("Escape")
    page.locator(f".unit {STAGE}").wait_for(state="hidden")
    assert drill.is_visible()
    page.keyboard.press("Escape")
    drill.wait_for(state="hidden")


# --- a small screen -------------------------------------------------------------------------------------------------------


def assert_narrow(page) -> None:
    """Nothing makes the page scroll sideways, and no part of a component reaches beyond its edge."""
    next_frames(page)
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert page.get_by_test_id("stMain").evaluate("(main) => main.scrollWidth <= main.clientWidth")
    beyond = page.evaluate(
        f"""() => {{
          {ROOTS}
          const clipped = (element) => {{
            for (let outer = element.parentElement; outer; outer = outer.parentElement) {{
              if (getComputedStyle(outer).overflowX !== "visible") return true;
            }}
            return false;
          }};
          const wide = (element) => {{
            const {{ left, right, width }} = element.getBoundingClientRect();
            return width > 0 && (left < -0.5 || right > innerWidth + 0.5);
          }};
          return shown().filter((element) => wide(element) && !clipped(element)).map((element) => element.outerHTML.slice(0, 200));
        }}"""
    )
    assert beyond == []


@pytest.mark.parametrize(
    "link",
    [
        "?image=cat&size=128&colour=1&kernel=gaussian_5&stride=2&padding=2",
        "?image=coffee&weights=1x11~" + ",".join(["-0.1234"] * 11),
        "?image=digit_3&weights=11x11~" + ",".join(["-99.75"] * 121) + "&bias=-0.375&relu=1&dilation=2",
    ],
    ids=["photograph", "wide kernel", "large kernel"],
)
def test_the_convolution_page_fits_a_phone(visit, link):
    page = visit(f"/{link}", **PHONE)
    agreement(page)
    assert_narrow(page)


def test_the_network_page_fits_a_phone(visit):
    page = open_network(visit, **PHONE)
    assert_narrow(page)
    for unit in (Unit("conv2", 5, 3, 4), Unit("pool", 2, 1, 1), Unit("fc1", 7), Unit("fc3", 7)):
        take_apart(page, unit)
        assert_narrow(page)
        open_unit(page, unit)
        assert_narrow(page)


# --- no motion ------------------------------------------------------------------------------------------------------------


def test_nothing_moves_before_it_is_asked_to(visit):
    unit = Unit("conv1", 2, 3, 4)
    pages = [
        open_lesson(visit, reduced_motion="reduce"),
        open_network(visit, f"?unit={unit.text}&sums=1", reduced_motion="reduce"),
    ]
    opened_unit(pages[1], unit)
    for page, root in zip(pages, (STAGE, NETWORK), strict=True):
        next_frames(page)
        before = [painted(page, root), painted(page), stage(page)["step"]]
        page.evaluate("async () => { for (let n = 0; n < 40; n++) await new Promise(requestAnimationFrame); }")
        assert not stage(page)["playing"]
        assert [painted(page, root), painted(page), stage(page)["step"]] == before
        moving = page.evaluate(f"() => {{ {ROOTS} return roots().flatMap((root) => root.getAnimations()).length; }}")
        assert moving == 0
