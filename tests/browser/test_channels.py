"""The channels page in a real Chromium: the filters one after another, numbers that add up, ways to see planes."""

from tests.browser.harness import axe, cell, wait_painted

ROOT = '[data-stage="channels"]'


def dataset(page):
    return page.locator(ROOT).evaluate("element => ({ ...element.dataset })")


def test_the_parts_add_up_and_the_next_filter_follows(visit):
    page = visit("/channels")
    wait_painted(page)
    page.locator('[data-agreement="agrees"]').wait_for()
    parts = [
        float(part.inner_text().split("\n")[-1].replace("−", "-").strip("()"))
        for part in page.locator("[data-part]").all()
    ]
    # the image's button is no part of the view, and yet stands on one line with its controls
    tops = [page.locator(each).first.bounding_box()["y"] for each in (".chooser-button", f"{ROOT} .toolbar > *")]
    assert abs(tops[0] - tops[1]) < 1
    assert parts == [4, 4, 6]  # by hand: the first windows of the integers, of their transpose, and upside down
    assert float(dataset(page)["value"]) == 14
    assert len(page.locator('[data-ledger="product"]').all()) == 27
    page.mouse.move(*cell(page, "output", 2, 4, within=ROOT))
    page.locator(f'{ROOT}[data-position="2,4"]').wait_for()
    assert float(dataset(page)["value"]) == -25
    page.mouse.move(5, 5)
    page.locator(f'{ROOT}[data-position="0,0"]').wait_for()
    # inside a window each weight is marked as it is used, in its own slice
    page.get_by_label("inside").check()
    for step in range(12):
        page.get_by_role("button", name="step forward").click()
        page.locator(f'{ROOT}[data-moment="{step + 1}"]').wait_for()
    marked = page.locator(f"{ROOT} .weight-cell[data-here]")
    assert [cell.get_attribute("aria-label") for cell in marked.all()] == ["weight, row 1, column 3"]
    assert page.locator('[data-plane="1"] .weight-cell[data-here]').count() == 1
    page.get_by_label("inside").uncheck()
    # step by step, from the end of one map to the beginning of the next
    page.get_by_label("step", exact=True).fill("24")
    page.locator(f'{ROOT}[data-filter="0"][data-position="4,4"]').wait_for()
    page.get_by_role("button", name="step forward").click()
    page.locator(f'{ROOT}[data-filter="1"][data-position="0,0"]').wait_for()
    page.get_by_label("speed").select_option("frame")
    page.get_by_role("button", name="play").click()
    page.locator(f'{ROOT}[data-filter="4"][data-position="4,4"][data-playing="false"]').wait_for()
    page.get_by_role("button", name="depthwise").click()
    page.locator(f'{ROOT}[data-steps="75"]').wait_for()
    page.get_by_role("button", name="map 2: go to this filter").click()
    page.locator(f'{ROOT}[data-filter="1"]').wait_for()
    assert page.locator('[data-plane="0"]').get_attribute("data-feeds") == "false"
    assert page.locator('[data-plane="1"]').get_attribute("data-feeds") == "true"
    assert (
        "sees this plane only" in page.locator(".filter-note").inner_text()
    )  # and is not "red against green" any more
    page.locator('[data-agreement="agrees"]').wait_for()
    assert "groups=3&filters=3" in page.evaluate("location.search")
    # a photograph's cells are too small for digits: a loupe stands for each plane that feeds the filter, and on the screen
    assert not page.get_by_role("group", name="The window, enlarged").is_visible()
    page.get_by_label("planes", exact=True).select_option("4")
    page.get_by_role("button", name="grouped").click()
    page.locator(f'{ROOT}[data-steps="100"]').wait_for()
    page.mouse.move(*cell(page, "output", 3, 1, within=ROOT))
    page.locator(f'{ROOT}[data-position="3,1"] [data-panel="loupe"][data-window="3,1"]').first.wait_for()
    loupes = page.locator(f'{ROOT} [data-panel="loupe"]:visible')
    assert [loupe.get_attribute("data-channel") for loupe in loupes.all()] == ["0", "1"]
    assert page.locator(f"{ROOT} .words").bounding_box()["y"] < 880


def test_it_is_accessible_and_fits_a_phone(visit):
    page = visit("/channels?image=coffee&planes=4&groups=2&filters=4", width=390, height=844, touch=True)
    wait_painted(page)
    assert axe(page) == []
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
