"""Pictures that a person brings along: dropped, pasted, cropped by hand, and taken with the camera."""

import base64
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from cnnviz import KERNELS, decode_image
from cnnviz.core.cut import cut_from_text
from cnnviz.core.images import fit_image, shrunk
from cnnviz.ui.uploads import KEPT_SIDE, shown_name
from tests.browser.convolution_page import Lesson, check, chooser, link_of, open_lesson, tour
from tests.browser.harness import agreement, eventually, until, wait_stage

CURTAIN = ".cnnviz-arrivals"
# markup of two kinds, a mark that turns the direction of writing, and far too long
HOSTILE = f"\u202e<img src=x> **gnp.tac** ![it](1.png) {'x' * 10_000}.png"

# Dispatched where a hand would let go, or where the focus is; `files` are [name, type, base64].
BRING = """
([kind, files]) => {
  const transfer = new DataTransfer();
  for (const [name, type, text] of files) {
    transfer.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name, { type }));
  }
  const how = { bubbles: true, cancelable: true, composed: true };
  const target = document.querySelector('[data-testid="stMain"]');
  const event = kind === "paste"
    ? new ClipboardEvent(kind, { ...how, clipboardData: transfer })
    : new DragEvent(kind, { ...how, dataTransfer: transfer });
  target.dispatchEvent(event);
  return event.defaultPrevented;
}
"""

# The server says each file that it opens for writing. The log, which is such a file, was opened before it started.
WATCH = """
import os, sys
def hear(event, arguments):
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    if (event == "open" and arguments[2] & writing) or event in ("tempfile.mkstemp", "tempfile.mkdtemp", "os.mkdir"):
        os.write(2, f"WROTE {arguments[0]}\\n".encode())
sys.addaudithook(hear)
"""


def picture(seed, *, size=(48, 72), kind="PNG"):
    """A coloured file with something in every pixel."""
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def bring(page, kind, *files):
    """Whether the page took the event for itself."""
    return page.evaluate(BRING, [kind, [[name, type, base64.b64encode(data).decode()] for name, type, data in files]])


def wait_title(page, name):
    page.locator(".chooser-title", has_text=name).wait_for()


def curtain(page):
    return page.locator(CURTAIN).get_attribute("data-shown"), page.locator(CURTAIN).inner_text()


