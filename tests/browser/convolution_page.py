"""The convolution page: what its link asks for, what torch makes of that, and what the page says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import urljoin, urlsplit

import numpy as np
import torch
from playwright.sync_api import Locator, Page
from torch.nn import functional as F

from cnnviz import KERNELS
from cnnviz.core.images import fit_image, two_decimals
from cnnviz.core.samples import SAMPLES, sample_image
from cnnviz.core.strokes import Stroke, paint, strokes_from_text, strokes_to_text
from tests.browser.harness import STAGE, agreement, eventually
from tests.browser.visits import Visits

DRAWING_SIZE = 28
UPLOAD_SIZE = 64
CHOOSER = ".chooser-panel"


Axes = int | tuple[int, int]  # one number for rows and columns, or one for each


def pair(axes: Axes) -> tuple[int, int]:
    """(rows, columns)."""
    return axes if isinstance(axes, tuple) else (axes, axes)


def _text(axes: Axes) -> str:
    return ",".join(map(str, axes)) if isinstance(axes, tuple) else str(axes)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A state of the page; without arguments, the one in which it opens.

    ``weights`` are typed ones, as text of the link: "3x3~1,0,…", one list of numbers for each slice. ``upload`` holds the
    pixels (C, H, W) of an uploaded picture, which no link can carry.
    """

    image: str = "integers"
    size: int | None = None
    colour: bool = False
    strokes: tuple[Stroke, ...] = ()
    kernel: str = "sobel_x"
    weights: str = ""
    stride: Axes = 1
    padding: Axes = 0
    padding_mode: str = "zeros"
    dilation: Axes = 1
    bias: float = 0.0
    relu: bool = False
    at: tuple[int, int] = (0, 0)
    upload: np.ndarray | None = None

    @property
    def link(self) -> str:
        """The path under which the app opens in this state."""
        texts = {
            "image": self.image,
            "size": self.size or "",
            "colour": int(self.colour),
            "strokes": strokes_to_text(self.strokes),
            "kernel": self.kernel,
            "weights": self.weights,
            "stride": _text(self.stride),
            "padding": _text(self.padding),
            "padding_mode": self.padding_mode,
            "dilation": _text(self.dilation),
            "bias": self.bias,
            "relu": int(self.relu),
            "at": ",".join(map(str, self.at)),
        }
        return "/?" + "&".join(f"{name}={text}" for name, text in texts.items() if text != "")

    @property
    def picture(self) -> np.ndarray:
        """The pixels that enter the sum: float32 (C, H, W)."""
        if self.upload is not None:
            size, base = UPLOAD_SIZE, self.upload
        elif self.image == "draw":
            size, base = DRAWING_SIZE, np.zeros((1, 1, 1))
        else:
            size, base = SAMPLES[self.image].size, sample_image(self.image)
        picture = fit_image(base, self.size or size, self.colour)
        if not self.strokes:
            return picture
        return two_decimals(paint(picture, self.strokes, ink=max(1.0, float(picture.max()))))

    @property
    def filter(self) -> torch.Tensor:
        """The kernel's slices, float32 (C, kh, kw)."""
        channels = 3 if self.colour else 1
        if not self.weights:
            kernel = KERNELS[self.kernel]
            weights = torch.tensor(kernel.weights, dtype=torch.float64) / (channels if kernel.averaging else 1)
            return weights.float().expand(channels, -1, -1)
        size, *slices = self.weights.split("~")
        rows, cols = map(int, size.split("x"))
        weights = torch.tensor([[float(weight) for weight in numbers.split(",")] for numbers in slices])
        return weights.reshape(-1, rows, cols).expand(channels, -1, -1)

    @property
    def padded(self) -> np.ndarray:
        """The pixels with torch's padding around them; RuntimeError where torch refuses."""
        down, across = pair(self.padding)
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        return F.pad(torch.from_numpy(self.picture)[None], (across, across, down, down), mode=mode)[0].numpy()

    @property
    def feature_map(self) -> torch.Tensor:
        """What torch makes of it, (H_out, W_out)."""
        image = torch.from_numpy(self.padded)[None]
        bias = torch.tensor([self.bias], dtype=torch.float32)
        output = F.conv2d(image, self.filter[None], bias, self.stride, 0, self.dilation)[0, 0]
        return F.relu(output) if self.relu else output

    @property
    def bound(self) -> float:
        """How far browser and torch may lie apart: 1e-5 · max(1, Σ|w| · max|x|)."""
        return 1e-5 * max(1.0, float(self.filter.abs().sum()) * float(np.abs(self.picture).max()))

    def taps(self, position: tuple[int, int]) -> list[tuple[float, float]]:
        """The (pixel, weight) of every product at a position, in the order of the sum."""
        patch = self._under(self.padded, position)
        return list(zip(patch.ravel().tolist(), self.filter.flatten().tolist(), strict=True))

    def padded_taps(self, position: tuple[int, int]) -> int:
        """How many of them lie in the padding."""
        down, across = pair(self.padding)
        beyond = np.pad(np.zeros_like(self.picture), ((0, 0), (down, down), (across, across)), constant_values=1)
        return int(self._under(beyond, position).sum())

    def _under(self, padded: np.ndarray, position: tuple[int, int]) -> np.ndarray:
        """The part of a padded picture (C, H, W) that the window's taps lie on."""
        row, col = (step * at for step, at in zip(pair(self.stride), position, strict=True))
        down, across = pair(self.dilation)
        _, rows, cols = self.filter.shape
        return padded[:, row : row + down * rows : down, col : col + across * cols : across][:, :rows, :cols]


