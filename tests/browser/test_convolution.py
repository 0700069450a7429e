"""The sliding window in a real browser: playing, pointing, editing, and what torch says to it."""

import itertools
import re
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import numpy as np
import pytest
import torch

from cnnviz import KERNELS, WindowSpec, conv2d, output_size
from cnnviz.core.padding import PADDING_MODES
from cnnviz.core.samples import sample_image
from cnnviz.core.windows import left_over
from tests.browser.convolution_page import (
    OPENING,
    Lesson,
    check,
    go_to,
    link_of,
    moment,
    open_lesson,
    tour,
    weight_cell,
    weights,
    with_weight,
)
from tests.browser.harness import STAGE, agreement, cell, painted, stage, until, wait_painted, wait_stage

AGREEMENT = f"{STAGE} .agreement"
CHOSEN = "select => select.selectedOptions[0].text"
SPEEDS = {"1": 1, "2": 2, "5": 5, "15": 15, "60": 60, "sweep": 62 * 62 / 10}  # steps a second, of 62×62 outputs


def test_it_opens_on_small_integers_and_each_of_the_25_numbers_is_torchs(visit):
    page = visit("/")
    assert agreement(page) == 0
    integers, sobel = torch.from_numpy(sample_image("integers")[0].copy()), KERNELS["sobel_x"].tensor
    feature_map = conv2d(integers, sobel)
    said = tour(page)
    assert [now.position for now in said] == list(itertools.product(range(5), range(5)))
    assert [now.step for now in said] == list(range(25))
    assert [now.value for now in said] == feature_map.flatten().tolist()
    assert weights(page).tolist() == sobel.tolist()
    for (row, col), now in zip(itertools.product(range(5), range(5)), said, strict=True):
        assert [float(line.value) for line in now.lines] == integers[row : row + 3, col : col + 3].flatten().tolist()


def test_play_goes_through_every_output_as_the_loops_run_and_the_map_fills_in(visit):
    page = open_lesson(visit)
    whole, blank = shown_colours(page)
    feature_map = OPENING.feature_map.flatten().tolist()
    stop_time(page)
    page.get_by_label("speed", exact=True).select_option("5")
    page.get_by_role("button", name="play", exact=True).click()
    page.clock.run_for(50)  # the first frame only takes the time
    for step in range(25):
        if step:
            page.clock.run_for(200)
        now = moment(page)
        row, col = divmod(step, 5)
        assert (now.position, now.step, now.value) == ((row, col), step, feature_map[step])
        assert now.count == f"{step + 1} of 25"
        assert now.window == f"row {row + 1}, column {col + 1}"
        assert now.words.startswith(f"Row {row + 1}, column {col + 1}: ")
        assert shown_colours(page)[0] == whole[: step + 1] + [blank] * (24 - step)
        assert stage(page)["playing"]
    page.clock.run_for(200)
    assert not stage(page)["playing"]
    count = painted(page)
    page.clock.run_for(3000)
    assert (stage(page)["step"], painted(page)) == (24, count)  # at its end the loop stands still
    page.get_by_role("button", name="play", exact=True).click()
    page.clock.run_for(50)
    assert (stage(page)["step"], stage(page)["playing"]) == (0, True)


def test_each_speed_does_as_many_steps_a_second_as_it_says_and_a_loop_starts_again(visit):
    page = open_lesson(visit, Lesson(image="cat"))
    stop_time(page)
    play, speed = page.locator(STAGE).locator("button.primary"), page.get_by_label("speed", exact=True)
    for name, rate in SPEEDS.items():
        page.get_by_role("button", name="first step").click()
        speed.select_option(name)
        play.click()
        page.clock.run_for(50)
        page.clock.run_for(2000)
        play.click()
        page.clock.run_for(50)
        now = stage(page)
        assert not now["playing"]
        assert now["step"] == pytest.approx(2 * rate, abs=max(1, rate / 20)), name
    page.get_by_role("button", name="last step").click()
    page.get_by_role("button", name="step back").click()
    page.get_by_label("loop", exact=True).check()
    speed.select_option("2")
    play.click()
    page.clock.run_for(50)
    steps = []
    for _ in range(3):
        page.clock.run_for(500)
        steps.append(stage(page)["step"])
    assert steps == [3843, 0, 1]


