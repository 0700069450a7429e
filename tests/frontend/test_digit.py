"""Centring a drawn digit in the browser against core/digits.py."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.core.digits import centring_of, shrink_digit
from cnnviz.core.samples import SAMPLES, sample_image
from cnnviz.core.strokes import Stroke, paint


def assert_alike(frontend, canvas):
    """Both take the same steps in the same order, so nothing may differ, not even a last bit."""
    canvas = canvas.astype(np.float32)
    centred = frontend.call("digit.js", "centreDigit", canvas.ravel(), *canvas.shape)
    expected = centring_of(canvas)
    assert len(centred["picture"]) == 3 * 32 * 32
    np.testing.assert_array_equal(centred["picture"].reshape(3, 32, 32), expected.picture)
    assert tuple(centred["box"]) == expected.box
    shrunk = frontend.call("digit.js", "shrinkDigit", canvas.ravel(), *canvas.shape)
    np.testing.assert_array_equal(shrunk.reshape(3, 32, 32), shrink_digit(canvas))


def scribble(random, height, width):
    """Up to four pulls of a thin or thick pen, some wiped out again, on all of the canvas or a part of it."""
    low, high = random.choice([(0, 1001), (300, 700), (50, 200), (900, 1001)])
    strokes = []
    for _ in range(random.integers(1, 5)):
        tool = "pen" if random.random() < 0.8 else "eraser"
        points = random.integers(low, high, (random.integers(1, 9), 2)).tolist()
        strokes.append(Stroke(tool, int(random.choice([1, 5, 20, 60, 120, 300])), tuple(map(tuple, points))))
    return paint(np.zeros((1, height, width), np.float32), strokes, ink=float(random.choice([1.0, 0.3])))[0]


@settings(max_examples=150)
@given(st.integers(28, 256), st.integers(0, 2**32 - 1))
def test_drawings_are_centred_and_shrunk_alike(frontend, side, seed):
    assert_alike(frontend, scribble(np.random.default_rng(seed), side, side))


@settings(max_examples=50)
@given(st.integers(1, 120), st.integers(1, 120), st.integers(0, 2**32 - 1))
def test_canvases_that_are_not_square_are_centred_and_shrunk_alike(frontend, height, width, seed):
    assert_alike(frontend, scribble(np.random.default_rng(seed), height, width))


@settings(max_examples=50)
@given(st.integers(1, 60), st.integers(1, 60), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_noise_is_centred_and_shrunk_alike(frontend, height, width, share, seed):
    random = np.random.default_rng(seed)
    assert_alike(frontend, (2 * random.random((height, width)) - 0.5) * (random.random((height, width)) < share))


@pytest.mark.parametrize("key", [key for key, sample in SAMPLES.items() if sample.group == "digit"])
def test_the_gallerys_digits_are_centred_alike_when_they_are_drawn_on(frontend, key):
    assert_alike(frontend, sample_image(key)[0].repeat(4, axis=0).repeat(4, axis=1))


def test_an_empty_canvas_is_its_own_box(frontend):
    centred = frontend.call("digit.js", "centreDigit", np.zeros(40 * 50, np.float32), 40, 50)
    assert centred["box"] == [0, 0, 1, 1]
    assert not centred["picture"].any()


@pytest.mark.parametrize("ink", [0.0199, 0.0201, 0.03])
def test_the_faintest_ink_is_a_digit_on_both_sides_or_on_neither(frontend, ink):
    canvas = np.zeros((40, 40))
    canvas[5:30, 8:12] = ink
    assert_alike(frontend, canvas)


@pytest.mark.parametrize("side", [28, 112])
def test_one_dot_in_a_corner_is_centred_alike(frontend, side):
    canvas = np.zeros((side, side))
    canvas[-1, 0] = 1
    assert_alike(frontend, canvas)
