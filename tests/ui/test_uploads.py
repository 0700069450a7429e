"""Pictures that are brought along: what the browser may send, and whose they are."""

import base64
import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, local
from unittest.mock import patch

import numpy as np
import pytest
import streamlit as st
from PIL import Image

from cnnviz.core.cut import Cut
from cnnviz.core.decoding import decode_image
from cnnviz.core.image_files import MAX_BYTES
from cnnviz.core.images import fit_image
from cnnviz.core.samples import SAMPLES, sample_image
from cnnviz.ui import inputs, parameters, state, uploads
from cnnviz.ui.current import NOT_IN_A_LINK, current_image
from tests.parcels import decode, unpack
from tests.ui.apps import ROOT, opened, payloads, run, session

RANDOM = np.random.default_rng(5)
COLOURS = RANDOM.integers(0, 256, (60, 90, 3), dtype=np.uint8)


def file_of(pixels, kind="PNG", **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def message(data: bytes, name: str = "cat.png") -> dict:
    return {"name": name, "data": base64.b64encode(data).decode()}


def page_with(data: bytes, name: str = "cat.png", **values):
    """The convolution page of a session that has brought this file along."""
    with session(**values, **{state._NOTES: []}) as brought:
        assert uploads.receive(message(data, name))
    app = opened()
    for key, value in brought.items():
        app.session_state[key] = value
    return run(app)


def test_a_picture_that_arrives_is_the_image_of_the_page():
    data = file_of(COLOURS)
    sent = payloads(page_with(data, "holiday.png", strokes=("old",), size=9, cut=Cut(0, 0, 500)))
    np.testing.assert_array_equal(decode(sent["image"]), fit_image(decode_image(data), 64, colour=False))
    assert sent["page"]["image"]["strokes"] == ""
    assert sent["page"]["image"]["note"] == NOT_IN_A_LINK
    assert sent["page"]["link"] == "image=upload"


def test_of_a_small_picture_every_pixel_is_shown():
    pixels = RANDOM.integers(0, 256, (9, 12), dtype=np.uint8)
    sent = payloads(page_with(file_of(pixels)))
    np.testing.assert_array_equal(decode(sent["image"])[0], fit_image(pixels[None, :, 1:10] / 255, 9, False)[0])


def test_the_ground_behind_what_is_transparent_is_chosen():
    pixels = np.concatenate([COLOURS, RANDOM.integers(0, 256, (60, 90, 1), dtype=np.uint8)], axis=2)
    data = file_of(pixels)
    app = page_with(data)
    assert payloads(app)["chooser"]["grounds"] == ["white", "grey", "black"]
    for ground, grey in (("white", 1.0), ("black", 0.0), ("grey", 0.5)):
        with patch.object(st, "session_state", app.session_state):
            inputs.take({"choice": "1", "ground": ground})
        sent = payloads(run(app))
        assert sent["chooser"]["ground"] == ground
        shown = decode(sent["image"])
        np.testing.assert_allclose(shown, fit_image(decode_image(data, grey), 64, colour=False), atol=0.0101)
        assert np.mean(shown == fit_image(decode_image(data, grey), 64, colour=False)) > 0.99, ground
    opaque = page_with(file_of(COLOURS))
    assert payloads(opaque)["chooser"]["ground"] is None


def test_of_a_moving_picture_the_page_says_that_it_shows_the_first_frame():
    frames = [Image.fromarray(np.roll(COLOURS, step, axis=1)) for step in range(3)]
    data = file_of(COLOURS, "GIF", save_all=True, append_images=frames[1:])
    app = page_with(data, "waves.gif")
    note = f"Of this moving picture, the first frame is shown. {NOT_IN_A_LINK}"
    assert payloads(app)["page"]["image"]["note"] == note
    app.switch_page("pages/pooling.py")
    (lab,) = (element for element in run(app).get("bidi_component") if element.proto.component_name == "cnnviz.pooling")
    assert unpack(lab.proto)["note"] == note


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (None, "could not read this"),
        ("cat.png", "could not read this"),
        ([1, 2], "could not read this"),
        ({"name": "a folder", "size": 0}, "could not read this"),
        ({"name": "film.png", "size": 3e9}, "3,000 MB: use a picture of at most 21 MB"),
        ({"name": "x", "data": "no base64!"}, "could not read this"),
        ({"name": "x", "data": 7}, "could not read this"),
        ({"name": "x", "data": "", "size": True}, "empty"),
        ({"name": "x", "data": base64.b64encode(b"<svg xmlns=''/>").decode()}, "a drawing in SVG"),
        ({"name": "x", "data": base64.b64encode(bytes(MAX_BYTES + 1)).decode()}, "21 MB"),
    ],
)
def test_what_is_no_picture_is_explained_in_a_sentence_and_changes_nothing(sent, words):
    with session(image="cat", size=20, **{state._NOTES: []}) as now:
        assert not uploads.receive(sent)
        (note,) = state.take_notes()
        assert words in note
        assert note.endswith(".")
        assert ". " not in note
        assert (now.image, now.size) == ("cat", 20)
        assert uploads.current_upload() is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("cat.png", "cat.png"),
        ("<b>cat</b> *&amp;*.png", "<b>cat</b> *&amp;*.png"),
        ("\u202egnp.tac\u202c", "gnp.tac"),
        ("a\u2066b\u200fc\x07d\ud800e", "abc de"),
        (" \n\t ", "Picture"),
        ("", "Picture"),
        ("قطة.png", "قطة.png"),
        ("x" * 10_000 + ".png", "x" * 50 + "…" + "x" * 45 + ".png"),
        (None, "Picture"),
    ],
)
def test_a_name_is_one_short_line_that_turns_nothing_around(name, shown):
    with session(**{state._NOTES: []}):
        assert uploads.receive({"name": name, "data": base64.b64encode(file_of(COLOURS)).decode()})
        assert uploads.current_upload().name == shown


