"""What stays behind when views are opened and closed and pictures change, again and again."""

from collections.abc import Callable, Iterator

from tests.benchmarks import convolution, network
from tests.benchmarks.convolution import WEIGHT, photograph_chooser
from tests.benchmarks.machine import resident
from tests.benchmarks.network import close_unit, digit_chooser, unit_opener
from tests.benchmarks.probe import Bench, Probe, probed
from tests.benchmarks.report import Measurement
from tests.browser.harness import NETWORK, STAGE, cell, stroke
from tests.browser.server import Server
from tests.browser.visits import wait_at_rest

PAGES = {  # their names in the navigation → the keys of their components
    "Channels": "channels_view",
    "Shapes": "shape_calculator",
    "Signals": "signals_view",
    "Pooling": "shift_lab",
    "Network": "network_view",
    "Convolution": "convolution_stage",
}
REST = 1500  # milliseconds after the last change: messages have come and gone


def units(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """A unit is taken apart, its stage opened, and both closed again, 50 times."""
    with probed(bench, "/network") as probe:
        open_unit = unit_opener(probe)

        def open_and_close(at: int) -> None:
            open_unit(at)
            close_unit(probe)

        yield from _left("units", probe, open_and_close, warm_up=20, times=50)


def digits(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """Another digit is chosen 100 times."""
    with probed(bench, "/network") as probe:
        yield from _left("digits", probe, digit_chooser(probe), warm_up=100, times=100)


def images(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """Another photograph is chosen 100 times; each comes from Python."""
    with probed(bench, convolution.PHOTOGRAPHS_PATH) as probe:
        choose = photograph_chooser(probe, STAGE, value=None)
        yield from _left("images", probe, choose, warm_up=100, times=100, server=bench.server)


def photographs(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """The same on the network page, with the network for photographs."""
    with probed(bench, network.PHOTOGRAPHS_PATH) as probe:
        choose = photograph_chooser(probe, NETWORK, probability=None)
        yield from _left("photographs", probe, choose, warm_up=100, times=100, server=bench.server)


def panels(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """Loop, code for torch, export, help, the kernel as text and the projector are opened and closed, 50 times."""
    with probed(bench, "/?at=3,3") as probe:
        page = probe.page

        def click(name: str) -> None:
            page.get_by_role("button", name=name, exact=True).click()

        def open_and_close(_at: int) -> None:
            for name in ("Code", "The same with torch", "The notebook's loop", "Export", "Code", "Code"):
                click(name)
            for name in ("help", "copy, paste"):
                click(name)
                page.keyboard.press("Escape")
            page.get_by_label("dilation", exact=True).fill("2")
            page.get_by_label("dilation", exact=True).fill("1")
            click("projector")
            click("projector")

        yield from _left("panels", probe, open_and_close, warm_up=50, times=50)


def everything(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """500 acts on the convolution page: pointing, stepping, sliding, editing, resizing, drawing and taking back."""
    with probed(bench, "/?image=draw&at=3,3") as probe:
        page = probe.page
        outputs = [cell(page, "output", row, row) for row in range(2, 22, 4)]
        strokes = [[cell(page, "input", row, col) for col in range(4, 20, 4)] for row in range(4, 20, 4)]

        def slide() -> None:
            page.get_by_label("play", exact=True).click()
            page.get_by_label("pause", exact=True).click()

        def draw(at: int) -> None:
            stroke(page, strokes[at % len(strokes)])
            page.get_by_label("undo", exact=True).click()

        def number(label: str, at: int) -> None:
            page.get_by_label(label, exact=True).press("ArrowDown" if at // len(acts) % 2 else "ArrowUp")

        acts = (
            lambda at: page.mouse.move(*outputs[at % len(outputs)]),
            lambda at: slide(),
            lambda at: page.locator(WEIGHT).nth(at % 9).fill(str(at % 7)),
            lambda at: number("stride", at),
            lambda at: number("padding", at),
            draw,
        )
        # V8 goes on compiling what is done often: of what there is more of after the first 500, four fifths are compiled code
        yield from _left("everything", probe, lambda at: acts[at % len(acts)](at), warm_up=504, times=504)


def pages(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """One turns through the six pages ten times, and on each moves on by a step, or nudges what is there."""
    with probed(bench, "/") as probe:
        page = probe.page

        def turn(at: int) -> None:
            name, key = [*PAGES.items()][at % len(PAGES)]
            page.get_by_role("link", name=name, exact=True).click()
            page.locator(f".st-key-{key}").wait_for()
            wait_at_rest(page)
            page.keyboard.press("ArrowRight")

        yield from _left("pages", probe, turn, warm_up=60, times=60)


def _left(
    key: str, probe: Probe, act: Callable[[int], object], *, warm_up: int, times: int, server: Server | None = None
) -> Iterator[tuple[str, Measurement]]:
    """What there is more of after `times` times than after the warm-up, on the page and, with `server`, in its memory.

    Both end with the same picture on the page.

    The warm-up is long, because the browser keeps compiled script and the like for what is done often.
    """
    probe.pauses = False
    for at in range(warm_up):
        act(at)
    probe.page.wait_for_timeout(REST)
    before, held = probe.leftovers(), server and resident(server.process.pid)
    for at in range(times):
        act(at)
    probe.page.wait_for_timeout(REST)
    after = probe.leftovers()
    if server:
        yield f"{key}_server", Measurement((resident(server.process.pid) - held,), notes={"before": held})
    more = {name: after[name] - before[name] for name in after}
    yield f"{key}_heap", Measurement((more["heap"],), notes={"before": before["heap"], "after": after["heap"]})
    elements = {name: more[name] for name in ("nodes", "listeners")}
    yield f"{key}_elements", Measurement((sum(elements.values()),), notes=elements)
    # a loop is one as long as it runs at all
    waiting = {"timers": more["timers"], "loops": after["loops"]}
    yield f"{key}_timers", Measurement((sum(waiting.values()),), notes=waiting)
