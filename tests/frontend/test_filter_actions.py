"""What one may do to a filter as a whole, held against torch."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.frontend.pages import Refused, array, tensor

shapes = st.tuples(st.sampled_from([1, 3]), st.integers(1, 11), st.integers(1, 11))
filters = shapes.flatmap(lambda shape: arrays(np.float32, shape, elements=st.floats(-500, 500, width=32)))

IN_TORCH = {
    "flipped": lambda kernel: kernel.flip(-2, -1),
    "mirrored": lambda kernel: kernel.flip(-1),
    "upended": lambda kernel: kernel.flip(-2),
    "rotated": lambda kernel: torch.rot90(kernel, -1, (-2, -1)),  # torch turns anticlockwise
}


def act(frontend, name, kernel, *more):
    return array(frontend.call("filter_actions.js", name, tensor(kernel), *more))


@pytest.mark.parametrize("name", IN_TORCH)
@given(kernel=filters)
def test_turning_and_mirroring_agree_with_torch(frontend, name, kernel):
    np.testing.assert_array_equal(act(frontend, name, kernel), IN_TORCH[name](torch.from_numpy(kernel)).numpy())


@given(filters, st.sampled_from([-1.0, 2.0, 0.5, 0.1, 1 / 3]))
def test_scaling_is_rounded_once(frontend, kernel, factor):
    expected = (kernel.astype(np.float64) * factor).astype(np.float32)
    np.testing.assert_array_equal(act(frontend, "scaled", kernel, factor), expected)


def test_a_weight_never_leaves_its_range_and_the_filter_stays(frontend):
    with pytest.raises(Refused, match="from −1000 to 1000"):
        act(frontend, "scaled", np.full((1, 2, 2), 501, np.float32), 2)
    for factor in (float("nan"), float("inf")):
        with pytest.raises(Refused):
            act(frontend, "scaled", np.ones((1, 2, 2), np.float32), factor)


@given(filters)
def test_normalising_divides_by_the_sum_or_where_that_is_zero_by_the_sizes(frontend, kernel):
    total, sizes = kernel.astype(np.float64).sum(), np.abs(kernel.astype(np.float64)).sum()
    divisor = total if abs(total) > 1e-6 * sizes else sizes
    (answer,) = frontend.each("filter_actions.js", "normalised", [[tensor(kernel)]])
    if isinstance(answer, Refused):
        assert sizes == 0 or np.abs(kernel / divisor).max() > 999
        return
    assert answer["by"] == ("sum" if divisor == total else "sizes")
    np.testing.assert_allclose(array(answer["filter"]), kernel / divisor, rtol=1e-5, atol=1e-30)


@pytest.mark.parametrize(
    ("kernel", "by", "first"),
    [([[1, 2, 1]], "sum", 0.25), ([[-1, 0, 1]], "sizes", -0.5), ([[0.1, 0.2, -0.3]], "sizes", 1 / 6)],
)
def test_hand_worked_normalisations(frontend, kernel, by, first):
    answer = frontend.call("filter_actions.js", "normalised", tensor([kernel]))
    assert answer["by"] == by
    assert answer["filter"]["data"][0] == pytest.approx(first)
