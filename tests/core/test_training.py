"""Training, from a folder of Parquet files to weights and a card."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import torch
from PIL import Image

from cnnviz.core.datasets import DatasetError
from cnnviz.core.network import load_card, load_network
from cnnviz.core.training import Augmentation, Progress, augment, confusion_matrix, framed, main


@pytest.fixture(autouse=True)
def _few_drawings(monkeypatch):
    monkeypatch.setattr("cnnviz.core.training.CANVASES", (28, 40))


@pytest.fixture
def folder(tmp_path):
    """A tiny world of two digits: ones are upright bars, zeros are frames."""
    random = np.random.default_rng(0)
    path = {0: [[0, 0], [60, 0], [60, 90], [0, 90], [0, 0]], 1: [[0, 0], [0, 90]]}

    def picture(label):
        pixels = np.zeros((28, 28), np.uint8)
        row, col = random.integers(3, 6, 2)
        pixels[row : row + 18, col : col + 12] = 255
        if label == 0:
            pixels[row + 3 : row + 15, col + 3 : col + 9] = 0
        else:
            pixels[:, col + 4 :] = 0
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        return {"bytes": file.getvalue(), "path": None}

    def strokes(label):
        return json.dumps([(np.array(path[label]) + random.normal(0, 4, (len(path[label]), 2))).tolist()])

    for name, rows in (("mnist/train", 240), ("mnist/test", 60), ("pendigits/train", 80)):
        labels = [row % 2 for row in range(rows)]
        column = "strokes" if name.startswith("pen") else "image"
        make = strokes if column == "strokes" else picture
        file = tmp_path / "data" / f"{name}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(pa.table({column: [make(label) for label in labels], "label": labels}), file)
    return tmp_path / "data"


def test_one_command_goes_from_parquet_files_to_weights_and_a_card_that_load(folder, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["--network", "mnist", "--data", str(folder), "--epochs", "6", "--seed", "5", "--out", str(out)]) == 0
    network, card = load_network("mnist", out), load_card("mnist", out)
    assert network(torch.zeros(1, 3, 32, 32)).shape == (1, 10)
    assert card["test_accuracy"] >= 0.9
    assert card["test_rows"] == sum(map(sum, card["confusion_matrix"])) == 60
    assert (card["seed"], card["epochs"], card["parameters"]) == (5, 6, 62_006)
    assert dict(card["training_rows"]) == {"MNIST": 240, "pen digits": 80}
    assert card["held_out"]["rows"]["MNIST"] == 20
    assert set(card["held_out"]["accuracy"]) == {"MNIST", "pen digits"}
    assert [row["canvas"] for row in card["held_out"]["by_canvas_and_pen"]] == [28] * 4 + [40] * 4
    said = capsys.readouterr()
    assert "on 60 test pictures" in said.out
    assert "training" in said.err
    assert "100 %" in said.err


def test_the_same_seed_gives_the_same_weights(folder, tmp_path):
    cards = []
    for name in ("a", "b"):
        main(["--data", str(folder), "--epochs", "1", "--out", str(tmp_path / name)])
        cards.append(load_card("mnist", tmp_path / name))
    assert cards[0]["sha256"] == cards[1]["sha256"]


def test_a_missing_folder_ends_in_one_sentence(tmp_path, capsys):
    assert main(["--data", str(tmp_path / "nowhere"), "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "mnist/test.parquet is missing" in said
    assert "Traceback" not in said


def test_without_augmentation_pictures_stay_as_they_are():
    images = torch.rand(4, 1, 32, 32)
    assert torch.equal(augment(images, Augmentation()), images)


def test_a_shift_moves_the_mass_by_no_more_than_it_says():
    torch.manual_seed(0)
    images = torch.zeros(200, 1, 32, 32)
    images[:, :, 14:18, 14:18] = 1
    moved = augment(images, Augmentation(shift=3))
    middles = torch.arange(32) + 0.5
    rows = (moved.sum(dim=(1, 3)) * middles).sum(dim=1) / 16 - 16
    assert rows.abs().max() <= 3 + 1e-4
    assert rows.min() < -2
    assert rows.max() > 2
    torch.testing.assert_close(moved.sum(dim=(1, 2, 3)), torch.full((200,), 16.0), atol=1e-3, rtol=0)


def test_a_rotation_keeps_lengths_in_the_middle():
    torch.manual_seed(0)
    bar = torch.zeros(50, 1, 32, 32)
    bar[:, :, 6:26, 14:18] = 1
    turned = augment(bar, Augmentation(degrees=40))
    torch.testing.assert_close(turned.sum(dim=(1, 2, 3)), torch.full((50,), 80.0), atol=2.0, rtol=0)
    assert (turned - bar).abs().amax(dim=(1, 2, 3)).median() > 0.9


def test_a_confusion_matrix_counts_labels_by_row():
    matrix = confusion_matrix(torch.tensor([1, 1, 2, 0]), torch.tensor([1, 2, 2, 0]), 3)
    assert matrix.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]


def test_pictures_are_framed_in_the_middle_of_32_by_32():
    grey = framed(np.full((2, 28, 28), 9, np.uint8))
    assert grey.shape == (2, 1, 1, 32, 32)
    assert (grey[:, :, :, 2:30, 2:30] == 9).all()
    assert grey.sum() == 2 * 9 * 28 * 28
    colour = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    np.testing.assert_array_equal(framed(colour)[:, 0].permute(0, 2, 3, 1), colour)


def test_pictures_larger_than_the_network_reads_are_refused():
    with pytest.raises(DatasetError, match=r"32×32 at most; these are \(40, 28\)"):
        framed(np.zeros((2, 40, 28), np.uint8))


def test_progress_in_a_log_is_a_line_for_every_tenth(capsys):
    progress = Progress("work", 1000)
    for done in range(1, 1001):
        progress.show(done, f"loss {done}")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert "100 %" in lines[-1]
    assert "0:00 left" in lines[-1]
    assert "loss 1000" in lines[-1]