def test_it_plays_in_real_time_until_it_is_paused(visit):
    page = open_lesson(visit)
    record(page, "data-step")
    page.get_by_label("speed", exact=True).select_option("15")
    page.get_by_role("button", name="play", exact=True).click()
    page.wait_for_function("recorded['data-step'].length >= 6")
    page.get_by_role("button", name="pause", exact=True).click()
    paused = wait_stage(page, playing=False)
    assert agreement(page) == 0
    steps = [int(step) for step in recorded(page, "data-step")]
    assert steps[0] >= 1
    assert all(before < after for before, after in itertools.pairwise(steps))
    assert steps[-1] == paused["step"] == stage(page)["step"]
    page.get_by_label("speed", exact=True).select_option("60")
    page.get_by_role("button", name="play", exact=True).click()
    assert wait_stage(page, step=24, playing=False)["position"] == (4, 4)


def test_buttons_slider_and_keys_move_the_window_and_every_text_agrees(visit):
    page = open_lesson(visit)
    feature_map = OPENING.feature_map
    slider = page.get_by_label("step", exact=True)

    def press(name):
        return lambda: page.get_by_role("button", name=name, exact=True).click()

    def key(name):
        return lambda: page.locator(f"{STAGE} [data-panel='output']").press(name)

    acts = [
        (press("step forward"), (0, 1)),
        (press("step forward"), (0, 2)),
        (press("step back"), (0, 1)),
        (press("next row"), (1, 0)),
        (press("next row"), (2, 0)),
        (press("step back"), (1, 4)),
        (press("last step"), (4, 4)),
        (press("step forward"), (4, 4)),
        (press("next row"), (4, 4)),
        (press("first step"), (0, 0)),
        (press("step back"), (0, 0)),
        (lambda: slider.fill("17"), (3, 2)),
        (lambda: slider.press("ArrowRight"), (3, 3)),
        (key("ArrowUp"), (2, 3)),
        (key("ArrowRight"), (2, 4)),
        (key("ArrowRight"), (3, 0)),
        (key("ArrowDown"), (4, 0)),
        (key("ArrowDown"), (4, 0)),
        (key("ArrowLeft"), (3, 4)),
        (key("Home"), (0, 0)),
        (key("ArrowUp"), (0, 0)),
        (key("End"), (4, 4)),
        (key("Home"), (0, 0)),
    ]
    for number, (act, position) in enumerate(acts):
        act()
        wait_stage(page, position=position)
        now = moment(page)
        row, col = position
        assert now.step == 5 * row + col, number
        assert now.value == feature_map[position], number
        assert now.count == f"{now.step + 1} of 25", number
        assert now.words.startswith(f"Row {row + 1}, column {col + 1}: "), number
        assert float(now.foot["output"]) == feature_map[position], number
        assert slider.input_value() == str(now.step), number
    assert agreement(page) == 0


def test_the_pointer_shows_an_output_s_window_and_a_click_pins_it(visit):
    page = open_lesson(visit, Lesson(at=(1, 1)))
    feature_map = OPENING.feature_map
    away = cell(page, "kernel", 0, 0)

    def point_at(row, col):
        page.mouse.move(*cell(page, "output", row, col))

    for position in [(2, 3), (4, 0), (0, 4)]:
        point_at(*position)
        assert wait_stage(page, position=position)["value"] == feature_map[position]
        assert moment(page).window == f"row {position[0] + 1}, column {position[1] + 1}"
    page.mouse.move(*away)
    assert wait_stage(page, position=(1, 1))["value"] == feature_map[1, 1]
    assert link_of(page)["at"] == "1,1"  # pointing is no change

    page.mouse.click(*cell(page, "output", 3, 2))
    assert wait_stage(page, position=(3, 2), pinned=True)["value"] == feature_map[3, 2]
    point_at(0, 0)
    page.mouse.move(*away)
    agreement(page)
    assert stage(page)["position"] == (3, 2)
    page.wait_for_function("location.search.includes('at=3,2')")
    page.keyboard.press("Escape")
    wait_stage(page, pinned=False)
    point_at(0, 0)
    wait_stage(page, position=(0, 0))
    page.mouse.move(*away)
    wait_stage(page, position=(3, 2))
    for pinned in (True, False):  # a second click frees it, too
        page.mouse.click(*cell(page, "output", 2, 2))
        wait_stage(page, position=(2, 2), pinned=pinned)


