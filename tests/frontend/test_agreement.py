"""Whether browser and torch agree: nothing that differs may pass for agreement."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st


def compare(frontend, ours, torchs, scale=1.0):
    return frontend.call("agreement.js", "compare", np.array(ours, np.float32), np.array(torchs, np.float32), scale)


@given(
    st.lists(st.tuples(st.floats(-100, 100, width=32), st.floats(-100, 100, width=32)), max_size=20), st.floats(0, 1e9)
)
def test_the_difference_is_the_largest_of_all(frontend, pairs, scale):
    ours, torchs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    difference = max((abs(a - b) for a, b in pairs), default=0)
    assert compare(frontend, ours, torchs, scale) == {
        "difference": difference,
        "agrees": difference <= 1e-5 * max(1, scale),
    }


@pytest.mark.parametrize(
    ("apart", "scale", "agrees"),
    [
        (0.9e-5, 0, True),
        (1.1e-5, 0, False),
        (1.1e-5, 0.5, False),
        (0.9e-2, 1000, True),
        (1.1e-2, 1000, False),
        (1, math.nan, False),
    ],
)
def test_the_bound_grows_with_the_sums_and_is_never_less_than_that_of_one(frontend, apart, scale, agrees):
    assert compare(frontend, [0, 0, 0], [0, apart, 0], scale)["agrees"] is agrees
    assert compare(frontend, [0, 0, 0], [0, 0, -apart], scale)["agrees"] is agrees


@pytest.mark.parametrize(
    ("ours", "torchs"),
    [
        ([1, 2], [1, 2, 3]),
        ([1, 2, 3], [1, 2]),
        ([], [1]),
        ([1], []),
        ([math.nan, 1], [0, 1]),
        ([0, 1], [0, math.nan]),
        ([math.nan], [math.nan]),
        ([0, math.inf], [0, 1]),
        ([math.inf], [math.inf]),
        ([5, math.nan, 0], [0, 0, 0]),
        ([math.nan, 5, 0], [0, 0, 0]),
    ],
)
def test_nan_infinity_and_other_lengths_never_agree(frontend, ours, torchs):
    assert compare(frontend, ours, torchs, scale=1e30) == {"difference": math.inf, "agrees": False}


@pytest.mark.parametrize(
    ("state", "kind", "sentence"),
    [
        (None, "waiting", "torch is checking …"),
        ({"difference": 0, "agrees": True}, "agrees", "browser and torch agree exactly"),
        ({"difference": 2.4e-7, "agrees": True}, "agrees", "browser and torch agree to 2·10⁻⁷"),
        ({"difference": 0.03, "agrees": False}, "differs", "browser and torch differ by 3·10⁻²: trust torch, and please report this"),
        ({"difference": math.inf, "agrees": False}, "differs", "browser and torch differ by ∞: trust torch, and please report this"),
    ],
)  # fmt: skip
def test_it_is_said_in_plain_words(frontend, state, kind, sentence):
    script = """async (state) => {
      const { showAgreement } = await bridge.load("agreement.js");
      const element = document.createElement("p");
      showAgreement(element, state);
      return [element.dataset.agreement, element.textContent, element.dataset.difference ?? null];
    }"""
    shown = frontend.run(script, state)
    assert shown[:2] == [kind, sentence]
    assert shown[2] is None if state is None else float(shown[2].replace("Infinity", "inf")) == state["difference"]
