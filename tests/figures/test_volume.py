"""The volume in space holds the real maps."""

import numpy as np
import pytest

from cnnviz.figures.volume import FLAT, volume_figure


def test_each_slice_is_the_real_map_on_one_scale():
    maps = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    figure = volume_figure(maps)
    surfaces = figure.data
    assert len(surfaces) == 6
    for at, surface in enumerate(surfaces):
        sample, channel = divmod(at, 3)
        colours, across, up = (np.asarray(each) for each in (surface.surfacecolor, surface.x, surface.z))
        assert surface.cmax == -surface.cmin == np.abs(maps).max()
        left = across.min()
        for row in range(4):  # all four corners of a cell have its own colour: nothing is blended
            for col in range(5):
                corners = np.s_[2 * row : 2 * row + 2, 2 * col : 2 * col + 2]
                assert (colours[corners] == maps[sample, channel, row, col]).all()
                assert (across[corners] == left + np.array([col, col + 1])).all()
                assert (up[corners] == np.array([[4 - row], [3 - row]])).all()
    depths = [np.asarray(surface.y)[0, 0] for surface in surfaces[:3]]
    assert depths == sorted(set(depths))
    scene = figure.layout.scene
    assert [axis.title.text for axis in (scene.xaxis, scene.yaxis, scene.zaxis)] == [
        "N = 2, W = 5",
        "C = 3",
        "H = 4",
    ]


def test_a_large_map_keeps_its_values_with_fewer_corners():
    maps = np.random.default_rng(0).normal(size=(1, 1, 6, FLAT + 1)).astype(np.float32)
    (surface,) = volume_figure(maps).data
    assert np.array_equal(np.asarray(surface.surfacecolor)[:-1, :-1], maps[0, 0])


@pytest.mark.parametrize("shape", [(3, 4, 4), (0, 3, 4, 4), (1, 1, 1, 1, 1)])
def test_anything_else_is_refused(shape):
    with pytest.raises(ValueError, match="N × C × H × W"):
        volume_figure(np.zeros(shape))
