"""Links: the address bar shows what is on the page, and whoever opens it sees exactly that."""

from dataclasses import replace

import numpy as np
import pytest

from cnnviz.core.strokes import Stroke
from tests.browser.convolution_page import (
    OPENING,
    Lesson,
    check,
    chooser,
    close_chooser,
    link_of,
    moment,
    open_lesson,
    pair,
    path_of,
    strokes_of,
    weight_cell,
    weights,
    with_weight,
)
from tests.browser.harness import NETWORK, STAGE, agreement, cell, stage, stroke, wait_stage
from tests.browser.network_page import next_frames
from tests.browser.visits import wait_at_rest

EVERYTHING = Lesson(
    image="coffee",
    size=24,
    colour=True,
    strokes=(Stroke("pen", 120, ((150, 200), (840, 333))), Stroke("eraser", 60, ((500, 20), (512, 980)))),
    kernel="emboss",
    weights="3x2~0.1,-2,3e-05,4,5.125,-1000~1,2,3,4,5,6~-0.33333334,0,0,0,0,7",
    stride=(2, 1),
    padding=(3, 5),
    padding_mode="circular",
    dilation=(4, 2),
    bias=-0.000001234567,
    relu=True,
    at=(3, 7),
)
CHOSEN = "select => select.selectedOptions[0].text"
AXES = [f"{name} of {axis}" for name in ("stride", "padding", "dilation") for axis in ("rows", "columns")]
CONTROLS = ("kernel", "kernel rows", "kernel columns", *AXES, "padding mode", "step", "bias")


@pytest.mark.parametrize(
    ("path", "lesson"),
    [("/", OPENING), ("/convolution", OPENING), (EVERYTHING.link, EVERYTHING)],
    ids=["the start", "the page's name", "a link with everything"],
)
def test_a_first_visit_to_a_cold_server_shows_exactly_what_the_link_says(visit, fresh_server, path, lesson):
    page = visit(path, server=fresh_server())
    check(page, lesson)
    assert page.get_by_role("dialog").count() == 0  # "Page not found" would be one
    assert page.get_by_test_id("stAlert").count() == 0
    assert moment(page).position == lesson.at
    for channel, kernel in enumerate(lesson.filter):
        if lesson.colour:
            page.locator(f"{STAGE} .tabs button").nth(channel).click()
            page.locator(f"[data-panel=kernel][data-channel='{channel}']").wait_for()
        assert np.float32(weights(page)).tolist() == kernel.tolist()
    rows, cols = lesson.filter.shape[1:]
    step = lesson.at[0] * lesson.feature_map.shape[1] + lesson.at[1]
    axes = pair(lesson.stride) + pair(lesson.padding) + pair(lesson.dilation)
    shown = [page.get_by_label(name, exact=True).input_value() for name in CONTROLS]
    assert shown[:-1] == [*map(str, (lesson.kernel, rows, cols, *axes, lesson.padding_mode, step))]
    assert float(shown[-1]) == pytest.approx(lesson.bias, abs=1e-6)
    assert page.get_by_role("checkbox", name="ReLU").is_checked() == lesson.relu
    assert strokes_of(page) == lesson.strokes


def test_the_address_bar_follows_every_change_and_a_new_browser_shows_the_same(visit):
    page = visit("/")
    agreement(page)
    length = page.evaluate("history.length")
    assert link_of(page) == {}

    def expect(name, text):
        page.wait_for_function(
            "([name, text]) => new URLSearchParams(location.search).get(name) === text", arg=[name, text]
        )

    page.get_by_label("kernel", exact=True).select_option("corner")
    expect("kernel", "corner")
    weight_cell(page, 0, 1).fill("-0.1")
    expect("weights", "3x3~-1,-0.1,-1,-1,1.25,1.25,-1,1.25,1.25")
    for name, text in [("stride", "2"), ("padding", "2"), ("dilation", "2"), ("bias", "0.3")]:
        page.get_by_label(name, exact=True).fill(text)
        expect(name, text)
    page.get_by_label("padding mode").select_option("replicate")
    expect("padding_mode", "replicate")
    page.get_by_role("button", name="rows and columns apart").click()
    page.get_by_label("stride of columns").fill("3")
    expect("stride", "2,3")
    page.get_by_label("ReLU").check()
    expect("relu", "1")
    page.get_by_role("button", name="step forward").click()
    expect("at", "0,1")
    box = chooser(page)
    box.get_by_role("radio", name="Face").click()
    expect("image", "face")
    box.get_by_role("slider").press("ArrowRight")
    expect("size", "13")
    box.get_by_text("Colour", exact=True).click()
    expect("colour", "1")
    close_chooser(page)
    page.locator("[data-tool=pen]").click()
    stroke(page, [cell(page, "input", 3, 3), cell(page, "input", 9, 7)])
    page.wait_for_function("location.search.includes('strokes=')")
    agreement(page)
    lesson = Lesson(
        "face", 13, True, strokes_of(page), "corner", link_of(page)["weights"],
        stride=(2, 3), padding=2, padding_mode="replicate", dilation=2, bias=0.3, relu=True, at=(0, 1),
    )  # fmt: skip
    assert page.evaluate("history.length") == length
    check(page, lesson)
    other = visit(path_of(page))
    check(other, lesson)
    assert moment(other) == moment(page)
    assert link_of(other) == link_of(page)

    page.get_by_role("button", name="reset").click()
    page.locator("[data-act=clear]").click()
    page.get_by_role("button", name="first step").click()
    page.wait_for_function("!/weights|strokes|at=/.test(location.search)")  # what stands at its default is left out
    assert page.evaluate("history.length") == length