def test_a_weight_is_typed_stepped_wheeled_and_dragged_and_the_value_is_torchs(visit):
    lesson = Lesson(at=(2, 1))
    page = open_lesson(visit, lesson)
    corner = weight_cell(page, 0, 2)  # 1 in Sobel x

    def expect(weight, act):
        nonlocal lesson
        lesson = with_weight(lesson, 0, 2, weight)
        page.evaluate("new Promise(requestAnimationFrame)")  # what came before is painted
        before = painted(page)
        act()
        wait_painted(page, before)
        assert stage(page)["value"] == pytest.approx(float(lesson.feature_map[2, 1]), abs=lesson.bound)
        assert weights(page)[0, 2] == pytest.approx(weight, rel=1e-7)

    assert next_value(page, 0, 2, "7") == float(
        with_weight(lesson, 0, 2, 7).feature_map[2, 1]
    )  # in the very next paint
    assert page.get_by_label("kernel", exact=True).evaluate(CHOSEN) == "Sobel x, changed"
    for text, weight in [
        ("2.5", 2.5),
        ("-0.75", -0.75),
        ("0,5", 0.5),
        ("−3", -3),
        (".25", 0.25),
        ("1e2", 100),
        ("1000", 1000),
    ]:
        corner.fill("9")
        expect(weight, lambda text=text: corner.fill(text))
    corner.fill("1")
    expect(1.1, lambda: corner.press("ArrowUp"))
    expect(2.1, lambda: corner.press("Shift+ArrowUp"))
    expect(2.0, lambda: corner.press("ArrowDown"))
    page.mouse.move(*cell(page, "kernel", 0, 2))
    expect(2.1, lambda: page.mouse.wheel(0, -100))
    expect(2.0, lambda: page.mouse.wheel(0, 100))
    corner.press("Enter")
    x, y = cell(page, "kernel", 0, 2)
    page.mouse.move(x, y)
    page.mouse.down()
    expect(3.0, lambda: page.mouse.move(x, y - 40))
    expect(1.5, lambda: page.mouse.move(x, y + 20))
    page.mouse.up()
    page.mouse.move(*cell(page, "kernel", 1, 1))
    page.mouse.wheel(0, -100)  # over a cell without focus it is the page that scrolls
    assert agreement(page) <= lesson.bound
    assert weights(page).tolist() == [[-1, 0, 1.5], [-2, 0, 2], [-1, 0, 1]]
    assert [now.value for now in tour(page)] == pytest.approx(lesson.feature_map.flatten().tolist(), abs=lesson.bound)


def test_typing_never_loses_the_preset_and_reset_brings_it_back(visit):
    page = open_lesson(visit)
    kernel, reset = page.get_by_label("kernel", exact=True), page.get_by_role("button", name="reset")
    player = page.locator(f"{STAGE} .player")
    assert reset.is_disabled()
    weight_cell(page, 1, 1).fill("4")
    assert kernel.evaluate(CHOSEN) == "Sobel x, changed"
    reset.click()
    assert kernel.evaluate(CHOSEN) == "Sobel x"
    assert weights(page).tolist() == KERNELS["sobel_x"].tensor.tolist()
    assert reset.is_disabled()
    place = player.bounding_box()
    for key in ("sharpen", "difference_x", "laplacian_of_gaussian", "double"):
        kernel.select_option(key)
        assert agreement(page) == 0
        assert player.bounding_box() == place  # however long the note
        assert weights(page).tolist() == KERNELS[key].tensor.tolist()
        assert stage(page)["value"] == Lesson(kernel=key).feature_map[0, 0]
        assert page.locator(f"{STAGE} .kernel-note").inner_text() == KERNELS[key].sentence
    kernel.select_option("sobel_y")
    weight_cell(page, 0, 0).fill("5")
    page.get_by_label("kernel rows", exact=True).fill("5")  # grows about the centre
    agreement(page)
    assert player.bounding_box() == place
    typed = np.zeros((5, 3))
    typed[1:4] = KERNELS["sobel_y"].tensor
    typed[1, 0] = 5
    assert weights(page).tolist() == typed.tolist()
    assert kernel.evaluate(CHOSEN) == "Sobel y, changed"
    page.set_viewport_size({"width": 1366, "height": 640})  # what a browser leaves of a small laptop's 768
    until(page, "() => Math.abs(find('.player').getBoundingClientRect().bottom - innerHeight) < 1")


