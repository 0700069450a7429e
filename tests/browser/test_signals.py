"""The signals page in a real Chromium: a matched filter finds its pulses, a curve is drawn, a table is read."""

import re

import pytest

from tests.browser.harness import axe, wait_painted

STAGE = '[data-stage="signal"]'


def test_a_signal_is_filtered_drawn_and_read_from_a_table(visit):
    page = visit("/signals")
    wait_painted(page)
    page.locator('[data-agreement="agrees"]').wait_for()
    page.get_by_label("signal", exact=True).select_option("pulses")
    page.get_by_label("kernel", exact=True).select_option("matched")
    page.locator(f'{STAGE}[data-steps="58"]').wait_for()
    page.get_by_label("step", exact=True).fill("24")
    page.locator(f'{STAGE}[data-step="24"]').wait_for()
    assert float(page.locator(STAGE).get_attribute("data-value")) > 2  # where a pulse lies
    page.locator('[data-agreement="agrees"]').wait_for()
    page.get_by_label("weights", exact=True).fill("−1, 0, 1")
    page.locator(f'{STAGE}[data-steps="62"]').wait_for()
    # one scale: every output stands in the middle of its window, and the curve above it is its cell's handle
    cells, outputs = (page.locator(f'{STAGE} [data-panel="{name}"]').bounding_box() for name in ("input", "output"))
    assert outputs["x"] - cells["x"] == pytest.approx(cells["width"] / 64, abs=0.1)
    assert outputs["width"] / 62 == pytest.approx(cells["width"] / 64, abs=0.01)
    curve = page.locator("canvas.curve").last.bounding_box()
    page.mouse.move(outputs["x"] + 7.5 * outputs["width"] / 62, curve["y"] + curve["height"] / 2)
    page.locator(f'{STAGE}[data-position="0,7"]').wait_for()
    page.get_by_text("Output 8: ").wait_for()
    assert page.locator(f"{STAGE} .column-window .note").inner_text() == "output 8"  # one word for it everywhere
    weight, sample = (page.locator(f'{STAGE} [data-panel="{name}"]') for name in ("kernel", "input"))
    weight.hover(position={"x": 5, "y": 5})
    page.get_by_text("Weight 1 (−1) meets 62 inputs: samples 1 to 62.").wait_for()
    sample.hover(position={"x": 0.5 * cells["width"] / 64, "y": 5})
    page.get_by_text(re.compile(r"^Input sample 1 \(.*\) feeds 1 output: output 1 by −1\.$")).wait_for()
    page.mouse.move(5, 5)
    padding, formula = page.get_by_label("padding", exact=True), page.get_by_label("output size")
    padding.fill("4")
    page.locator(f'{STAGE}[data-steps="70"]').wait_for()
    assert formula.inner_text() == "⌊(64 + 2·4 − 3) / 1⌋ + 1 = 70"
    page.get_by_label("causal").check()
    page.locator(f'{STAGE}[data-steps="64"]').wait_for()
    # what is typed does not count now: the field shows what does, and so does the formula
    assert (padding.input_value(), padding.is_disabled()) == ("2", True)
    assert formula.inner_text() == "⌊(64 + 2 − 3) / 1⌋ + 1 = 64"
    # the zeros in front are padding, and no samples: they are drawn, named and counted as such
    assert page.locator(f'{STAGE} [data-panel="input"]').get_attribute("data-padding") == "0,2,0,0"
    page.get_by_text("1 × 1 × 64, ○ padding: 2 zeros in front").wait_for()
    assert page.locator("canvas.curve").first.get_attribute("aria-label").endswith("padding of 0: 2 in front, 0 behind")
    page.get_by_label("step", exact=True).fill("1")
    page.get_by_text("(1 of the 3 values is padding)").wait_for()
    assert page.get_by_label("step", exact=True).get_attribute("aria-valuetext") == "output 2 of 64"
    page.get_by_label("causal").uncheck()
    page.locator(f'{STAGE}[data-steps="70"]').wait_for()
    assert (padding.input_value(), padding.is_enabled()) == ("4", True)
    page.get_by_label("signal", exact=True).select_option("drawn")
    box = page.locator("canvas.curve").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] - 5)
    page.mouse.up()
    page.wait_for_function("location.search.includes('curve=')")
    page.locator('[data-agreement="agrees"]').wait_for()
    table = b"\xef\xbb\xbfzeit;wert\r\n" + b"".join(b"%d;%d,25\r\n" % (row, row % 5) for row in range(60))
    page.locator('input[type="file"]').last.set_input_files({"name": "t.csv", "mimeType": "text/csv", "buffer": table})
    page.get_by_text("Column “zeit”: 60 rows").first.wait_for()
    page.locator(f'{STAGE}[data-steps="66"]').wait_for()  # 60 rows, 4 zeros at either end


def test_it_is_accessible_and_fits_a_phone(visit):
    page = visit("/signals?signal=beat", width=390, height=844, touch=True)
    wait_painted(page)
    assert axe(page) == []
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
