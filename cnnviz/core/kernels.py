"""Kernels to start from, each with a sentence on what it responds to."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

Weights = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel with a name; ``weights`` are its rows from top to bottom, ``sentence`` says what it responds to."""

    key: str
    title: str
    weights: Weights
    sentence: str

    @property
    def tensor(self) -> Tensor:
        """The weights as float32 (kh, kw)."""
        return torch.tensor(self.weights, dtype=torch.float32)

    @property
    def averaging(self) -> bool:
        """Whether the weights sum to one, so that an even area keeps its brightness.

        On a colour picture every channel has its own slice of the kernel, and the sum runs over all of them: there such
        a kernel keeps the brightness only if its weights are divided by the number of channels.
        """
        return math.isclose(math.fsum(weight for row in self.weights for weight in row), 1.0)


def _outer(column: tuple[float, ...], row: tuple[float, ...]) -> Weights:
    # four decimals hold every such product here, and keep 0.05·0.05 from being 0.0025000000000000005
    return tuple(tuple(round(down * across, 4) for across in row) for down in column)


def _even(rows: int, cols: int, weight: float) -> Weights:
    return ((weight,) * cols,) * rows


# A kernel lies on the picture as it is written here: it is not flipped. So weights that grow to the right answer
# positively where the picture gets brighter to the right. Where they can, weights have two decimals, so that the
# sums on the page can be followed by hand. "y" is what the picture does from top to bottom, as in image libraries.
_ALL = (
    Kernel(
        "identity",
        "Identity",
        ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
        "Takes the pixel in the middle and nothing else, so the picture stays as it is.",
    ),
    Kernel(
        "double",
        "Double (1×1)",
        ((2,),),
        "Looks at one pixel at a time and makes its value twice as large, whatever stands beside it.",
    ),
    Kernel(
        "shift_left",
        "Shift left",
        ((0, 0, 0), (0, 0, 1), (0, 0, 0)),
        "Takes the pixel to the right of the middle, so the whole picture moves one pixel to the left.",
    ),
    Kernel(
        "shift_up",
        "Shift up",
        ((0, 0, 0), (0, 0, 0), (0, 1, 0)),
        "Takes the pixel below the middle, so the whole picture moves one pixel up.",
    ),
    Kernel(
        "box_2",
        "Box blur 2×2",
        _even(2, 2, 0.25),
        "The average of four neighbouring pixels: a slight blur.",
    ),
    Kernel(
        "box_3",
        "Box blur 3×3",
        _even(3, 3, 1 / 9),
        "The average of nine pixels: a blur (each weight is 1/9, shown rounded).",
    ),
    Kernel(
        "box_5",
        "Box blur 5×5",
        _even(5, 5, 0.04),
        "The average of 25 pixels: a strong blur, in which a single bright pixel becomes a faint square.",
    ),
    Kernel(
        "cross_blur",
        "Cross blur",
        ((0, 0.2, 0), (0.2, 0.2, 0.2), (0, 0.2, 0)),
        "The average of a pixel and its four neighbours above, below, left and right: a gentle blur.",
    ),
    Kernel(
        "gaussian_3",
        "Gaussian blur 3×3",
        _outer((0.25, 0.5, 0.25), (0.25, 0.5, 0.25)),
        "An average in which near pixels count more than far ones: a soft blur.",
    ),
    Kernel(
        "gaussian_5",
        "Gaussian blur 5×5",
        # within 0.01 of a Gaussian bell with a standard deviation of one pixel
        _outer((0.05, 0.25, 0.4, 0.25, 0.05), (0.05, 0.25, 0.4, 0.25, 0.05)),
        "A wider average with a soft rim: fine detail goes, broad shapes stay.",
    ),
    Kernel(
        "motion_blur",
        "Motion blur",
        tuple(tuple(0.2 if row == col else 0 for col in range(5)) for row in range(5)),
        "The average of five pixels on a diagonal, as if the camera had moved from upper left to lower right.",
    ),
    Kernel(
        "sharpen",
        "Sharpen",
        ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
        "Keeps even areas and exaggerates how a pixel differs from its four neighbours, so edges look crisper.",
    ),
    Kernel(
        "emboss",
        "Emboss",
        ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
        "Keeps even areas and adds how much brighter it gets towards the lower right, so it looks like a relief.",
    ),
    Kernel(
        "difference_x",
        "Central difference x (1×3)",
        ((-0.5, 0, 0.5),),
        "How much brighter it gets per pixel from left to right: half of right neighbour minus left neighbour.",
    ),
    Kernel(
        "difference_y",
        "Central difference y (3×1)",
        ((-0.5,), (0,), (0.5,)),
        "How much brighter it gets per pixel from top to bottom: half of lower neighbour minus upper neighbour.",
    ),
    Kernel(
        "roberts_down",
        "Roberts ↘ (2×2)",
        ((-1, 0), (0, 1)),
        "The difference of two pixels on a diagonal: positive where it gets brighter towards the lower right.",
    ),
    Kernel(
        "roberts_up",
        "Roberts ↗ (2×2)",
        ((0, 1), (-1, 0)),
        "The difference of two pixels on a diagonal: positive where it gets brighter towards the upper right.",
    ),
    Kernel(
        "sobel_x",
        "Sobel x",
        ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
        "Right minus left: positive where it gets brighter from left to right, so it finds vertical edges.",
    ),
    Kernel(
        "sobel_y",
        "Sobel y",
        ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
        "Bottom minus top: positive where it gets brighter from top to bottom, so it finds horizontal edges.",
    ),
    Kernel(
        "prewitt_x",
        "Prewitt x",
        ((-1, 0, 1), (-1, 0, 1), (-1, 0, 1)),
        "Right minus left like Sobel x, but all three rows count alike.",
    ),
    Kernel(
        "prewitt_y",
        "Prewitt y",
        ((-1, -1, -1), (0, 0, 0), (1, 1, 1)),
        "Bottom minus top like Sobel y, but all three columns count alike.",
    ),
    Kernel(
        "scharr_x",
        "Scharr x",
        ((-3, 0, 3), (-10, 0, 10), (-3, 0, 3)),
        "Right minus left like Sobel x; together with Scharr y it tells the direction of an edge more exactly.",
    ),
    Kernel(
        "scharr_y",
        "Scharr y",
        ((-3, -10, -3), (0, 0, 0), (3, 10, 3)),
        "Bottom minus top like Sobel y; together with Scharr x it tells the direction of an edge more exactly.",
    ),
    Kernel(
        "laplacian_4",
        "Laplacian, 4 neighbours",
        ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
        "Four neighbours minus four times the middle: negative on bright spots, positive on dark ones, 0 on a slope.",
    ),
    Kernel(
        "laplacian_8",
        "Laplacian, 8 neighbours",
        ((1, 1, 1), (1, -8, 1), (1, 1, 1)),
        "Like the Laplacian with four neighbours, but all eight count, so straight and slanting edges answer alike.",
    ),
    Kernel(
        "outline",
        "Outline",
        ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
        "How much brighter a pixel is than its eight neighbours: 0 in even areas, strong along every outline.",
    ),
    Kernel(
        "laplacian_of_gaussian",
        "Laplacian of Gaussian 5×5",
        ((0, 0, 1, 0, 0), (0, 1, 2, 1, 0), (1, 2, -16, 2, 1), (0, 1, 2, 1, 0), (0, 0, 1, 0, 0)),
        "A wide surrounding minus the middle: strongly negative on small bright spots, strongly positive on dark ones.",
    ),
    Kernel(
        "line_horizontal",
        "Line, horizontal",
        ((-1, -1, -1), (2, 2, 2), (-1, -1, -1)),
        "Large on a thin bright horizontal line on a darker ground, negative on a dark one.",
    ),
    Kernel(
        "line_vertical",
        "Line, vertical",
        ((-1, 2, -1), (-1, 2, -1), (-1, 2, -1)),
        "Large on a thin bright vertical line on a darker ground, negative on a dark one.",
    ),
    Kernel(
        "line_down",
        "Line, diagonal ↘",
        ((2, -1, -1), (-1, 2, -1), (-1, -1, 2)),
        "Large on a thin bright line that falls from upper left to lower right.",
    ),
    Kernel(
        "line_up",
        "Line, diagonal ↗",
        ((-1, -1, 2), (-1, 2, -1), (2, -1, -1)),
        "Large on a thin bright line that rises from lower left to upper right.",
    ),
    Kernel(
        "corner",
        "Corner, upper left",
        ((-1, -1, -1), (-1, 1.25, 1.25), (-1, 1.25, 1.25)),
        "Largest at the upper left corner of a bright area, smaller along its upper and left edge, 0 inside.",
    ),
)

KERNELS: dict[str, Kernel] = {kernel.key: kernel for kernel in _ALL}