def test_no_edit_is_undone_by_an_answer_from_python(visit):
    page = open_lesson(visit, Lesson(at=(2, 2)))
    record(page, "data-value")
    record(page, "data-agreement", AGREEMENT)
    # as soon as one edit is on its way to Python, two more are made, so that every answer comes too late
    edits = [round(0.3 * number - 7.9, 1) for number in range(60)]
    page.locator(STAGE).evaluate(
        """async (root, edits) => {
          const frame = () => new Promise(requestAnimationFrame);
          const cell = root.querySelector(".weight-cell");
          for (let at = 0; at < edits.length; at += 2) {
            const address = location.search;
            for (const weight of edits.slice(at, at + 2)) {
              cell.value = String(weight);
              cell.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
              await frame();
            }
            while (location.search === address) await frame(); // which changes when Python is told
          }
        }""",
        edits,
    )
    lessons = [with_weight(Lesson(at=(2, 2)), 0, 0, weight) for weight in edits]
    check(page, lessons[-1])
    shown = [float(value) for value in recorded(page, "data-value")[: len(edits)]]
    assert shown == pytest.approx([float(lesson.feature_map[2, 2]) for lesson in lessons], abs=1e-4)
    assert weights(page)[0, 0] == pytest.approx(edits[-1])
    assert weight_cell(page, 0, 0).input_value() == str(edits[-1])
    assert "differs" not in recorded(page, "data-agreement")  # no answer was taken for another's


def test_answers_that_come_late_are_dropped_and_only_the_last_one_counts(visit):
    page = visit("/")
    mail = Mail(page)
    go_to(page, Lesson(at=(2, 2)))
    mail.hold()
    record(page, "data-agreement", AGREEMENT)
    for text in ("3", "-4", "8.5"):  # each rests long enough to be sent, and none is answered
        weight_cell(page, 1, 1).fill(text)
        page.wait_for_function("text => location.search.includes(`-2,${text},2`)", arg=text)
    mail.wait_until_held()
    lesson = with_weight(Lesson(at=(2, 2)), 1, 1, 8.5)
    assert stage(page)["value"] == lesson.feature_map[2, 2]
    page.get_by_label("stride", exact=True).fill("2")  # changed while the server still answers the others
    wait_stage(page, steps=9)
    mail.release()
    check(page, replace(lesson, stride=2))
    assert weights(page)[1, 1] == 8.5
    assert recorded(page, "data-agreement") == ["waiting", "agrees"]


def test_an_answer_that_is_wrong_is_shown_to_differ(visit):
    page = open_lesson(visit)
    answer = OPENING.feature_map.numpy().copy()
    answer[3, 3] += 0.004
    page.evaluate(
        """(bytes) => {
          const feeds = globalThis.cnnvizFeeds;
          const forged = { ...feeds.latest.get("answer"), dtype: "float32", data: Uint8Array.from(bytes) };
          for (const listen of feeds.listeners.get("answer")) listen(forged);
        }""",
        list(answer.tobytes()),
    )
    said = page.locator(AGREEMENT)
    assert said.get_attribute("data-agreement") == "differs"
    assert float(said.get_attribute("data-difference")) == pytest.approx(0.004, rel=1e-3)
    assert said.inner_text().startswith("browser and torch differ by 4·10⁻³")


