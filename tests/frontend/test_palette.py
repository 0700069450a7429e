"""Colours in the browser: they mean value, and digits on them can be read."""

import itertools

import numpy as np
import pytest

KINDS = {
    "activation": [(178, 24, 43), (247, 247, 247), (33, 102, 172)],
    "weight": [(179, 88, 6), (247, 247, 247), (84, 39, 136)],
}


def scale(kind: str, top: float = 2.0) -> dict:
    return {"kind": kind, "bottom": 0, "top": top} if kind == "grey" else {"kind": kind, "top": top}


def colours(frontend, kind: str, values) -> list[tuple[int, int, int]]:
    packed = frontend.each("palette.js", "packed", [[scale(kind), value] for value in values])
    return [(colour & 255, colour >> 8 & 255, colour >> 16 & 255) for colour in packed]


def luminance(colour: tuple[int, int, int]) -> float:
    """As WCAG 2.2 defines it."""
    parts = np.array(colour) / 255
    return float(np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("kind", KINDS)
def test_colours_diverge_about_zero_and_end_at_the_top(frontend, kind):
    assert colours(frontend, kind, [-2, 0, 2]) == KINDS[kind]
    assert colours(frontend, kind, [-5, 5]) == [KINDS[kind][0], KINDS[kind][2]]
    brightness = [luminance(colour) for colour in colours(frontend, kind, np.linspace(0, 2, 80))]
    assert all(before >= after for before, after in itertools.pairwise(brightness))
    middle = colours(frontend, kind, [-1, 1])
    wanted = [[(end + 247) / 2 for end in KINDS[kind][side]] for side in (0, 2)]
    assert np.abs(np.array(middle) - wanted).max() <= 0.5


def test_pictures_run_from_black_to_white(frontend):
    assert colours(frontend, "grey", [-1, 0, 1, 2, 3]) == [(0,) * 3, (0,) * 3, (128,) * 3, (255,) * 3, (255,) * 3]


@pytest.mark.parametrize("kind", [*KINDS, "grey"])
def test_digits_on_any_colour_have_the_contrast_that_small_text_needs(frontend, kind):
    packed = frontend.each("palette.js", "packed", [[scale(kind), value] for value in np.linspace(-2, 2, 1025)])
    inks = frontend.each("palette.js", "inkOn", [[colour] for colour in packed])
    for colour, ink in zip(packed, inks, strict=True):
        text = luminance(tuple(bytes.fromhex(ink[1:])))
        ground = luminance((colour & 255, colour >> 8 & 255, colour >> 16 & 255))
        assert (max(text, ground) + 0.05) / (min(text, ground) + 0.05) >= 4.5
