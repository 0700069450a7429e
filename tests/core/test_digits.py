"""Drawn digits, cropped, thickened and centred."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnviz.core.digits import Centring, centre_digit, centring_of, shrink_digit
from cnnviz.core.network import load_network
from cnnviz.core.strokes import Stroke, paint


def arc(row, col, tall, wide, start, end, points=14):
    """Points on an ellipse; angles in degrees, clockwise from the right."""
    angles = np.radians(np.linspace(start, end, points))
    return [(round(row + tall * np.sin(a)), round(col + wide * np.cos(a))) for a in angles]


# (row, col) in thousandths of the canvas, as a hand would draw them
HAND_MADE = {
    0: [arc(500, 500, 300, 210, -90, 280)],
    1: [[(200, 500), (800, 500)]],
    2: [[*arc(340, 490, 150, 170, 190, 385), (800, 320), (800, 700)]],
    3: [[*arc(345, 470, 155, 170, 200, 440), *arc(655, 470, 155, 190, -80, 160)]],
    4: [[(200, 440), (560, 300), (560, 720)], [(330, 610), (810, 590)]],
    5: [[(200, 370), (460, 350), *arc(620, 460, 175, 200, -110, 150)], [(200, 370), (195, 660)]],
    6: [[(190, 580), (400, 400), *arc(640, 490, 160, 140, 180, 545)]],
    7: [[(220, 300), (220, 690), (800, 450)]],
    8: [[*arc(350, 500, 150, 140, 60, -240), *arc(650, 500, 160, 170, -70, 250)]],
    9: [[*arc(350, 480, 150, 150, 0, -360), (800, 600)]],
}


def drawing(digit, canvas, pen=60, ink=1.0, shrunk=1.0, row=0, col=0):
    """A hand-made digit on a square canvas; ``pen``, ``row`` and ``col`` in thousandths of it."""
    strokes = [
        Stroke("pen", max(1, pen), tuple((round(r * shrunk + row), round(c * shrunk + col)) for r, c in points))
        for points in HAND_MADE[digit]
    ]
    return paint(np.zeros((1, canvas, canvas), np.float32), strokes, ink)[0]


def read(picture):
    with torch.inference_mode():
        return int(load_network("mnist")(torch.from_numpy(picture)[None]).argmax())


@st.composite
def scribbles(draw, most=90):
    """A few random strokes on a canvas of ``most`` pixels at the most, with empty rows and columns around them."""
    side = draw(st.integers(40, most))
    place = st.tuples(st.integers(200, 800), st.integers(200, 800))
    strokes = draw(
        st.lists(
            st.builds(Stroke, st.just("pen"), st.integers(20, 120), st.lists(place, min_size=2, max_size=5).map(tuple)),
            min_size=1,
            max_size=3,
        )
    )
    points = np.concatenate([np.array(stroke.points) for stroke in strokes])
    assume(np.ptp(points, axis=0).max() > 250)  # a digit, not a dot
    return paint(np.zeros((1, side, side), np.float32), strokes)[0]


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_any_canvas_gives_three_equal_channels_within_zero_and_one(height, width, seed, share):
    random = np.random.default_rng(seed)
    canvas = random.random((height, width)) * (random.random((height, width)) < share)
    for picture in (centre_digit(canvas), shrink_digit(canvas)):
        assert picture.shape == (3, 32, 32)
        assert picture.dtype == np.float32
        assert picture.min() >= 0
        assert picture.max() <= 1 + 1e-6
        assert (picture == picture[0]).all()
        assert picture[:, :2].max() == picture[:, -2:].max() == picture[:, :, :2].max() == picture[:, :, -2:].max() == 0


@settings(max_examples=40)
@given(scribbles())
def test_the_centre_of_mass_lies_within_half_a_pixel_of_mnists(canvas):
    field = centre_digit(canvas)[0, 2:30, 2:30].astype(float)
    rows, cols = np.flatnonzero(field.any(axis=1)), np.flatnonzero(field.any(axis=0))
    # a lopsided scribble would be cut at the edge, and stays inside instead
    assume(rows[0] > 0 and rows[-1] < 27 and cols[0] > 0 and cols[-1] < 27)
    middles = np.arange(28) + 0.5
    assert abs((field.sum(axis=1) * middles).sum() / field.sum() - 14.5) <= 0.5
    assert abs((field.sum(axis=0) * middles).sum() / field.sum() - 14.5) <= 0.5


@settings(max_examples=40)
@given(scribbles())
def test_the_longer_side_takes_twenty_pixels(canvas):
    field = centre_digit(canvas)[0]
    longer = max(np.count_nonzero(field.max(axis=1) > 0.5), np.count_nonzero(field.max(axis=0) > 0.5))
    assert 18 <= longer <= 21


@settings(max_examples=40)
@given(scribbles(), st.integers(0, 40), st.integers(0, 40))
def test_moving_the_ink_on_the_canvas_changes_nothing(canvas, down, right):
    height, width = canvas.shape
    moved = np.zeros((height + 40, width + 40), np.float32)
    moved[down : down + height, right : right + width] = canvas
    np.testing.assert_array_equal(centre_digit(moved), centre_digit(canvas))


@settings(max_examples=40)
@given(scribbles())
def test_a_canvas_of_twice_the_size_gives_nearly_the_same_picture(canvas):
    doubled = np.kron(canvas, np.ones((2, 2)))
    assert np.abs(centre_digit(doubled) - centre_digit(canvas)).mean() < 0.02


@given(st.floats(0.05, 1.0))
def test_faint_ink_is_read_like_strong_ink(ink):
    strong = drawing(3, 64).astype(np.float64)
    np.testing.assert_allclose(centre_digit(ink * strong), centre_digit(strong), atol=1e-6)


def test_an_empty_canvas_stays_empty_and_is_its_own_box():
    centring = centring_of(np.zeros((50, 70)))
    assert centring.picture.shape == (3, 32, 32)
    assert not centring.picture.any()
    assert centring.box == (0.0, 0.0, 1.0, 1.0)


def test_a_drawing_may_be_a_tensor():
    canvas = drawing(7, 64)
    np.testing.assert_array_equal(centre_digit(torch.from_numpy(canvas)), centre_digit(canvas))


@pytest.mark.parametrize("shape", [(3, 28, 28), (28,), (0, 28)])
def test_anything_but_two_axes_is_refused_with_its_shape(shape):
    with pytest.raises(ValueError, match=r"\(height, width\).*" + ", ".join(map(str, shape))):
        centre_digit(np.zeros(shape))


def test_a_block_is_scaled_to_twenty_and_laid_where_mnist_lays_it():
    canvas = np.zeros((100, 100))
    canvas[10:50, 60:80] = 1
    centring = centring_of(canvas)
    # 40×20 becomes 20×10; its middle (10, 5) comes to (14.5, 14.5), so it begins at (4.5, 9.5)
    field = centring.picture[0, 2:30, 2:30]
    np.testing.assert_allclose(field[[3, 4, 5, 23, 24, 25], 14], [0, 0.5, 1, 1, 0.5, 0], atol=1e-6)
    np.testing.assert_allclose(field[14, [8, 9, 10, 18, 19, 20]], [0, 0.5, 1, 1, 0.5, 0], atol=1e-6)
    # two canvas pixels per field pixel: the field's corner is nine rows and nineteen columns before the block
    assert centring.box == pytest.approx((0.01, 0.41, 0.56, 0.56))


def test_the_box_holds_the_ink_also_on_a_canvas_that_is_not_square():
    canvas = np.zeros((60, 120))
    canvas[20:50, 90:92] = 1
    top, left, height, width = centring_of(canvas).box
    assert height * 60 == pytest.approx(width * 120)  # square in pixels
    assert top * 60 < 20 < 50 < (top + height) * 60
    assert left * 120 < 90 < 92 < (left + width) * 120


@pytest.mark.parametrize(("canvas", "pen"), [(28, 1), (112, 1), (512, 1), (512, 20)])
def test_a_thin_pen_is_thickened_to_two_and_a_half_pixels(canvas, pen):
    ink = centre_digit(drawing(1, canvas, pen))[0]
    assert ink[16].sum() == pytest.approx(2.5, abs=0.4)


def test_a_thick_pen_stays_as_thick_as_it_is():
    canvas = np.zeros((112, 112))
    canvas[20:100, 50:66] = 1  # a fifth of the digit wide: four of twenty pixels
    assert centre_digit(canvas)[0, 16].sum() == pytest.approx(4, abs=0.01)


def test_shrinking_averages_areas_and_moves_nothing():
    canvas = np.zeros((56, 84))
    canvas[:2, :3] = 0.5
    canvas[2, 3] = 0.6
    field = shrink_digit(canvas)[0, 2:30, 2:30]
    assert field[0, 0] == pytest.approx(0.5)
    assert field[1, 1] == pytest.approx(0.1)
    assert field.sum() == pytest.approx(0.6)


def test_a_centring_is_a_value_that_cannot_be_changed():
    with pytest.raises(AttributeError):
        Centring(np.zeros((3, 32, 32)), (0, 0, 1, 1)).box = (0, 0, 2, 2)


@pytest.mark.parametrize("digit", HAND_MADE)
@pytest.mark.parametrize(("canvas", "pen"), [(28, 50), (64, 30), (112, 60), (280, 90)])
def test_hand_made_digits_are_read_at_every_canvas_size(digit, canvas, pen):
    assert read(centre_digit(drawing(digit, canvas, pen))) == digit


@pytest.mark.parametrize("digit", [2, 7])
@pytest.mark.parametrize("pen", [1, 100])
def test_a_hair_line_and_a_thick_pen_are_read_on_a_large_canvas(digit, pen):
    assert read(centre_digit(drawing(digit, 512, pen))) == digit


@pytest.mark.parametrize("digit", HAND_MADE)
def test_a_small_faint_digit_in_a_corner_is_read(digit):
    assert read(centre_digit(drawing(digit, 112, pen=20, ink=0.3, shrunk=0.35, row=600, col=10))) == digit
