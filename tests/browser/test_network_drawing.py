"""Drawing on the network page: what is drawn is read, shared with the other page, and travels in the link."""

from urllib.parse import urlsplit

import numpy as np
import torch

from tests.browser.convolution_page import Lesson, link_of, strokes_of
from tests.browser.convolution_page import check as check_lesson
from tests.browser.harness import NETWORK, STAGE, agreement, network, painted, stroke, wait_painted
from tests.browser.network_page import (
    DRAWINGS,
    Unit,
    check,
    draw,
    open_network,
    open_unit,
    opened_unit,
    picture_of,
    pixels,
    press,
    probability,
    seen,
    trained,
)

CENTRE = "centre it"


def test_each_digit_drawn_by_hand_is_read_small_ones_in_a_corner_too(visit):
    page = open_network(visit)
    for digit, strokes in DRAWINGS.items():
        draw(page, strokes)
        check(page)
        assert network(page)["prediction"] == str(digit)
        assert page.locator(".reads").inner_text() == f"reads {digit} {probability(page, digit):.0f}%"
        press(page, '[data-act="clear"]')
    assert link_of(page) == {"image": "draw"}
    assert not seen(page).any()
    for corner in ((0.02, 0.02), (0.66, 0.64)):
        for digit in (2, 7):
            draw(page, DRAWINGS[digit], scale=0.3, corner=corner)
            check(page)
            assert network(page)["prediction"] == str(digit)
            assert_seen(page)
            press(page, '[data-act="clear"]')


def assert_seen(page) -> None:
    """The picture beside "Input" is what the network reads."""
    assert np.abs(seen(page) - 255 * picture_of(link_of(page))[0]).max() <= 0.76  # its greys have 512 steps


def test_every_layer_answers_while_the_pen_moves(visit):
    page = open_network(visit, "?image=draw")
    box = page.locator('[data-panel="drawing"]').bounding_box()
    ((start, *rest),) = DRAWINGS[3]
    since = painted(page, NETWORK)
    page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
    page.mouse.down()
    said, maps = [], []
    for x, y in rest:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        since = wait_painted(page, since, NETWORK)
        said.append(network(page))
        maps.append(
            tuple(pixels(page, f'[data-layer="{name}"] [data-channel="0"]').tobytes() for name in ("conv1", "fc2"))
        )
        assert page.locator(f"{NETWORK} [data-agreement]").get_attribute("data-agreement") == "waiting"
    assert "strokes" not in link_of(page)  # the pen is still down
    assert len({now["probability"] for now in said}) == len(rest)
    assert len({conv1 for conv1, _ in maps}) > len(rest) / 2
    assert len({fc2 for _, fc2 in maps}) > len(rest) / 2
    assert len({now["prediction"] for now in said}) > 1  # half a 3 is something else
    page.mouse.up()
    check(page)
    assert network(page)["prediction"] == said[-1]["prediction"] == "3"


def test_a_finger_draws_on_a_phone_and_the_page_stands_still(visit):
    page = open_network(visit, width=390, height=844, touch=True)
    page.locator('[data-panel="drawing"]').scroll_into_view_if_needed()
    scrolled = page.get_by_test_id("stMain").evaluate("(main) => [main.scrollTop, scrollY]")
    draw(page, DRAWINGS[4], touch=True)
    check(page)
    assert network(page)["prediction"] == "4"
    assert len(strokes_of(page)) == 2
    assert page.get_by_test_id("stMain").evaluate("(main) => [main.scrollTop, scrollY]") == scrolled


def test_eraser_undo_redo_and_clear(visit):
    page = open_network(visit, "?image=draw")
    undo, redo, clear = (page.locator(f'[data-act="{name}"]') for name in ("undo", "redo", "clear"))
    assert [button.is_disabled() for button in (undo, redo, clear)] == [True, True, True]
    draw(page, DRAWINGS[7])
    check(page)
    seven = seen(page)
    page.locator('[data-tool="eraser"]').click()
    draw(page, [[(0.2, 0.2), (0.65, 0.2)]])  # what is left is a slanted line
    check(page)
    one = seen(page)
    assert network(page)["prediction"] == "1"
    assert [stroke.tool for stroke in strokes_of(page)] == ["pen", "eraser"]
    for button, picture, prediction in (("undo", seven, "7"), ("redo", one, "1"), ("undo", seven, "7")):
        press(page, f'[data-act="{button}"]')
        assert np.array_equal(seen(page), picture)
        assert network(page)["prediction"] == prediction
        check(page)
    press(page, '[data-act="clear"]')
    assert not seen(page).any()
    assert "strokes" not in link_of(page)
    press(page, '[data-act="redo"]')
    assert np.array_equal(seen(page), seven)
    assert [button.is_disabled() for button in (undo, redo, clear)] == [False, False, False]
    check(page)


