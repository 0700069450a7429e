"""The film of a training."""

import itertools

import pytest
import torch

from cnnviz.core.network import NormedConvNet
from cnnviz.core.training.recorder import Recorder, frame_steps


@pytest.mark.parametrize(("total", "frames"), [(85_000, 40), (21_000, 40), (41, 40), (40, 40)])
def test_frames_begin_at_the_start_end_at_the_end_and_lie_closer_early_on(total, frames):
    steps = frame_steps(total, frames)
    assert len(steps) == frames
    assert (steps[0], steps[1], steps[-1]) == (0, 1, total)
    gaps = [after - before for before, after in itertools.pairwise(steps)]
    assert all(gap > 0 for gap in gaps)
    assert gaps[0] <= gaps[len(gaps) // 2] <= gaps[-1]


def test_a_training_shorter_than_its_film_has_a_frame_for_every_step():
    assert frame_steps(5, 40) == [0, 1, 2, 3, 4, 5]


def test_a_frame_is_the_average_folded():
    torch.manual_seed(0)
    average = NormedConvNet(torch.full((3,), 0.4), torch.full((3,), 0.3))
    last = NormedConvNet(torch.full((3,), 0.4), torch.full((3,), 0.3))
    recorder = Recorder(2, torch.zeros(4, 3, 32, 32, dtype=torch.uint8), torch.zeros(4, dtype=torch.int64))
    for step in range(3):
        average.norms["conv1"].running_var.fill_(step + 1.0)
        recorder(step, average, last)
    assert recorder.steps == [0, 1, 2]
    tensors = recorder.tensors()
    assert tensors["conv2.weight"].shape == (3, 16, 6, 5, 5)
    for step in range(3):
        average.norms["conv1"].running_var.fill_(step + 1.0)
        assert torch.equal(tensors["conv1.weight"][step], average.folded().conv1.weight)
    told = recorder.for_card(per_epoch=2, measured_on="black squares")
    assert told["epochs"] == [0.0, 0.5, 1.0]
    assert len(told["accuracy"]) == 3
