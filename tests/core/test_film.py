"""The films of the shipped networks' trainings."""

import json

import pytest
import torch
from safetensors.torch import save_file

from cnnviz.core.film import TENSORS, load_film
from cnnviz.core.network import NETWORKS, NetworkError, load_card, load_network


@pytest.fixture
def folder(tmp_path):
    """A film of three frames under the name "mnist"."""
    film = {"steps": [0, 1, 9], "epochs": [0.0, 0.1, 0.9], "accuracy": [0.1, 0.2, 0.8]}
    (tmp_path / "mnist.json").write_text(json.dumps({"labels": list("0123456789"), "film": film}))
    tensors = {key: torch.rand(3, *shape) for key, shape in TENSORS.items()}
    save_file(tensors, tmp_path / "mnist_film.safetensors")
    return tmp_path


def test_a_film_comes_back_frame_by_frame(folder):
    film = load_film("mnist", folder)
    assert len(film) == 3
    assert film.steps == (0, 1, 9)
    assert film.accuracies[-1] == 0.8
    assert torch.equal(film.frame(-1)["conv2.weight"], film.tensors["conv2.weight"][2])
    assert {key: tuple(tensor.shape) for key, tensor in film.frame(0).items()} == TENSORS


def test_a_film_of_another_length_than_the_card_says_is_refused(folder):
    card = json.loads((folder / "mnist.json").read_text())
    card["film"]["steps"] = [0, 1]
    (folder / "mnist.json").write_text(json.dumps(card))
    with pytest.raises(
        NetworkError, match=r"not the frames of .*should be \(2, 6, 3, 5, 5\), but is \(3, 6, 3, 5, 5\)"
    ):
        load_film("mnist", folder)


def test_a_card_without_a_film_says_what_to_run(folder):
    (folder / "mnist.json").write_text(json.dumps({"labels": list("0123456789")}))
    with pytest.raises(NetworkError, match=r"no film.*make train"):
        load_film("mnist", folder)


def test_a_missing_film_says_what_to_run(folder):
    (folder / "mnist_film.safetensors").unlink()
    with pytest.raises(NetworkError, match=r"frames of the film of the network 'mnist' are missing.*make train"):
        load_film("mnist", folder)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_shipped_film_begins_with_guessing_and_ends_as_well_as_the_network(name):
    film, card = load_film(name), load_card(name)
    assert len(film) >= 30
    assert film.accuracies[0] == pytest.approx(0.1, abs=0.05)
    assert film.accuracies[-1] == pytest.approx(card["test_accuracy"], abs=0.03)
    assert film.steps == tuple(sorted(set(film.steps)))


def test_the_film_of_the_photograph_network_ends_with_the_shipped_network():
    film, network = load_film("cifar10"), load_network("cifar10")
    assert film.epochs[-1] == load_card("cifar10")["epochs"]
    for key, tensor in film.frame(-1).items():
        assert torch.equal(tensor, network.state_dict()[key])


def test_the_film_of_the_digit_network_is_of_a_shorter_run_and_the_card_says_so():
    told = load_card("mnist")["film"]
    assert told["epochs"][-1] < load_card("mnist")["epochs"]
    assert "a shorter run" in told["of"]
