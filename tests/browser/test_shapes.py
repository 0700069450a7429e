"""The shape calculator in a real Chromium: the notebook's shapes read off the page, a mismatch met and mended."""

import subprocess
import sys

from tests.browser.harness import axe

ROOT = "[data-shapes]"


def wait_output(page, shape):
    page.locator(f'{ROOT}[data-output="{shape}"]').wait_for()


def test_the_notebooks_shapes_are_one_click_away(visit):
    page = visit("/shapes")
    wait_output(page, "1,6,4,4")  # nn.Conv2d(3, 6, 3, stride=2, padding=1) is what it opens with
    assert "⌊6 / 2⌋ + 1 = 4" in page.locator(".account").inner_text()
    for title, shape in [
        ("Conv2d(3, 5, 5)", "1,5,28,28"),
        ("MaxPool2d(2, 2)", "1,3,4,4"),
        ("(1, 3, 7, 7) → (1, 6, 4, 4)", "1,6,4,4"),
        ("the whole network", "1,10"),
    ]:
        page.get_by_role("button", name=title, exact=True).click()
        wait_output(page, shape)
    assert page.locator(ROOT).get_attribute("data-parameters") == "62006"
    assert "torch has run all 12 layers" in page.locator(".total-line").inner_text()


def test_1655_is_refused_in_its_row_explained_and_mended(visit):
    page = visit("/shapes")
    page.get_by_role("button", name="why not 1655?").click()
    row = page.locator('[data-row="7"][data-refused="true"]')
    row.wait_for()
    account = page.locator(".account").inner_text()
    assert "mat1 and mat2 shapes cannot be multiplied (1x400 and 1655x120)" in account
    page.get_by_role("button", name="use Linear(400, 120)").click()
    wait_output(page, "1,10")
    # the chain goes with the link
    again = visit("/shapes" + page.evaluate("location.search"))
    wait_output(again, "1,10")
    code = again.locator("pre.code").inner_text()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=True)
    assert done.stdout.strip() == "torch.Size([1, 10])"


def test_arguments_are_typed_stepped_and_refused(visit):
    page = visit("/shapes")
    wait_output(page, "1,6,4,4")
    stride = page.get_by_label("stride", exact=True)
    stride.fill("1, 2")
    wait_output(page, "1,6,7,4")
    page.get_by_label("out_channels").press("ArrowUp")
    wait_output(page, "1,7,7,4")
    stride.fill("two")
    assert "a whole number, or 2 as in 3, 3; it stays 1, 2" in page.locator(".notice").inner_text()
    page.get_by_label("in_channels").fill("4")
    page.locator('[data-row="0"][data-refused="true"]').wait_for()
    assert "Given groups=1, weight of size [7, 4, 3, 3]" in page.locator(".account").inner_text()
    page.get_by_label("input shape").fill("2, 4, 9, 9")
    wait_output(page, "2,7,9,5")
    page.get_by_label("add a layer").select_option("MaxPool2d")
    wait_output(page, "2,7,3,1")
    page.get_by_text("paste your own").click()
    page.get_by_label("Layers as code").fill("nn.Conv2d(4, 8, 3), nn.ReLU(), nn.Dropout(1)")
    page.get_by_role("button", name="read these layers").click()
    page.get_by_text("“Dropout” is not among").wait_for()
    page.get_by_label("Layers as code").fill("self.conv = nn.Conv2d(4, 8, 3)  # mine")
    page.get_by_role("button", name="read these layers").click()
    wait_output(page, "2,8,7,7")


def test_it_is_accessible_and_fits_a_phone(visit):
    page = visit("/shapes", width=390, height=844, touch=True, dark=True)
    page.get_by_role("button", name="why not 1655?").click()
    page.locator('[data-row="7"][data-refused="true"]').wait_for()
    assert axe(page) == []
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
