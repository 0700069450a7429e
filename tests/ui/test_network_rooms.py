"""The rooms under the network: closed at first, and each with torch's own numbers."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from cnnviz.core.datasets import DatasetError
from cnnviz.core.edits import edits_from_text
from cnnviz.core.network import load_card, load_network
from cnnviz.ui import cached, network_rooms, network_view, options
from tests.ui.apps import opened, payloads, run, session


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
    assert len(app.get("image")) == 3
    rows = dict(re.findall(r"^\| (conv 1|pool 1) \| ([\d.]+)%", text(app), flags=re.M))
    with session(edits=edits_from_text("conv1,o2")):
        here = network_view.session_trace("mnist")["conv1"].output
    with session():
        trained = network_view.session_trace("mnist")["conv1"].output
    assert float(rows["conv 1"]) == pytest.approx(100 * float((trained - here).norm() / here.norm()), abs=0.06)


@pytest.mark.parametrize("way", ["another picture", "an untrained network"])
def test_two_pictures_or_two_networks_are_compared(way):
    app = entered("Compare", network="cifar10")
    app.selectbox(key="compare_with").set_value(way)
    run(app)
    assert len(app.get("image")) == 3
    assert "| class | here | the other |" in text(app)


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


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_a_strange_picture_is_warned_of_if_that_was_measured(name):
    familiarity, network = cached.familiarity(name), cached.network(name)
    picture = torch.ones(1, 3, 32, 32)
    with session(network=name):
        said = network_view.warning(name, network, picture)
        if familiarity is None:  # nobody has measured it with these weights
            assert said == ""
            return
        distance = familiarity.distance(network_view.features_of(network, picture)).item()
        assert bool(said) == (distance > familiarity.limit)
        own = [network_view.warning(name, network, one[None]) for one in cached.gallery_inputs(name)]
    assert own.count("") >= 18


def test_the_warning_travels_with_torchs_answer():
    assert "warning" in payloads(opened("network"))["answer"]
