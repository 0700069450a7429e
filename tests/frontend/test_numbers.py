"""Numbers as text: what is printed, and what a typed text means."""

import math
import re
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

NICE = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8]
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
singles = st.floats(-1e6, 1e6, width=32)
many = st.lists(singles, min_size=1, max_size=50)
# as the page holds them, and as a person types them: in double precision
hundredths = st.builds(
    lambda number, held: float(held(number / 100)), st.integers(-100_000, 100_000), st.sampled_from([np.float32, float])
)


def value_of(text):
    return Decimal(text.replace("−", "-"))


def rounded(value, decimals):
    return Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


@given(many, st.integers(0, 8))
def test_a_decimal_is_the_true_value_rounded_halves_away_from_zero(frontend, values, decimals):
    for value, text in zip(
        values, frontend.each("numbers.js", "decimal", [(value, decimals) for value in values]), strict=True
    ):
        assert value_of(text) == rounded(value, decimals)
        assert re.fullmatch(rf"−?\d+\.\d{{{decimals}}}" if decimals else r"−?\d+", text)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (-1.5, 1, "−1.5"),
        (-0.004, 2, "0.00"),
        (-0.0, 0, "0"),
        (-0.005, 2, "−0.01"),
        (0.5, 0, "1"),
        (-0.5, 0, "−1"),
        (1000, 0, "1000"),
    ],
)
def test_a_decimal_has_a_true_minus_and_zero_has_none(frontend, value, decimals, text):
    assert frontend.call("numbers.js", "decimal", value, decimals) == text


@given(st.lists(singles | hundredths, min_size=1, max_size=50), st.integers(0, 6))
def test_the_fewest_decimals_that_say_a_float32_exactly(frontend, values, most):
    for value, decimals in zip(
        values, frontend.each("numbers.js", "decimalsOf", [(value, most) for value in values]), strict=True
    ):
        exact = [few for few in range(most) if np.float32(float(rounded(value, few))) == np.float32(value)]
        assert decimals == (exact[0] if exact else most)


@pytest.mark.parametrize(
    ("values", "decimals"),
    [([], 0), ([0.0], 0), ([0.72, 0.5], 2), ([0.72, 1 / 3], 4), ([2.8799999, 0.4], 2), ([0.0004], 4), ([0.00004], 4)],
)
def test_numbers_that_stand_together_have_the_decimals_that_all_of_them_need(frontend, values, decimals):
    assert frontend.call("numbers.js", "decimalsOfAll", values, 4) == decimals


@given(many, st.integers(0, 6))
def test_scaled_numbers_are_whole_and_come_back_as_the_same_text(frontend, values, decimals):
    units = frontend.each("numbers.js", "scaled", [(value, decimals) for value in values])
    assert [Decimal(unit).scaleb(-decimals) for unit in units] == [rounded(value, decimals) for value in values]
    texts = frontend.each("numbers.js", "fromScaled", [(unit, decimals) for unit in units])
    assert texts == frontend.each("numbers.js", "decimal", [(value, decimals) for value in values])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.25, "0.25"),
        (float(np.float32(0.1)), "0.1"),
        (-2.0, "−2"),
        (1 / 9, "0.1111"),
        (1e-6, "0.0000"),
        (-1e-6, "0.0000"),
    ],
)
def test_plain_drops_what_says_nothing(frontend, value, text):
    assert frontend.call("numbers.js", "plain", value) == text


@given(st.lists(singles | hundredths, min_size=1, max_size=50), st.integers(1, 8))
def test_a_short_number_fits_and_is_off_by_half_a_last_digit_at_most(frontend, values, width):
    shorts = frontend.each("numbers.js", "short", [(value, width) for value in values])
    wholes = frontend.each("numbers.js", "decimal", [(value, 0) for value in values])
    for value, text, whole in zip(values, shorts, wholes, strict=True):
        assert len(text) <= width
        if text == "":
            assert len(whole) > width or (width == 1 and abs(value) < 0.5)
            continue
        if text == "≈0":
            assert 1e-6 < abs(value) < 0.5
            continue
        assert value_of(text) != 0 or abs(value) <= 1e-6  # what is not zero never reads as zero
        decimals = len(text.partition(".")[2])
        tolerance = Decimal(5).scaleb(-decimals - 1) + abs(Decimal(value)) / 10**6
        assert abs(value_of(text) - Decimal(value)) <= tolerance


