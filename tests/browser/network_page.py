"""The network page: digits to draw on it, what torch makes of what it shows, and what it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, pi, sin

import numpy as np
import torch
from playwright.sync_api import Locator, Page, Position, expect
from torch import Tensor

from cnnviz.core.cut import centre_square, cut_from_text
from cnnviz.core.digits import centre_digit, shrink_digit
from cnnviz.core.edits import edited, edits_from_text
from cnnviz.core.network import ConvNet, class_labels, load_network
from cnnviz.core.operations import Operation
from cnnviz.core.samples import SAMPLES, sample_image
from cnnviz.core.squares import averaged_square
from cnnviz.core.strokes import paint, strokes_from_text
from cnnviz.core.trace import Trace, trace
from cnnviz.ui.network_input import source_picture
from tests.browser.convolution_page import Moment, link_of, moment
from tests.browser.harness import NETWORK, agreement, network, painted, stroke, wait_painted, wait_stage
from tests.browser.visits import Visits

DIGITS = [key for key, sample in SAMPLES.items() if sample.group == "digit"]
SHAPES = {
    "conv1": (6, 28, 28),
    "pool": (6, 14, 14),
    "conv2": (16, 10, 10),
    "pool_1": (16, 5, 5),
    "fc1": (120,),
    "fc2": (84,),
    "fc3": (10,),
}
TITLES = dict(zip(SHAPES, ["conv 1", "pool 1", "conv 2", "pool 2", "dense 1", "dense 2", "dense 3"], strict=True))
COLUMNS = {"fc1": 5, "fc2": 4}  # the units of a dense layer stand in rows of so many

Points = list[tuple[float, float]]


def _arc(middle: tuple[float, float], radii: tuple[float, float], start: float, end: float) -> Points:
    """Points on an ellipse; 0 is on the right, a quarter of a turn further is below."""
    angles = np.linspace(start, end, 12) * 2 * pi
    return [(middle[0] + radii[0] * cos(angle), middle[1] + radii[1] * sin(angle)) for angle in angles]


# as a hand might draw them: strokes through (x, y), in fractions of the pad from its upper left corner
DRAWINGS: dict[int, list[Points]] = {
    0: [_arc((0.5, 0.5), (0.2, 0.32), 0, 1)],
    1: [[(0.52, 0.15), (0.48, 0.85)]],
    2: [[*_arc((0.5, 0.35), (0.2, 0.19), 0.5, 1.1), (0.28, 0.82), (0.74, 0.82)]],
    3: [_arc((0.48, 0.32), (0.2, 0.17), 0.55, 1.22) + _arc((0.48, 0.66), (0.23, 0.18), 0.75, 1.45)],
    4: [[(0.42, 0.15), (0.25, 0.55), (0.78, 0.55)], [(0.64, 0.3), (0.6, 0.88)]],
    5: [[(0.7, 0.17), (0.36, 0.17), (0.33, 0.46), *_arc((0.46, 0.62), (0.22, 0.2), 0.7, 1.4)]],
    6: [[(0.6, 0.14), (0.42, 0.35), *_arc((0.5, 0.64), (0.18, 0.2), 0.5, 1.5)]],
    7: [[(0.25, 0.2), (0.75, 0.2), (0.45, 0.85)]],
    8: [[(0.5 + 0.17 * sin(2 * angle), 0.5 - 0.33 * cos(angle)) for angle in np.linspace(0, 2 * pi, 25)]],
    9: [[*_arc((0.5, 0.34), (0.17, 0.18), 0, 1), (0.66, 0.5), (0.6, 0.87)]],
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the network; one of a dense layer has row and column 0."""

    layer: str
    map: int
    row: int = 0
    col: int = 0

    @property
    def text(self) -> str:
        """As in the link."""
        return f"{self.layer},{self.map},{self.row},{self.col}"

    @property
    def name(self) -> str:
        """As the page calls it."""
        if self.layer == "fc3":
            return f"Score of {self.map}"
        if self.layer in COLUMNS:
            return f"{TITLES[self.layer]}, unit {self.map + 1}"
        return f"{TITLES[self.layer]}, map {self.map + 1}, row {self.row + 1}, column {self.col + 1}"

    def of(self, values: Tensor) -> float:
        """Its value among those of its layer, (1, …)."""
        return float(values[0, self.map] if values.dim() == 2 else values[0, self.map, self.row, self.col])


@cache
def trained(name: str = "mnist") -> ConvNet:
    """The network whose weights the page fetches."""
    return load_network(name)


def open_network(visit: Visits, query: str = "", **how) -> Page:
    """A new visit that has painted all layers, and heard torch's answer. `how` goes to `visit`."""
    page = visit(f"/network{query}", **how)
    wait_painted(page, root=NETWORK)
    agreement(page, NETWORK)
    return page


def draw(
    page: Page, strokes: Sequence[Points], *, scale: float = 1.0, corner: tuple[float, float] = (0, 0), **how
) -> None:
    """Draws on the pad: as large as it is, or smaller from a corner on. `how` goes to `stroke`."""
    pad = page.locator('[data-panel="drawing"]')
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    for points in strokes:
        places = [(corner[0] + scale * x, corner[1] + scale * y) for x, y in points]
        stroke(page, [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places], **how)


def press(page: Page, button: str) -> None:
    """Presses what this selector names, and waits until the layers are painted anew."""
    since = painted(page, NETWORK)
    page.locator(button).click()
    wait_painted(page, since, NETWORK)


