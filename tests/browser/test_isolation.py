"""Two students at once: what one draws, types and uploads never reaches the other."""

from dataclasses import replace

from cnnviz.core.strokes import Stroke
from tests.browser.convolution_page import (
    OPENING,
    Lesson,
    check,
    link_of,
    open_lesson,
    strokes_of,
    weight_cell,
    weights,
    with_weight,
)
from tests.browser.harness import agreement, cell, stroke

CANVAS = Lesson("draw", 10, at=(3, 3))
DRAWINGS = ([(1, 1), (1, 8), (8, 4)], [(8, 1), (2, 2), (8, 8), (5, 3)])  # cells of the canvas
ROUNDS = 3


def test_two_students_draw_and_edit_at_once_and_each_keeps_their_own_numbers(visit):
    lessons = [replace(CANVAS, kernel="sobel_x"), replace(CANVAS, kernel="gaussian_3", relu=True)]
    pages = [open_lesson(visit, lesson) for lesson in lessons]
    for number in range(ROUNDS):
        # both act before either is answered
        for student, page in enumerate(pages):
            stroke(page, [cell(page, "input", (row + number) % 10, col) for row, col in DRAWINGS[student]])
            weight = 1.5 + number + 10 * student
            weight_cell(page, 1, student).fill(str(weight))
            lessons[student] = with_weight(lessons[student], 1, student, weight)
        for student, page in enumerate(pages):
            agreement(page)
            strokes = strokes_of(page)
            assert len(strokes) == number + 1
            lessons[student] = replace(lessons[student], strokes=strokes)
            check(page, lessons[student])
            assert weights(page)[1, student] == 1.5 + number + 10 * student
    assert [link_of(page)["kernel"] for page in pages if "kernel" in link_of(page)] == ["gaussian_3"]
    assert strokes_of(pages[0]) != strokes_of(pages[1])


def test_a_newcomer_finds_nothing_of_those_who_are_there(visit):
    busy = open_lesson(
        visit, replace(CANVAS, strokes=(Stroke("pen", 200, ((100, 100), (900, 900))),), kernel="outline")
    )
    weight_cell(busy, 0, 0).fill("99")
    agreement(busy)
    newcomer = visit("/")
    check(newcomer, OPENING)
    assert link_of(newcomer) == {}
    assert weights(busy)[0, 0] == 99
