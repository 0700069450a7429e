"""Maps become pictures whose colours mean their values."""

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.core.trace import trace
from cnnviz.figures.mosaic import GAP, mosaic, overlaid


def test_each_cell_has_the_colour_of_its_value():
    maps = np.array([[[-2.0, 0.0], [1.0, 2.0]], [[0.0, 0.0], [0.0, -1.0]]])
    picture = np.asarray(mosaic(maps, side=20, columns=2))
    assert picture.shape == (20, 40 + GAP, 3)
    assert picture[0, 0].tolist() == [178, 24, 43]
    assert picture[0, 15].tolist() == [247, 247, 247]
    assert picture[15, 15].tolist() == [33, 102, 172]
    assert picture[5, 20 + GAP + 5].tolist() == [247, 247, 247]


def test_a_traced_network_of_ones_own_can_be_looked_at_in_a_notebook():
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(4, 9, 3), nn.Flatten(), nn.Linear(9 * 16, 5)
    )
    layers = trace(network, torch.rand(1, 1, 14, 14))
    for layer in layers:
        picture = mosaic(layer)
        assert picture._repr_png_()  # what a notebook shows
        assert picture.width > 20
    assert mosaic(layers["3"], columns=3, side=40).size == (3 * 40 + 2 * GAP, 3 * 40 + 2 * GAP)


@pytest.mark.parametrize("shape", [(2, 2), (2, 3, 4, 5)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="Maps have the shape"):
        mosaic(np.zeros(shape))


def test_what_counts_is_coloured_and_the_rest_stays_grey():
    heat = np.zeros((4, 4))
    heat[0, 0], heat[3, 3] = 1.0, -1.0
    picture = np.asarray(overlaid(np.full((3, 4, 4), 0.5), heat, signed=True, side=4)).astype(int)
    assert picture[0, 0].tolist() == [33, 102, 172]
    assert picture[3, 3].tolist() == [178, 24, 43]
    assert np.ptp(picture[1, 1]) <= 1
