"""The slide as an animated GIF: the window moves over the input, and the feature map fills up."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import GifImagePlugin, Image, ImageDraw, ImageFont

from cnnviz.core.operations import Operation
from cnnviz.core.padding import source_index
from cnnviz.figures.palette import ACCENT, BLANK, INK, PAPER, Colour, coloured, ink_on, round_up

MOST_FRAMES = 400
HOLD = 1500  # milliseconds for which the last frame stands before the film begins again
_SIDE = 280  # pixels for the input, and for the feature map
_KERNEL_SIDE = 120
_GAP, _HEAD, _FOOT = 16, 26, 30
_LEAST_FOR_DIGITS = 20
_GREYS = 16  # shades kept for the captions, whose letters are smooth
_UNCHANGED = 255  # the palette's last colour: where a frame is as the one before it


@dataclass(frozen=True, slots=True)
class Look:
    """How the input is shown: the values that are black and white, and the speed in frames a second."""

    bottom: float = 0.0
    top: float = 1.0
    speed: float = 2.0


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the slide that a film shows: every so-many-th step of the rows ``first`` to ``last``, both included."""

    every: int = 1
    first: int = 0
    last: int | None = None

    def steps(self, rows: int, cols: int) -> tuple[int, ...]:
        """The steps of a map of ``rows`` × ``cols``, in reading order; the last one of the part is always among them.

        >>> Part(every=4, first=1, last=2).steps(5, 5)
        (5, 9, 13, 14)
        """
        last_row = rows - 1 if self.last is None else min(self.last, rows - 1)
        first, end = min(self.first, last_row) * cols, (last_row + 1) * cols - 1
        steps = tuple(range(first, end + 1, max(1, self.every)))
        return steps if steps[-1] == end else (*steps, end)


def shorter(rows: int, cols: int, part: Part) -> list[Part]:
    """Parts of the same slide with at most MOST_FRAMES frames: fewer of its steps, and fewer of its rows, if that helps.

    >>> shorter(62, 62, Part())
    [Part(every=10, first=0, last=None), Part(every=1, first=0, last=5)]
    """
    frames = len(part.steps(rows, cols))
    if frames <= MOST_FRAMES:
        return []
    every = part.every
    while len(Part(every, part.first, part.last).steps(rows, cols)) > MOST_FRAMES:
        every += 1
    ways = [Part(every, part.first, part.last)]
    few = min(part.first, rows - 1)
    while few + 1 < rows and len(Part(part.every, part.first, few + 1).steps(rows, cols)) <= MOST_FRAMES:
        few += 1
    if len(Part(part.every, part.first, few).steps(rows, cols)) <= MOST_FRAMES:
        ways.append(Part(part.every, part.first, few))
    return ways