def test_a_picture_is_dropped_and_pasted_and_the_server_writes_nothing(visit, fresh_server, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    server = fresh_server(environment={"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"})
    page = open_lesson(visit, Lesson(kernel="sharpen", at=(3, 4)), server=server)
    start = len(server.log)

    first, second = picture(1), picture(2, size=(90, 50))
    assert bring(page, "dragover", ("a.png", "image/png", first))
    assert curtain(page) == ("true", "Let go, and this picture becomes the image.")
    # of several files, the picture is meant
    assert bring(page, "drop", ("notes.txt", "text/plain", b"Dear diary"), ("dropped.png", "image/png", first))
    wait_title(page, "dropped.png")
    wait_stage(page, steps=62 * 62)
    check(page, Lesson("upload", kernel="sharpen", upload=decode_image(first)))
    page.locator(f"{CURTAIN}[data-shown=false]").wait_for(state="attached")
    assert link_of(page)["image"] == "upload"

    assert bring(page, "paste", ("pasted.png", "image/png", second))
    wait_title(page, "pasted.png")
    lesson = Lesson("upload", kernel="sharpen", upload=decode_image(second))
    check(page, lesson)

    # what is none is explained, and the last good picture stays; text is for the field that has the focus
    assert bring(page, "drop", ("notes.txt", "text/plain", b"Dear diary"))
    page.get_by_test_id("stAlert").filter(has_text="This is no picture of a kind that is known here").wait_for()
    page.locator(f"{CURTAIN}[data-shown=false]").wait_for(state="attached")
    assert not bring(page, "paste")
    assert not bring(page, "dragover")
    check(page, lesson)

    # the other pages take them as well, and share them
    page.get_by_role("link", name="Pooling").click()
    page.locator('[data-stage="shift lab"]').wait_for()
    wait_title(page, "pasted.png")
    assert bring(page, "drop", (HOSTILE, "image/png", first))
    name = shown_name(HOSTILE)
    assert name.startswith("<img src=x> **gnp.tac** ![it](1.png) x")
    wait_title(page, name)
    page.get_by_role("link", name="Convolution").click()
    page.locator("[data-stage=convolution]").wait_for()
    wait_title(page, name)
    assert page.locator(".chooser-button > *").count() == 3  # thumbnail, title and size, nothing of the name's
    check(page, Lesson("upload", kernel="sharpen", upload=decode_image(first)))
    assert re.findall("WROTE .*", server.log[start:]) == []


def cropped(page, whole):
    """The cut that frame and link agree on, once the page's numbers are torch's for that piece of the picture."""
    until(page, "() => (new URLSearchParams(location.search).get('cut') ?? '') === find('.crop-frame').dataset.crop")
    text = link_of(page).get("cut", "")
    wanted = fit_image(whole, 64, False, cut_from_text(text))
    output = F.conv2d(torch.from_numpy(wanted)[None], KERNELS["sobel_x"].tensor.float()[None, None])[0, 0]
    rows, cols = output.shape
    wait_stage(page, steps=rows * cols)

    def look():
        said = tour(page, [(0, 0), (rows // 2, cols // 3), (rows - 1, cols - 1)])
        wanted = [float(output[now.position]) for now in said]
        assert [now.value for now in said] == pytest.approx(wanted, abs=1e-4), text

    eventually(page, look)  # the frame is ahead of the picture, and maps of one size follow each other
    agreement(page)
    return [int(part) for part in text.split(",")] if text else None


def test_a_crop_is_dragged_pulled_and_moved_by_keys(visit):
    data = picture(3, size=(60, 120))
    whole = decode_image(data)
    page = open_lesson(visit, Lesson())
    bring(page, "drop", ("wide.png", "image/png", data))
    wait_title(page, "wide.png")
    body = chooser(page)
    box = body.locator(".crop-box").bounding_box()
    unit = box["height"] / 1000  # CSS pixels of a thousandth of the shorter side
    assert box["width"] == pytest.approx(2 * box["height"])
    assert cropped(page, whole) is None
    assert body.locator(".crop .remark").inner_text() == "60 × 60 of 60 × 120 pixels"

    def drag(x, y, dx, dy):
        """From a place in the box, in thousandths of the shorter side, by so many CSS pixels."""
        page.mouse.move(box["x"] + x * unit, box["y"] + y * unit)
        page.mouse.down()
        for part in (0.3, 0.8, 1):
            page.mouse.move(box["x"] + x * unit + part * dx, box["y"] + y * unit + part * dy)
        page.mouse.up()

    drag(1000, 500, -50, 30)  # it fills the height, so it can go aside only
    left = 500 - 50 / unit
    assert cropped(page, whole) == pytest.approx([0, left, 1000], abs=1)
    drag(
        left + 1000 - 4 / unit, 1000 - 4 / unit, -40, -60
    )  # the corner; it stays a square, as large as the lesser pull leaves it
    side = 1000 - 44 / unit
    assert cropped(page, whole) == pytest.approx([0, left, side], abs=1)
    _, start, side = cropped(page, whole)

    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "-", "+", "ArrowUp", "ArrowDown"):  # the frame has the focus
        page.keyboard.press(key)
    assert cropped(page, whole) == pytest.approx([20, start + 40, side], abs=1)
    body.get_by_label("keep it square").uncheck()
    body.locator(".crop-frame").focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    assert cropped(page, whole) == pytest.approx([20, start + 70, side, side - 60], abs=2)
    body.get_by_role("button", name="Whole", exact=True).click()
    assert cropped(page, whole) == [0, 0, 1000, 2000]
    body.get_by_role("button", name="Centre", exact=True).click()
    assert cropped(page, whole) is None


def test_the_camera_takes_a_picture_and_is_off_again(visit):
    page = open_lesson(visit)
    page.evaluate(
        """() => {
          const { toBlob } = HTMLCanvasElement.prototype;
          HTMLCanvasElement.prototype.toBlob = function (take, ...how) {
            toBlob.call(this, (blob) => {
              const reader = new FileReader();
              reader.onload = () => (window.taken = reader.result.split(",")[1]);
              reader.readAsDataURL(blob);
              take(blob);
            }, ...how);
          };
          const { mediaDevices } = navigator;
          const ask = mediaDevices.getUserMedia.bind(mediaDevices);
          window.tracks = [];
          mediaDevices.getUserMedia = async (how) => {
            const stream = await ask(how);
            window.tracks.push(...stream.getTracks());
            return stream;
          };
        }"""
    )
    body = chooser(page)

    def states():
        return page.evaluate("() => window.tracks.map((track) => track.readyState)")

    def start():
        body.get_by_role("button", name="Camera", exact=True).click()
        body.get_by_role("button", name="Take the picture").wait_for()
        until(page, "() => find('.finder video').videoWidth > 0")

    start()
    assert states() == ["live"]
    body.get_by_role("button", name="Cancel").click()
    assert states() == ["ended"]
    assert not body.locator(".finder").is_visible()
    start()
    body.get_by_role("button", name="Take the picture").click()
    wait_title(page, "Camera")
    assert states() == ["ended", "ended"]
    picture = decode_image(base64.b64decode(page.evaluate("window.taken")))
    assert min(picture.shape[1:]) >= 200
    wait_stage(page, steps=62 * 62)
    agreement(page)
    shown = fit_image(shrunk(picture, KEPT_SIDE), 64, False)
    output = F.conv2d(torch.from_numpy(shown)[None], KERNELS["sobel_x"].tensor.float()[None, None])[0, 0]
    said = tour(page, [(0, 0), (20, 40), (61, 61), (30, 30)])
    assert [now.value for now in said] == pytest.approx([float(output[now.position]) for now in said], abs=1e-4)
    assert link_of(page)["image"] == "upload"

    # who closes the chooser, or leaves the page, has switched it off
    start()
    page.get_by_role("link", name="Shapes").click()
    page.wait_for_function("() => window.tracks.every((track) => track.readyState === 'ended')")


def test_a_camera_that_is_refused_is_explained_in_a_sentence(visit):
    page = open_lesson(visit)
    page.evaluate(
        """() => {
          navigator.mediaDevices.getUserMedia = async () => {
            throw new DOMException("Permission denied", "NotAllowedError");
          };
        }"""
    )
    body = chooser(page)
    body.get_by_role("button", name="Camera", exact=True).click()
    said = body.locator(".camera .remark")
    said.filter(has_text="The browser does not let this page use the camera").wait_for()
    assert not body.locator(".finder").is_visible()


@pytest.mark.parametrize("screen", [{"width": 1440}, {"width": 390, "height": 844, "touch": True}], ids=str)
def test_the_thumbnail_stays_in_view_beside_the_navigation(visit, screen):
    page = open_lesson(visit, **screen)
    # as on a page with more below it
    page.locator(".stMainBlockContainer > .stVerticalBlock").evaluate("(block) => (block.style.minHeight = '3000px')")
    page.get_by_test_id("stMain").evaluate("(main) => (main.scrollTop = 1500)")
    assert page.get_by_test_id("stMain").evaluate("(main) => main.scrollTop") > 400
    # it stands in the navigation, whose links keep clear of it, and opens from there
    x, y = until(
        page,
        """() => {
          const box = (element) => element.getBoundingClientRect();
          const header = box(find('[data-testid="stHeader"]'));
          const { left, top, bottom, width } = box(find(".chooser-button img"));
          const links = [...document.querySelectorAll('[data-testid="stHeader"] :is(a, img, button)')].map(box);
          const clear = links.every((link) => !link.width || link.right <= left);
          return top >= 0 && bottom <= header.bottom && clear && [left + width / 2, (top + bottom) / 2];
        }""",
    )
    page.mouse.click(x, y)
    page.locator(".chooser-panel").get_by_role("slider").wait_for()
    assert page.get_by_test_id("stMain").evaluate("(main) => main.scrollTop") > 400