OPENING = Lesson()


def with_weight(lesson: Lesson, row: int, col: int, value: float, channel: int | None = None) -> Lesson:
    """The same, with one weight typed over: in one slice, or in all."""
    weights = lesson.filter.clone()
    weights[slice(None) if channel is None else channel, row, col] = value
    lists = (",".join(f"{weight:.9g}" for weight in kernel.flatten().tolist()) for kernel in weights)
    return replace(lesson, weights="~".join([f"{weights.shape[1]}x{weights.shape[2]}", *lists]))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger: value × weight = product, and the total so far."""

    value: Decimal
    weight: Decimal
    product: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """A channel in a ledger that is folded: what its products sum to, and the total so far."""

    sum: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class Moment:
    """What the page says at one position; ``lines`` are those that are unfolded, ``parts`` what there is to unfold,
    ``rounding`` what closes the unfolded one. ``foot`` holds the ledger's last lines under their `data-ledger` names."""

    position: tuple[int, int]
    step: int
    value: float
    lines: tuple[Line, ...]
    parts: tuple[Part, ...]
    rounding: Decimal
    foot: dict[str, Decimal]
    words: str
    window: str
    count: str


# whoever reads all lines has turned to the ledger, so that those out of sight are written, too
_READ = """
const read = (root) => {
  const body = root.querySelector(".ledger-body");
  body.dispatchEvent(new PointerEvent("pointerenter"));
  const said = {
    ...root.dataset,
    lines: [...root.querySelectorAll('[data-ledger="product"]')].map((line) => line.textContent),
    parts: [...root.querySelectorAll('[data-ledger="part"]')].map((line) => line.textContent),
    rounding: root.querySelector('[data-ledger="part-rounding"][data-shown="true"]')?.textContent ?? "rounding 0",
    foot: [...root.querySelectorAll('.ledger-foot [data-shown="true"]')].map((line) => [line.dataset.ledger, line.textContent]),
    words: root.querySelector(".words").textContent,
    window: root.querySelector(".column-window .note").textContent,
    count: root.querySelector(".count").textContent,
  };
  body.dispatchEvent(new PointerEvent("pointerleave"));
  return said;
};
"""


def moment(page: Page) -> Moment:
    """What the page says now."""
    return _moment(page.locator(STAGE).evaluate(f"(root) => {{ {_READ} return read(root); }}"))


def tour(page: Page, positions: Sequence[tuple[int, int]] | None = None) -> list[Moment]:
    """Points at one output after the other, all of them if none are named, and returns what the page said at each."""
    said = page.locator(STAGE).evaluate(
        f"""async (root, positions) => {{
          {_READ}
          const panel = root.querySelector('[data-panel="output"]');
          const [rows, cols] = [Number(panel.dataset.rows), Number(panel.dataset.cols)];
          const steps = Array.from({{ length: rows * cols }}, (_, step) => [Math.floor(step / cols), step % cols]);
          // the stage paints in the next frame, and has asked for that before this does
          const painted = (act) => (act(), new Promise(requestAnimationFrame));
          const said = [];
          for (const [row, col] of positions ?? steps) {{
            const box = panel.getBoundingClientRect();
            const [clientX, clientY] = [box.left + ((col + 0.5) / cols) * box.width, box.top + ((row + 0.5) / rows) * box.height];
            await painted(() => panel.dispatchEvent(new PointerEvent("pointermove", {{ clientX, clientY }})));
            said.push(read(root));
          }}
          await painted(() => panel.dispatchEvent(new PointerEvent("pointerleave")));
          return said;
        }}""",
        [list(position) for position in positions] if positions else None,
    )
    return [_moment(texts) for texts in said]


