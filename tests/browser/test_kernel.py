"""The kernel in the hand: its tools, and the kernel as text, pasted and copied."""

import json

import numpy as np
import pytest
import torch

from tests.browser.convolution_page import Lesson, check, link_of, open_lesson, weight_cell, weights
from tests.browser.harness import agreement, axe, until

SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
NOTICE = ".remarks [role='status']"


def tool(page, name):
    return page.get_by_role("group", name="Kernel tools").get_by_role("button", name=name, exact=True)


def wait_weights(page, expected):
    """Waits until the slice on show has these weights, to the last bit."""
    expected = np.asarray(expected, dtype=np.float32)
    until(
        page,
        """([rows, cols, weights]) => {
          const panel = find("[data-panel='kernel']");
          const cells = [...panel.querySelectorAll(".weight-cell")];
          return Number(panel.dataset.rows) === rows && Number(panel.dataset.cols) === cols
            && cells.every((cell, at) => Number(cell.dataset.value) === weights[at]);
        }""",
        [*expected.shape, expected.ravel().tolist()],
    )


def as_link(kernel):
    """A kernel (kh, kw) or (slices, kh, kw) as the link has it."""
    kernel = np.asarray(kernel, dtype=np.float32)
    slices = kernel.reshape(-1, *kernel.shape[-2:])
    lists = [",".join(f"{value:.9g}" for value in one.ravel().tolist()) for one in slices]
    return "~".join([f"{slices.shape[1]}x{slices.shape[2]}", *lists])


def test_every_tool_does_to_the_kernel_what_torch_does_and_the_map_follows(visit):
    page = open_lesson(visit, Lesson(kernel="roberts_down"))
    title = page.get_by_label("kernel", exact=True).locator("option:checked")
    weight_cell(page, 0, 1).fill("3")
    kernel = np.array([[-1, 3], [0, 1]], dtype=np.float32)
    acts = [
        ("flip", lambda k: k[::-1, ::-1]),
        ("rotate", lambda k: np.rot90(k, -1)),
        ("flip left and right ↔", lambda k: k[:, ::-1]),
        ("flip top and bottom ↕", lambda k: k[::-1]),
        ("negate", lambda k: -k),
        ("×2", lambda k: 2 * k),
        ("÷2", lambda k: k / 2),
        ("normalise", lambda k: k / k.sum()),
    ]
    for name, act in acts:
        tool(page, name).click()
        kernel = act(kernel)
        wait_weights(page, kernel)
        assert title.inner_text() == "Roberts ↘ (2×2), changed", name
        check(page, Lesson(kernel="roberts_down", weights=as_link(kernel)), [(0, 0), (2, 3)])
    assert "the sum of the weights" in page.locator(NOTICE).inner_text()
    factor = page.get_by_label("multiply by", exact=True)
    factor.fill("-0.1")
    factor.press("Enter")
    wait_weights(page, kernel * np.float64(-0.1))
    factor.fill("ten")
    factor.press("Enter")
    assert "“ten” is no factor" in page.locator(NOTICE).inner_text()
    factor.fill("1e6")
    factor.press("Enter")
    assert "would leave the range" in page.locator(NOTICE).inner_text()
    wait_weights(page, kernel * np.float64(-0.1))
    tool(page, "reset").click()
    wait_weights(page, [[-1, 0], [0, 1]])
    assert title.inner_text() == "Roberts ↘ (2×2)"
    assert tool(page, "reset").is_disabled()
    tool(page, "normalise").click()
    assert "add up to 0, so they were divided by 2" in page.locator(NOTICE).inner_text()
    wait_weights(page, [[-0.5, 0], [0, 0.5]])
    tool(page, "×2").click()  # and with that it is the preset again
    wait_weights(page, [[-1, 0], [0, 1]])
    assert title.inner_text() == "Roberts ↘ (2×2)"
    agreement(page)
    assert "weights" not in link_of(page)


def paste(page, text):
    """What Ctrl+V does in the first weight's cell, whatever the machine's clipboard holds."""
    weight_cell(page, 0, 0).evaluate(
        """(cell, text) => {
          cell.focus();
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          cell.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true, composed: true }));
        }""",
        text,
    )


BAD = ["[[1, 2], [3]]", "[]", np.zeros((40, 40)).tolist(), "nan nan\nnan nan", "１ ２", "__import__('os')"]


