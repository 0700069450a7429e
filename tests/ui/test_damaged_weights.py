"""The network page where weights are damaged, or those of another network: one sentence, and the rest stays usable."""

import json
import re

import pytest
import torch
from safetensors.torch import load_file, save_file

from cnnviz.core.network import ASSETS, load_network
from cnnviz.ui import cached
from tests.ui.apps import opened, payloads, run


def cut_short(weights, file):
    save_file(weights, file)
    file.write_bytes(file.read_bytes()[:1000])


def of_other_shapes(weights, file):
    save_file(weights | {"conv1.weight": torch.zeros(8, 3, 5, 5)}, file)


def not_finite(weights, file):
    save_file(weights | {"fc3.bias": torch.full((10,), torch.nan)}, file)


def no_weights_at_all(weights, file):
    file.write_text("<html>404 Not Found</html>")


@pytest.fixture
def damage(monkeypatch, tmp_path):
    """damage(how, *names): these networks' weights are damaged so, for whoever loads them."""

    def forget():
        for held in (
            cached.network,
            cached.network_description,
            cached.network_text,
            cached.blank_trace,
            cached.readings,
        ):
            held.cache_clear()

    def damaged(how, *names):
        for name in names:
            how(load_file(ASSETS / f"{name}.safetensors"), tmp_path / f"{name}.safetensors")
        forget()
        monkeypatch.setattr(
            cached, "load_network", lambda name: load_network(name, tmp_path if name in names else ASSETS)
        )

    yield damaged
    forget()


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        (cut_short, r"The weights of the network 'mnist' cannot be read \(.*\)\."),
        (of_other_shapes, r"These are not the weights of the network 'mnist' \(.*\): conv1.weight should be \(6, 3, 5, 5\), but is \(8, 3, 5, 5\)\."),
        (not_finite, r"The weights of the network 'mnist' hold values that are not finite numbers \(.*\)\."),
        (no_weights_at_all, r"The weights of the network 'mnist' cannot be read \(.*\)\."),
    ],
)  # fmt: skip
def test_damaged_weights_are_said_in_a_sentence_and_the_other_network_is_shown(damage, how, sentence):
    damage(how, "mnist")
    app = opened("network")
    (error,) = app.error
    assert re.fullmatch(
        f"{sentence} Install cnnviz again, or run `make train DATA=folder` \\(see the README\\)\\.", error.value
    )
    sent = payloads(app)
    assert [json.loads(text)["network"]["name"] for text in sent["page"]["networks"]] == ["cifar10"]
    assert sent["page"]["chosen"] == "cifar10"
    assert sent["answer"]["network"] == "cifar10"
    for room in ("Compare", "Verdict"):
        app.session_state["room"] = room
        run(app)
    assert len(app.get("plotly_chart")) == 2
    assert len(app.error) == 1


def test_without_any_network_there_is_one_sentence_and_the_other_pages_work(damage):
    damage(not_finite, "mnist", "cifar10")
    app = opened("network")
    assert len(app.error) == 1
    app.switch_page("pages/convolution.py")
    run(app)
    assert not app.error