@pytest.mark.parametrize(
    ("value", "width", "text"),
    [
        (0.25, 4, "0.25"),
        (0.25, 3, ".25"),
        (-0.25, 4, "−.25"),
        (0.90000004, 4, "0.9"),
        (3.0000002, 6, "3"),
        (-12.345, 6, "−12.35"),
        (-12.345, 4, "−12"),
        (1234.5, 3, ""),
        (-0.001, 5, "−.001"),
        (0.0021, 4, ".002"),
        (0.0021, 3, "≈0"),
        (0.04, 2, "≈0"),
        (0.04, 1, ""),
        (0.0, 2, "0"),
        (1e-7, 4, "0"),
    ],
)
def test_a_short_number_keeps_the_digits_there_is_room_for(frontend, value, width, text):
    assert frontend.call("numbers.js", "short", value, width) == text


@given(st.lists(st.floats(1e-12, 1e12), min_size=1, max_size=50))
def test_a_power_names_a_value_to_one_digit(frontend, values):
    for value, text in zip(values, frontend.each("numbers.js", "power", [(value,) for value in values]), strict=True):
        factor, exponent = re.fullmatch(r"([1-9])·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text).groups()
        exponent = int(exponent.translate(SUPERSCRIPTS))
        # a factor from 1 to 9 is off by half a unit at most, and 1·10ⁿ may also stand for 9.5 units of the next lower
        assert abs(value - int(factor) * 10.0**exponent) <= 0.5 * 10.0**exponent * (1 + 1e-9)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (2.3e-7, "2·10⁻⁷"),
        (1e-7, "1·10⁻⁷"),
        (9.7e-8, "1·10⁻⁷"),
        (1000, "1·10³"),
        (3, "3·10⁰"),
        (4e12, "4·10¹²"),
        (math.inf, "∞"),
    ],
)
def test_powers_by_hand(frontend, value, text):
    assert frontend.call("numbers.js", "power", value) == text


@given(st.integers(0, 10**12))
def test_grouped_is_pythons_thousands(frontend, value):
    assert frontend.call("numbers.js", "grouped", value) == f"{value:,}"


@given(st.lists(st.floats(1e-30, 1e30), min_size=1, max_size=50))
def test_round_up_is_the_next_nice_number(frontend, values):
    for value, top in zip(values, frontend.each("numbers.js", "roundUp", [(value,) for value in values]), strict=True):
        unit = 10.0 ** math.floor(math.log10(top) + 1e-9)
        assert min(abs(top / unit - nice) for nice in [*NICE, 10]) < 1e-9
        assert value * (1 - 2e-9) <= top
        below = max(nice * size for nice in NICE for size in (unit, unit / 10) if nice * size < top * (1 - 1e-9))
        assert below < value  # the next lower one would not do


@pytest.mark.parametrize(
    ("value", "top"),
    [
        (0, 1),
        (-3, 1),
        (math.nan, 1),
        (1, 1),
        (4.0000000001, 4),
        (4.1, 5),
        (9, 10),
        (0.7, 0.8),
        (1000, 1000),
        (1020, 1200),
    ],
)
def test_round_up_by_hand(frontend, value, top):
    assert frontend.call("numbers.js", "roundUp", value) == top


@given(singles)
def test_what_python_prints_is_read_back(frontend, value):
    for text in (
        repr(value),
        f"{value:.6e}",
        f" {value:.3f} ",
        f"{value:+.2f}",
        f"{value:.4f}".replace(".", ",").replace("-", "−"),
    ):
        expected = float(text.replace(",", ".").replace("−", "-"))
        assert frontend.call("numbers.js", "parseNumber", text) == expected


@pytest.mark.parametrize(
    ("text", "value"), [("−1,5", -1.5), (".5", 0.5), ("5.", 5), ("+2", 2), ("1e3", 1000), ("-.5E-2", -0.005)]
)
def test_typed_numbers_are_understood(frontend, text, value):
    assert frontend.call("numbers.js", "parseNumber", text) == value


@pytest.mark.parametrize(
    "text",
    ["", " ", "abc", "__import__", "１２", "٣", "0x10", "1_000", "1,2,3", "1.2.3", "1 2", "--1", "−−1", "-", ".", ",", "e5", "1e", "1e1234", "NaN", "nan",
     "Infinity", "-inf", "½", "1;2", "null", "[]", "1\n2", "1f"],
)  # fmt: skip
def test_what_is_no_number_is_nan(frontend, text):
    assert math.isnan(frontend.call("numbers.js", "parseNumber", text))


def test_a_number_beyond_all_bounds_is_infinite_so_that_any_bound_refuses_it(frontend):
    assert frontend.call("numbers.js", "parseNumber", "1e999") == math.inf
    assert frontend.call("numbers.js", "parseNumber", "−1e999") == -math.inf
