"""Accuracy, confusion and calibration."""

import math

import pytest
import torch
from torch import nn

from cnnviz.core.training.measures import accuracy, calibration, confusion_matrix, predict


def scores_of(*probabilities):
    """Scores whose softmax gives the first of two classes these probabilities."""
    return torch.tensor([[math.log(p / (1 - p)), 0.0] for p in probabilities], dtype=torch.float64)


def test_a_confusion_matrix_counts_labels_by_row():
    matrix = confusion_matrix(torch.tensor([1, 1, 2, 0]), torch.tensor([1, 2, 2, 0]), 3)
    assert matrix.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]


def test_a_reliability_table_sorts_answers_by_their_probability():
    told = calibration(scores_of(0.95, 0.97, 0.75, 0.2), torch.tensor([0, 1, 0, 1]))
    assert [row["rows"] for row in told["bins"]] == [0] * 7 + [1, 1, 2]
    assert told["bins"][9] == {"from": 0.9, "to": 1.0, "rows": 2, "probability": 0.96, "accuracy": 0.5}
    assert told["bins"][8]["probability"] == pytest.approx(0.8)  # 0.2 for the first class is 0.8 for the second
    assert told["bins"][0]["accuracy"] is None
    assert told["sure"] == {"at_least": 0.9, "share": 0.5, "rows": 2, "probability": 0.96, "accuracy": 0.5}
    # gaps 0.46 (twice), 0.25 and 0.2
    assert told["expected_calibration_error"] == pytest.approx((2 * 0.46 + 0.25 + 0.2) / 4, abs=1e-4)


def test_certainty_belongs_to_the_last_bin():
    told = calibration(torch.tensor([[1000.0, 0.0]]), torch.tensor([0]))
    assert told["bins"][9]["rows"] == 1
    assert told["expected_calibration_error"] == 0


def test_answers_that_are_as_often_right_as_they_say_have_no_calibration_error():
    told = calibration(scores_of(*[0.75] * 8), torch.tensor([0] * 6 + [1] * 2))
    assert told["expected_calibration_error"] == pytest.approx(0, abs=1e-4)


class _Brightness(nn.Module):
    """Says 1 for bright pictures."""

    def forward(self, x):
        return torch.stack([0.5 - x.mean(dim=(1, 2, 3)), x.mean(dim=(1, 2, 3)) - 0.5], dim=1)


def test_a_network_is_asked_in_colour_and_in_the_range_from_0_to_1():
    images = torch.stack([torch.full((1, 32, 32), value) for value in (0, 255, 255)]).byte()
    torch.testing.assert_close(predict(_Brightness(), images)[:, 1], torch.tensor([-0.5, 0.5, 0.5]))
    assert accuracy(_Brightness(), images, torch.tensor([0, 1, 0])) == pytest.approx(2 / 3, abs=1e-4)
    assert len(predict(_Brightness(), images[:0])) == 0
