"""Heat maps and curves over shifts of the image, for reading with the pointer."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
import plotly.graph_objects as go

from cnnviz.figures.palette import STOPS

# lines differ by dash and marker, never by colour, which means value
_STYLES = (("solid", "circle"), ("dash", "square"), ("dot", "diamond"), ("dashdot", "cross"))
_INKS = {False: ("#1c2128", "28, 33, 40"), True: ("#e8eaed", "232, 234, 237")}
_CLEAR = "rgba(0,0,0,0)"

Measured = tuple[np.ndarray, np.ndarray]  # mean and standard deviation, of one shape


def shift_curves(
    series: Mapping[str, Measured], *, title: str, dark: bool = False, most: float, share: bool = False
) -> go.Figure:
    """One line a name over shifts from −n to n pixels, each with a band of one standard deviation, from 0 to ``most``.

    Values are shown in per cent; a ``share`` cannot leave 0 to 1, and neither does its band.
    """
    ink, rgb = _INKS[dark]
    figure = go.Figure()
    for (name, (mean, deviation)), (dash, symbol) in zip(series.items(), cycle(_STYLES), strict=False):
        steps = np.arange(len(mean)) - len(mean) // 2
        edge = np.concatenate([mean + deviation, (mean - deviation)[::-1]])
        edge = np.clip(edge, 0, 1 if share else None)
        figure.add_scatter(
            x=np.concatenate([steps, steps[::-1]]), y=edge, fill="toself", fillcolor=f"rgba({rgb}, 0.08)",
            line={"width": 0}, hoverinfo="skip", showlegend=False, legendgroup=name,
        )  # fmt: skip
        figure.add_scatter(
            x=steps, y=mean, name=name, mode="lines+markers", legendgroup=name, customdata=deviation,
            line={"color": ink, "dash": dash, "width": 2}, marker={"symbol": symbol, "size": 7, "color": ink},
            hovertemplate="%{y:.0%} ± %{customdata:.0%}",
        )  # fmt: skip
    figure.update_xaxes(title="shift in pixels, right and down averaged", dtick=2, zeroline=False)
    return _laid_out(figure, title, most)


def layer_lines(
    series: Mapping[str, Measured], layers: Sequence[str], *, title: str, dark: bool = False, most: float
) -> go.Figure:
    """How much each layer of each network changed, a line a network over its layers, with a bar of one standard deviation."""
    ink, rgb = _INKS[dark]
    figure = go.Figure()
    for number, ((name, (mean, deviation)), (dash, symbol)) in enumerate(
        zip(series.items(), cycle(_STYLES), strict=False)
    ):
        places = np.arange(len(layers)) + 0.06 * (number - (len(series) - 1) / 2)  # bars side by side
        figure.add_scatter(
            x=places, y=mean, name=name, mode="lines+markers", customdata=deviation,
            hovertemplate="%{y:.0%} ± %{customdata:.0%}", line={"color": ink, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 8, "color": ink},
            error_y={"array": deviation, "color": f"rgba({rgb}, 0.35)", "thickness": 1.5, "width": 4},
        )  # fmt: skip
    figure.update_xaxes(tickvals=list(range(len(layers))), ticktext=list(layers), range=[-0.3, len(layers) - 0.7])
    return _laid_out(figure, title, most)


def shift_map(values: np.ndarray, *, top: float, title: str, what: str) -> go.Figure:
    """One heat map over shifts (rows down, columns right) from 0 to ``top``; ``what`` is said before a value's number."""
    steps = np.arange(len(values)) - len(values) // 2
    scale = [[at / 2, f"rgb{colour}"] for at, colour in zip((0, 2), STOPS["activation"][1:], strict=True)]
    heat = go.Heatmap(
        z=values, x=steps, y=steps, colorscale=scale, zmin=0, zmax=top,
        colorbar={"tickformat": ".0%", "thickness": 10, "nticks": 5},
        hovertemplate=f"%{{y}} down, %{{x}} right<br>{what} %{{z:.1%}}<extra></extra>",
    )  # fmt: skip
    figure = go.Figure(heat)
    figure.update_yaxes(autorange="reversed", dtick=4, title="pixels down", scaleanchor="x", constrain="domain")
    figure.update_xaxes(dtick=4, title="pixels right", constrain="domain")
    return _still(figure).update_layout(title=title, height=300, margin={"l": 50, "r": 0, "t": 56, "b": 44})


def _laid_out(figure: go.Figure, title: str, most: float) -> go.Figure:
    figure.update_yaxes(tickformat=".0%", range=[0, most])
    return _still(figure).update_layout(
        title=title, height=380, margin={"l": 50, "r": 10, "t": 56, "b": 48}, hovermode="x unified",
        # at the figure's foot, where Plotly makes room for as many rows as there are: three on a phone
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"},
    )  # fmt: skip


def _still(figure: go.Figure) -> go.Figure:
    """To be read, not to be zoomed: a finger that moves over it scrolls the page."""
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    return figure.update_layout(dragmode=False, paper_bgcolor=_CLEAR, plot_bgcolor=_CLEAR)


def two_lines(title: str, more: str) -> str:
    """A title with a smaller line below it, as Plotly writes it."""
    return f"{title}<br><sup>{more}</sup>"
