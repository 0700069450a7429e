"""What is measured on the network page."""

import math
from collections.abc import Callable, Iterator

from tests.benchmarks.convolution import photograph_chooser
from tests.benchmarks.probe import COUNT, WARM_UP, Bench, Probe, longest_frames, probed, sampled
from tests.benchmarks.report import Measurement
from tests.browser.harness import NETWORK, STAGE, cell

POINTS = 24  # of one stroke
DIGITS = 20
PHOTOGRAPHS_PATH = "/network?network=cifar10&image=bricks"

# A unit of every kind of layer: (layer, channel of its picture, row, column of it), and how the link names it
UNITS = (
    (("conv1", 2, 10, 12), "conv1,2,10,12"),
    (("pool", 4, 5, 6), "pool,4,5,6"),
    (("conv2", 9, 3, 4), "conv2,9,3,4"),
    (("pool_1", 7, 2, 1), "pool_1,7,2,1"),
    (("fc1", 0, 5, 3), "fc1,28,0,0"),
)


def pen(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """The pen moves on, in strokes of some length, and every layer is painted before it is lifted."""
    with probed(bench, "/network?image=draw") as probe:
        page = probe.page
        before = _pictures(probe)
        strokes = [_spiral(probe, number) for number in range(math.ceil((COUNT + WARM_UP) / POINTS))]
        moves = [(number, at) for number, stroke in enumerate(strokes) for at in range(1, len(stroke))]

        def move(at: int) -> float:
            number, point = moves[at]
            if point == 1:
                page.mouse.up()
                page.mouse.move(*strokes[number][0])
                page.mouse.down()
            here = strokes[number][point]
            return probe.answer_time(lambda: page.mouse.move(*here), "pointermove", NETWORK, painted=None)

        measurement = sampled(move)
        unmoved = [name for name, picture in _pictures(probe).items() if picture == before[name]]
        page.mouse.up()
        if unmoved:
            raise RuntimeError(f"These pictures did not follow the pen: {', '.join(unmoved)}.")
        yield "pen", measurement


def digits(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """Another digit of the strip: all layers painted, and no frame held up until torch has answered, too."""
    with probed(bench, "/network") as probe:
        choose = digit_chooser(probe)
        yield "digit", sampled(choose)
        yield "digit_frame", longest_frames(probe, choose)


def photographs(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """Another photograph of the gallery, which comes from Python: all layers painted."""
    with probed(bench, PHOTOGRAPHS_PATH) as probe:
        choose = photograph_chooser(probe, NETWORK, probability=None)
        yield "photograph", sampled(choose)
        yield "photograph_frame", longest_frames(probe, choose)


def units(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """A unit is clicked and stands taken apart; then its stage is opened with all numbers; then both are closed again."""
    with probed(bench, "/network") as probe:
        open_unit, stage_times = unit_opener(probe), []

        def sample(at: int) -> float:
            time, stage_time = open_unit(at)
            stage_times.append(stage_time)
            close_unit(probe)
            return time

        yield "unit", sampled(sample)
        yield "unit_stage", Measurement(tuple(stage_times[WARM_UP:]))


def unit_opener(probe: Probe) -> Callable[[int], tuple[float, float]]:
    """A function that clicks unit number `at`, whatever that is, and then the button that opens its stage.

    It returns the milliseconds until the unit is taken apart, and those from the button to the stage with all numbers.
    """

    def open_unit(at: int) -> tuple[float, float]:
        (layer, channel, row, col), unit = UNITS[at % len(UNITS)]
        # the stage before has brought itself into view, and the maps may lie under Streamlit's header
        probe.page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
        point = cell(probe.page, "output", row, col, channel=channel, within=f'[data-layer="{layer}"]')
        taken_apart = f'{NETWORK}:has([data-drill="{unit}"]:not([hidden]))'
        time = probe.answer_time(lambda: probe.page.mouse.click(*point), "click", taken_apart, painted=None)
        opened = f".drill-stage:not([hidden]) {STAGE}"
        position = "0,0" if layer == "fc1" else f"{row},{col}"
        button = probe.page.locator('[data-act="stage"]')
        return time, probe.answer_time(button.click, "click", opened, stage=layer, position=position)

    return open_unit


def close_unit(probe: Probe) -> None:
    """Closes the stage of a unit, and the unit."""
    for _ in range(2):
        probe.page.keyboard.press("Escape")
    probe.page.locator(".unit").wait_for(state="hidden")


def digit_chooser(probe: Probe) -> Callable[[int], float]:
    """A function that chooses digit number `at` of the strip and returns the milliseconds until all layers are painted."""
    boxes = [probe.page.locator(f'[data-image="digit_{at}"]').bounding_box() for at in range(DIGITS)]
    middles = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes]

    def choose(at: int) -> float:
        middle = middles[at % DIGITS]
        return probe.answer_time(lambda: probe.page.mouse.click(*middle), "click", NETWORK, painted=None)

    return choose


def _spiral(probe: Probe, number: int) -> list[tuple[float, float]]:
    """A stroke round the drawing's middle, larger for every number: the points it goes through in the window."""
    box = probe.page.locator('[data-panel="drawing"]').bounding_box()
    turns = [2 * math.pi * at / POINTS for at in range(POINTS + 1)]
    radius = [0.15 + 0.08 * number + 0.005 * at for at in range(POINTS + 1)]
    return [
        (box["x"] + box["width"] * (0.5 + r * math.sin(turn)), box["y"] + box["height"] * (0.5 - r * math.cos(turn)))
        for turn, r in zip(turns, radius, strict=True)
    ]


def _pictures(probe: Probe) -> dict[str, str]:
    """Every layer's first map as it is painted now, as a data address."""
    return probe.page.locator('[data-layer] canvas[data-panel="output"]').evaluate_all(
        """maps => {
          const first = {};
          for (const map of maps) first[map.closest("[data-layer]").dataset.layer] ??= map.toDataURL();
          return first;
        }"""
    )
