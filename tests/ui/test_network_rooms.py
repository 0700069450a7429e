"""The rooms under the network: closed at first, and each with torch's own numbers."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from cnnviz.core.datasets import DatasetError
from cnnviz.core.edits import edits_from_text
from cnnviz.core.network import load_card, load_network
from cnnviz.core.trace import trace
from cnnviz.core.twins import load_twin
from cnnviz.ui import cached, network_input, network_rooms, network_view, options
from tests.parcels import decode
from tests.ui.apps import opened, payloads, run, session

NOISE = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def entered(room, **link):
    app = opened("network", **link)
    app.session_state["room"] = room
    return run(app)


def text(app):
    return "\n".join(element.value for element in [*app.markdown, *app.caption])


def test_no_room_is_open_at_first():
    app = opened("network")
    assert not app.markdown
    assert not app.get("plotly_chart")


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_the_verdict_says_what_the_card_says(name):
    card = load_card(name)
    app = entered("Verdict", network=name)
    assert len(app.get("plotly_chart")) == 2
    assert f"{card['test_accuracy']:.1%}" in text(app)
    matrix = np.array(card["confusion_matrix"])
    row, col = np.unravel_index((matrix - np.diag(matrix.diagonal())).argmax(), matrix.shape)
    assert (
        f"Of {matrix[row].sum():,} test pictures labelled “{card['labels'][row]}”, it read **{matrix[row, col]:,}**"
        in text(app)
    )


def test_how_sure_it_may_be_comes_from_the_cards_calibration():
    one = next(bin for bin in load_card("cifar10")["calibration"]["bins"] if bin["from"] == 0.6)
    said = network_rooms.sure("cifar10", 0.65)
    assert f"({one['rows']:,} pictures), it was right **{one['accuracy']:.1%}**" in said
    assert "one of ten classes" in said.replace("ten classes", "one of ten classes", 1)


def test_why_shows_four_methods_with_a_sentence_each():
    app = entered("Why this answer", network="cifar10")
    assert len(app.get("image")) == 4
    for word in ("sensitive", "plain picture", "10 × 10", "painted over"):
        assert word in text(app)


def test_comparing_with_the_network_as_trained_shows_what_an_edit_did():
    app = entered("Compare", edits="conv1,o2")
    app.selectbox(key="compare_with").set_value("the network as trained")
    run(app)
    rows = dict(re.findall(r"^\| (conv 1|pool 1) \| ([\d.]+)%", text(app), flags=re.M))
    with session(edits=edits_from_text("conv1,o2")):
        here = network_view.session_trace("mnist")["conv1"].output
    with session():
        trained = network_view.session_trace("mnist")["conv1"].output
    assert float(rows["conv 1"]) == pytest.approx(100 * float((trained - here).norm() / here.norm()), abs=0.06)


@pytest.mark.parametrize("way", ["another picture", "an untrained network", "a twin: 2×2 average pooling"])
def test_two_pictures_or_two_networks_are_compared(way):
    app = entered("Compare", network="cifar10")
    app.selectbox(key="compare_with").set_value(way)
    run(app)
    sent = payloads(app)["comparison"]
    with session(network="cifar10"):
        here = network_view.session_trace("cifar10")["conv2"].output[0].numpy()
    assert (sent["layer"], sent["shape"]) == ("conv2", [16, 10, 10])
    assert np.array_equal(decode(sent["a"]), here)
    assert not np.array_equal(decode(sent["b"]), here)
    captions = [picture.caption for pictures in app.get("image") for picture in pictures.proto.imgs]
    assert captions == (["here", "the other"] if way == "another picture" else ["the same picture in both"])
    assert "| class | here | the other |" in text(app)


def test_a_network_without_pooling_is_compared_where_its_maps_have_counterparts():
    app = entered("Compare", network="cifar10")
    app.selectbox(key="compare_with").set_value("a twin: stride 2 in both convolutions, no pooling")
    run(app)
    assert "conv 1 and conv 2 here, twice as large, have no counterpart" in app.info[0].value
    sent = payloads(app)["comparison"]
    with session(network="cifar10"):
        picture = torch.from_numpy(network_input.session_input("cifar10"))[None]
    its = trace(load_twin("cifar10", "stride", False), picture)
    assert (sent["layer"], sent["title"]) == ("pool", "pool 1")
    assert np.array_equal(decode(sent["b"]), its["relu"].output[0].numpy())
    rows = re.findall(r"^\| (\w+ \d) \| [\d.]+% \|", text(app), flags=re.M)
    assert rows == ["pool 1", "pool 2", "dense 1", "dense 2", "dense 3"]


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_each_cell_of_the_matrix_shows_what_is_bundled_or_says_that_nothing_is(name):
    labels, readings = load_card(name)["labels"], cached.readings(name)
    told = set()
    for label in labels:
        for prediction in labels:
            said, shown = network_rooms.confused(name, label, prediction)
            own = [one for one in readings if (one["label"], one["prediction"]) == (label, prediction)]
            either = [one for one in readings if one["label"] in (label, prediction)]
            assert shown == (own or either)
            assert said.startswith("Of the 20" if own else "None of the 20")
            assert ("nor is any" in said) == (not shown)
            told.add(said.split(" ", 1)[0])
    assert told == {"Of", "None"}


def test_the_test_file_of_the_start_scores_the_changed_network(monkeypatch):
    pictures = (cached.gallery_inputs("mnist") * 255).round().to(torch.uint8)
    labels = torch.tensor([int(one["label"]) for one in cached.readings("mnist")])
    monkeypatch.setattr(cached, "test_set", lambda name, folder: (pictures, labels))
    assert cached.score("mnist", "a", ()) == (20, 20)
    changed = edits_from_text("~".join(f"conv2,o{at}" for at in range(16)))
    right, rows = cached.score("mnist", "a", changed)
    network = network_view.edited(load_network("mnist"), changed)
    assert (right, rows) == (int((network(pictures.float() / 255).argmax(dim=1) == labels).sum()), 20)
    assert right < 20
    # the squares of the matrix open the file's pictures, as the network as trained reads them
    monkeypatch.setattr(options, "data_folder", lambda: Path("a"))
    app = entered("Verdict", edits="conv1,o2")
    bundled = len(app.get("image"))
    app.checkbox(key="square_from_file").check()
    run(app)
    assert "The test file has 0 such pictures." in text(app)
    assert len(app.get("image")) == bundled
    ones = [at for at, one in enumerate(cached.readings("mnist")) if one["label"] == "1"]
    with monkeypatch.context() as every:
        every.setattr(cached, "read_as", lambda name, folder, edits: torch.where(labels == 1, 7, labels))
        app.pills(key="confusion_mnist").set_value((1, 7))
        run(app)
    assert f"The test file has {len(ones)} such pictures:" in text(app)
    assert f"its row {ones[0] + 1}" in [each.proto.imgs[0].caption for each in app.get("image")]


def test_a_folder_without_test_pictures_is_explained(tmp_path):
    with pytest.raises(DatasetError, match="is missing"):
        cached.test_set("mnist", str(tmp_path))


def test_the_folder_is_read_from_the_command_line(monkeypatch):
    options.data_folder.cache_clear()
    monkeypatch.setattr("sys.argv", ["app.py", "--data", "/somewhere"])
    assert options.data_folder() == Path("/somewhere")
    options.data_folder.cache_clear()
    monkeypatch.setattr("sys.argv", ["app.py"])
    assert options.data_folder() is None
    options.data_folder.cache_clear()


@pytest.mark.parametrize(
    ("name", "picture", "reason"),
    [
        ("mnist", torch.zeros(1, 3, 32, 32), "its pixels hardly differ, with a standard deviation of 0.000"),
        ("cifar10", torch.ones(1, 3, 32, 32), "its pixels hardly differ, with a standard deviation of 0.000"),
        ("mnist", NOISE, "the 32 patterns that training pictures are mostly made of"),
        ("cifar10", NOISE, "the 32 patterns that training pictures are mostly made of leave"),
        ("mnist", cached.gallery_inputs("cifar10")[:1], "the 32 patterns"),
        ("cifar10", cached.gallery_inputs("mnist")[:1], "in dense 2 it lies"),
    ],
)
def test_a_strange_picture_is_warned_of_with_the_measure_that_says_so(name, picture, reason):
    with session(network=name):
        said = network_view.warning(name, trace(cached.network(name), picture))
    assert said.startswith("This picture is unlike those the network was trained on, so its answer means little: ")
    assert reason in said
    assert "99% of the test pictures keep within this limit and three others." in said


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_bundled_pictures_are_not_strange(name):
    with session(network=name):
        said = [
            network_view.warning(name, trace(cached.network(name), one[None])) for one in cached.gallery_inputs(name)
        ]
    assert said.count("") >= 19
    with session(network=name, edits=edits_from_text("conv1,o2")):  # other features, of which nothing is known
        assert network_view.warning(name, trace(network_view.session_network(name), torch.zeros(1, 3, 32, 32))) == ""


def test_the_warning_travels_with_torchs_answer():
    assert "warning" in payloads(opened("network"))["answer"]
