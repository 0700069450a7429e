"""What each preset kernel claims, checked on pictures where the answer is known."""

import re

import pytest
import torch
import torch.nn.functional as F

from cnnviz.core.kernels import KERNELS
from cnnviz.core.operations import conv2d

SIZE = 9
UP, LEFT = torch.meshgrid(
    torch.arange(SIZE).float(), torch.arange(SIZE).float(), indexing="ij"
)  # distance from top, left
RIGHTWARDS, DOWNWARDS = LEFT.clone(), UP.clone()  # ramps that get brighter by one a pixel
EVEN = torch.ones(SIZE, SIZE)


def middle(key: str, picture: torch.Tensor) -> float:
    """What the kernel answers where its own centre lies on the picture's."""
    kernel = KERNELS[key].tensor
    top, left = SIZE // 2 - kernel.shape[0] // 2, SIZE // 2 - kernel.shape[1] // 2
    return conv2d(picture, kernel)[top, left].item()


def line(row_step: int, col_step: int) -> torch.Tensor:
    """A bright line, one pixel wide, through the middle."""
    rows, cols = UP - SIZE // 2, LEFT - SIZE // 2
    return (rows * col_step == cols * row_step).float()


def test_there_are_at_least_twenty_under_their_own_keys():
    assert len(KERNELS) >= 20
    assert all(key == kernel.key and re.fullmatch("[a-z0-9_]+", key) for key, kernel in KERNELS.items())


def test_titles_and_weights_are_all_different():
    assert len({kernel.title for kernel in KERNELS.values()}) == len(KERNELS)
    assert len({kernel.weights for kernel in KERNELS.values()}) == len(KERNELS)


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_every_kernel_is_a_table_of_numbers_with_one_sentence(kernel):
    assert kernel.tensor.dtype == torch.float32
    assert kernel.tensor.shape == (len(kernel.weights), len(kernel.weights[0]))
    assert max(kernel.tensor.shape) <= 11
    assert kernel.tensor.abs().max() <= 1000
    assert re.fullmatch(r"[A-Z][^.]*(\.?\d[^.]*)*\.", kernel.sentence)


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_weights_are_exact_in_four_decimals_or_the_sentence_says_that_they_are_rounded(kernel):
    exact = all(round(weight, 4) == weight for row in kernel.weights for weight in row)
    assert exact != ("rounded" in kernel.sentence)


def test_averages_sum_to_one_and_all_others_but_the_doubling_to_zero():
    sums = {key: round(kernel.tensor.double().sum().item(), 6) for key, kernel in KERNELS.items()}
    averages = {key for key, kernel in KERNELS.items() if kernel.averaging}
    assert {sums[key] for key in averages} == {1.0}
    assert {key for key in sums.keys() - averages if sums[key] != 0} == {"double"}


def test_blurs_are_averages_without_negative_weights():
    blurs = [kernel for key, kernel in KERNELS.items() if "blur" in kernel.title.lower()]
    assert len(blurs) == 7
    assert all(kernel.averaging and kernel.tensor.min() >= 0 for kernel in blurs)


@pytest.mark.parametrize("key", [key for key in KERNELS if key.endswith("_x")] + ["roberts_down", "roberts_up"])
def test_x_kernels_are_positive_where_it_gets_brighter_to_the_right(key):
    assert middle(key, RIGHTWARDS) > 0
    assert middle(key, -RIGHTWARDS) < 0
    assert key.startswith("roberts") or middle(key, DOWNWARDS) == 0


@pytest.mark.parametrize("key", [key for key in KERNELS if key.endswith("_y")])
def test_y_kernels_are_their_x_kernels_on_their_side(key):
    assert middle(key, DOWNWARDS) > 0
    assert middle(key, RIGHTWARDS) == 0
    assert torch.equal(KERNELS[key].tensor, KERNELS[key.replace("_y", "_x")].tensor.T)


def test_sobel_x_is_right_minus_left_as_hand_worked():
    assert KERNELS["sobel_x"].weights == ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))
    assert middle("sobel_x", RIGHTWARDS) == 8  # 4 weights on either side, 2 pixels apart


def test_central_differences_measure_the_slope_itself():
    assert middle("difference_x", 3 * RIGHTWARDS) == 3
    assert middle("difference_y", 3 * DOWNWARDS) == 3


def test_scharr_tells_the_direction_of_waves_more_exactly_than_sobel():
    rows, cols = torch.meshgrid(torch.arange(3).double() - 1, torch.arange(3).double() - 1, indexing="ij")
    for degrees in (15.0, 30.0, 60.0, 75.0):
        angle = torch.deg2rad(torch.tensor(degrees).double())
        wave = torch.sin(1.0 * (cols * torch.cos(angle) + rows * torch.sin(angle)))  # about six pixels long
        errors = {}
        for name in ("sobel", "scharr"):
            across, down = (conv2d(wave, KERNELS[f"{name}_{axis}"].tensor.double()).item() for axis in "xy")
            errors[name] = abs(torch.rad2deg(torch.atan2(torch.tensor(down), torch.tensor(across))).item() - degrees)
        assert errors["scharr"] < errors["sobel"]


