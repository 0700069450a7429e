"""The optimiser's walk."""

import pytest
import torch
from torch import nn

from cnnviz.core.training.descent import Descent, descend


def walk(how, steps=20, watch=lambda *_: None):
    """A line through points of y = 3·x, found by least squares."""
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    points = torch.linspace(-1, 1, 16)[:, None]

    def epoch():
        for _ in range(steps):
            yield points, 3 * points

    return model, descend(model, how, epoch, steps, lambda m, x, y: ((m(x) - y) ** 2).mean(), "walk", watch)


def test_it_finds_the_least_squares_and_the_average_follows():
    model, average = walk(Descent(epochs=20, decay=0.0, average=0.9))
    assert model.weight.item() == pytest.approx(3, abs=1e-3)
    assert average.weight.item() == pytest.approx(3, abs=1e-2)


def test_decay_pulls_at_weights_and_not_at_biases():
    model, _ = walk(Descent(epochs=20, decay=0.5))
    assert model.weight.item() < 2.5
    assert model.bias.item() == pytest.approx(0, abs=1e-3)


def test_the_average_is_the_weighted_mean_of_all_it_has_seen():
    seen = []
    _, average = walk(Descent(epochs=1, average=0.8), watch=lambda step, a, m: seen.append(m.weight.item()))
    wanted = seen[0]
    for step, value in enumerate(seen[1:], start=1):
        kept = min(0.8, (1 + step) / (10 + step))
        wanted = kept * wanted + (1 - kept) * value
    assert average.weight.item() == pytest.approx(wanted, abs=1e-5)


def test_whoever_watches_sees_the_start_and_every_step():
    steps = []
    walk(Descent(epochs=2), steps=3, watch=lambda step, a, m: steps.append(step))
    assert steps == [0, 1, 2, 3, 4, 5, 6]
