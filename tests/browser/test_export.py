"""The panel "Export": what is saved is opened again, and its numbers are torch's."""

import csv
import io
import runpy
from collections import defaultdict

import numpy as np
import pytest
from PIL import Image

from cnnviz.figures.palette import ACCENT, coloured, round_up
from tests.browser.convolution_page import Lesson
from tests.browser.harness import STAGE, agreement, axe, cell, until

LESSON = Lesson(image="integers", kernel="sobel_y", padding=1, bias=0.5, relu=True, at=(2, 3))


def save(page, button):
    with page.expect_download() as saved:
        page.get_by_role("button", name=button, exact=True).click()
    return saved.value


def film(page, state):
    page.locator(f"[data-film='{state}']").wait_for()
    return page.locator(".film-said").inner_text()


def opened(visit, lesson, **how):
    page = visit(f"{lesson.link}&panel=export", **how)
    agreement(page)
    return page


def test_picture_numbers_and_code_are_those_of_the_stage(visit):
    page = opened(visit, LESSON)
    feature_map = LESSON.feature_map.numpy()

    with save(page, "save CSV").path().open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["part", "channel", "row", "column", "value"]
    parts = defaultdict(dict)
    for row in rows:
        parts[row["part"]][tuple(int(row[name]) for name in ("channel", "row", "column"))] = np.float32(row["value"])
    expected = {"input": LESSON.picture, "kernel": LESSON.filter.numpy(), "output": feature_map[None]}
    for name, values in expected.items():
        assert parts[name].keys() == {*np.ndindex(values.shape)}
        for place, value in parts[name].items():
            assert value == pytest.approx(float(values[place]), abs=LESSON.bound), (name, place)
    assert parts["bias"] == {(0, 0, 0): np.float32(0.5)}
    assert min(parts["pre-activation"].values()) < 0
    assert {place: max(value, 0) for place, value in parts["pre-activation"].items()} == parts["output"]

    np.testing.assert_allclose(
        runpy.run_path(str(save(page, "save Python").path()))["out"].numpy(), feature_map, atol=1e-5
    )

    picture = np.asarray(Image.open(io.BytesIO(save(page, "save PNG").path().read_bytes())).convert("RGB")).astype(int)
    box = page.locator(STAGE).bounding_box()
    assert picture.shape[:2] == (round(2 * (box["height"] + 32)), round(2 * (box["width"] + 32)))

    def pixel(panel, row, col, down=0.0, across=0.0):
        x, y = cell(page, panel, row, col)
        box = page.locator(STAGE).bounding_box()  # looking for the cell may have scrolled the page
        return picture[round(2 * (y + down - box["y"] + 16)), round(2 * (x + across - box["x"] + 16))]

    wanted = coloured("activation", feature_map, top=round_up(float(feature_map.max())))
    for row, col in [(0, 0), (2, 2), (4, 5), (6, 6)]:
        assert np.abs(pixel("output", row, col, down=18) - wanted[row, col]).max() <= 2, (row, col)
        dark = [pixel("output", row, col, 0, across / 2) for across in range(-12, 12)]
        assert np.ptp(np.array(dark), axis=0).max() > 60, "there are digits in the middle of a cell"
    weights = coloured("weight", LESSON.filter[0].numpy(), top=2.0)
    for row, col in [(0, 0), (0, 1), (2, 1)]:
        assert np.abs(pixel("kernel", row, col, down=24, across=24) - weights[row, col]).max() <= 2
    across = page.locator(f"{STAGE} [data-panel='output']").bounding_box()["width"] / 14
    edge = [pixel("output", *LESSON.at, across=across - inset / 2) for inset in range(-8, 8)]
    assert min(np.abs(np.array(edge) - ACCENT).sum(axis=1)) <= 6, "the window's frame is in the picture"


def test_a_film_is_told_of_made_saved_and_its_frames_counted(visit):
    page = opened(visit, LESSON)
    said = film(page, "planned")
    assert said.startswith("49 frames of ")
    page.get_by_label("every so many steps").fill("4")
    page.locator(".film-said", has_text="13 frames of ").wait_for()
    page.get_by_label("first row of the film").fill("3")
    page.locator(".film-said", has_text="10 frames of ").wait_for()
    assert axe(page) == []
    page.get_by_role("button", name="make GIF").click()
    assert film(page, "made").startswith("10 frames of ")
    image = Image.open(io.BytesIO(save(page, "save GIF").path().read_bytes()))
    assert image.n_frames == 10
    assert f"{image.size[0]} × {image.size[1]} pixels" in page.locator(".film-said").inner_text()
    page.get_by_label("last row of the film").fill("8")
    assert "must be a whole number from 1 to 7" in film(page, "refused")
    page.get_by_label("last row of the film").fill("2")
    assert "must not stand above" in film(page, "refused")


def test_a_film_that_is_too_long_offers_shorter_ones_and_can_be_cancelled(visit):
    page = opened(visit, Lesson(image="cat", colour=True, size=64), width=390, height=844, touch=True, dark=True)
    assert "3,844 frames, and a film may have 400" in film(page, "too long")
    assert page.get_by_role("button", name="make GIF").is_disabled()
    assert axe(page) == []
    page.get_by_role("button", name="rows 1 to 6 only").click()
    assert film(page, "planned").startswith("372 frames of ")
    page.get_by_label("last row of the film").fill("62")
    film(page, "too long")
    page.get_by_role("button", name="one step in 10").click()
    assert film(page, "planned").startswith("386 frames of ")
    page.get_by_role("button", name="make GIF").click()
    page.locator("progress").wait_for()
    until(page, "() => find('progress').value > 0")
    page.get_by_role("button", name="cancel", exact=True).click()
    assert film(page, "planned").startswith("386 frames of ")
    assert page.locator("progress").is_hidden()
    page.get_by_role("button", name="step forward", exact=True).click()  # and all else goes on
    agreement(page)
