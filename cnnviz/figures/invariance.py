"""Heat maps and curves over shifts of the image, for reading with the pointer."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from cnnviz.figures.palette import STOPS

_STYLES = (
    ("solid", "circle"),
    ("dash", "square"),
    ("dot", "diamond"),
    ("dashdot", "cross"),
    ("longdash", "x"),
    ("longdashdot", "triangle-up"),
)
_INKS = {False: ("#1c2128", "28, 33, 40"), True: ("#e8eaed", "232, 234, 237")}


def shift_curves(
    series: Mapping[str, tuple[np.ndarray, np.ndarray]], *, title: str, dark: bool = False, most: float | None = None
) -> go.Figure:
    """One line a name over shifts from −n to n pixels, each with a band of one standard deviation: (mean, deviation).

    Lines differ by dash and marker, never by colour, which means value. Shares are shown in per cent.
    """
    ink, rgb = _INKS[dark]
    figure = go.Figure()
    for (name, (mean, deviation)), (dash, symbol) in zip(series.items(), _STYLES, strict=False):
        steps = np.arange(len(mean)) - len(mean) // 2
        edge = np.concatenate([mean + deviation, (mean - deviation)[::-1]])
        figure.add_scatter(
            x=np.concatenate([steps, steps[::-1]]), y=edge, fill="toself", fillcolor=f"rgba({rgb}, 0.07)",
            line={"width": 0}, hoverinfo="skip", showlegend=False, legendgroup=name,
        )  # fmt: skip
        figure.add_scatter(
            x=steps, y=mean, name=name, mode="lines+markers", legendgroup=name, customdata=deviation,
            line={"color": ink, "dash": dash, "width": 2}, marker={"symbol": symbol, "size": 7, "color": ink},
            hovertemplate="%{y:.0%} ± %{customdata:.0%}",
        )  # fmt: skip
    figure.update_layout(
        title=title, height=340, margin={"l": 50, "r": 10, "t": 44, "b": 40}, hovermode="x unified",
        legend={"orientation": "h", "y": -0.2}, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
    )  # fmt: skip
    figure.update_xaxes(title="shift in pixels, right and down averaged", dtick=2, zeroline=False)
    figure.update_yaxes(tickformat=".0%", range=[0, most] if most else None, rangemode="tozero")
    return figure


def shift_maps(maps: Mapping[str, np.ndarray], *, columns: int, top: float, title: str, what: str) -> go.Figure:
    """One heat map a name over shifts (rows down, columns right), all on one scale from 0 to ``top``."""
    names = list(maps)
    rows = -(-len(names) // columns)
    figure = make_subplots(rows, columns, subplot_titles=names, horizontal_spacing=0.04, vertical_spacing=0.16)
    scale = [[at / 2, f"rgb{colour}"] for at, colour in zip((0, 2), STOPS["activation"][1:], strict=True)]
    for number, values in enumerate(maps.values()):
        steps = np.arange(len(values)) - len(values) // 2
        heat = go.Heatmap(
            z=values, x=steps, y=steps, coloraxis="coloraxis",
            hovertemplate=f"%{{y}} down, %{{x}} right<br>{what} %{{z:.1%}}<extra></extra>",
        )  # fmt: skip
        figure.add_trace(heat, number // columns + 1, number % columns + 1)
    figure.update_yaxes(autorange="reversed", dtick=4)
    figure.update_xaxes(dtick=4)
    figure.update_layout(
        title=title, height=60 + 260 * rows, margin={"l": 40, "r": 10, "t": 70, "b": 30},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        coloraxis={"colorscale": scale, "cmin": 0, "cmax": top, "colorbar": {"tickformat": ".0%", "thickness": 12}},
    )  # fmt: skip
    return figure


def layer_bars(
    series: Mapping[str, Sequence[float]], layers: Sequence[str], *, title: str, dark: bool = False
) -> go.Figure:
    """How much each layer of each network changed: one line a network over its layers."""
    ink, _ = _INKS[dark]
    figure = go.Figure()
    for (name, values), (dash, symbol) in zip(series.items(), _STYLES, strict=False):
        figure.add_scatter(
            x=list(layers), y=list(values), name=name, mode="lines+markers", hovertemplate="%{y:.0%}",
            line={"color": ink, "dash": dash, "width": 2}, marker={"symbol": symbol, "size": 8, "color": ink},
        )  # fmt: skip
    figure.update_layout(
        title=title, height=340, margin={"l": 50, "r": 10, "t": 44, "b": 40}, hovermode="x unified",
        legend={"orientation": "h", "y": -0.2}, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
    )  # fmt: skip
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return figure
