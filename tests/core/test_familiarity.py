"""What is near the training pictures counts as familiar, what is far does not."""

import json
import shutil

import pytest
import torch

from cnnviz.core.familiarity import BEYOND, Familiarity, features_of, framed, load_familiarity, measured
from cnnviz.core.network import ASSETS, load_network
from cnnviz.core.trace import trace


def test_features_are_those_of_the_last_hidden_layer():
    network, x = load_network("mnist"), torch.rand(3, 3, 32, 32)
    torch.testing.assert_close(features_of(network, x), trace(network, x)["relu_3"].output)


def test_distance_counts_standard_deviations_from_the_nearest_class():
    means = torch.zeros(10, 84)
    means[4] = 10
    familiarity = Familiarity(means, torch.full((84,), 2.0), 1.0)
    assert familiarity.distance(torch.tensor([[4.0] * 84, [10.0] * 84, [12.0] * 84])).tolist() == [2, 0, 1]


def test_the_limit_holds_for_the_share_of_test_pictures_that_it_says():
    torch.manual_seed(0)
    network = load_network("mnist")
    pictures = torch.randint(0, 256, (400, 3, 32, 32), dtype=torch.uint8)
    found = measured(network, (pictures, torch.arange(400) % 10), pictures)
    distances = found.distance(features_of(network, pictures.float() / 255))
    assert (distances <= found.limit).float().mean().item() == pytest.approx(BEYOND, abs=0.005)
    assert found.distance(features_of(network, torch.ones(1, 3, 32, 32))) > found.limit


def test_pictures_are_framed_as_the_networks_read_them():
    digit = torch.arange(28 * 28).reshape(1, 28, 28).to(torch.uint8).numpy()
    assert framed(digit).shape == (1, 3, 32, 32)
    assert torch.equal(framed(digit)[0, 2, 2:30, 2:30], torch.from_numpy(digit[0]))
    assert framed(torch.zeros(2, 32, 32, 3, dtype=torch.uint8).numpy()).shape == (2, 3, 32, 32)


def test_what_was_measured_with_other_weights_says_nothing(tmp_path):
    shutil.copy(ASSETS / "mnist.safetensors", tmp_path)
    noted = {"sha256": "0" * 64, "limit": 1.0, "means": [[0.0] * 84] * 10, "spread": [1.0] * 84}
    for text in (json.dumps(noted), "{", "[]", "{}"):
        (tmp_path / "mnist.familiarity.json").write_text(text)
        assert load_familiarity("mnist", tmp_path) is None