def test_the_pen_on_a_digit_of_the_gallery_begins_anew_and_the_eraser_works_on_it(visit):
    page = open_network(visit, "?image=digit_0")
    page.locator('[data-tool="eraser"]').click()
    draw(page, [[(0.1, 0.28), (0.55, 0.28)]])
    check(page)
    assert link_of(page)["image"] == "digit_0"
    press(page, '[data-image="digit_0"]')
    assert "strokes" not in link_of(page)
    page.locator('[data-tool="pen"]').click()
    draw(page, DRAWINGS[2])
    assert link_of(page)["image"] == "draw"
    check(page)
    assert network(page)["prediction"] == "2"


def test_without_centring_a_digit_in_the_corner_is_lost(visit):
    page = open_network(visit, "?image=draw")
    draw(page, DRAWINGS[7], scale=0.3, corner=(0.02, 0.02))
    check(page)
    centred, certain = seen(page), probability(page, 7)
    assert network(page)["prediction"] == "7"
    since = painted(page, NETWORK)
    page.get_by_label(CENTRE).uncheck()
    wait_painted(page, since, NETWORK)
    check(page)
    assert link_of(page)["centre"] == "0"
    assert_seen(page)
    assert not np.array_equal(seen(page), centred)
    assert not seen(page)[14:, 14:].any()  # all of it is in the corner
    assert probability(page, 7) < certain - 50
    since = painted(page, NETWORK)
    page.get_by_label(CENTRE).check()
    wait_painted(page, since, NETWORK)
    assert np.array_equal(seen(page), centred)
    assert "centre" not in link_of(page)


def test_a_link_opens_the_same_in_another_browser(visit):
    page = open_network(visit, "?image=draw")
    draw(page, DRAWINGS[4])
    page.locator('[data-tool="eraser"]').click()
    draw(page, [[(0.3, 0.8), (0.8, 0.86)]])
    page.get_by_label(CENTRE).uncheck()
    page.get_by_label("scale", exact=True).select_option("network")
    page.get_by_label("show", exact=True).select_option("pre_activation")
    unit = Unit("conv2", 5, 3, 4)
    here = open_unit(page, unit)
    page.wait_for_function("location.search.includes('unit')")
    assert link_of(page).keys() == {"image", "strokes", "centre", "show", "scale", "unit", "sums"}
    check(page)

    there = open_network(visit, f"?{urlsplit(page.url).query}")
    assert opened_unit(there, unit) == here
    check(there)
    assert link_of(there) == link_of(page)
    assert not there.get_by_label(CENTRE).is_checked()
    assert np.array_equal(seen(there), seen(page))
    for canvas in (".pad-canvas", '[data-layer="conv1"] [data-channel="3"]', '[data-layer="fc1"] [data-channel="0"]'):
        assert np.array_equal(pixels(there, canvas), pixels(page, canvas))
    said = [{name: network(each)[name] for name in ("prediction", "probability")} for each in (page, there)]
    assert said[0] == said[1]


def test_both_pages_share_one_drawing_and_one_digit_of_the_gallery(visit):
    page = open_network(visit)
    draw(page, DRAWINGS[2])
    strokes = strokes_of(page)
    check(page)
    page.get_by_role("link", name="Convolution", exact=True).click()
    page.locator(STAGE).wait_for()
    check_lesson(page, Lesson(image="draw", strokes=strokes), [(5, 14), (10, 9), (22, 12)])
    assert link_of(page).keys() == {"image", "strokes"}
    assert (link_of(page)["image"], strokes_of(page)) == ("draw", strokes)

    box = page.locator(f'{STAGE} [data-panel="input"]').bounding_box()
    page.locator('[data-tool="pen"]').click()
    stroke(page, [(box["x"] + 0.1 * box["width"], box["y"] + f * box["height"]) for f in (0.1, 0.5, 0.9)])
    page.wait_for_function("(before) => location.search.split('.').length > before", arg=len(strokes))
    agreement(page)
    both = strokes_of(page)
    page.get_by_role("link", name="Network", exact=True).click()
    wait_painted(page, root=NETWORK)
    check(page)
    assert strokes_of(page) == both
    assert both[:-1] == strokes
    assert trained()(torch.from_numpy(picture_of(link_of(page)))[None]).argmax() == int(network(page)["prediction"])

    press(page, '[data-image="digit_3"]')
    check(page)
    page.get_by_role("link", name="Convolution", exact=True).click()
    page.locator(STAGE).wait_for()
    check_lesson(page, Lesson(image="digit_3"))
    assert link_of(page) == {"image": "digit_3"}
