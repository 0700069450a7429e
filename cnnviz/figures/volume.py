"""A batch of maps as a volume in space: N × C × H × W, each slice the real map."""

import numpy as np
import plotly.graph_objects as go

from cnnviz.figures.palette import activation_scale

GAP = 0.35  # between slices, in parts of a map's width


def volume_figure(maps: np.ndarray, *, dark: bool = False) -> go.Figure:
    """Maps (N, C, H, W), N and C at least 1, as upright slices: channels behind each other, samples side by side.

    Negative is red, zero light, positive blue, on one scale for all. ValueError for any other number of axes.
    """
    if maps.ndim != 4 or maps.size == 0:
        raise ValueError(f"A volume has the axes N × C × H × W, not {maps.shape}.")
    samples, channels, height, width = maps.shape
    top = float(np.abs(maps).max()) or 1.0
    figure = go.Figure()
    for sample in range(samples):
        left = sample * width * (1 + GAP)
        # one more corner than cells along each side, so that each cell is a square of its own colour
        across, up = np.meshgrid(left + np.arange(width + 1), height - np.arange(height + 1))
        for channel in range(channels):
            values = maps[sample, channel]
            figure.add_trace(
                go.Surface(
                    x=across,
                    y=np.full_like(across, channel * width * GAP),
                    z=up,
                    surfacecolor=np.pad(values, ((0, 1), (0, 1)), mode="edge"),
                    colorscale=activation_scale(),
                    cmin=-top,
                    cmax=top,
                    showscale=sample == channel == 0,
                    colorbar={"title": "value", "len": 0.6},
                    name=f"sample {sample + 1}, map {channel + 1}",
                    hovertemplate=f"sample {sample + 1}, map {channel + 1}<br>%{{surfacecolor:.3g}}<extra></extra>",
                    lighting={"ambient": 1, "diffuse": 0, "specular": 0},  # colour means value and nothing else
                )
            )
    axis = {"visible": False}
    figure.update_layout(
        height=520,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        font={"color": "#e8eaed" if dark else "#1c2128"},
        scene={
            "xaxis": axis,
            "yaxis": axis,
            "zaxis": axis,
            "aspectmode": "data",
            "camera": {"eye": {"x": -1.1, "y": -1.7, "z": 0.8}},
        },
    )
    return figure
