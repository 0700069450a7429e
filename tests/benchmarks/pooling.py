"""What is measured on the pooling page, and of its measurements over many shifts."""

from collections.abc import Iterator

from cnnviz.core.invariance import LARGEST_SHIFT, feature_map_changes
from cnnviz.core.kernels import KERNELS
from cnnviz.core.measurements import measured_images
from tests.benchmarks.probe import Bench, probed, sampled, timed
from tests.benchmarks.report import Measurement

LAB = '[data-stage="shift lab"]'
TIMES = 3  # for what takes seconds


def nudge(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """An arrow key, eight pixels to the right and back again: all twelve pictures, and the figures under them."""
    with probed(bench, "/pooling") as probe:

        def press(at: int) -> float:
            back, step = divmod(at % (2 * LARGEST_SHIFT), LARGEST_SHIFT)
            key, across = ("ArrowLeft", LARGEST_SHIFT - step - 1) if back else ("ArrowRight", step + 1)
            return probe.answer_time(lambda: probe.page.keyboard.press(key), "keydown", LAB, shift=f"0,{across}")

        yield "nudge", sampled(press)


def shifts() -> Iterator[tuple[str, Measurement]]:
    """All 17×17 shifts, four ways to make a map smaller, three windows each: of one picture, and of all."""
    kernel, images = KERNELS["sobel_x"].tensor, measured_images()
    largest = max(images, key=lambda image: image.numel())
    yield "shifts", sampled(lambda _: timed(lambda: feature_map_changes(largest, kernel)))
    every = [timed(lambda: [feature_map_changes(image, kernel) for image in images]) for _ in range(TIMES)]
    yield "shifts_all", Measurement(tuple(every))
