"""What is measured on the convolution page."""

import random
import statistics
from collections.abc import Callable, Iterator
from itertools import pairwise

from cnnviz.core.samples import SAMPLES
from tests.benchmarks.probe import COUNT, WARM_UP, Bench, Probe, longest_frames, probed, sampled
from tests.benchmarks.report import Measurement
from tests.browser.harness import STAGE, cell, wait_stage

PHOTOGRAPH = "image=astronaut&colour=1"
# 49 weights, none of them 0: the sum leaves out what is
KERNEL = "weights=7x7~" + ",".join(f"{(at % 7 - 3.5) / 10:g}" for at in range(49))
PHOTOGRAPHS = ("cat", "astronaut", "coffee", "rocket", "bricks")
PHOTOGRAPHS_PATH = "/?image=bricks&at=30,30"  # where their maps differ
WEIGHT = '[data-panel="kernel"] input.weight-cell'
SLIDE_SECONDS = 5


def hover(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """The pointer jumps to another output: its window, ledger and every number are painted."""
    for key, path in (("hover", "/"), ("hover_photograph", f"/?{PHOTOGRAPH}")):
        with probed(bench, path) as probe:
            yield key, _hovered(probe)


def _hovered(probe: Probe) -> Measurement:
    side = int(probe.page.locator('[data-panel="output"]').get_attribute("data-rows"))
    places = [(row, col) for row in range(side) for col in range(side)]
    random.Random(1).shuffle(places)
    points = [cell(probe.page, "output", *place) for place in places[: COUNT + WARM_UP]]

    def point(at: int) -> float:
        at %= len(points)
        row, col = places[at]
        return probe.answer_time(
            lambda: probe.page.mouse.move(*points[at]), "pointermove", STAGE, position=f"{row},{col}"
        )

    return sampled(point)


def fan_out(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """The pointer jumps to another input pixel: every output it feeds is marked with the weight that met it."""
    with probed(bench, f"/?{PHOTOGRAPH}&size=128&{KERNEL}") as probe:
        places = [(row, col) for row in range(8, 120, 16) for col in range(8, 120, 16)]
        random.Random(2).shuffle(places)
        points = [cell(probe.page, "input", *place) for place in places]

        def point(at: int) -> float:
            row, col = places[at]
            move = lambda: probe.page.mouse.move(*points[at])  # noqa: E731
            return probe.answer_time(move, "pointermove", STAGE, pointed=f"input {row},{col}")

        yield "fan_out", sampled(point)


def steps(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """An arrow key steps the window on, with the loop open beside the stage: pictures, ledger and code are painted."""
    for key, path in (("step", "/?panel=code"), ("step_photograph", f"/?{PHOTOGRAPH}&{KERNEL}&panel=code")):
        with probed(bench, path) as probe:
            probe.page.locator('[data-panel="output"]').focus()
            on = lambda page=probe.page: page.keyboard.press("ArrowRight")  # noqa: E731
            back = lambda page=probe.page: page.keyboard.press("ArrowLeft")  # noqa: E731
            yield (
                key,
                sampled(
                    lambda at, probe=probe, ways=(on, back): probe.answer_time(
                        ways[at // 12 % 2], "keydown", STAGE, position=None
                    )
                ),
            )


def settings(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """An arrow key steps a number of the toolbar up, and down again."""
    small = (("stride", "stride"), ("padding", "padding"), ("kernel_size", "kernel rows"))
    with probed(bench, "/") as probe:
        for key, label in small:
            yield key, _stepped(probe, label)
    with probed(bench, f"/?{PHOTOGRAPH}") as probe:
        yield "stride_photograph", _stepped(probe, "stride")


def weight(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """One of 49 weights over a large colour photograph: stepped with the arrow key, and typed over."""
    with probed(bench, f"/?{PHOTOGRAPH}&size=128&{KERNEL}&at=60,60") as probe:
        keyboard = probe.page.keyboard
        probe.page.locator(WEIGHT).nth(24).focus()

        def step(_at: int) -> float:
            return probe.answer_time(lambda: keyboard.press("ArrowUp"), "keydown", STAGE, value=None)

        yield "weight_arrow", sampled(step)

        def type_over(at: int) -> float:
            probe.page.locator(WEIGHT).nth(24).select_text()
            return probe.answer_time(lambda: keyboard.press(str(1 + at % 9)), "keydown", STAGE, value=None)

        yield "weight_typed", sampled(type_over)


def images(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """Another photograph of the gallery, which Python sends: its feature map is painted."""
    with probed(bench, PHOTOGRAPHS_PATH) as probe:
        choose = photograph_chooser(probe, STAGE, value=None)
        yield "image", sampled(choose)
        yield "image_frame", longest_frames(probe, choose)


def photograph_chooser(probe: Probe, root: str, **answer: None) -> Callable[[int], float]:
    """A function that chooses photograph number `at`, and returns the milliseconds until `root` has painted its answer."""
    gallery = probe.page.locator(".chooser-button")
    pills = [probe.page.get_by_role("radio", name=SAMPLES[key].title, exact=True).first for key in PHOTOGRAPHS]

    def choose(at: int) -> float:
        pill = pills[at % len(pills)]
        if not pill.is_visible():
            gallery.click()
        pill.hover()  # waits until it stands still
        box = pill.bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        return probe.answer_time(lambda: probe.page.mouse.click(*middle), "click", root, **answer)

    return choose


def slide(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """The window slides at sixty steps a second. Colour pictures, because they have a loupe at every size."""
    rates, longest, costs = [], [], {}
    for size in (16, 64, 128):
        with probed(bench, f"/?{PHOTOGRAPH}&size={size}") as probe:
            page = probe.page
            page.get_by_label("speed", exact=True).select_option("frame")
            page.get_by_label("loop", exact=True).check()
            page.get_by_label("play", exact=True).click()
            wait_stage(page, playing=True)
            page.wait_for_timeout(500)
            frames = probe.frames(lambda page=page: page.wait_for_timeout(1000 * SLIDE_SECONDS), STAGE)
        painted = [frame for frame in frames if frame["painted"]]
        apart = [after["at"] - before["at"] for before, after in pairwise(painted)]
        rates.append(1000 * len(apart) / (painted[-1]["at"] - painted[0]["at"]))
        longest += apart
        costs[size] = [frame["script"] for frame in painted]
        main = statistics.median(frame["main"] for frame in painted)
        yield f"slide_{size}", Measurement(tuple(costs[size]), notes={"main thread, median": main})
    yield "slide_rate", Measurement(tuple(rates))
    yield "slide_longest", Measurement(tuple(longest))
    # means, because a clock that ticks in tenths of milliseconds has coarse medians
    yield "slide_growth", Measurement((statistics.mean(costs[128]) / statistics.mean(costs[16]),))


def _stepped(probe: Probe, label: str) -> Measurement:
    number = probe.page.get_by_label(label, exact=True)
    number.focus()

    def step(at: int) -> float:
        arrow = "ArrowDown" if at % 2 else "ArrowUp"
        return probe.answer_time(lambda: probe.page.keyboard.press(arrow), "keydown", STAGE, steps=None)

    return sampled(step)
