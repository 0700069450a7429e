"""What an input cell feeds, and what a weight meets: pointed at, pinned, and come to by the keys."""

import numpy as np

from tests.browser.convolution_page import Lesson, open_lesson, weight_cell
from tests.browser.harness import STAGE, cell, stage, wait_stage

INPUT, OUTPUT = (f"{STAGE} [data-panel='{panel}']" for panel in ("input", "output"))


def fed(page):
    """The outputs that are marked, with the weight on each."""
    texts = page.locator(OUTPUT).get_attribute("data-fed").split()
    places, weights = zip(*(text.split(":") for text in texts), strict=True) if texts else ((), ())
    return {tuple(map(int, place.split(","))): float(weight) for place, weight in zip(places, weights, strict=True)}


def expected(lesson, row, col):
    """The same from the definition: out[i, j] takes x[i·stride + u·dilation − padding, …] by w[u, v]."""
    kernel = lesson.filter[0].numpy()
    rows, cols = lesson.feature_map.shape
    return {
        (i, j): float(kernel[u, v])
        for i in range(rows)
        for j in range(cols)
        for u, v in np.ndindex(kernel.shape)
        if (row, col)
        == tuple(at * lesson.stride + tap * lesson.dilation - lesson.padding for at, tap in ((i, u), (j, v)))
    }


def hover(page, panel, row, col):
    page.mouse.move(*cell(page, panel, row, col))
    if panel == "output":
        wait_stage(page, position=(row, col), pointed="")
    else:
        wait_stage(page, pointed=f"{'weight' if panel == 'kernel' else panel} {row},{col}")


def test_an_input_pixel_shows_each_output_it_feeds_with_the_weight_that_met_it(visit):
    for lesson in (Lesson(), Lesson(stride=2, padding=2, dilation=2), Lesson("cat", kernel="emboss", stride=3)):
        page = open_lesson(visit, lesson)
        value = stage(page)["value"]
        for row, col in ((3, 3), (0, 0), (6, 2)):
            hover(page, "input", row, col)
            assert fed(page) == expected(lesson, row, col)
            words = page.locator(f"{STAGE} .words").inner_text()
            assert words.startswith(f"Input row {row + 1}, column {col + 1} (pixel ")
            assert f"feeds {len(fed(page)) or 'no'} output" in words
        assert stage(page)["value"] == value  # the window stays where it is
        page.mouse.move(5, 5)
        wait_stage(page, pointed="")
        assert fed(page) == {}


def test_a_click_pins_a_pixel_and_escape_frees_it(visit):
    page = open_lesson(visit)
    page.mouse.click(*cell(page, "input", 3, 3))
    wait_stage(page, pinned=True, pointed="input 3,3")
    page.mouse.move(*cell(page, "input", 5, 5))
    page.mouse.move(*cell(page, "output", 0, 4))
    assert (stage(page)["pointed"], stage(page)["position"]) == ("input 3,3", (0, 0))
    page.mouse.click(*cell(page, "input", 4, 4))
    wait_stage(page, pinned=True, pointed="input 4,4")
    page.mouse.move(5, 5)
    page.keyboard.press("Escape")
    wait_stage(page, pinned=False, pointed="")


def test_a_weight_shows_every_input_it_met_and_a_click_holds_it(visit):
    lesson = Lesson(stride=2, padding=1)
    page = open_lesson(visit, lesson)
    hover(page, "kernel", 0, 2)
    assert page.locator(INPUT).get_attribute("data-met") == "-1,1,7,7,2,2"  # four by four outputs, two cells apart
    assert page.locator(f"{STAGE} .words").inner_text() == (
        "The weight in row 1, column 3 (1) meets 16 inputs, 7 of them padding: every 2nd of rows 0 to 6, every 2nd of columns 2 to 8."
    )
    assert weight_cell(page, 0, 2).get_attribute("data-here") == "true"
    page.mouse.click(*cell(page, "kernel", 2, 0))
    page.mouse.move(5, 5)
    wait_stage(page, pointed="weight 2,0")
    hover(page, "output", 1, 1)  # another look for a moment …
    page.mouse.move(5, 5)
    wait_stage(page, pointed="weight 2,0")  # … and back
    page.keyboard.press("Escape")
    wait_stage(page, pointed="")


def test_the_keys_reach_every_pixel_and_every_weight(visit):
    page = open_lesson(visit, Lesson(at=(1, 1)))
    page.locator(INPUT).focus()
    page.keyboard.press("ArrowRight")
    wait_stage(page, pointed="input 2,3", position=(1, 1))  # from the middle of the window
    for key in ("ArrowDown", "ArrowLeft", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    wait_stage(page, pointed="input 1,2")
    assert fed(page) == expected(Lesson(), 1, 2)
    page.keyboard.press(" ")
    wait_stage(page, pinned=True)
    page.keyboard.press("Tab")  # leaves the panel; what is pinned stays
    wait_stage(page, pointed="input 1,2")
    page.locator(INPUT).focus()
    page.keyboard.press("Escape")
    wait_stage(page, pinned=False, pointed="")
    weight_cell(page, 1, 2).focus()
    wait_stage(page, pointed="weight 1,2")
    assert page.locator(INPUT).get_attribute("data-met") == "1,2,5,5,1,1"
    page.keyboard.press("Escape")
    wait_stage(page, pointed="")


def test_neither_the_pen_nor_a_sliding_window_points_at_pixels(visit):
    page = open_lesson(visit)
    page.locator("[data-tool=pen]").click()
    page.mouse.move(*cell(page, "input", 3, 3))
    page.mouse.move(*cell(page, "output", 2, 2))
    wait_stage(page, position=(2, 2))
    assert stage(page)["pointed"] == ""
    page.locator("[data-tool=look]").click()
    page.get_by_role("button", name="play", exact=True).click()
    page.mouse.move(*cell(page, "input", 3, 3))
    wait_stage(page, step=1)
    assert stage(page)["pointed"] == ""
