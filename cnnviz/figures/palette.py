"""The one place for colour in Python's pictures: the colours of frontend/palette.js, value for value."""

import numpy as np

Colour = tuple[int, int, int]

_MIDDLE = (247, 247, 247)
STOPS: dict[str, tuple[Colour, ...]] = {
    "activation": ((178, 24, 43), _MIDDLE, (33, 102, 172)),  # red, negative · light, zero · blue, positive
    "weight": ((179, 88, 6), _MIDDLE, (84, 39, 136)),  # orange · light · purple
    "grey": ((0, 0, 0), (255, 255, 255)),
}
ACCENT: Colour = (255, 176, 0)
INK: Colour = (28, 33, 40)
PAPER: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
BLANK: Colour = (241, 242, 244)  # where nothing has happened yet

_STEPS = 512


def _table(stops: tuple[Colour, ...]) -> np.ndarray:
    along = np.arange(_STEPS + 1) / _STEPS * (len(stops) - 1)
    at = np.minimum(len(stops) - 2, along.astype(int))
    ends = np.array(stops, dtype=np.float64)
    mixed = ends[at] + (ends[at + 1] - ends[at]) * (along - at)[:, None]
    return np.floor(mixed + 0.5).astype(np.uint8)  # as the browser rounds


_TABLES = {kind: _table(stops) for kind, stops in STOPS.items()}


def coloured(kind: str, values: np.ndarray, *, top: float, bottom: float | None = None) -> np.ndarray:
    """The colours of values: uint8 of their shape with (red, green, blue) behind it.

    "activation" and "weight" diverge about zero, from −top to top; "grey" runs from black at ``bottom`` (0 if none is
    given) to white at ``top``.

    >>> coloured("activation", np.array([-2.0, 0.0, 2.0]), top=2.0).tolist()
    [[178, 24, 43], [247, 247, 247], [33, 102, 172]]
    """
    least = (bottom or 0.0) if kind == "grey" else -top
    along = (np.asarray(values, dtype=np.float64) - least) / ((top - least) or 1.0)
    return _TABLES[kind][np.floor(np.clip(along, 0.0, 1.0) * _STEPS + 0.5).astype(int)]


def ink_on(colour: Colour) -> Colour:
    """Black or white, whichever stands out more on this colour by the relative luminance of WCAG 2.2.

    >>> ink_on((255, 255, 255)), ink_on((33, 102, 172))
    ((0, 0, 0), (255, 255, 255))
    """
    parts = np.array(colour) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return BLACK if float(linear @ [0.2126, 0.7152, 0.0722]) > 0.179 else PAPER


def round_up(value: float) -> float:
    """The next round number at or above, as the browser's scales have it: 1, 1.2, 1.5, 2, … times a power of ten.

    >>> round_up(11.0), round_up(0.0)
    (12.0, 1.0)
    """
    if not value > 0:
        return 1.0
    unit = 10.0 ** np.floor(np.log10(value))
    nice = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    step = next(step for step in nice if step * unit >= value * (1 - 1e-9))
    return float(f"{step * unit:.3g}")


def activation_scale() -> list[tuple[float, str]]:
    """The colours of activations as Plotly takes a scale."""
    return [(at / 2, f"rgb({','.join(map(str, stop))})") for at, stop in enumerate(STOPS["activation"])]


def enlarged(picture: np.ndarray, side: int) -> np.ndarray:
    """A picture (H, W, …) with each cell repeated so that its longer side has about ``side`` pixels, at least one a cell."""
    times = max(1, round(side / max(picture.shape[:2])))
    return picture.repeat(times, axis=0).repeat(times, axis=1)