def _moment(texts: dict) -> Moment:
    row, col = map(int, texts["position"].split(","))
    lines = tuple(Line(*map(number, re.split(r" × | = | ", text))) for text in texts["lines"])
    parts = tuple(Part(*map(number, text.split()[-2:])) for text in texts["parts"])
    rounding = number(texts["rounding"].split()[-1])
    foot = {name: number(text.rsplit(" ", 1)[1]) for name, text in texts["foot"]}
    step, value = int(texts["step"]), float(texts["value"])
    return Moment(
        (row, col), step, value, lines, parts, rounding, foot, texts["words"], texts["window"], texts["count"]
    )


def number(text: str) -> Decimal:
    """A number as the page prints it, with a true minus sign."""
    assert "-" not in text, f"{text} has a hyphen for a minus"
    return Decimal(text.replace("−", "-"))


def weight_cell(page: Page, row: int, col: int) -> Locator:
    """The field of one weight of the slice on show."""
    return page.get_by_label(f"weight, row {row + 1}, column {col + 1}", exact=True)


def weights(page: Page) -> np.ndarray:
    """The weights of the slice on show, at full precision: float64 (kh, kw)."""
    return np.array(
        page.locator(f"{STAGE} [data-panel='kernel']").evaluate(
            """(panel) => {
              const values = [...panel.querySelectorAll(".weight-cell")].map((cell) => Number(cell.dataset.value));
              const cols = Number(panel.dataset.cols);
              return Array.from({ length: values.length / cols }, (_, row) => values.slice(row * cols, (row + 1) * cols));
            }"""
        )
    )


def check(page: Page, lesson: Lesson, positions: Sequence[tuple[int, int]] | None = None) -> None:
    """Waits until the stage has this lesson's outputs, pixels and weights, and torch agrees; AssertionError if it never has.

    Without ``positions`` it looks at the corners of the map and at two places within.
    """
    feature_map = lesson.feature_map
    rows, cols = feature_map.shape
    if positions is None:
        corners = {(row, col) for row in (0, rows - 1) for col in (0, cols - 1)}
        positions = sorted(corners | {(rows // 2, cols // 3), (rows // 3, cols // 2)})

    def look() -> None:
        shape = page.locator(f"{STAGE} [data-panel=output]").evaluate("({ dataset }) => [dataset.rows, dataset.cols]")
        assert shape == [str(rows), str(cols)], f"the map is {'×'.join(shape)}, not {rows}×{cols}: {lesson}"
        for now, position in zip(tour(page, positions), positions, strict=True):
            assert now.position == position, lesson
            wanted = float(feature_map[position])
            assert abs(now.value - wanted) <= lesson.bound, f"{now.value} at {position} is {wanted}: {lesson}"
            taps = lesson.taps(position)
            assert len(now.lines) == len(taps), f"{len(now.lines)} products at {position} are {len(taps)}: {lesson}"
            for line, (pixel, weight) in zip(now.lines, taps, strict=True):
                assert np.float32(line.value) == np.float32(pixel), (
                    f"pixel {line.value} at {position} is {pixel}: {lesson}"
                )
                # shown to four decimals at the least
                assert abs(float(line.weight) - weight) <= 0.00005001, (
                    f"weight {line.weight} at {position} is {weight}: {lesson}"
                )

    # the picture before may have a map of the same size, and torch's word on it still stands
    eventually(page, look)
    difference = agreement(page)
    assert difference <= lesson.bound, f"{difference} is more than {lesson.bound}: {lesson}"


def link_of(page: Page) -> dict[str, str]:
    """The parameters in the address bar."""
    query = page.evaluate("[...new URLSearchParams(location.search)]")
    return dict(query)


def path_of(page: Page) -> str:
    """What somebody copies from the address bar, behind the server's name."""
    address = urlsplit(page.url)
    return f"{address.path}?{address.query}"


def strokes_of(page: Page) -> tuple[Stroke, ...]:
    """The strokes in the address bar."""
    return strokes_from_text(link_of(page).get("strokes", ""))


def open_lesson(visit: Visits, lesson: Lesson = OPENING, **how) -> Page:
    """A new visit to the lesson, at rest: torch has answered. `how` goes to `visit`."""
    page = visit(lesson.link, **how)
    agreement(page)
    return page


def go_to(page: Page, lesson: Lesson) -> float:
    """Opens the lesson's link in the same browser, which starts a new session. Returns what `agreement` does."""
    page.goto(urljoin(page.url, lesson.link))
    return agreement(page)


def chooser(page: Page) -> Locator:
    """What the button with the image's name opens: gallery, upload, size and colour."""
    body = page.locator(CHOOSER)

    def opened() -> None:
        if not body.is_visible():
            page.locator(".chooser-button").click()
        # the button moves while the page scrolls to it: then press and release do not meet on it
        assert body.is_visible(), "the image chooser is closed"

    eventually(page, opened)
    return body


def close_chooser(page: Page) -> None:
    """Leaves the stage free again."""
    page.keyboard.press("Escape")
    page.locator(CHOOSER).wait_for(state="hidden")