def test_a_kernel_is_pasted_into_a_cell_and_what_is_none_is_explained(visit):
    page = open_lesson(visit)
    gabor = np.random.default_rng(1).normal(size=(5, 4)).round(3).astype(np.float32)
    texts = [
        (repr(gabor), gabor),
        (str(torch.tensor([[0.25, -3], [7, 0]])), [[0.25, -3], [7, 0]]),
        (json.dumps(SOBEL.T.tolist()), SOBEL.T),
        ("1,5\t0\n0\t-1,5", [[1.5, 0], [0, -1.5]]),
        ("1,2,3\n4,5,6\n", [[1, 2, 3], [4, 5, 6]]),
    ]
    for text, kernel in texts:
        paste(page, text)
        wait_weights(page, kernel)
        check(page, Lesson(weights=as_link(kernel)), [(0, 0), (1, 2)])
        for bad in BAD:
            paste(page, str(bad))
            said = page.locator(NOTICE)
            assert said.get_attribute("data-warning") == "true", bad
            assert said.inner_text().count(". ") == 0, bad
            np.testing.assert_array_equal(weights(page), np.asarray(kernel, dtype=np.float32), err_msg=text)
    paste(page, str(np.ones((9, 9)).tolist()))  # a kernel, but the picture has 7×7 pixels
    assert "padding" in page.locator(NOTICE).inner_text()
    np.testing.assert_array_equal(weights(page), [[1, 2, 3], [4, 5, 6]])
    three = np.arange(12).reshape(3, 2, 2)
    paste(page, repr(three))
    wait_weights(page, three[0])
    assert "only the first of the three slices" in page.locator(NOTICE).inner_text()


def test_the_kernel_as_text_goes_out_and_comes_back(visit):
    page = open_lesson(visit, Lesson(image="cat", colour=True, size=20), dark=True)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    three = np.random.default_rng(2).normal(size=(3, 3, 3)).astype(np.float32)
    paste(page, json.dumps(three.tolist()))
    wait_weights(page, three[0])
    check(page, Lesson(image="cat", colour=True, size=20, weights=as_link(three)), [(0, 0), (5, 9)])
    dialog = page.get_by_role("dialog")
    tool(page, "copy, paste").click()
    assert axe(page) == []
    text, use = dialog.get_by_label("kernel as text"), dialog.get_by_role("button", name="use this text")
    for format in ("torch", "json", "csv", "tsv", "numpy"):
        dialog.get_by_label("format").select_option(format)
        dialog.get_by_role("button", name="copy").click()
        dialog.get_by_role("button", name="copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.replace("\r\n", "\n") == text.input_value()
        with page.expect_download() as saved:
            dialog.get_by_role("button", name="save").click()
        content = saved.value.path().read_text()
        assert text.input_value() in content
        assert saved.value.suggested_filename == "kernel." + {"torch": "py", "numpy": "py"}.get(format, format)
        dialog.get_by_role("button", name="copy").wait_for()
    numpys = text.input_value()
    for bad in BAD:
        text.fill(str(bad))
        assert dialog.locator(".read-as").get_attribute("data-warning") == "true"
        assert use.is_disabled()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    tool(page, "reset").click()
    wait_weights(page, SOBEL)
    tool(page, "copy, paste").click()
    text.fill(numpys)
    assert "3 × 3 weights, 3 slices" in dialog.locator(".read-as").inner_text()
    use.click()
    wait_weights(page, three[0])
    check(page, Lesson(image="cat", colour=True, size=20, weights=as_link(three)), [(0, 0), (5, 9)])


def test_a_weights_outline_is_as_broad_in_every_kernel_and_its_digits_never_grow_beyond_the_cell(visit):
    page = open_lesson(visit, Lesson())
    outline = """(cell) => {
      const zoom = cell.getBoundingClientRect().height / cell.offsetHeight;
      return zoom * parseFloat(getComputedStyle(cell).outlineWidth);
    }"""
    beyond = "(cell) => cell.scrollWidth > cell.clientWidth || cell.getBoundingClientRect().width < 12"
    for size in (3, 5, 7):
        page.get_by_label("kernel rows", exact=True).fill(str(size))
        page.get_by_label("kernel columns", exact=True).fill(str(size))
        until(page, "size => find('[data-panel=\"kernel\"]').dataset.cols === String(size)", size)
        middle = weight_cell(page, size // 2, size // 2)
        middle.focus()
        assert middle.evaluate(outline) == pytest.approx(3, abs=0.2)
        assert not middle.evaluate(beyond)
        middle.blur()
