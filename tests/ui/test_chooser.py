"""The image chooser: what it is told, and what it may say."""

import base64
import io
from unittest.mock import patch

import numpy as np
import pytest
import streamlit as st
from PIL import Image

from cnnviz.core.cut import Cut
from cnnviz.core.decoding import decode_image
from cnnviz.core.images import fit_image
from cnnviz.core.samples import FILES, FOLDER, SAMPLES, sample_image
from cnnviz.figures.contact_sheet import COLUMNS, FILE
from cnnviz.ui import inputs, parameters, state
from cnnviz.ui.inputs import take
from tests.parcels import decode
from tests.ui.apps import opened, payloads, run, session

STROKES = "p200_00rs1011.e100_dwdwdw00"


def say(app, **said):
    """Has the page hear what its chooser says, and run."""
    with patch.object(st, "session_state", app.session_state):
        inputs.take(said)
    return payloads(run(app))


def test_another_picture_begins_without_strokes_and_at_its_own_size():
    app = opened(image="cat", size="20", strokes=STROKES)
    before = payloads(app)
    assert (before["image"]["shape"], before["page"]["image"]["strokes"]) == ([1, 20, 20], STROKES)
    assert (before["chooser"]["shown"], before["chooser"]["size"]) == ("cat", 20)
    after = say(app, image="coffee", colour="0")
    assert (after["image"]["shape"], after["page"]["image"]["strokes"]) == ([1, 64, 64], "")
    assert after["page"]["image"]["source"] != before["page"]["image"]["source"]
    assert after["page"]["link"] == "image=coffee"
    assert (after["chooser"]["shown"], after["chooser"]["size"]) == ("coffee", 64)


def test_another_size_keeps_the_picture_and_its_strokes():
    app = opened(image="cat", strokes=STROKES)
    before = payloads(app)
    after = say(app, choice="0", size="20", colour="0", cut="")
    assert (after["image"]["shape"], after["page"]["link"]) == ([1, 20, 20], "image=cat&size=20")
    assert after["page"]["image"]["source"] == before["page"]["image"]["source"]
    # its own size again, which no link needs to say
    assert say(app, choice="0", size="64", colour="0", cut="")["page"]["link"] == "image=cat"


def test_what_was_said_of_the_picture_before_is_not_heard():
    app = opened(image="digit_3", size="20")
    say(app, image="coffee", colour="0")
    after = say(app, choice="0", size="20", colour="1", cut="100,0,500")
    assert after["image"]["shape"] == [3, 64, 64]  # the colours are those of all pictures
    assert after["page"]["link"] == "image=coffee&colour=1"


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"image": "nowhere"},
        {"image": "upload"},  # nothing was brought along
        {"image": ""},
        {"choice": "0", "size": "4"},
        {"choice": "0", "size": "1e9"},
        {"choice": "0", "size": "wide"},
        {"choice": "0", "cut": "1,2"},
        {"choice": "0", "ground": "pink"},
        {"choice": "x", "size": "20"},
        {"colour": "blue"},
        {"strokes": STROKES, "kernel": "box_3"},
    ],
)
def test_what_no_chooser_says_changes_nothing(said):
    with session(image="cat", size=20, cut=Cut(0, 0, 500)) as now:
        before = dict(now)
        take(said)
        assert now == before


@pytest.mark.parametrize("asked", [None, 7, "", "3", "3;", ";;;", "1;image=%zz"])
def test_a_message_that_no_chooser_writes_is_borne(asked):
    class Said:
        pass

    Said.asked = asked
    with session(image="cat", **{inputs._KEY: Said}) as now:
        inputs._asked()
        assert now.image == "cat"


def test_it_is_told_which_of_its_messages_was_heard_last():
    class Said:
        asked = "12;image=coffee&colour=1"

    with session(**{inputs._KEY: Said}) as now:
        inputs._asked()
        assert (now[inputs._HEARD], now.image, now.colour) == ("12", "coffee", True)


def test_the_page_takes_the_whole_picture_from_where_the_weights_come_or_is_sent_it():
    for key in ("cat", "digit_3", "cifar10_5"):
        crop = payloads(opened(image=key))["chooser"]["crop"]
        file = FOLDER / FILES[SAMPLES[key].group].format(key)
        assert crop["file"] == f"samples/{file.relative_to(FOLDER)}"
        assert decode_image(file.read_bytes()).shape[1:] == (crop["height"], crop["width"])
        assert "picture" not in crop
    assert payloads(opened(image="face"))["chooser"]["crop"]["picture"].startswith("data:image/png;base64,")
    assert payloads(opened(image="draw"))["chooser"]["crop"] is None
    assert (
        payloads(opened("network", network="cifar10", image="cat"))["chooser"]["crop"] is None
    )  # that page has its own


def test_the_sheet_has_a_cell_for_each_picture_and_the_thumbnail_the_strokes():
    app = opened()
    chooser = payloads(app)["chooser"]
    assert [key for *_, choices in chooser["gallery"] for key, _ in choices] == list(SAMPLES)
    assert chooser["sheet"]["columns"] == COLUMNS
    assert chooser["sheet"]["count"] == len(SAMPLES)
    assert chooser["sheet"]["file"].startswith(f"{FILE.name}?v=")
    with patch.object(st, "session_state", app.session_state):
        state.read({"strokes": STROKES}, [parameters.PARAMETERS["strokes"]])
    drawn = payloads(run(app))["chooser"]
    assert drawn["thumbnail"] != chooser["thumbnail"]
    assert drawn["source"] == chooser["source"]


def test_colour_and_cut_are_heard_at_once():
    app = opened(image="cat")
    after = say(app, choice="0", size="64", colour="1", cut="100,250,400,800")
    np.testing.assert_array_equal(
        decode(after["image"]), fit_image(sample_image("cat"), 64, True, Cut(100, 250, 400, 800))
    )
    assert after["page"]["link"] == "image=cat&colour=1&cut=100,250,400,800"
    assert after["answer"]["image"] == after["image"]["id"]
    assert after["chooser"]["crop"]["text"] == "100,250,400,800"


def test_a_sample_that_stands_in_is_named_and_cannot_be_fitted():
    own = payloads(opened("network", network="cifar10", image="cat"))["chooser"]
    stand_in = payloads(opened("network", network="cifar10", image="digit_3"))["chooser"]
    assert stand_in.keys() == own.keys()
    assert (stand_in["shown"], stand_in["fitted"]) == ("cifar10_0", False)
    assert (own["shown"], own["fitted"]) == ("cat", True)


def test_a_page_of_coloured_planes_shows_the_picture_in_colour_and_asks_for_none():
    chooser = payloads(opened("channels", image="coffee"))["chooser"]
    assert chooser["tinted"]
    data = base64.b64decode(chooser["thumbnail"].partition(",")[2])
    red, _, blue = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=int).transpose(2, 0, 1)
    assert (red - blue).max() > 60  # coffee is brown
    assert not payloads(opened(image="coffee"))["chooser"]["tinted"]
