"""The picture of an image with what one unit sees of it."""

import numpy as np

from cnnviz.figures.palette import ACCENT
from cnnviz.figures.receptive import image_with_box, map_picture

AMBER = list(ACCENT)


def test_the_frame_lies_on_the_edge_of_the_box():
    picture = image_with_box(np.zeros((1, 4, 4), np.float32), (1, 2, 3, 4), side=80)
    assert picture.shape == (80, 80, 3)
    amber = np.argwhere((picture == AMBER).all(axis=-1))
    assert amber.min(axis=0).tolist() == [21, 41]  # inside a dark line of one pixel
    assert amber.max(axis=0).tolist() == [58, 78]
    assert not picture[:20].any()


def test_what_does_not_count_fades_even_where_it_was_black():
    image = np.zeros((3, 2, 2), np.float32)
    image[:, 1, 1] = 1
    active = np.array([[1.0, 0.0], [0.25, 0.0]])
    picture = image_with_box(image, None, active=active, side=2)
    black_that_counts, black_that_does_not, half, white_that_does_not = picture[..., 0].ravel().tolist()
    assert black_that_counts == 0
    assert 170 < black_that_does_not < white_that_does_not < 230
    assert 0 < half < black_that_does_not
    nothing = image_with_box(image, None, active=np.zeros((2, 2)), side=2)
    assert nothing.min() > 170


def test_a_maps_cell_is_framed_where_it_is():
    picture = map_picture(np.arange(4.0).reshape(2, 2), top=3, cell=(1, 0), side=60)
    amber = np.argwhere((picture == AMBER).all(axis=-1))
    assert (amber.min(axis=0).tolist(), amber.max(axis=0).tolist()) == ([31, 1], [58, 28])
