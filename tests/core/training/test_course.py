"""Training, from a folder of Parquet files to weights, a card and a film."""

import pytest
import torch

from cnnviz.core.film import load_film
from cnnviz.core.network import load_card, load_network, probe, weights_digest
from cnnviz.core.training.__main__ import main


@pytest.fixture(autouse=True)
def _few_drawings(monkeypatch):
    monkeypatch.setattr("cnnviz.core.training.parts.CANVASES", (28, 40))


def test_one_command_goes_from_parquet_files_to_weights_a_card_and_a_film_that_load(folder, tmp_path, capsys):
    assert (
        main(["--network", "mnist", "--data", str(folder), "--epochs", "6", "--seed", "5", "--out", str(tmp_path)]) == 0
    )
    network, card = load_network("mnist", tmp_path), load_card("mnist", tmp_path)
    assert network(torch.zeros(1, 3, 32, 32)).shape == (1, 10)
    assert card["test_accuracy"] >= 0.9
    assert card["test_rows"] == sum(map(sum, card["confusion_matrix"])) == 60
    assert (card["seed"], card["epochs"], card["parameters"]) == (5, 6, 62_006)
    assert dict(card["training_rows"]) == {"MNIST": 240, "pen digits": 40}
    assert card["held_out"]["rows"]["MNIST"] == 20
    assert set(card["held_out"]["accuracy"]) == set(card["held_out"]["calibration"]) == {"MNIST", "pen digits"}
    assert [row["canvas"] for row in card["held_out"]["by_canvas_and_pen"]] == [28] * 4 + [40] * 4
    torch.testing.assert_close(network(probe())[0], torch.tensor(card["probe_logits"]), atol=1e-4, rtol=1e-4)
    assert card["sha256"] == weights_digest(tmp_path / "mnist.safetensors")

    film = load_film("mnist", tmp_path)
    assert film.steps[0] == 0
    assert film.epochs[-1] == 6
    assert film.accuracies[0] < film.accuracies[-1] >= 0.9
    for key, tensor in film.frame(-1).items():
        assert torch.equal(tensor, network.state_dict()[key])

    said = capsys.readouterr()
    assert "on 60 test pictures" in said.out
    assert "on 20 held-out rows of MNIST (the rehearsal's network)" in said.out
    assert "training" in said.err
    assert "100 %" in said.err


def test_a_training_without_rehearsal_never_sees_the_held_out_rows(folder, tmp_path):
    main(["--network", "cifar10", "--data", str(folder), "--epochs", "3", "--out", str(tmp_path)])
    card = load_card("cifar10", tmp_path)
    assert card["held_out"]["of"] == "this network"
    assert card["held_out"]["rows"]["CIFAR-10"] == 6
    assert dict(card["training_rows"]) == {"CIFAR-10": 234}
    assert card["labels"][3] == "cat"
    assert card["test_accuracy"] >= 0.9


def test_the_same_seed_gives_the_same_weights(folder, tmp_path):
    for name in ("a", "b"):
        main(["--network", "cifar10", "--data", str(folder), "--epochs", "1", "--out", str(tmp_path / name)])
    assert load_card("cifar10", tmp_path / "a")["sha256"] == load_card("cifar10", tmp_path / "b")["sha256"]


def test_a_missing_folder_ends_in_one_sentence(tmp_path, capsys):
    assert main(["--data", str(tmp_path / "nowhere"), "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "mnist/test.parquet is missing" in said
    assert "Traceback" not in said
