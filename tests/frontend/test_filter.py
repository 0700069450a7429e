"""The filter on the convolution page: the one that Python builds from the same settings."""

from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.kernels import KERNELS
from cnnviz.ui import stage, texts
from cnnviz.ui.cached import kernel_table
from tests.frontend.pages import array, tensor

PRESETS = {kernel["key"]: kernel for kernel in kernel_table()}
sides = st.integers(1, 11)


def in_python(channels, kernel="sobel_x", weights=None):
    typed = None if weights is None else texts.Weights(tuple(tuple(map(tuple, rows)) for rows in weights.tolist()))
    settings = SimpleNamespace(kernel=kernel, weights=typed)
    with mock.patch.object(stage.state, "settings", return_value=settings):
        return stage.session_filter(channels).numpy()


def weights_of(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 3])
def test_every_preset_is_the_same_filter_on_both_sides(frontend, channels):
    cases = [({"weights": None}, preset, channels) for preset in PRESETS.values()]
    filters = frontend.each("filter.js", "filterOf", cases)
    for key, ours in zip(PRESETS, filters, strict=True):
        np.testing.assert_array_equal(array(ours), in_python(channels, key), err_msg=key)
        assert KERNELS[key].tensor.shape == tuple(ours["shape"][1:])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("slices", [1, 3])
def test_typed_weights_are_the_same_filter_on_both_sides(frontend, slices, channels):
    weights = weights_of(slices, 4, 3)
    ours = frontend.call("filter.js", "filterOf", {"weights": tensor(weights)}, PRESETS["box_3"], channels)
    np.testing.assert_array_equal(array(ours), in_python(channels, weights=weights))


def test_a_changed_weight_changes_one_slice_or_all_and_no_other_filter(frontend):
    weights = weights_of(3, 2, 5)
    one, all_alike = frontend.each(
        "filter.js", "withWeight", [(tensor(weights), 1, 1, 4, 9.5), (tensor(weights), None, 1, 4, 9.5)]
    )
    expected = weights.copy()
    expected[1, 1, 4] = 9.5
    np.testing.assert_array_equal(array(one), expected)
    expected[:, 1, 4] = 9.5
    np.testing.assert_array_equal(array(all_alike), expected)
    script = """async (filter) => {
      const { withWeight } = await bridge.load("filter.js");
      withWeight(filter, null, 0, 0, 7);
      return filter;
    }"""
    np.testing.assert_array_equal(array(frontend.run(script, tensor(weights))), weights)


@given(sides, sides, sides, sides)
def test_a_resized_filter_keeps_its_middle(frontend, rows, cols, new_rows, new_cols):
    weights = weights_of(3, rows, cols)
    ours = array(frontend.call("filter.js", "resized", tensor(weights), new_rows, new_cols))
    assert ours.shape == (3, new_rows, new_cols)
    top, left = (new_rows - rows) // 2, (new_cols - cols) // 2
    for row in range(new_rows):
        for col in range(new_cols):
            inside = 0 <= row - top < rows and 0 <= col - left < cols
            expected = weights[:, row - top, col - left] if inside else 0
            np.testing.assert_array_equal(ours[:, row, col], expected)


def test_a_3x3_kernel_made_5x5_answers_as_before_when_the_padding_grows_with_it(frontend):
    x, weights = weights_of(1, 8, 8, seed=1), weights_of(1, 3, 3)
    larger = frontend.call("filter.js", "resized", tensor(weights), 5, 5)
    larger = {"shape": [1, 1, 5, 5], "data": larger["data"]}
    small = frontend.call("operations.js", "conv2d", tensor(x), tensor(weights[None]), None, {"padding": [1, 1]})
    large = frontend.call("operations.js", "conv2d", tensor(x), larger, None, {"padding": [2, 2]})
    np.testing.assert_array_equal(array(large), array(small))


def test_slices_are_alike_only_if_every_weight_is(frontend):
    weights = weights_of(1, 3, 3).repeat(3, axis=0)
    different = weights.copy()
    different[2, 2, 2] += 1
    assert frontend.each("filter.js", "slicesAlike", [(tensor(weights),), (tensor(different),)]) == [True, False]