def test_browser_and_torch_agree_for_settings_of_every_kind(visit):
    random = np.random.default_rng(7)
    page = visit("/")
    lessons = [
        Lesson("cat", 128, True, weights=_weights_text(random, 3, 11, 11), padding=5),
        Lesson("astronaut", 128, True, kernel="box_5", dilation=7, stride=3),
        Lesson("coffee", 37, True, weights=_weights_text(random, 3, 11, 2, 1000), dilation=2, bias=-1000.0, relu=True),
        Lesson("checkerboard", 5, weights=_weights_text(random, 1, 5, 5), padding=16, stride=16),
        *(_random_lesson(random) for _ in range(5)),
    ]
    for lesson in lessons:
        go_to(page, lesson)
        check(page, lesson)


def test_the_size_formula_has_this_picture_s_numbers_and_torchs_answer(visit):
    page = open_lesson(visit)
    for name, value in [("padding", 2), ("stride", 3), ("dilation", 2), ("kernel columns", 4), ("stride", 2)]:
        page.get_by_label(name, exact=True).fill(str(value))
        agreement(page)
        stride, padding, dilation, *kernel = (
            int(page.get_by_label(label, exact=True).input_value())
            for label in ("stride", "padding", "dilation", "kernel rows", "kernel columns")
        )
        formula = page.get_by_label("output size").inner_text()
        grid = page.locator(f"{STAGE} [data-panel='output']")
        for axis, (side, size) in enumerate(zip(("rows", "cols"), kernel, strict=True)):
            expected = output_size(7, WindowSpec(size, stride, padding, dilation))
            spans = f"({dilation}·({size} − 1) + 1)" if dilation > 1 else str(size)
            rest = left_over(7, WindowSpec(size, stride, padding, dilation))
            before = expected - 1 + Fraction(rest, stride)
            floor = (
                ""
                if not rest
                else f"⌊{float(before):g}⌋ + 1 = "
                if stride == 2
                else f"⌊{float(before):.4f}"[:5] + "…⌋ + 1 = "
            )
            assert f"⌊(7 + 2·{padding} − {spans}) / {stride}⌋ + 1 = {floor}{expected}" in formula
            assert (f"{expected} ({rest} left over)" in formula) == bool(rest)
            assert grid.get_attribute(f"data-{side}") == str(expected), axis


def test_a_text_that_is_no_weight_changes_nothing_and_is_explained(visit):
    page = open_lesson(visit, Lesson(at=(1, 3)))
    edge, notice = weight_cell(page, 1, 2), page.locator(".notice")
    value = stage(page)["value"]
    hint = notice.inner_text()
    for text, said in [
        ("", "An empty cell"),
        ("1e999", "“1e999”"),
        ("NaN", "“NaN”"),
        ("abc", "“abc”"),
        ("1001", "“1001”"),
        ("-1000.5", "“-1000.5”"),
        ("1 2", "“1 2”"),
        ("0x10", "“0x10”"),
        ("<b>2</b>", "“<b>2</b>”"),
    ]:
        edge.fill(text)
        assert notice.inner_text() == f"{said} is no number from −1000 to 1000; the weight stays 2."
        assert edge.get_attribute("aria-invalid") == "true"
        assert edge.input_value() == text  # nobody's typing is taken away
        assert (stage(page)["value"], weights(page)[1, 2]) == (value, 2)
        edge.blur()
        assert (edge.input_value(), edge.get_attribute("aria-invalid")) == ("2", None)
        assert notice.inner_text() == hint
    edge.fill("-")  # on the way to a number
    assert (edge.get_attribute("aria-invalid"), notice.inner_text()) == ("true", hint)
    edge.press_sequentially("4")
    assert edge.get_attribute("aria-invalid") is None
    assert next_value(page, 1, 2, "2") == value
    assert agreement(page) == 0