class Slide:
    """The frames of one convolution with one filter. ``operation`` as `core.operations.convolution` gives it, of one image."""

    def __init__(self, operation: Operation, look: Look) -> None:
        self._look = look
        self._specs = operation.windows
        self._mode = operation.padding_mode
        self._input = operation.input[0].numpy()
        self._weight = operation.weight[0].numpy()
        self._output = operation.output[0, 0].numpy()
        self.rows, self.cols = self._output.shape
        self._margins = tuple(spec.padding for spec in self._specs)
        height, width = (size + 2 * pad for size, pad in zip(self._input.shape[1:], self._margins, strict=True))
        self._cell = max(1, _SIDE // max(height, width))
        self._out_cell = max(1, _SIDE // max(self.rows, self.cols))
        self._kernel_cell = max(
            4, _KERNEL_SIDE // max(self._weight.shape[1] * len(self._weight), self._weight.shape[2])
        )
        input_size = (width * self._cell, height * self._cell)
        kernel_size = (max(_KERNEL_SIDE, self._weight.shape[2] * self._kernel_cell), 0)
        output_size = (self.cols * self._out_cell, self.rows * self._out_cell)
        self._input_at = (_GAP, _HEAD)
        self._kernel_at = (_GAP + max(input_size[0], 140) + _GAP, _HEAD)
        self._output_at = (self._kernel_at[0] + kernel_size[0] + _GAP, _HEAD)
        kernel_height = len(self._weight) * (self._weight.shape[1] * self._kernel_cell + 4)
        self.size = (
            self._output_at[0] + max(output_size[0], 160) + _GAP,
            _HEAD + max(input_size[1], output_size[1], kernel_height) + _FOOT,
        )
        self._prepare()

    # --- what stays the same --------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Everything that needs many colours is drawn once; frames are then put together from palette indices."""
        base = Image.new("RGB", self.size, PAPER)
        draw = ImageDraw.Draw(base)
        channels, height, width = self._input.shape
        titles = [
            (self._input_at, f"input, {f'{channels} channels of ' if channels > 1 else ''}{height} by {width}"),
            (self._kernel_at, f"kernel, {self._weight.shape[1]} by {self._weight.shape[2]}"),
            (self._output_at, f"feature map, {self.rows} by {self.cols}"),
        ]
        for (left, _), title in titles:
            draw.text((left, 5), title, fill=INK, font=_font(14))
        base.paste(self._input_picture(), self._input_at)
        scale = float(np.abs(self._weight).max()) or 1.0
        left, top = self._kernel_at
        for kernel in self._weight:
            picture = _cells(coloured("weight", kernel, top=scale), kernel, self._kernel_cell)
            base.paste(picture, (left, top))
            top += picture.height + 4
        output_top = round_up(float(np.abs(self._output).max()))
        output = _cells(coloured("activation", self._output, top=output_top), self._output, self._out_cell)
        everything = base.copy()
        everything.paste(output, self._output_at)
        own = _UNCHANGED - _GREYS - 2
        few = everything.quantize(own, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        colours = (few.getpalette() or [])[: own * 3]
        self._first_grey = len(colours) // 3
        for shade in range(_GREYS):  # from ink to paper
            colours += [round(a + (b - a) * shade / (_GREYS - 1)) for a, b in zip(INK, PAPER, strict=True)]
        self._accent, self._ink = self._first_grey + _GREYS, self._first_grey
        colours += ACCENT
        colours += BLANK
        self._blank = self._accent + 1
        self._palette = np.array(colours, dtype=np.int32).reshape(-1, 3)
        self._base, self._full = self._indexed(base), self._indexed(output)
        left, top = self._output_at
        self._base.paste(self._blank, (left, top, left + output.width, top + output.height))

    def _indexed(self, picture: Image.Image) -> Image.Image:
        """The picture in the palette's nearest colours. Pillow's own search is quick, but takes a white that is not quite."""
        pixels = np.asarray(picture).astype(np.int32) @ (1 << 16, 1 << 8, 1)
        packed, index = np.unique(pixels, return_inverse=True)
        colours = np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=1)
        distances = [((part[:, None] - self._palette) ** 2).sum(axis=2) for part in np.array_split(colours, 8)]
        nearest = np.concatenate([part.argmin(axis=1) for part in distances]).astype(np.uint8)
        image = Image.fromarray(nearest[index.reshape(-1)].reshape(pixels.shape)).convert("P")
        image.putpalette(self._palette.astype(np.uint8).tobytes())
        return image

    def _input_picture(self) -> Image.Image:
        """The input with its padding, which is paler; digits where a grey cell has room for them."""
        sources = [
            [source_index(index, size, self._mode) for index in range(-pad, size + pad)]
            for size, pad in zip(self._input.shape[1:], self._margins, strict=True)
        ]
        beyond = [np.array([source is None for source in axis]) for axis in sources]
        rows, cols = (np.array([source or 0 for source in axis]) for axis in sources)
        values = self._input[:, rows[:, None], cols[None, :]]
        values = np.where(beyond[0][:, None] | beyond[1][None, :], 0.0, values)
        look = self._look
        if len(values) == 3:
            share = (values - look.bottom) / ((look.top - look.bottom) or 1.0)
            colours = np.floor(255 * np.clip(share, 0, 1) + 0.5).astype(np.uint8).transpose(1, 2, 0)
        else:
            colours = coloured("grey", values[0], bottom=look.bottom, top=look.top)
        inside = np.zeros(colours.shape[:2], dtype=bool)
        (top, left), (height, width) = self._margins, self._input.shape[1:]
        inside[top : top + height, left : left + width] = True
        paler = np.floor(0.22 * colours + 0.78 * 255 + 0.5).astype(np.uint8)
        colours = np.where(inside[..., None], colours, paler)
        return _cells(colours, values[0] if len(values) == 1 else None, self._cell)

    # --- what moves -----------------------------------------------------------------------------------------------------

    def frame(self, step: int) -> Image.Image:
        """The moment at which the output at ``step`` has just been written."""
        frame = self._base.copy()
        row, col = divmod(step, self.cols)
        side = self._out_cell
        left, top = self._output_at
        for box in ((0, 0, self.cols * side, row * side), (0, row * side, (col + 1) * side, (row + 1) * side)):
            if box[3] > box[1]:
                frame.paste(self._full.crop(box), (left + box[0], top + box[1]))
        draw = ImageDraw.Draw(frame)
        (down, across), cell = self._specs, self._cell
        x, y = self._input_at[0] + col * across.stride * cell, self._input_at[1] + row * down.stride * cell
        self._mark(draw, x, y, across.extent * cell, down.extent * cell)
        self._mark(draw, left + col * side, top + row * side, side, side)
        y = self.size[1] - _FOOT + 8
        self._write(frame, self._input_at[0], y, f"row {row + 1}, column {col + 1}")
        self._write(frame, left, y, f"= {self._output[row, col]:.4g}".replace("-", "−"))
        return frame

    def _mark(self, draw: ImageDraw.ImageDraw, x: int, y: int, width: int, height: int) -> None:
        """Amber between two dark lines, as on the page."""
        for grow, index in ((2, self._ink), (1, self._accent), (0, self._accent), (-1, self._ink)):
            box = (x - grow, y - grow, x + max(width, 3) - 1 + grow, y + max(height, 3) - 1 + grow)
            if box[2] >= box[0] and box[3] >= box[1]:
                draw.rectangle(box, outline=index)

    def _write(self, frame: Image.Image, x: int, y: int, text: str) -> None:
        letters = Image.new("L", (150, 20), 255)
        _text(ImageDraw.Draw(letters), (0, 10), text, fill=0, size=14)
        shades = np.asarray(letters).astype(int) * (_GREYS - 1) // 255 + self._first_grey
        frame.paste(Image.fromarray(shades.astype(np.uint8)), (x, y))

    def frames(self, steps: tuple[int, ...], report: Callable[[float], None]) -> Iterator[Image.Image]:
        for at, step in enumerate(steps):
            report(at / len(steps))
            yield self.frame(step)


def make_slide(report: Callable[[float], None], operation: Operation, look: Look, part: Part) -> bytes:
    """The film as a GIF. ``report`` hears how far it is, 0 to 1, before each frame. ValueError beyond MOST_FRAMES."""
    slide = Slide(operation, look)
    steps = part.steps(slide.rows, slide.cols)
    if len(steps) > MOST_FRAMES:
        raise ValueError(
            f"The film would have {len(steps):,} frames: at most {MOST_FRAMES} fit, so take fewer steps or rows."
        )
    return _encoded(slide.frames(steps, report), len(steps), look.speed)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a film will be: so many ``frames`` of ``size`` (width, height) pixels, of about so many ``bytes``.

    Where that is more than MOST_FRAMES, ``bytes`` is 0 and ``shorter`` holds parts that fit.
    """

    frames: int
    size: tuple[int, int]
    bytes: int
    shorter: tuple[Part, ...] = ()


def plan_slide(report: Callable[[float], None], operation: Operation, look: Look, part: Part) -> Plan:
    """Says what `make_slide` would make. For its bytes, two short stretches are made, and the rest is taken to be like them."""
    slide = Slide(operation, look)
    steps = part.steps(slide.rows, slide.cols)
    if ways := shorter(slide.rows, slide.cols, part):
        return Plan(len(steps), slide.size, 0, tuple(ways))

    def length(some: tuple[int, ...]) -> int:
        return len(_encoded(slide.frames(some, report), len(some), look.speed))

    few = 4
    if len(steps) <= 2 * few:
        return Plan(len(steps), slide.size, length(steps))
    begin, end = steps[:few], steps[-few:]
    first = length(begin[:1])
    each = (length(begin) - first + length(end) - length(end[:1])) / (2 * (few - 1))
    return Plan(len(steps), slide.size, round(first + each * (len(steps) - 1)))


def _encoded(frames: Iterator[Image.Image], count: int, speed: float) -> bytes:
    """Each frame holds only what has changed, so that a long film stays small, here and in the file."""
    duration = max(20, round(100 / speed) * 10)  # GIF counts hundredths of a second; browsers slow down below two
    first = next(frames)
    header, _ = GifImagePlugin.getheader(first, info={"loop": 0, "duration": duration})
    film = [*header, *GifImagePlugin.getdata(first, duration=HOLD if count == 1 else duration)]
    before = np.asarray(first)
    for at, frame in enumerate(frames, start=2):
        after = np.asarray(frame)
        changed = after != before
        rows, cols = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
        place = (slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1))
        news = Image.fromarray(np.where(changed, after, _UNCHANGED)[place].astype(np.uint8)).convert("P")
        news.putpalette(first.getpalette())
        offset = (int(cols[0]), int(rows[0]))
        film += GifImagePlugin.getdata(
            news, offset, duration=HOLD if at == count else duration, transparency=_UNCHANGED
        )
        before = after
    return b"".join([*film, b";"])


def _cells(colours: np.ndarray, values: np.ndarray | None, cell: int) -> Image.Image:
    """A picture with a square of ``cell`` pixels for each colour (rows, cols, 3), and digits where they fit."""
    picture = Image.fromarray(colours.repeat(cell, axis=0).repeat(cell, axis=1))
    if cell < 8:
        return picture
    draw = ImageDraw.Draw(picture)
    rows, cols = colours.shape[:2]
    for row in range(1, rows):
        draw.line((0, row * cell, cols * cell, row * cell), fill=(200, 203, 207))
    for col in range(1, cols):
        draw.line((col * cell, 0, col * cell, rows * cell), fill=(200, 203, 207))
    if values is None or cell < _LEAST_FOR_DIGITS:
        return picture
    for row, col in np.ndindex(rows, cols):
        text = _short(float(values[row, col]))
        size = max(8, min(int(cell * 0.42), int(cell * 1.6 / len(text))))
        ink = ink_on(tuple(int(part) for part in colours[row, col]))
        width = sum(_width(part, size) for part in text)
        _text(draw, ((col + 0.5) * cell - width / 2, (row + 0.5) * cell), text, fill=ink, size=size)
    return picture


def _short(value: float) -> str:
    """As many decimals as say something, at most two; more where a small number would read as zero.

    >>> _short(-2.0), _short(0.25), _short(1 / 3), _short(12.345), _short(-0.0042), _short(1e-7)
    ('−2', '0.25', '0.33', '12.35', '−0.004', '0')
    """
    small = 5e-6 < abs(value) < 0.005
    text = f"{value:.{5 if abs(value) < 1e-3 else 3}f}" if small else f"{value:.2f}"
    text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


def _text(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, *, fill: int | Colour, size: int) -> None:
    """Text from ``at`` on, the middle of its left edge. Pillow's own font has no minus sign, so it is drawn."""
    x, y = at
    before, minus, after = text.partition("−")
    draw.text((x, y), before, fill=fill, font=_font(size), anchor="lm")
    x += _width(before, size)
    if minus:
        draw.rectangle((round(x + size * 0.06), round(y), round(x + size * 0.5), round(y) + (size > 16)), fill=fill)
        draw.text((x + _width(minus, size), y), after, fill=fill, font=_font(size), anchor="lm")


def _width(text: str, size: int) -> float:
    return size * 0.6 if text == "−" else _font(size).getlength(text)


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
