"""The pictures of the README, made by the app itself: `make screenshots`."""

import io
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser.harness import cell, stage, wait_painted, wait_stage
from tests.browser.server import Server, running_server
from tests.browser.visits import Visits, running_chromium

PICTURES = Path(__file__).parent / "pictures"
FRAME = {"x": 0, "y": 0, "width": 1440, "height": 800}
FILM_WIDTH = 960  # pixels; the page itself is 1440 wide


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with running_server() as server, running_chromium() as browser:
        for take in (sliding, drawing, photograph, shift, dark):
            take(browser, server)


def sliding(browser: Browser, server: Server) -> None:
    """The window slides over the small integers, and the feature map fills in."""
    with _page(browser, server, "/") as page:

        def steps():
            page.get_by_label("first step").click()
            for step in range(stage(page)["steps"]):
                wait_stage(page, step=step)
                yield 450
                page.get_by_label("step forward").click()
            yield 1200

        _film(page, steps, "sliding.gif")


def drawing(browser: Browser, server: Server) -> None:
    """A seven is drawn, and every layer answers while the pen moves."""
    with _page(browser, server, "/network?image=draw") as page:
        pad = page.locator('[data-panel="drawing"]').bounding_box()
        corners = [(0.25, 0.24), (0.74, 0.24), (0.46, 0.82)]
        path = [
            (a[0] + (b[0] - a[0]) * t / 8, a[1] + (b[1] - a[1]) * t / 8)
            for a, b in itertools.pairwise(corners)
            for t in range(9)
        ]

        def strokes():
            yield 600
            for at, (x, y) in enumerate(path):
                before = int(page.locator("[data-network]").get_attribute("data-painted"))
                page.mouse.move(pad["x"] + x * pad["width"], pad["y"] + y * pad["height"])
                if at == 0:
                    page.mouse.down()
                    continue
                if path[at] != path[at - 1]:
                    wait_painted(page, before, "[data-network]")
                yield 120
            page.mouse.up()
            page.locator('[data-agreement="agrees"]').first.wait_for()
            yield 1800

        _film(page, strokes, "drawing.gif")


def photograph(browser: Browser, server: Server) -> None:
    """A colour photograph, its three slices and the loupe; and one unit of the network with all that made it."""
    with _page(browser, server, "/?image=astronaut&size=96&colour=1&kernel=sobel_x&at=40,38") as page:
        page.screenshot(path=PICTURES / "photograph.png")
    with _page(browser, server, "/network?image=digit_0&unit=conv2,5,1,4&sums=1") as page:
        wait_stage(page, stage="conv2", position=(1, 4))
        page.locator(".unit").screenshot(path=PICTURES / "unit.png")


def shift(browser: Browser, server: Server) -> None:
    """A photograph moved by one pixel, on the pooling page."""
    with _page(browser, server, "/pooling?image=photographer&shift=0,1") as page:
        page.screenshot(path=PICTURES / "shift.png")


def dark(browser: Browser, server: Server) -> None:
    """The first page in the dark."""
    with _page(browser, server, "/", dark=True) as page:
        page.mouse.move(*cell(page, "output", 2, 3))
        wait_stage(page, position=(2, 3))
        page.screenshot(path=PICTURES / "dark.png")


@contextmanager
def _page(browser: Browser, server: Server, path: str, **options) -> Iterator[Page]:
    visits = Visits(browser, server)
    page = visits(path, **options)
    page.locator('[data-agreement="agrees"]').first.wait_for()
    yield page
    visits.close()


def _film(page: Page, moments: Callable, name: str) -> None:
    """One frame for each moment, shown as many milliseconds as it says, as a GIF."""
    frames, durations = [], []
    for milliseconds in moments():
        shot = Image.open(io.BytesIO(page.screenshot(clip=FRAME))).convert("RGB")
        frames.append(shot.resize((FILM_WIDTH, shot.height * FILM_WIDTH // shot.width), Image.Resampling.LANCZOS))
        durations.append(milliseconds)
    palette = frames[-1].quantize(
        256, method=Image.Quantize.FASTOCTREE
    )  # one for all: nothing flickers, less is written
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    frames[0].save(PICTURES / name, save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=True)


if __name__ == "__main__":
    main()