@pytest.mark.parametrize(
    ("field", "text", "sentence", "remedy"),
    [
        ("kernel rows", "11", "The window spans 11 cells, but the image only 7: padding 2 would fit, or a kernel of 7 or less.", ("padding", "2")),
        ("dilation", "9", "The window spans 19 cells (kernel 3, dilation 9), but the image only 7: padding 6 would fit, or a smaller kernel or dilation.", ("padding", "6")),
    ],
    ids=["kernel", "dilation"],
)  # fmt: skip
def test_what_torch_would_refuse_is_explained_and_the_advice_is_right(visit, field, text, sentence, remedy):
    page = open_lesson(visit, Lesson(at=(2, 2)))
    before = stage(page)
    control = page.get_by_label(field, exact=True)
    control.fill(text)
    assert page.locator(".notice").inner_text() == f"{sentence} The last picture stays."
    assert control.get_attribute("aria-invalid") == "true"
    assert stage(page) | {"painted": 0} == before | {"painted": 0}
    assert agreement(page) == 0
    control.blur()
    assert control.input_value() == ("1" if field == "dilation" else "3")
    page.get_by_label(remedy[0], exact=True).fill(remedy[1])
    control.fill(text)
    assert agreement(page) == 0
    assert control.get_attribute("aria-invalid") is None
    assert page.locator(".notice").get_attribute("data-warning") == "false"


def test_a_preset_that_does_not_fit_is_not_chosen(visit):
    page = open_lesson(visit, Lesson(dilation=3, at=(0, 0)))
    kernel = page.get_by_label("kernel", exact=True)
    kernel.select_option("gaussian_5")
    assert page.locator(".notice").inner_text().startswith("The window spans 13 cells (kernel 5, dilation 3), but")
    assert kernel.input_value() == "sobel_x"
    assert stage(page)["value"] == Lesson(dilation=3).feature_map[0, 0]


def test_numbers_no_hyperparameter_can_have_leave_the_picture_as_it_was(visit):
    page = open_lesson(visit, Lesson(at=(2, 2), stride=1, padding=1))
    before = stage(page) | {"painted": 0}
    for field, text, sentence in [
        ("stride", "0", "The stride must be a whole number from 1 to 16; it stays 1."),
        ("stride", "1.5", "The stride must be a whole number from 1 to 16; it stays 1."),
        ("stride", "17", "The stride must be a whole number from 1 to 16; it stays 1."),
        ("padding", "-1", "The padding must be a whole number from 0 to 16; it stays 1."),
        ("padding", "", "The padding must be a whole number from 0 to 16; it stays 1."),
        ("dilation", "0", "The dilation must be a whole number from 1 to 16; it stays 1."),
        ("kernel columns", "12", "The kernel columns must be a whole number from 1 to 11; it stays 3."),
        ("kernel rows", "0", "The kernel rows must be a whole number from 1 to 11; it stays 3."),
        ("bias", "1e999", "The bias must be a number from −1000 to 1000; it stays 0."),
    ]:
        control = page.get_by_label(field, exact=True)
        standing = control.input_value()
        control.fill(text)
        assert page.locator(".notice").inner_text() == sentence
        assert control.get_attribute("aria-invalid") == "true"
        control.blur()
        assert (control.input_value(), control.get_attribute("aria-invalid")) == (standing, None)
    # arrow keys go from what stands, and not beyond what can be
    control = page.get_by_label("dilation", exact=True)
    for key, text, invalid in [
        ("ArrowDown", "1", None),
        ("7", "17", "true"),
        ("ArrowDown", "1", None),
        ("ArrowUp", "2", None),
        ("ArrowDown", "1", None),
    ]:
        control.press("End")
        control.press(key)
        assert (control.input_value(), control.get_attribute("aria-invalid")) == (text, invalid)
    control.blur()
    assert stage(page) | {"painted": 0} == before
    assert agreement(page) == 0


def _weights_text(random, slices, rows, cols, scale=1.0):
    lists = (
        ",".join(f"{weight:.9g}" for weight in np.float32(scale * random.uniform(-1, 1, rows * cols)))
        for _ in range(slices)
    )
    return "~".join([f"{rows}x{cols}", *lists])


