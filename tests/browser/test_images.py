"""Choosing an image: gallery, size, colour, and uploads of every kind."""

import io
import re
import struct
import zlib
from dataclasses import replace

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from cnnviz import decode_image
from tests.browser.convolution_page import (
    OPENING,
    Lesson,
    check,
    chooser,
    close_chooser,
    link_of,
    open_lesson,
    strokes_of,
    weight_cell,
)
from tests.browser.harness import STAGE, agreement, cell, stroke, wait_stage

TITLE = ".chooser-button"  # says the image's name and its size
NOT_IN_A_LINK = "Your picture stays in this session: it cannot travel in the link; all else does."


def test_a_sample_its_size_and_its_colours_are_chosen_while_the_kernel_stays(visit):
    page = open_lesson(visit, Lesson(kernel="box_3", at=(1, 2)))
    weight_cell(page, 0, 0).fill("0.5")
    agreement(page)
    box = chooser(page)
    box.get_by_role("radio", name="Coffee").click()
    lesson = Lesson("coffee", weights="3x3~0.5," + ",".join(["0.11111111"] * 8), at=(1, 2))
    wait_stage(page, steps=62 * 62)
    check(page, lesson)
    expect(page.locator(TITLE)).to_have_text("Coffee 64 × 64", use_inner_text=True)
    assert link_of(page)["image"] == "coffee"

    slider = box.get_by_role("slider")
    slider.press("Home")
    wait_stage(page, steps=9)
    check(page, replace(lesson, size=5))
    slider.press("ArrowRight")
    wait_stage(page, steps=16)
    check(page, replace(lesson, size=6))
    assert link_of(page)["size"] == "6"

    assert page.locator(f"{STAGE} .tabs").get_by_role("button").count() == 0
    box.get_by_text("Colour", exact=True).click()
    page.get_by_role("button", name="red", exact=True).wait_for()
    lesson = replace(lesson, size=6, colour=True)
    check(page, lesson)
    assert "Three equal slices." in page.locator(".kernel-note").inner_text()
    close_chooser(page)
    page.get_by_label("edit all three slices alike").uncheck()
    page.get_by_role("button", name="blue", exact=True).click()
    page.locator("[data-panel=kernel][data-channel='2']").wait_for()
    weight_cell(page, 2, 2).fill("-4")
    equal = lesson.weights.partition("~")[2]
    lesson = replace(lesson, weights=f"3x3~{equal}~{equal}~{equal.rpartition(',')[0]},-4")
    check(page, lesson)
    assert "The three slices differ." in page.locator(".kernel-note").inner_text()
    assert link_of(page)["colour"] == "1"


def test_an_average_shares_itself_out_over_three_channels_and_says_so(visit):
    page = open_lesson(visit, Lesson("cat", 9, colour=True, kernel="gaussian_3"))
    check(page, Lesson("cat", 9, colour=True, kernel="gaussian_3"))
    note = page.locator(".kernel-note").inner_text()
    assert note.endswith("Three equal slices, each a third of it.")


def test_another_image_has_no_strokes_of_the_one_before(visit):
    page = open_lesson(visit)
    page.locator("[data-tool=pen]").click()
    stroke(page, [cell(page, "input", 1, 1), cell(page, "input", 5, 4)])
    page.wait_for_function("location.search.includes('strokes=')")
    box = chooser(page)
    box.get_by_role("radio", name="Impulse").click()
    page.wait_for_function("location.search.includes('image=impulse')")
    check(page, Lesson("impulse"))
    assert strokes_of(page) == ()
    box.get_by_role("radio", name="Small integers").click()
    page.wait_for_function("!location.search.includes('image=')")
    check(page, OPENING)


def test_an_image_too_small_for_the_kernel_brings_the_first_lesson_s_settings_back(visit):
    page = open_lesson(visit, Lesson("edge", kernel="gaussian_5", dilation=2, stride=2, at=(1, 1)))
    chooser(page).get_by_role("radio", name="Small integers").click()
    wait_stage(page, steps=25)
    check(page, OPENING)
    assert (
        page.locator(".notice")
        .inner_text()
        .startswith("The window spans 9 cells (kernel 5, dilation 2), but the image")
    )
    assert page.get_by_label("kernel", exact=True).input_value() == "sobel_x"


def test_a_photograph_is_uploaded_and_shown_under_its_name_and_stays_in_this_session(visit):
    page = open_lesson(visit, Lesson(kernel="sharpen", at=(3, 4)))
    file = jpeg()
    upload(page, "holiday in Rome.jpg", file)
    wait_stage(page, steps=62 * 62)
    lesson = Lesson("upload", kernel="sharpen", upload=decode_image(file))
    check(page, lesson)
    expect(page.locator(TITLE)).to_have_text("holiday in Rome.jpg 64 × 64", use_inner_text=True)
    assert page.locator(".notice").inner_text() == NOT_IN_A_LINK
    assert link_of(page)["image"] == "upload"

    close_chooser(page)
    page.locator("[data-tool=pen]").click()
    stroke(page, [cell(page, "input", 5, 5), cell(page, "input", 40, 50)])
    page.wait_for_function("location.search.includes('strokes=')")
    check(page, replace(lesson, strokes=strokes_of(page)))
    upload(page, "holiday in Rome.jpg", file)  # once more is another picture: the pen's marks are gone
    page.wait_for_function("!location.search.includes('strokes=')")
    check(page, lesson)


def test_what_is_no_picture_is_explained_in_a_sentence_and_the_last_image_stays(visit):
    page = open_lesson(visit)
    for name, data, sentence in [
        ("notes.png", b"Dear diary, ...", "This is no picture of a kind that is known here: use a picture in"),
        ("empty.png", b"", "This file is empty: choose a picture"),
        ("half.jpg", jpeg()[:-700], "This JPEG file is"),
        ("half.png", png(900, 700)[:-40], "This PNG file is damaged"),
        (
            "bomb.png",
            png(10_000, 5_000),
            "This picture would unpack to 10,000 × 5,000 pixels, 50.0 megapixels: save it with",
        ),
    ]:
        upload(page, name, data)
        alert = page.get_by_test_id("stAlert").filter(has_text=sentence)
        alert.wait_for()
        assert page.get_by_test_id("stAlert").count() == 1
        assert re.fullmatch(r"[^.]+(\d\.\d[^.]+)*\.", alert.inner_text().strip()), name
        check(page, OPENING)
    assert "image" not in link_of(page)


def test_a_file_s_name_is_shown_letter_by_letter_and_fetches_nothing(visit):
    page = open_lesson(visit)
    for name in (
        "<img src=x onerror=alert(1)><b>bold</b>.jpg",
        "![seen](http:192.0.2.1) **bold** $x^2$ :red[red] `code` [link](x) :smile: &lt; --> _it_.jpg",
    ):
        upload(page, name, jpeg())
        expect(page.locator(TITLE)).to_have_text(f"{name} 64 × 64", use_inner_text=True)
        assert page.locator(".chooser-button").locator("b, em, a, code, img:not([src^='data:'])").count() == 0
        agreement(page)


def upload(page, name, data):
    files = chooser(page).locator("input[type=file]")
    files.set_input_files([{"name": name, "mimeType": "application/octet-stream", "buffer": data}])


def jpeg():
    """A picture of 90×60 pixels with something in every channel."""
    rows, cols = np.mgrid[0:60, 0:90]
    pixels = np.stack([rows * 4, cols * 2, (rows * cols) % 256], axis=-1).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


def png(width, height):
    """A black PNG of one bit a pixel: small as a file, whatever it unpacks to."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width // 8 + 2) * height), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
