"""The panel "Code": the notebook's loop in step with the window, product by product, and code that runs as it is copied."""

import runpy

import numpy as np
import pytest

from tests.browser.convolution_page import Lesson, link_of, moment, number, open_lesson
from tests.browser.harness import STAGE, agreement, cell, stage, until, wait_stage

LINES = """def conv2d(image, kernel):
    H, W = list(image.size())
    M, N = list(kernel.size())

    out = torch.zeros(H-M+1, W-N+1, dtype=torch.float32)  # output dimensions
    for i in range(H-M+1):
        for j in range(W-N+1):
            out[i, j] = torch.sum(image[i:i+M, j:j+N] * kernel)  # convolution
    return out"""


def live(page):
    """What the panel says: the lit line, the values, and the text of all lines."""
    return page.locator(".code-panel").evaluate(
        """(panel) => ({
          lit: [...panel.querySelectorAll('[data-lit="true"]')].map((line) => line.dataset.role).join(),
          counted: [...panel.querySelectorAll('[data-counts="true"]')].map((line) => line.dataset.role).join(),
          names: [...panel.querySelectorAll("dt")].map((name) => name.textContent),
          ...Object.fromEntries([...panel.querySelectorAll("[data-live]")].map((value) => [value.dataset.live, value.textContent])),
          text: [...panel.querySelectorAll(".code-line > span:first-child")].map((line) => line.textContent.trimEnd()).join("\\n"),
          counts: [...panel.querySelectorAll(".count-now")].map((count) => count.textContent).filter(Boolean),
        })"""
    )


def boxes(page, *selectors):
    """Where these stand in the window: left, top, right, bottom."""
    return [
        page.locator(selector).evaluate(
            "e => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; }"
        )
        for selector in selectors
    ]


def assert_beside(page):
    """The code stands between the kernel and the map, over the ledger, and all of the stage is on the screen with it."""
    code, kernel, output, ledger, player, words = boxes(
        page, ".code-panel .code-lines", ".column-kernel", ".column-output", ".ledger", ".player", ".words"
    )
    assert kernel[2] < code[0] < code[2] < output[0]
    assert 0 < code[1] < code[3] <= ledger[1] < ledger[3] <= player[1] < player[3] < words[1] < 900
    wide = page.locator(".code-panel .code-lines").evaluate("lines => lines.scrollWidth > lines.clientWidth")
    assert not wide


def forward(page):
    page.get_by_role("button", name="step forward", exact=True).click()


