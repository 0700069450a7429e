"""Drawing on the input: the map follows the pen while it moves, and the strokes stay what they were."""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from cnnviz.core.strokes import Stroke, TypedPixel, pixel_corners
from tests.browser.convolution_page import Lesson, check, go_to, link_of, open_lesson, path_of, strokes_of, tour
from tests.browser.harness import STAGE, agreement, cell, painted, stroke, wait_painted, wait_stage

EMPTY = Lesson("draw", 12, kernel="box_3", at=(4, 4))
SEVEN = [(2, 2), (2, 5), (2, 9), (5, 7), (9, 4)]  # cells of a 12×12 canvas


def test_the_map_follows_the_pen_while_it_moves(visit):
    page = open_lesson(visit, EMPTY)
    assert page.locator("[data-tool=pen]").get_attribute("aria-pressed") == "true"  # an empty canvas asks for a pen
    points = []
    for at in SEVEN:
        points.append(_point(page, at))
        _move(page, at, down=len(points) == 1)
        lesson = replace(EMPTY, strokes=(Stroke("pen", 60, tuple(points)),))
        feature_map = lesson.feature_map
        for now in tour(page, [(0, 0), (1, 4), (4, 6), (8, 3)]):
            assert now.value == pytest.approx(float(feature_map[now.position]), abs=lesson.bound, rel=0)
        assert page.locator(f"{STAGE} .agreement").get_attribute("data-agreement") == "waiting"
        assert "strokes" not in link_of(page)  # nobody is told before the pen is up
    page.mouse.up()
    assert agreement(page) <= lesson.bound
    assert strokes_of(page) == lesson.strokes
    said = tour(page)
    assert [now.value for now in said] == pytest.approx(lesson.feature_map.flatten().tolist(), abs=lesson.bound)
    shown = [[float(line.value) for line in now.lines] for now in said]  # the pixels are the two decimals on show
    assert shown == [[float(f"{pixel:.7g}") for pixel, _ in lesson.taps(now.position)] for now in said]
    assert any(0 < pixel < 1 for pixels in shown for pixel in pixels)  # the pen's edge is soft


def test_a_pen_on_a_picture_leaves_what_torch_paints_eraser_undo_redo_and_clear_included(visit):
    start = Lesson("integers", at=(1, 2), size=14)
    page = open_lesson(visit, start)
    undo, redo, clear = (page.locator(f"[data-act={act}]") for act in ("undo", "redo", "clear"))
    assert [button.is_disabled() for button in (undo, redo, clear)] == [True, True, True]

    def expect(*strokes, act):
        act()
        lesson = replace(start, strokes=strokes)
        page.wait_for_function(
            "wanted => new URLSearchParams(location.search).get('strokes') === wanted", arg=_text(lesson)
        )
        check(page, lesson, [(0, 0), (1, 2), (5, 5), (7, 10), (11, 11)])
        assert np.abs(thumbnail(page) - lesson.picture * 255 / lesson.picture.max()).max() <= 0.51
        assert [undo.is_disabled(), clear.is_disabled()] == [not strokes] * 2

    def draw(*cells):
        return lambda: stroke(page, [cell(page, "input", *at) for at in cells])

    line, rubbed = [(1, 1), (6, 9), (12, 6)], [(3, 5), (9, 5)]
    page.locator("[data-tool=pen]").click()
    pen = Stroke("pen", 60, tuple(_point(page, at) for at in line))
    expect(pen, act=draw(*line))
    page.locator("[data-tool=eraser]").click()
    page.get_by_label("pen size").fill("200")
    eraser = Stroke("eraser", 200, tuple(_point(page, at) for at in rubbed))
    expect(pen, eraser, act=draw(*rubbed))
    expect(pen, act=undo.click)
    expect(act=undo.click)
    expect(pen, act=redo.click)
    expect(pen, eraser, act=redo.click)
    assert redo.is_disabled()
    expect(act=clear.click)
    expect(pen, act=redo.click)
    page.locator("[data-tool=pen]").click()
    dot = Stroke("pen", 200, (_point(page, (10, 2)),))
    expect(pen, dot, act=draw((10, 2)))
    assert redo.is_disabled()  # a new stroke is another future
    page.locator("[data-tool=look]").click()
    draw((2, 2), (9, 9))()
    assert agreement(page) <= start.bound
    assert strokes_of(page) == (pen, dot)


def thumbnail(page):
    """The image as the chooser's button shows it: grey (1, H, W), 0 to 255."""
    source = page.locator(".chooser-button img").get_attribute("src")
    with Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))) as picture:
        return np.asarray(picture.convert("L"), dtype=np.float32)[None]


def test_a_finger_draws_and_does_not_move_the_page(visit):
    page = open_lesson(visit, EMPTY, width=390, height=844, touch=True)
    points = [cell(page, "input", *at) for at in SEVEN]
    scrolled = page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
    stroke(page, points, touch=True)
    page.wait_for_function("location.search.includes('strokes=')")
    lesson = replace(EMPTY, strokes=strokes_of(page))
    assert [point in lesson.strokes[0].points for point in (_point(page, at) for at in SEVEN)] == [True] * len(SEVEN)
    check(page, lesson)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == scrolled


def test_strokes_come_back_after_another_page_and_in_another_browser(visit):
    page = open_lesson(visit, EMPTY)
    stroke(page, [cell(page, "input", *at) for at in SEVEN])
    page.wait_for_function("location.search.includes('strokes=')")
    lesson = replace(EMPTY, strokes=strokes_of(page))
    agreement(page)
    page.get_by_role("link", name="Network").click()
    page.locator("[data-network]").wait_for()
    page.get_by_role("link", name="Convolution").click()
    page.locator(STAGE).wait_for()
    check(page, lesson)
    assert strokes_of(page) == lesson.strokes

    other = visit(path_of(page))
    check(other, lesson)
    other.locator("[data-act=undo]").click()
    wait_stage(other, value=0)
    assert agreement(other) == 0


