"""Training, from a folder of Parquet files to weights, a card and a film."""

import dataclasses

import pytest
import torch

from cnnviz.core.film import load_film
from cnnviz.core.network import load_card, load_network, probe, weights_digest
from cnnviz.core.training.__main__ import main
from cnnviz.core.training.augmentation import Augmentation
from cnnviz.core.training.descent import Descent
from cnnviz.core.training.recipes import RECIPES
from cnnviz.core.training.teacher import Distillation


@pytest.fixture(autouse=True)
def _few_drawings(monkeypatch):
    monkeypatch.setattr("cnnviz.core.training.parts.CANVASES", (28, 40))


@pytest.fixture
def _a_small_teacher(monkeypatch):
    how = Distillation(temperature=2.0, weight=0.5, teacher=Descent(epochs=1), augmentation=Augmentation(flip=True))
    monkeypatch.setitem(RECIPES, "cifar10", dataclasses.replace(RECIPES["cifar10"], distillation=how))


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


@pytest.mark.usefixtures("_a_small_teacher")
def test_a_teacher_is_trained_once_and_then_read_from_its_file(folder, tmp_path, capsys):
    command = ["--network", "cifar10", "--data", str(folder), "--epochs", "1", "--teacher", str(tmp_path / "teacher")]
    main([*command, "--out", str(tmp_path / "a")])
    assert "teacher  " in capsys.readouterr().err
    main([*command, "--out", str(tmp_path / "b")])
    assert "teacher  " not in capsys.readouterr().err
    a, b = (load_card("cifar10", tmp_path / name) for name in "ab")
    assert a["sha256"] == b["sha256"]
    assert a["teacher"] == b["teacher"]
    assert a["teacher"]["training_rows"] == 234
    assert main([*command, "--seed", "1", "--out", str(tmp_path)]) == 1
    assert "was trained in another way" in capsys.readouterr().err


@pytest.mark.usefixtures("_a_small_teacher")
def test_a_file_that_holds_no_teacher_is_refused(folder, tmp_path, capsys):
    (tmp_path / "teacher").write_bytes((2).to_bytes(8, "little") + b"{}")
    assert main(["--network", "cifar10", "--data", str(folder), "--teacher", str(tmp_path / "teacher")]) == 1
    assert "does not hold a teacher's weights" in capsys.readouterr().err


def test_the_same_seed_gives_the_same_weights(folder, tmp_path):
    for name in ("a", "b"):
        main(["--network", "cifar10", "--data", str(folder), "--epochs", "1", "--out", str(tmp_path / name)])
    assert load_card("cifar10", tmp_path / "a")["sha256"] == load_card("cifar10", tmp_path / "b")["sha256"]


def test_a_missing_folder_ends_in_one_sentence(tmp_path, capsys):
    assert main(["--data", str(tmp_path / "nowhere"), "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "mnist/test.parquet is missing" in said
    assert "Traceback" not in said
