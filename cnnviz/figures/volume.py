"""A batch of maps as a volume in space: N × C × H × W, each slice the real map."""

import numpy as np
import plotly.graph_objects as go

from cnnviz.figures.palette import activation_scale

GAP = 0.35  # between slices, in parts of a map's width
FLAT = 40  # a map with no more cells a side is drawn cell by cell; of larger ones a cell is hardly two pixels wide
VIEW = 0.36  # the radius that Plotly's camera sees at a distance of 1, where a figure is at least as wide as high


def volume_figure(maps: np.ndarray) -> go.Figure:
    """Maps (N, C, H, W), N and C at least 1, as upright slices: channels behind each other, samples side by side.

    Negative is red, zero light, positive blue, on one scale for all; the axes say how many there are of each. ValueError
    for any other number of axes.
    """
    if maps.ndim != 4 or maps.size == 0:
        raise ValueError(f"A volume has the axes N × C × H × W, not {maps.shape}.")
    samples, channels, height, width = maps.shape
    top = float(np.abs(maps).max()) or 1.0
    apart = max(width, height) * GAP
    figure = go.Figure()
    rows, cols, corners = _corners(height, width)
    for sample in range(samples):
        across, up = np.meshgrid(_left(sample, width) + cols, height - rows)
        for channel in range(channels):
            figure.add_trace(
                go.Surface(
                    x=across.astype(np.float32),
                    y=np.full(across.shape, channel * apart, dtype=np.float32),
                    z=up.astype(np.float32),
                    surfacecolor=maps[sample, channel][corners],
                    colorscale=activation_scale(),
                    cmin=-top,
                    cmax=top,
                    showscale=sample == channel == 0,
                    colorbar={"orientation": "h", "y": 0, "yanchor": "top", "len": 0.6, "thickness": 12},
                    name=f"sample {sample + 1}, map {channel + 1}",
                    hovertemplate=f"sample {sample + 1}, map {channel + 1}<br>%{{surfacecolor:.3g}}<extra></extra>",
                    lighting={"ambient": 1, "diffuse": 0, "specular": 0},  # colour means value and nothing else
                    contours={letter: {"highlight": False} for letter in "xyz"},
                )
            )
    ranges = [
        (0, _left(samples - 1, width) + width),
        (-apart / 2, (channels - 0.5) * apart),
        (0, height),
    ]
    sides = np.array([end - start for start, end in ranges]) / max(end - start for start, end in ranges)
    # so far away that its corners stay in view, however it is turned
    distance = float(np.linalg.norm(sides)) / 2 / VIEW
    names = (f"N = {samples}, W = {width}", f"C = {channels}", f"H = {height}")
    ticks = (
        [_left(sample, width) + width / 2 for sample in range(samples)],
        [channel * apart for channel in range(channels)],
        [],
    )
    axes = {
        f"{letter}axis": {
            "title": title,
            "range": ends,
            "tickvals": at,
            "ticktext": [str(number + 1) for number in range(len(at))],
            **dict.fromkeys(("showbackground", "showgrid", "zeroline", "showspikes", "showline"), False),
        }
        for letter, title, ends, at in zip("xyz", names, ranges, ticks, strict=True)
    }
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 0, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)",
        scene=axes
        | {
            "aspectmode": "manual",
            "aspectratio": dict(zip("xyz", sides.tolist(), strict=True)),
            "camera": {"eye": {"x": -0.5 * distance, "y": -0.77 * distance, "z": 0.4 * distance}},
        },
    )
    return figure


def _left(sample: int, width: int) -> float:
    """Where a sample's maps begin along the axis of the samples."""
    return sample * width * (1 + GAP)


def _corners(height: int, width: int) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """The corners' rows and columns, and which cell gives each corner its colour (as an index of the map).

    Colours run from corner to corner. Where each cell has four corners of its own, it is of one colour.

    >>> rows, cols, corners = _corners(2, 1)
    >>> rows.tolist(), cols.tolist(), corners[0].ravel().tolist()
    ([0, 1, 1, 2], [0, 1], [0, 0, 0, 0, 1, 1, 1, 1])
    """

    def along(size: int) -> tuple[np.ndarray, np.ndarray]:
        if max(height, width) > FLAT:
            return np.arange(size + 1), np.minimum(np.arange(size + 1), size - 1)
        cells = np.repeat(np.arange(size), 2)
        return cells + np.tile((0, 1), size), cells

    (rows, row_cells), (cols, col_cells) = along(height), along(width)
    return rows, cols, tuple(np.meshgrid(row_cells, col_cells, indexing="ij"))