def _text(lesson):
    return dict(part.split("=") for part in lesson.link.partition("?")[2].split("&")).get("strokes")


def _move(page, at, *, down):
    """The pen to the middle of a cell, and what that changes painted."""
    before = painted(page)
    page.mouse.move(*cell(page, "input", *at))
    if down:
        page.mouse.down()
    wait_painted(page, before)


def _point(page, at):
    """The middle of a cell of the input in thousandths of the picture, as the pen has it."""
    x, y = cell(page, "input", *at)
    box = page.locator(f"{STAGE} [data-panel=input]").bounding_box()
    return round(1000 * (y - box["y"]) / box["height"]), round(1000 * (x - box["x"]) / box["width"])


def test_a_pixel_s_value_is_typed_and_undone_and_travels_in_the_link(visit):
    start = Lesson("integers", at=(1, 2))
    page = open_lesson(visit, start)
    panel, field = page.locator(f"{STAGE} [data-panel=input]"), page.locator(".pixel-field")
    notice, was = page.locator(".notice").inner_text(), start.picture[0, 2, 3]

    page.mouse.dblclick(*cell(page, "input", 2, 3))
    assert float(field.input_value()) == was
    assert field.get_attribute("aria-label") == "Value of the pixel in row 3, column 4, 0 to 10"
    for text in ("cat", "-1", "10.1", ""):
        field.fill(text)
        field.press("Enter")
        said = f"“{text}”" if text else "An empty field"
        assert page.locator(".notice").inner_text() == f"{said} is no number from 0 to 10; the pixel stays {was:g}."
    field.press("Escape")
    field.wait_for(state="hidden")
    assert page.locator(".notice").inner_text() == notice
    wait_stage(page, pointed="input 2,3")
    page.keyboard.press("Escape")
    wait_stage(page, pointed="")
    check(page, start)
    assert strokes_of(page) == ()

    # Enter opens the cell in the middle of the window, and a decimal comma is one
    panel.focus()
    page.keyboard.press("Enter")
    field.fill("0,25")
    field.press("Enter")
    page.keyboard.press("Escape")
    page.wait_for_function("location.search.includes('strokes=')")
    quarter = TypedPixel(25, pixel_corners(2, 3, 7, 7))
    one = replace(start, strokes=(quarter,))
    assert one.picture[0, 2, 3] == np.float32(0.25)
    check(page, one, [(row, col) for row in range(5) for col in range(5)])
    assert strokes_of(page) == one.strokes

    # the arrow keys choose another, and the window stays; who clicks elsewhere means what is there
    panel.focus()
    for key in ("ArrowDown", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    wait_stage(page, pointed="input 3,1", position=start.at)
    page.keyboard.press("Enter")
    field.fill("7")
    page.mouse.click(*cell(page, "output", *start.at))
    two = replace(start, strokes=(quarter, TypedPixel(700, pixel_corners(3, 1, 7, 7))))
    page.wait_for_function("wanted => new URLSearchParams(location.search).get('strokes') === wanted", arg=_text(two))
    pinned = wait_stage(page, position=start.at)
    assert pinned["value"] == pytest.approx(float(two.feature_map[start.at]), abs=two.bound)
    page.mouse.click(*cell(page, "output", *start.at))  # lets the window go again
    check(page, two)

    page.locator("[data-act=undo]").click()
    page.wait_for_function("wanted => new URLSearchParams(location.search).get('strokes') === wanted", arg=_text(one))
    check(page, one)
    page.locator("[data-act=redo]").click()
    page.wait_for_function("wanted => new URLSearchParams(location.search).get('strokes') === wanted", arg=_text(two))
    page.reload()
    check(page, two)

    # in colour it is the chosen channel's value, and a pen has no double click
    colour = Lesson("cat", 12, colour=True, kernel="box_3")
    go_to(page, colour)
    page.get_by_role("button", name="green", exact=True).click()
    page.locator(f"{STAGE} [data-panel=input][data-channel='1']").wait_for()
    page.mouse.dblclick(*cell(page, "input", 11, 0, channel=1))
    assert field.get_attribute("aria-label").startswith("Value of the green of the pixel in row 12, column 1")
    field.fill("1")
    field.press("Enter")
    green = replace(colour, strokes=(TypedPixel(100, pixel_corners(11, 0, 12, 12), 1),))
    page.wait_for_function("wanted => new URLSearchParams(location.search).get('strokes') === wanted", arg=_text(green))
    check(page, green, [(9, 0), (9, 1), (0, 0)])

    # a drawing that is full says so, by the picture, and keeps what there is
    full = replace(start, strokes=tuple(TypedPixel(5 * at, pixel_corners(0, at % 7, 7, 7)) for at in range(200)))
    go_to(page, full)
    page.mouse.dblclick(*cell(page, "input", 2, 3))
    field.fill("5")
    field.press("Enter")
    page.locator(".notice[data-warning=true]", has_text="This drawing is full").wait_for()
    page.locator("[data-act=undo]").click()
    page.locator(".notice[data-warning=false]").wait_for()
    check(page, replace(full, strokes=full.strokes[:-1]))

    # where cells are too small to read there is nothing to choose
    go_to(page, Lesson("cat", 64))
    assert panel.get_attribute("aria-description") is None
    page.mouse.dblclick(*cell(page, "input", 3, 3))
    assert not field.is_visible()
