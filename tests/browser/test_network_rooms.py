"""The rooms under the network: what a click on the confusion matrix opens, and one position in two networks."""

import numpy as np
import pytest
from playwright.sync_api import expect

from cnnviz.core.network import load_card
from cnnviz.core.trace import trace
from tests.browser.harness import axe
from tests.browser.network_page import open_network, torchs, trained

NOWHERE = "Point at a cell"


def enter(page, room):
    page.get_by_role("radio", name=room).or_(page.get_by_role("button", name=room)).first.click()


def test_a_square_is_opened_and_a_cell_is_pointed_at_in_both_networks(visit):
    page = open_network(visit, "?network=cifar10&edits=conv1,o2")
    enter(page, "Verdict")
    card = load_card("cifar10")
    matrix, labels = np.array(card["confusion_matrix"]), card["labels"]
    squares = page.get_by_test_id("stPlotlyChart").nth(1).locator(".nsewdrag").first
    squares.scroll_into_view_if_needed()
    for row, col in ((6, 2), (3, 3)):
        box = squares.bounding_box()
        page.mouse.move(box["x"] + (col + 0.55) / 10 * box["width"], box["y"] + (row + 0.55) / 10 * box["height"])
        page.locator(".hovertext").get_by_text(f"{labels[row]}, read as {labels[col]}: {matrix[row, col]}").wait_for()
        page.mouse.down()
        page.mouse.up()
        page.get_by_text(f"Of 1,000 test pictures labelled “{labels[row]}”, it read {matrix[row, col]}").wait_for()
    page.get_by_text("Of the 20 test pictures that come along with cnnviz, these are among them:").wait_for()
    assert not axe(page)

    enter(page, "Why this answer")
    page.get_by_role("img", name="Occlusion for").wait_for()

    enter(page, "Compare")
    compare = page.locator("[data-compare]")
    compare.wait_for()
    here = torchs(page)["conv2"].output[0]
    other = trace(trained("cifar10"), torchs(page)[0].input)["conv2"].output[0]
    readout = page.locator(".compare-readout")
    expect(readout).to_contain_text(NOWHERE)

    def said():
        words = readout.inner_text()
        return words, [float(part.rsplit(" ", 1)[1].replace("−", "-")) for part in words.split(": ")[1].split(", ")]

    def check_place(map_, row, col):
        words, (a, b, apart) = said()
        assert words.startswith(f"conv 2, map {map_ + 1}, row {row + 1}, column {col + 1}: here ")
        assert a == pytest.approx(float(here[map_, row, col]), abs=6e-5)
        assert b == pytest.approx(float(other[map_, row, col]), abs=6e-5)
        assert apart == pytest.approx(b - a, abs=1e-9)

    for side in ("other", "difference", "here"):
        canvas = page.locator(f'[data-side="{side}"] [data-channel="9"]')
        box = canvas.bounding_box()
        canvas.hover(position={"x": 7.5 / 10 * box["width"], "y": 2.5 / 10 * box["height"]})
        expect(compare).to_have_attribute("data-pointed", "9,2,7")
        check_place(9, 2, 7)
        marks = [mark.bounding_box() for mark in page.locator('[data-side] .here[data-shown="true"]').all()]
        maps = [one.bounding_box() for one in page.locator('[data-side] [data-channel="9"]').all()]
        places = {
            (round(mark["x"] - one["x"]), round(mark["y"] - one["y"])) for mark, one in zip(marks, maps, strict=True)
        }
        assert len(marks) == 3
        assert len(places) == 1
    canvas.click(position={"x": 7.5 / 10 * box["width"], "y": 2.5 / 10 * box["height"]})
    page.mouse.move(5, 5)
    expect(compare).to_have_attribute("data-pointed", "9,2,7")
    page.locator(".compare-sides").focus()
    for key in ("ArrowLeft", "ArrowDown", "PageDown"):
        page.keyboard.press(key)
    expect(compare).to_have_attribute("data-pointed", "10,3,6")
    check_place(10, 3, 6)
    page.keyboard.press("Escape")
    expect(readout).to_contain_text(NOWHERE)
    assert not axe(page)
