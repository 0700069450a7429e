"""What is measured over many pictures is the mean and the spread of what is measured on each."""

import torch
from torch import nn

from cnnviz.core.comparison import change
from cnnviz.core.invariance import feature_map_changes, shifted
from cnnviz.core.kernels import KERNELS
from cnnviz.core.measurements import map_figures, measured_images

SOBEL = KERNELS["sobel_x"].tensor


def test_there_are_more_than_fifty_pictures_to_measure_on_each_another():
    images = measured_images()
    assert len(images) == 58
    assert all(image.shape[0] == 1 and image.min() >= 0 and image.max() <= 1 for image in images)
    assert len({image.numpy().tobytes() for image in images}) == 58


def test_mean_and_spread_are_over_the_pictures():
    images = measured_images()[18:22]
    figures = map_figures(
        [feature_map_changes(image, SOBEL, windows=(3,), ways=("max",)) for image in images], "max", 3
    )
    layers = nn.Sequential(nn.Conv2d(1, 1, 3, bias=False), nn.ReLU(), nn.MaxPool2d(3)).requires_grad_(False)
    layers[0].weight.copy_(SOBEL[None, None])
    right, down = (
        torch.tensor([change(layers(image), layers(shifted(image, shift))).relative for image in images])
        for shift in ((0, 2), (2, 0))
    )
    assert figures.stayed.count == 4
    torch.testing.assert_close(figures.stayed.mean[8, 10], right.mean())
    torch.testing.assert_close(figures.stayed.deviation[10, 8], down.std())
    torch.testing.assert_close(figures.stayed_along.mean[10], (right + down).mean() / 2)
    torch.testing.assert_close(figures.stayed_along.deviation[10], ((right + down) / 2).std())


def test_no_way_keeps_a_map_that_moved_by_one_pixel_and_all_move_along_with_a_whole_stride():
    """What the page says of Sobel x and windows of 2, in its own numbers."""
    changes = [feature_map_changes(image, SOBEL, windows=(2,)) for image in measured_images()]
    figures = {how: map_figures(changes, how, 2) for how in ("max", "average", "stride", "blur")}
    one = {how: round(100 * found.stayed_along.mean[9].item()) for how, found in figures.items()}
    assert one == {"blur": 37, "max": 50, "average": 54, "stride": 67}
    assert all(found.moved_along.mean[10] == 0 for found in figures.values())