def test_roberts_kernels_see_their_own_diagonal_only():
    assert middle("roberts_down", UP + LEFT) == 2
    assert middle("roberts_up", UP + LEFT) == 0
    assert middle("roberts_up", LEFT - UP) == 2
    assert middle("roberts_down", LEFT - UP) == 0


def test_identity_double_and_shifts_move_or_scale_the_picture_and_nothing_else():
    picture = torch.rand(SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    inner = slice(1, -1)
    assert torch.equal(conv2d(picture, KERNELS["identity"].tensor), picture[inner, inner])
    assert torch.equal(conv2d(picture, KERNELS["double"].tensor), 2 * picture)
    assert torch.equal(conv2d(picture, KERNELS["shift_left"].tensor), picture[inner, 2:])
    assert torch.equal(conv2d(picture, KERNELS["shift_up"].tensor), picture[2:, inner])


@pytest.mark.parametrize(("key", "size"), [("box_2", 2), ("box_3", 3), ("box_5", 5)])
def test_box_blurs_are_torchs_average_pooling_moved_by_one(key, size):
    picture = torch.rand(SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(conv2d(picture, KERNELS[key].tensor), F.avg_pool2d(picture[None], size, stride=1)[0])


def test_gaussian_blurs_follow_the_bell_and_are_separable():
    distance = torch.arange(-2, 3).double()
    bell = torch.exp(-(distance**2) / 2)
    bell = torch.outer(bell, bell) / bell.sum() ** 2
    assert (KERNELS["gaussian_5"].tensor - bell).abs().max() < 0.01
    for key in ("gaussian_3", "gaussian_5"):
        assert torch.linalg.matrix_rank(KERNELS[key].tensor, rtol=1e-4) == 1


def test_motion_blur_smears_along_its_diagonal():
    dot = torch.zeros(SIZE, SIZE)
    dot[4, 4] = 1
    smear = conv2d(dot, KERNELS["motion_blur"].tensor)
    torch.testing.assert_close(smear, 0.2 * torch.eye(5))


@pytest.mark.parametrize("key", ["sharpen", "emboss"])
def test_sharpen_and_emboss_keep_even_areas(key):
    assert middle(key, 0.5 * EVEN) == 0.5


def test_sharpen_exaggerates_a_difference_and_emboss_lights_the_slope():
    dot = EVEN.clone()
    dot[4, 4] = 2
    assert middle("sharpen", dot) == 6
    assert middle("emboss", (UP + LEFT) - 8) > 0 > middle("emboss", 8 - (UP + LEFT))


@pytest.mark.parametrize("key", ["laplacian_4", "laplacian_8", "laplacian_of_gaussian"])
def test_laplacians_are_negative_on_a_bright_spot_and_zero_on_a_slope(key):
    spot = line(0, 1) * line(1, 0)
    assert middle(key, spot) < 0 < middle(key, -spot)
    assert middle(key, RIGHTWARDS + 2 * DOWNWARDS) == 0


def test_eight_neighbours_answer_straight_and_slanting_edges_alike_and_four_do_not():
    straight, slanting = (LEFT > 4).float(), (LEFT > UP).float()
    assert middle("laplacian_8", straight) == middle("laplacian_8", slanting) == 3
    assert middle("laplacian_4", straight) < middle("laplacian_4", slanting)


def test_outline_is_nothing_in_even_areas_and_strong_along_the_border():
    assert middle("outline", EVEN) == 0
    assert middle("outline", (LEFT >= 4).float()) == 3


@pytest.mark.parametrize(
    ("key", "direction"),
    [("line_horizontal", (0, 1)), ("line_vertical", (1, 0)), ("line_down", (1, 1)), ("line_up", (-1, 1))],
)
def test_each_line_kernel_prefers_its_own_direction(key, direction):
    answers = {step: middle(key, line(*step)) for step in [(0, 1), (1, 0), (1, 1), (-1, 1)]}
    assert answers.pop(direction) == 6
    assert max(answers.values()) <= 0
    assert middle(key, 1 - line(*direction)) == -6


def test_the_corner_answers_its_corner_most_edges_less_and_even_areas_not():
    below, right = UP >= 4, LEFT >= 4
    answers = [middle("corner", picture.float()) for picture in (below & right, below, right, EVEN)]
    assert answers == [5, 3, 3, 0]
    assert middle("corner", (~below & right).float()) < 3