def test_the_loop_goes_with_the_window_and_inside_it_product_by_product(visit):
    lesson = Lesson(at=(1, 3))
    page = open_lesson(visit, lesson)
    code = page.get_by_role("button", name="Code", exact=True)
    assert code.get_attribute("aria-expanded") == "false"
    code.click()
    page.wait_for_function("location.search.includes('panel=code')")
    assert page.locator(".code-lines").is_visible()
    assert_beside(page)
    for panel, least in [("input", 40), ("kernel", 60), ("output", 55)]:  # none is cramped by it
        here, there = (cell(page, panel, 0, col) for col in (0, 1))
        assert there[0] - here[0] >= least, panel
    said = live(page)
    assert said["text"] == LINES
    feature_map = lesson.feature_map
    pad = page.locator(f"{STAGE} [data-panel='output']")
    for key, (row, col), counted in [
        ("ArrowDown", (2, 3), "for_i"),
        ("ArrowRight", (2, 4), "for_j"),
        ("ArrowRight", (3, 0), "for_i,for_j"),
        ("Home", (0, 0), "for_i,for_j"),
        ("ArrowRight", (0, 1), "for_j"),
    ]:
        pad.press(key)
        wait_stage(page, position=(row, col))
        said = live(page)
        assert (said["counted"], said["lit"], said["i"], said["j"]) == (counted, "sum", str(row), str(col))
        assert said["counts"] == [f"# i = {row}", f"# j = {col}"]
        assert said["names"][2] == f"image[{row}:{row + 3}, {col}:{col + 3}]"
        shown = [[number(text) for text in line.split()] for line in said["slice"].splitlines()]
        np.testing.assert_array_equal(np.array(shown, dtype=float), lesson.picture[0, row : row + 3, col : col + 3])
        assert float(number(said["sum"])) == float(number(said["out"])) == feature_map[row, col]
    page.mouse.move(*cell(page, "output", 4, 2))
    wait_stage(page, position=(4, 2))
    assert (live(page)["i"], live(page)["j"], float(number(live(page)["out"]))) == ("4", "2", feature_map[4, 2])
    page.mouse.move(*cell(page, "kernel", 0, 0))
    wait_stage(page, position=(0, 1))
    pad.press("Home")
    wait_stage(page, position=(0, 0))

    page.get_by_label("inside", exact=False).check()
    for position, heads in [((0, 0), "for_i,for_j"), ((0, 1), "for_j")]:
        wait_stage(page, position=position, moment=0)
        said = live(page)
        assert (said["lit"], said["product"], said["sum"], said["out"]) == (heads, "0 of 9", "0", "not yet")
        assert said["counted"] == ""
        total = 0
        for at, (pixel, weight) in enumerate(lesson.taps(position)):
            forward(page)
            wait_stage(page, position=position, moment=at + 1)
            total += pixel * weight
            said = live(page)
            count, product = said["product"].split(": ")
            assert (said["lit"], count, said["out"]) == ("sum", f"{at + 1} of 9", "not yet")
            assert [float(number(text)) for text in product.replace(" × ", " = ").split(" = ")] == [
                pixel,
                weight,
                pixel * weight,
            ]
            assert float(number(said["sum"])) == total
            here = page.locator(f"{STAGE} .ledger-line[data-when='here']")
            assert here.inner_text().split()[-1] == said["sum"]
            assert page.locator(f"{STAGE} .ledger-line[data-when='ahead']").count() == 8 - at
            marked = page.locator(f"{STAGE} .weight-cell[data-here]")
            assert marked.get_attribute("aria-label") == f"weight, row {at // 3 + 1}, column {at % 3 + 1}"
            words = moment(page).words
            assert words.startswith(f"Row {position[0] + 1}, column {position[1] + 1}, product {at + 1} of 9: ")
            assert words.endswith(f"so far {said['sum']}")
        forward(page)
        wait_stage(page, position=position, moment=10)
        said = live(page)
        assert float(number(said["sum"])) == float(number(said["out"])) == feature_map[position] == total
        assert page.locator(f"{STAGE} .ledger-line[data-when='ahead']").count() == 0
        forward(page)
    page.get_by_role("button", name="step back", exact=True).click()
    wait_stage(page, position=(0, 1), moment=10)
    page.get_by_label("speed", exact=True).select_option("frame")
    page.get_by_role("button", name="play", exact=True).click()
    end = wait_stage(page, step=24, playing=False, moment=10)
    assert end["value"] == feature_map[4, 4]
    page.get_by_label("inside", exact=False).uncheck()
    code.click()
    page.wait_for_function("!location.search.includes('panel')")
    assert not page.locator(".code-lines").is_visible()


def test_inside_a_colour_window_the_channels_come_one_after_the_other(visit):
    lesson = Lesson(image="cat", colour=True, size=12, kernel="roberts_down", stride=2, at=(1, 2))
    page = open_lesson(visit, lesson)
    page.get_by_label("inside", exact=False).check()
    for at, (_, weight) in enumerate(lesson.taps((1, 2))):
        forward(page)
        wait_stage(page, moment=at + 1)
        marked = page.locator(f"{STAGE} .weight-cell[data-here]")
        assert float(marked.get_attribute("data-value")) == weight
        assert page.locator(f"{STAGE} [data-panel='kernel']").get_attribute("data-channel") == str(at // 4)
        assert f"product {at + 1} of 12" in moment(page).words
    forward(page)
    wait_stage(page, moment=13)
    assert stage(page)["value"] == pytest.approx(float(lesson.feature_map[1, 2]), abs=lesson.bound)


LESSONS = [
    Lesson(image="digit_3", kernel="gaussian_5", stride=2, padding=2, bias=-0.25, relu=True),
    Lesson(image="cat", colour=True, size=64, weights="2x3~" + "~".join(["0.1,-2,0.333333343,4,5,-6"] * 3), dilation=3),
]


def test_what_is_copied_runs_as_it_stands_and_gives_the_same_map(visit, tmp_path):
    for count, lesson in enumerate(LESSONS):
        page = visit(f"{lesson.link}&panel=code")
        assert link_of(page)["panel"] == "code"
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        agreement(page)
        for way in ("The notebook's loop", "The same with torch"):
            page.get_by_role("button", name=way, exact=True).click()
            page.get_by_role("button", name="copy, ready to run").click()
            page.get_by_role("button", name="copied").wait_for()
            file = tmp_path / f"{count}.py"
            file.write_text(page.evaluate("navigator.clipboard.readText()"), encoding="utf-8")
            left = runpy.run_path(str(file))
            np.testing.assert_allclose(left["out"].numpy(), lesson.feature_map.numpy(), atol=lesson.bound, rtol=0)
            page.get_by_role("button", name="copy, ready to run").wait_for()
        until(page, "(text) => find('.snippet').textContent === text", file.read_text(encoding="utf-8"))
        page.context.close()