def test_back_and_forward_go_from_page_to_page_and_each_shows_what_it_showed(visit):
    lesson = Lesson(kernel="sharpen", at=(1, 3))
    page = open_lesson(visit, lesson)
    weight_cell(page, 1, 1).fill("6")
    page.wait_for_function("location.search.includes('weights')")
    lesson = with_weight(lesson, 1, 1, 6)
    check(page, lesson)
    weight_cell(page, 1, 1).blur()  # while the cursor is in it, the stage tells where this weight is used
    next_frames(page)
    shown, length = moment(page), page.evaluate("history.length")
    page.get_by_role("link", name="Network").click()
    agreement(page, NETWORK)
    page.go_back()
    page.locator(STAGE).wait_for()
    check(page, lesson)
    assert moment(page) == shown

    page.go_forward()
    page.locator("[data-image=digit_3]").click()
    page.wait_for_function("location.search.includes('digit_3')")
    agreement(page, NETWORK)
    wait_at_rest(
        page
    )  # whoever leaves a page while it runs is sent back to it by Streamlit, as a new step of the history
    network = path_of(page)
    assert network.startswith("/network?")
    page.go_back()
    page.locator(STAGE).wait_for()
    check(page, replace(lesson, image="digit_3"))  # all pages share one image
    assert moment(page).position == (1, 3)
    assert page.get_by_label("kernel", exact=True).evaluate(CHOSEN) == "Sharpen, changed"
    page.go_forward()
    page.locator("[data-network]").wait_for()
    page.wait_for_function("path => location.pathname + location.search === path", arg=network)
    assert page.locator("[data-image=digit_3]").get_attribute("aria-pressed") == "true"
    assert page.evaluate("history.length") == length + 1


NONSENSE = {
    "image": "../../etc/passwd",
    "size": "1e9",
    "colour": "maybe",
    "strokes": "p60_zzzz",
    "kernel": "<script>alert(1)</script>",
    "weights": "3x3~1,2,NaN",
    "stride": "0",
    "padding": "-1",
    "dilation": "٣",
    "bias": "1e999",
    "relu": "2",
    "at": "one,two",
    "centre": "x",
    "show": "x",
    "scale": "x",
    "unit": "conv1;drop",
}


def test_a_link_of_nonsense_opens_the_first_lesson_with_one_note(visit):
    page = visit("/?" + "&".join(f"{name}={text}" for name, text in NONSENSE.items()) + "&unheard=of&=")
    agreement(page)
    alerts = page.get_by_test_id("stAlert")
    assert alerts.count() == 1
    assert alerts.inner_text().strip() == (
        f"The link holds something that cannot be read ({', '.join(sorted(NONSENSE))}): the page shows its default."
    )
    check(page, OPENING)
    page.wait_for_function("location.search === ''")


MISFITS = {
    "kernel=gaussian_5&dilation=5": OPENING,  # torch would refuse this
    "at=9999,9999": replace(OPENING, at=(4, 4)),
    "weights=": OPENING,
    "weights=2x2~1,2,3,4~5,6,7,8~9,10,11,12": Lesson(weights="2x2~1,2,3,4"),  # three slices for a grey image
    "image=impulse&strokes=": Lesson("impulse"),
    "kernel=box_3&kernel=sharpen": Lesson(kernel="sharpen"),
}


def test_a_link_whose_parts_do_not_fit_each_other_still_opens(visit, server):
    page = visit("/")
    for query, lesson in MISFITS.items():
        page.goto(f"{server.url}/?{query}")
        check(page, lesson)
        assert stage(page)["position"] == lesson.at, query
        if "dilation" in query:
            said = "The window spans 21 cells (kernel 5, dilation 5), but the image only 7: padding 7 would fit, or"
            assert page.locator(".notice").inner_text().startswith(said)
            page.wait_for_function("location.search === ''")
        elif "at" in query:
            assert link_of(page) == {"at": "4,4"}


def test_a_link_to_an_uploaded_picture_says_that_it_could_not_travel(visit):
    page = visit("/?image=upload&kernel=sobel_y&at=2,1")
    assert agreement(page) == 0
    alert = page.get_by_test_id("stAlert")
    assert (
        alert.inner_text().strip()
        == "An uploaded picture cannot travel in a link: it stays with the one who uploaded it."
    )
    lesson = Lesson(kernel="sobel_y", at=(2, 1))
    assert wait_stage(page, position=(2, 1))["value"] == lesson.feature_map[2, 1]
