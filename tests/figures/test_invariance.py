"""Curves and maps over shifts hold the numbers that they were given, and can be told apart without colour."""

import numpy as np
import pytest

from cnnviz.figures.invariance import layer_lines, shift_curves, shift_map

STEPS = list(range(-8, 9))


@pytest.mark.parametrize("dark", [False, True])
def test_a_curve_holds_mean_and_spread_and_a_shares_band_stays_a_share(dark):
    mean, deviation = np.linspace(0, 1, 17), np.full(17, 0.2)
    figure = shift_curves(
        {"max": (mean, deviation), "blur": (mean / 2, deviation)}, title="t", dark=dark, most=1.02, share=True
    )
    bands, lines = figure.data[::2], figure.data[1::2]
    assert [line.name for line in lines] == ["max", "blur"]
    assert list(lines[0].x) == STEPS
    np.testing.assert_array_equal(lines[0].y, mean)
    np.testing.assert_array_equal(lines[0].customdata, deviation)
    upper, lower = np.split(np.array(bands[0].y), 2)
    np.testing.assert_allclose(upper, np.minimum(1, mean + 0.2))
    np.testing.assert_allclose(lower[::-1], np.maximum(0, mean - 0.2))
    assert len({(line.line.dash, line.marker.symbol) for line in lines}) == 2
    assert {line.line.color for line in lines} == {"#e8eaed" if dark else "#1c2128"}
    assert tuple(figure.layout.yaxis.range) == (0, 1.02)
    free = shift_curves({"max": (mean + 0.5, deviation)}, title="t", most=1.6)
    assert max(free.data[0].y) == pytest.approx(1.7)


def test_a_map_stands_as_the_image_does_and_its_cells_are_square():
    values = np.arange(289.0).reshape(17, 17) / 289
    figure = shift_map(values, top=1, title="max", what="probability")
    (heat,) = figure.data
    np.testing.assert_array_equal(heat.z, values)
    assert (list(heat.x), list(heat.y)) == (STEPS, STEPS)
    assert (heat.zmin, heat.zmax) == (0, 1)
    assert [colour for _, colour in heat.colorscale] == ["rgb(247, 247, 247)", "rgb(33, 102, 172)"]
    assert figure.layout.yaxis.autorange == "reversed"  # down is down
    assert figure.layout.yaxis.scaleanchor == "x"
    assert "probability %{z" in heat.hovertemplate


def test_a_line_over_layers_has_a_bar_for_the_spread():
    series = {"max": (np.array([1.0, 0.8, 0.7]), np.array([0.1, 0.2, 0.3])), "stride": (np.ones(3), np.zeros(3))}
    figure = layer_lines(series, ("first", "second", "scores"), title="t", most=1.4)
    assert list(figure.layout.xaxis.ticktext) == ["first", "second", "scores"]
    one, other = figure.data
    np.testing.assert_array_equal(one.y, [1, 0.8, 0.7])
    np.testing.assert_array_equal(one.error_y.array, [0.1, 0.2, 0.3])
    assert not set(one.x) & set(other.x)  # the bars do not hide each other
