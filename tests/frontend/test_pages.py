"""The bridge itself: values cross it unchanged, and failures do not go unnoticed."""

import numpy as np
import pytest

from tests.frontend.pages import JavaScriptError, Refused

SAME = "(value) => value"


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint8"])
def test_arrays_cross_the_bridge_bit_for_bit(frontend, dtype):
    there = np.frombuffer(np.random.default_rng(1).bytes(80_000), dtype)
    back = frontend.run(SAME, there)
    assert back.dtype == dtype
    assert back.tobytes() == there.tobytes()


@pytest.mark.parametrize("value", [0.1, -1e-300, 12, "−½", None, True, [1, {"a": [2.5]}], float("inf"), -float("inf")])
def test_plain_values_cross_the_bridge(frontend, value):
    assert frontend.run(SAME, value) == value


def test_nan_and_minus_zero_cross_the_bridge(frontend):
    assert np.isnan(frontend.run(SAME, float("nan")))
    assert np.signbit(frontend.run("() => -0"))


def test_what_the_browser_throws_is_raised_here(frontend):
    with pytest.raises(JavaScriptError, match="TypeError: this is wrong"):
        frontend.run("() => { throw new TypeError('this is wrong'); }")
    with pytest.raises(Refused, match="not 0"):
        frontend.call("operations.js", "outputSize", 3, {"kernel": 0})