# Everything that makes an image of a file, under a hook that hears of each open. Its last line is what the test reads.
_WATCHED = """
import base64, json, os, sys, tempfile
from pathlib import Path
from cnnviz.core.images import preview
from cnnviz.ui import state, uploads
from cnnviz.ui.current import current_image
from tests.ui.apps import session

files = json.load(sys.stdin)
heard, making = [], ("os.mkdir", "os.rename", "os.link", "os.symlink", "tempfile.mkstemp", "tempfile.mkdtemp")

def hear(event, arguments):
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    if event in making or (event == "open" and arguments[2] & writing):
        heard.append(f"{event} {arguments[0]}")

def written():
    "Bytes that this process has written anywhere, by C code or Python."
    return int(Path("/proc/self/io").read_text().split("wchar:")[1].split()[0]) if Path("/proc/self/io").exists() else 0

sys.addaudithook(hear)
before, titles = written(), []
for name, data in files.items():
    with session(**{state._NOTES: []}):
        uploads.receive({"name": name, "data": data})
        image = current_image()
        preview(image.whole)
        image.painted()
        titles.append(image.title)
report = {"titles": titles, "heard": list(heard), "bytes": written() - before}
tempfile.TemporaryFile().close()  # what the hook must not miss
print(json.dumps(report | {"control": heard[len(report["heard"]):]}))
"""


def test_nothing_of_a_picture_is_written_to_disk():
    noise = RANDOM.integers(0, 256, (1500, 2000, 3), dtype=np.uint8)
    files = {kind: file_of(COLOURS, kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")}
    files |= {kind: file_of(COLOURS, "TIFF", compression=kind) for kind in ("tiff_lzw", "jpeg", "tiff_adobe_deflate")}
    files |= {"large": file_of(noise, "JPEG", quality=95), "large too": file_of(noise)}
    broken = {"cut short": files["JPEG"][:900], "text": b"Dear diary", "none": b""}
    texts = {name: base64.b64encode(data).decode() for name, data in (files | broken).items()}
    done = subprocess.run(
        [sys.executable, "-B", "-c", _WATCHED], input=json.dumps(texts), cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["titles"] == [*files, *["Small integers"] * len(broken)]
    assert report["heard"] == []
    assert report["bytes"] == 0
    assert report["control"]


class OwnSession(local):
    """A session state for each thread, as Streamlit has one for each student."""

    def __init__(self):
        defaults = {parameter.name: parameter.default for parameter in parameters.PARAMETERS.values()}
        self.__dict__["settings"] = state.Settings(defaults)
        self.__dict__[state._NOTES] = []

    def __contains__(self, key):
        return key in self.__dict__

    def __getitem__(self, key):
        return self.__dict__[key]

    def __setitem__(self, key, value):
        self.__dict__[key] = value

    def get(self, key, default=None):
        return self.__dict__.get(key, default)


def test_twenty_students_at_once_each_see_their_own_picture():
    """All under the same name and of the same size, with the caches that they share between them."""
    samples, ready = list(SAMPLES), Barrier(20)

    def student(number: int) -> int:
        random = np.random.default_rng(number)
        now, checked = state.settings(), 0
        ready.wait(60)
        for _ in range(4):
            pixels = random.integers(0, 256, (40, 50, 4), dtype=np.uint8)
            data = file_of(pixels)
            assert uploads.receive(message(data, "picture.png"))
            for _ in range(12):
                now.size, now.colour = int(random.integers(5, 129)), bool(random.integers(2))
                now.cut = Cut(*random.integers(0, 500, 2).tolist(), 700) if random.integers(2) else None
                if random.integers(3):
                    now.image, now.ground = parameters.UPLOAD, str(random.choice(["white", "black"]))
                    whole = decode_image(data, parameters.GROUNDS[now.ground])
                else:
                    now.image = str(random.choice(samples))
                    whole = sample_image(now.image)
                shown = current_image()
                np.testing.assert_array_equal(shown.base, fit_image(whole, now.size, now.colour, now.cut))
                np.testing.assert_array_equal(shown.whole, whole)
                checked += 1
        return checked

    with patch.object(st, "session_state", OwnSession()), ThreadPoolExecutor(20) as students:
        assert sum(students.map(student, range(20))) == 20 * 48


def test_a_crop_cuts_the_page_s_image_and_travels_in_the_link():
    app = opened(image="cat", cut="100,250,400")
    sent = payloads(app)
    wanted = fit_image(sample_image("cat"), 64, False, Cut(100, 250, 400))
    np.testing.assert_array_equal(decode(sent["image"]), wanted)
    assert sent["page"]["link"] == "image=cat&cut=100,250,400"
    oblong = payloads(opened(image="cat", cut="100,250,400,800"))
    assert oblong["image"]["shape"] == [1, 32, 64]
