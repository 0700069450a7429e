"""The one place for colour in Python; the stops are those of frontend/palette.js."""

import numpy as np

ACTIVATION = ((178, 24, 43), (247, 247, 247), (33, 102, 172))  # red, negative · light, zero · blue, positive


def activation_colours(values: np.ndarray, top: float) -> np.ndarray:
    """Values (…) as red, green and blue (…, 3), 0 to 255: −top is full red, 0 light, +top full blue.

    >>> activation_colours(np.array([-1.0, 0.0, 5.0]), top=1).tolist()
    [[178, 24, 43], [247, 247, 247], [33, 102, 172]]
    """
    along = np.clip(np.asarray(values, dtype=np.float64) / (top or 1), -1, 1) + 1
    stops = np.array(ACTIVATION, dtype=np.float64)
    channels = [np.interp(along, (0, 1, 2), stops[:, channel]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def activation_scale() -> list[tuple[float, str]]:
    """The same as Plotly takes it."""
    return [(at / 2, f"rgb({','.join(map(str, stop))})") for at, stop in enumerate(ACTIVATION)]


def enlarged(picture: np.ndarray, side: int) -> np.ndarray:
    """A picture (H, W, …) with each cell repeated so that its longer side has about ``side`` pixels, at least one a cell."""
    times = max(1, round(side / max(picture.shape[:2])))
    return picture.repeat(times, axis=0).repeat(times, axis=1)
