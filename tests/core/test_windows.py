"""Windows against torch: sizes, refusals, and which cells lie under each window."""

import itertools
import re
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnviz.core.windows import WindowSpec, left_over, output_size, taps, window_starts

specs = st.builds(
    WindowSpec,
    kernel_size=st.integers(1, 9),
    stride=st.integers(1, 6),
    padding=st.integers(0, 7),
    dilation=st.integers(1, 4),
)
sizes = st.integers(1, 40)


def size_in_torch(size: int, spec: WindowSpec) -> int | None:
    """The output's size by torch itself, None where it refuses."""
    try:
        x, weight = torch.zeros(1, 1, 2, size), torch.zeros(1, 1, 1, spec.kernel_size)
        sliding = {"stride": (1, spec.stride), "padding": (0, spec.padding), "dilation": (1, spec.dilation)}
        return F.conv2d(x, weight, **sliding).shape[-1]
    except RuntimeError:
        return None


def size_in_cnnviz(size: int, spec: WindowSpec) -> int | None:
    try:
        return output_size(size, spec)
    except ValueError:
        return None


def index_windows(size: int, spec: WindowSpec) -> list[list[int]]:
    """For each window the indices of its cells by torch's unfold, −1 for padding."""
    indices = torch.arange(1, size + 1, dtype=torch.float32).reshape(1, 1, 1, size)
    columns = F.unfold(
        indices,
        (1, spec.kernel_size),
        dilation=(1, spec.dilation),
        padding=(0, spec.padding),
        stride=(1, spec.stride),
    )  # (1, kernel_size, steps)
    return (columns[0].T - 1).int().tolist()


def test_every_small_combination_sound_or_not_is_answered_as_torch_answers_it():
    span = range(-1, 4)
    answers = set()
    for size, kernel_size, stride, padding, dilation in itertools.product(range(6), span, span, span, span):
        spec = WindowSpec(kernel_size, stride, padding, dilation)
        expected = size_in_torch(size, spec)
        assert size_in_cnnviz(size, spec) == expected, (size, spec)
        answers.add(expected)
    assert {None, 1, 11} <= answers


@settings(deadline=None, max_examples=150)
@given(sizes, specs)
def test_output_size_is_torchs_for_larger_numbers_too(size, spec):
    assert size_in_cnnviz(size, spec) == size_in_torch(size, spec)


@settings(deadline=None, max_examples=150)
@given(sizes, specs)
def test_every_window_looks_at_the_cells_torch_unfolds(size, spec):
    assume(size_in_torch(size, spec) is not None)
    windows = [[tap if 0 <= tap < size else -1 for tap in taps(start, spec)] for start in window_starts(size, spec)]
    assert windows == index_windows(size, spec)


@settings(deadline=None, max_examples=100)
@given(sizes, specs)
def test_left_over_counts_the_padded_cells_behind_the_last_window(size, spec):
    assume(size_in_torch(size, spec) is not None)
    last_tap = taps(window_starts(size, spec)[-1], spec)[-1]
    assert left_over(size, spec) == len(range(last_tap + 1, size + spec.padding))
    assert left_over(size, spec) < spec.stride


def test_a_stride_of_two_leaves_the_last_of_six_columns_over():
    assert left_over(6, WindowSpec(kernel_size=3, stride=2)) == 1
    assert left_over(7, WindowSpec(kernel_size=3, stride=2)) == 0


@pytest.mark.filterwarnings("ignore:Using padding='same'")  # torch needs a padded copy where the kernel is even
@pytest.mark.parametrize(("kernel_size", "dilation"), [(1, 1), (2, 1), (3, 1), (4, 3), (5, 2)])
def test_extra_padding_makes_room_for_torchs_same(kernel_size, dilation):
    missing = dilation * (kernel_size - 1)
    spec = WindowSpec(kernel_size, padding=missing // 2, dilation=dilation, extra_padding=missing % 2)
    weight = torch.zeros(1, 1, kernel_size)
    assert output_size(9, spec) == F.conv1d(torch.zeros(1, 1, 9), weight, padding="same", dilation=dilation).shape[-1]
    assert left_over(9, spec) == 0


@pytest.mark.parametrize(
    ("size", "spec", "sentence"),
    [
        (
            2,
            WindowSpec(3, padding=1, dilation=2),
            "The window spans 5 cells (kernel 3, dilation 2), but the padded input only 4: "
            "use padding 2 or more, a kernel of 2 or less or dilation 1.",
        ),
        (
            4,
            WindowSpec(7),
            "The window spans 7 cells (kernel 7), but the input only 4: "
            "use padding 2 or more or a kernel of 4 or less.",
        ),
        (4, WindowSpec(3, stride=0), "The stride must be a whole number from 1 up, not 0."),
        (4, WindowSpec(0), "The kernel size must be a whole number from 1 up, not 0."),
        (4, WindowSpec(3, padding=-1), "The padding must be a whole number from 0 up, not -1."),
        (4, WindowSpec(3, stride=1.5), "The stride must be a whole number from 1 up, not 1.5."),
        (0, WindowSpec(1, padding=3), "The size of the input must be a whole number from 1 up, not 0."),
    ],
)
def test_a_refusal_says_what_would_fit(size, spec, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        output_size(size, spec)


@settings(deadline=None, max_examples=150)
@given(st.integers(1, 12), specs)
def test_what_a_refusal_proposes_fits_and_is_the_least_change_that_does(size, spec):
    assume(size_in_torch(size, spec) is None)
    with pytest.raises(ValueError, match="use padding") as refusal:
        output_size(size, spec)
    sentence = str(refusal.value)
    padding = int(re.search(r"padding (\d+) or more", sentence)[1])
    kernel_size = int(re.search(r"a kernel of (\d+) or less", sentence)[1])
    assert size_in_torch(size, replace(spec, padding=padding)) is not None
    assert size_in_torch(size, replace(spec, padding=padding - 1)) is None
    assert size_in_torch(size, replace(spec, kernel_size=kernel_size)) is not None
    assert size_in_torch(size, replace(spec, kernel_size=kernel_size + 1)) is None
    proposed = re.search(r"dilation (?:1 to )?(\d+)\.$", sentence)
    dilation = int(proposed[1]) if proposed else 0  # 0: no dilation would help, and none is proposed
    assert (size_in_torch(size, replace(spec, dilation=dilation)) is not None) == bool(proposed)
    assert size_in_torch(size, replace(spec, dilation=dilation + 1)) is None
