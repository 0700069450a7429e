"""The volume in space holds the real maps."""

import numpy as np
import pytest

from cnnviz.figures.volume import volume_figure


def test_each_slice_is_the_real_map_on_one_scale():
    maps = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    surfaces = volume_figure(maps).data
    assert len(surfaces) == 6
    for at, surface in enumerate(surfaces):
        sample, channel = divmod(at, 3)
        assert np.array_equal(np.asarray(surface.surfacecolor)[:-1, :-1], maps[sample, channel])
        assert surface.cmax == -surface.cmin == np.abs(maps).max()
        assert np.asarray(surface.x).shape == (5, 6)
    depths = [np.asarray(surface.y)[0, 0] for surface in surfaces[:3]]
    assert depths == sorted(set(depths))


@pytest.mark.parametrize("shape", [(3, 4, 4), (0, 3, 4, 4), (1, 1, 1, 1, 1)])
def test_anything_else_is_refused(shape):
    with pytest.raises(ValueError, match="N × C × H × W"):
        volume_figure(np.zeros(shape))