def next_frames(page: Page) -> None:
    """Waits until what the page has just changed is painted: a view repaints at the next frame, its stage at the one after."""
    page.evaluate("async () => { for (let n = 0; n < 3; n++) await new Promise(requestAnimationFrame); }")


def picture_of(link: dict[str, str]) -> np.ndarray:
    """What the network reads of the picture that a link describes: float32 (3, 32, 32)."""
    key, strokes = link.get("image", "digit_0"), strokes_from_text(link.get("strokes", ""))
    if link.get("network") == "cifar10":
        picture = paint(source_picture(key), strokes, 1.0)
        square = cut_from_text(link.get("square", "")) or centre_square(*picture.shape[1:])
        return averaged_square(picture, square)
    digit = np.zeros((28, 28), np.float32) if key == "draw" else sample_image(key)[0]
    if key != "draw" and not strokes:
        return np.stack([np.pad(digit, 2)] * 3)
    canvas = paint(np.kron(digit, np.ones((4, 4), np.float32))[None], strokes)[0]
    return shrink_digit(canvas) if link.get("centre") == "0" else centre_digit(canvas)


def torchs(page: Page) -> Trace:
    """What torch makes of the picture that the address bar describes, with the network and the edits it names."""
    link = link_of(page)
    network = trained(link.get("network", "mnist"))
    if "edits" in link:
        network = edited(network, edits_from_text(link["edits"]))
    return trace(network, torch.from_numpy(picture_of(link))[None])


def values_of(layers: Trace, name: str, *, rectified: bool = True) -> Tensor:
    """A layer's values as the page shows them: after the ReLU behind it, if there is one, or before."""
    behind = [*layers.names, ""][layers.names.index(name) + 1]
    return layers[behind if rectified and behind.startswith("relu") else name].output


def bound(layers: Trace) -> float:
    """How far browser and torch may lie apart in some layer: 1e-5 · max(1, Σ|w| · max|x|)."""

    def weights(layer: Operation) -> float:
        return 1.0 if layer.weight is None else float(layer.weight.flatten(1).abs().sum(dim=1).max())

    return 1e-5 * max(1.0, *(weights(layer) * float(layer.input.abs().max()) for layer in layers))


def check(page: Page) -> Trace:
    """Waits for torch's answer; AssertionError unless prediction and probability are torch's own. Returns its trace."""
    difference = agreement(page, NETWORK)
    layers = torchs(page)
    assert difference <= bound(layers)
    probabilities = layers["fc3"].output.softmax(dim=1)[0]
    said = network(page)
    assert said["prediction"] == class_labels(said["network"])[int(probabilities.argmax())]
    assert abs(float(said["probability"]) - float(probabilities.max())) < 1e-4
    return layers


def probability(page: Page, digit: int) -> float:
    """The probability of a class, as its bar says it, in percent."""
    return float(page.locator(f'[data-class="{digit}"] .share').inner_text().removesuffix("%"))


def seen(page: Page) -> np.ndarray:
    """The picture that the page shows as the network's input: bytes (32, 32)."""
    return pixels(page, ".seen-canvas")[..., 0]


def pixels(page: Page, canvas: str) -> np.ndarray:
    """The colours of a canvas: bytes (H, W, 3)."""
    width, height, data = page.locator(canvas).evaluate(
        """(canvas) => {
          const { width, height } = canvas;
          return [width, height, [...canvas.getContext("2d").getImageData(0, 0, width, height).data]];
        }"""
    )
    return np.array(data, dtype=np.uint8).reshape(height, width, 4)[..., :3]


def point_at(page: Page, unit: Unit) -> str:
    """Moves the pointer onto a unit, and returns what the page says of it."""
    canvas, place = _place(page, unit)
    canvas.hover(position=place)
    readout = page.locator(".readout")
    expect(readout).to_contain_text(f"{unit.name}: ")
    return readout.inner_text()


def take_apart(page: Page, unit: Unit) -> None:
    """Clicks a unit, and waits until it is taken apart under the network."""
    if unit.layer == "fc3":
        page.locator("[data-class]").nth(unit.map).click()
    else:
        canvas, place = _place(page, unit)
        canvas.click(position=place)
    page.locator(f'[data-drill="{unit.text}"]').wait_for()


def open_unit(page: Page, unit: Unit) -> Moment:
    """Clicks a unit, opens its stage unless that is open already, and returns what it says."""
    take_apart(page, unit)
    button = page.locator('[data-act="stage"]')
    if button.get_attribute("aria-expanded") != "true":
        button.click()
    return opened_unit(page, unit)


def _place(page: Page, unit: Unit) -> tuple[Locator, Position]:
    """The canvas with a unit, and where on it the unit lies. The last layer has bars instead."""
    which, row, col = unit.map, unit.row, unit.col
    if unit.layer in COLUMNS:
        which, (row, col) = 0, divmod(unit.map, COLUMNS[unit.layer])
    canvas = page.locator(f'[data-layer="{unit.layer}"] [data-channel="{which}"]')
    across, down, cols, rows = canvas.evaluate(
        "({ clientWidth, clientHeight, dataset }) => [clientWidth, clientHeight, Number(dataset.cols), Number(dataset.rows)]"
    )
    return canvas, {"x": (col + 0.5) / cols * across, "y": (row + 0.5) / rows * down}


def opened_unit(page: Page, unit: Unit) -> Moment:
    """What the stage says once it shows this unit."""
    page.locator(".unit-heading .title").get_by_text(unit.name, exact=True).wait_for()
    next_frames(page)
    wait_stage(page, stage=unit.layer, position=(unit.row, unit.col))
    return moment(page)