def _random_lesson(random):
    """Any settings that torch does not refuse."""
    while True:
        colour = bool(random.integers(2))
        lesson = Lesson(
            image=str(random.choice(["cat", "face", "digit_3", "bricks", "galaxies", "integers"])),
            size=int(random.integers(5, 129)),
            colour=colour,
            weights=_weights_text(
                random, 3 if colour else 1, *random.integers(1, 12, 2), 10.0 ** random.integers(-3, 3)
            ),
            stride=tuple(map(int, random.integers(1, 5, 2))),
            padding=tuple(map(int, random.integers(0, 9, 2))),
            padding_mode=str(random.choice(PADDING_MODES)),
            dilation=tuple(map(int, random.integers(1, 4, 2))),
            bias=float(np.float32(random.normal())),
            relu=bool(random.integers(2)),
        )
        try:
            if lesson.feature_map.numel() > 1:
                return lesson
        except RuntimeError:
            continue


def stop_time(page):
    """From here on, time passes on the page only in `page.clock.run_for`."""
    page.clock.install()
    page.clock.pause_at(datetime.now() + timedelta(seconds=1))


def record(page, attribute, element=STAGE):
    """Keeps every value that an attribute takes from here on, for `recorded`."""
    page.locator(element).evaluate(
        """(element, attribute) => {
          const kept = ((globalThis.recorded ??= {})[attribute] = []);
          new MutationObserver(() => kept.push(element.getAttribute(attribute)))
            .observe(element, { attributes: true, attributeFilter: [attribute] });
        }""",
        attribute,
    )


def recorded(page, attribute):
    return page.evaluate("attribute => recorded[attribute]", attribute)


def next_value(page, row, col, text):
    """Types over a weight and returns the value on the stage at the very next paint."""
    return page.locator(STAGE).evaluate(
        """(root, [label, text]) => new Promise((done) => {
          new MutationObserver((_, observer) => (observer.disconnect(), done(Number(root.dataset.value))))
            .observe(root, { attributes: true, attributeFilter: ["data-painted"] });
          const cell = root.querySelector(`[aria-label="${label}"]`);
          cell.focus();
          cell.value = text;
          cell.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
        })""",
        [f"weight, row {row + 1}, column {col + 1}", text],
    )


def shown_colours(page):
    """The colour of each output cell on the canvas, in reading order, and the colour of a cell not yet reached."""
    colours, blank = page.locator(f"{STAGE} [data-panel='output']").evaluate(
        """(panel) => {
          const canvas = panel.parentElement.querySelector("canvas");
          const [rows, cols] = [Number(panel.dataset.rows), Number(panel.dataset.cols)];
          const context = canvas.getContext("2d");
          const [sheet, grid] = [canvas, panel].map((element) => element.getBoundingClientRect()); // it may be larger than its grid
          const colours = [];
          for (let r = 0; r < rows; r++) {
            for (let c = 0; c < cols; c++) {
              // beside the digits, and inside the frame that says "here"
              const [x, y] = [((c + 0.2) / cols) * grid.width, ((r + 0.2) / rows) * grid.height];
              const at = [(x * canvas.width) / sheet.width, (y * canvas.height) / sheet.height];
              colours.push([...context.getImageData(...at, 1, 1).data].slice(0, 3).join());
            }
          }
          return [colours, getComputedStyle(panel).getPropertyValue("--blank").trim()];
        }"""
    )
    red, green, blue = re.fullmatch(r"#(..)(..)(..)", blank).groups()
    return colours, f"{int(red, 16)},{int(green, 16)},{int(blue, 16)}"


class Mail:
    """Stands between the server and the page; from `hold` to `release` the page gets no answer."""

    def __init__(self, page):
        self._page, self._held, self._holding = page, [], False
        page.route_web_socket("**/_stcore/stream", self._connect)

    def _connect(self, socket):
        self._socket = socket
        socket.connect_to_server().on_message(self._pass_on)

    def _pass_on(self, message):
        if self._holding:
            self._held.append(message)
        else:
            self._socket.send(message)

    def hold(self):
        self._holding = True

    def wait_until_held(self):
        """Waits until the server has said something that the page has not heard."""
        while not self._held:
            self._page.evaluate("0")  # lets Playwright take in what has arrived

    def release(self):
        self._holding = False
        for message in self._held:
            self._socket.send(message)
