"""What a network says, and how often it is right, as Plotly figures."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from cnnviz.figures.palette import ACCENT, STOPS

_CLEAR = "rgba(0,0,0,0)"
BLUE = f"rgb{STOPS['activation'][-1]}"
LIGHT = f"rgb{STOPS['activation'][1]}"
AMBER = f"rgb{ACCENT}"


def probability_bars(labels: Sequence[str], probabilities: Sequence[float]) -> go.Figure:
    """The ten classes with their probabilities, the likeliest first."""
    order = np.argsort(probabilities)  # the last bar stands on top
    shares = [100 * probabilities[at] for at in order]
    figure = go.Figure(
        go.Bar(
            x=shares,
            y=[labels[at] for at in order],
            orientation="h",
            marker_color=BLUE,
            text=[f"{share:.1f}%" for share in shares],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.3f}%<extra></extra>",
        )
    )
    return _plain(figure, height=340).update_layout(
        xaxis={"title": "probability, %", "range": [0, 112]}, yaxis={"type": "category"}
    )


def confusion_chart(labels: Sequence[str], matrix: np.ndarray, chosen: tuple[int, int] | None = None) -> go.Figure:
    """The confusion matrix (label, prediction) as squares that can be clicked: a label's row is y, a prediction's column x.

    Colour is the share of the label's pictures, so that rare mistakes among many pictures stay pale.
    """
    size = len(labels)
    rows, cols = np.divmod(np.arange(size * size), size)
    shares = matrix / np.maximum(1, matrix.sum(axis=1, keepdims=True))
    squares = go.Heatmap(
        z=shares**0.5,  # so that few in a hundred can be told from none
        zmin=0, zmax=1, colorscale=[[0, LIGHT], [1, BLUE]], showscale=False, xgap=2, ygap=2, hoverinfo="skip",
        text=[[f"{count:,}" if count else "" for count in row] for row in matrix], texttemplate="%{text}",
        textfont={"size": 11},
    )  # fmt: skip
    # Streamlit hears of clicks on markers only, so that each square has one that is not seen
    markers = go.Scatter(
        x=cols,
        y=rows,
        mode="markers",
        marker={"symbol": "square", "size": 30, "color": _CLEAR},
        hovertext=[
            f"{labels[row]}, read as {labels[col]}: {matrix[row, col]:,}" for row, col in zip(rows, cols, strict=True)
        ],
        hoverinfo="text",
    )
    figure = go.Figure([squares, markers])
    if chosen is not None:
        row, col = chosen
        figure.add_shape(
            type="rect", x0=col - 0.5, x1=col + 0.5, y0=row - 0.5, y1=row + 0.5, line={"color": AMBER, "width": 4}
        )
    axis = {
        "tickmode": "array",
        "tickvals": list(range(size)),
        "ticktext": list(labels),
        "showgrid": False,
        "zeroline": False,
    }
    return _plain(figure, height=470).update_layout(
        xaxis=axis | {"title": "read as", "side": "top", "range": [-0.55, size - 0.45]},
        yaxis=axis | {"title": "labelled", "range": [size - 0.45, -0.55]},
    )


def _plain(figure: go.Figure, height: int) -> go.Figure:
    return figure.update_layout(
        height=height, margin={"l": 10, "r": 10, "t": 10, "b": 10}, paper_bgcolor=_CLEAR, plot_bgcolor=_CLEAR,
        showlegend=False, dragmode=False,
    )  # fmt: skip
