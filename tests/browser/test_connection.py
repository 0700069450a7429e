"""The server goes away in the middle of a lesson, and comes back: nobody loses anything."""

from dataclasses import replace

from cnnviz.core.samples import SAMPLES
from tests.browser.convolution_page import (
    Lesson,
    check,
    chooser,
    close_chooser,
    link_of,
    path_of,
    strokes_of,
    weight_cell,
    weights,
    with_weight,
)
from tests.browser.harness import (
    NETWORK,
    agreement,
    cell,
    network,
    painted,
    stage,
    stroke,
    until,
    wait_painted,
    wait_stage,
)
from tests.browser.server import free_port
from tests.browser.visits import wait_at_rest

BANNER = ".connection"
# what Streamlit says without a server, and the logo of the old server, for which it asks the new one
EXPECTED = ("ERR_CONNECTION_REFUSED", "reaching server endpoint", "not responding", "when disconnected", "404")


def test_a_server_that_is_killed_and_started_again_takes_nothing_from_a_lesson(visit, fresh_server):
    port = free_port()
    server = fresh_server(port=port)
    # what the page was opened with is not what it shows in the end
    opened = Lesson(image="digit_3", size=20, kernel="box_3")
    page = visit(opened.link, server=server)
    digits = visit("/network?image=digit_4", server=server)
    things = visit("/network?network=cifar10&image=bricks", server=server)
    chooser(things).get_by_role("radio", name=SAMPLES["coffee"].title, exact=True).click()
    until(things, "() => new URLSearchParams(location.search).get('image') === 'coffee'")
    close_chooser(things)
    uncut = link_of(things).get("square")
    things.locator(".photo-box .crop-frame").press("-")
    until(things, "(uncut) => new URLSearchParams(location.search).get('square') !== uncut", uncut)
    agreement(things, NETWORK)
    cut = link_of(things)
    chooser(page).get_by_role("radio", name=SAMPLES["coffee"].title, exact=True).click()
    wait_stage(page, steps=62 * 62)
    close_chooser(page)
    stroke(page, [cell(page, "input", 10, 10), cell(page, "input", 40, 50), cell(page, "input", 20, 60)])
    weight_cell(page, 1, 1).fill("5")
    page.mouse.click(*cell(page, "output", 30, 41))
    agreement(page)
    lesson = with_weight(replace(opened, image="coffee", size=None, strokes=strokes_of(page)), 1, 1, 5)

    with digits.expect_console_message(lambda message: "server is not responding" in message.text):
        server.process.kill()
        server.process.wait()
    for tab in (page, digits, things):
        tab.locator(BANNER).get_by_text("comes back by itself").wait_for()
    digits.get_by_role("dialog").wait_for(state="detached")  # in which Streamlit would have locked the page
    # nothing of the lesson needs the server: one goes on meanwhile
    weight_cell(page, 0, 2).fill("-3")
    lesson = with_weight(lesson, 0, 2, -3)
    before = painted(digits, root=NETWORK)
    digits.locator('[data-image="digit_7"]').click()
    wait_painted(digits, before, root=NETWORK)
    read = network(digits)["prediction"]

    server = fresh_server(port=port)
    for tab in (page, digits, things):
        tab.locator(BANNER).wait_for(state="hidden")
        wait_at_rest(tab)
    agreement(page)
    assert (link_of(page)["image"], link_of(page)["at"]) == ("coffee", "30,41")
    assert weights(page)[0, 2] == -3
    # a server that is cold may take the view away for a moment: then it begins as the link says, with nothing pinned
    if stage(page)["pinned"] == "true":
        page.mouse.click(*cell(page, "output", 30, 41))
    check(page, lesson)
    agreement(digits, NETWORK)
    assert network(digits)["prediction"] == read
    assert link_of(digits)["image"] == "digit_7"
    agreement(things, NETWORK)
    assert link_of(things) == cut  # the crop, too

    # Python knows it all, too: what is changed now is answered, and the link opens the same
    weight_cell(page, 2, 2).fill("0.5")
    lesson = with_weight(lesson, 2, 2, 0.5)
    check(page, lesson)
    again = visit(path_of(page), server=server)
    check(again, lesson)
    strange = [fault for fault in visit.faults if not any(words in fault for words in EXPECTED)]
    visit.faults[:] = strange
