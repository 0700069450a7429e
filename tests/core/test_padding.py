"""Padding against torch's own."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from cnnviz.core.operations import convolution, parts
from cnnviz.core.padding import PADDING_MODES, check_padding, most_padding, source_index
from cnnviz.core.windows import WindowSpec

modes = st.sampled_from(PADDING_MODES)


@given(modes, st.integers(1, 9), st.integers(0, 9))
def test_every_cell_beyond_the_edge_shows_what_torch_puts_there(mode, size, padding):
    most = most_padding(size, mode)
    if most is not None and padding > most:
        return
    torchs = F.pad(
        torch.arange(1.0, size + 1)[None, None], (padding, padding), mode="constant" if mode == "zeros" else mode
    )
    sources = [source_index(index, size, mode) for index in range(-padding, size + padding)]
    assert [0 if source is None else source + 1 for source in sources] == torchs[0, 0].tolist()


@given(modes, st.integers(1, 6), st.integers(1, 6), st.integers(0, 7), st.integers(0, 7))
def test_padding_is_refused_where_torch_refuses(mode, height, width, down, across):
    def check():
        check_padding(height, down, mode)
        check_padding(width, across, mode)

    layer = nn.Conv2d(1, 1, 1, padding=(down, across), padding_mode=mode)
    try:
        layer(torch.zeros(1, 1, height, width))
    except RuntimeError:
        with pytest.raises(ValueError, match=r"^Padding \d+ .*: use padding 0"):
            check()
    else:
        check()


@pytest.mark.parametrize(
    ("size", "padding", "mode", "sentence"),
    [
        (7, 7, "reflect", "Padding 7 reflects 7 cells behind the edge, but the input has only 6 there: use padding 0 to 6, or mode zeros or replicate."),
        (1, 1, "reflect", "Padding 1 reflects 1 cell behind the edge, but the input has only 0 there: use padding 0, or mode zeros or replicate."),
        (7, 8, "circular", "Padding 8 wraps around an input of 7 more than once: use padding 0 to 7, or mode zeros or replicate."),
        (7, 1, "mirror", "The padding mode must be one of zeros, reflect, replicate, circular, not mirror."),
    ],
)  # fmt: skip
def test_a_refusal_says_what_would_fit(size, padding, mode, sentence):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole sentence is compared
        check_padding(size, padding, mode)
    assert str(refusal.value) == sentence


@given(
    modes,
    st.integers(0, 2**32 - 1),
    st.tuples(*[st.integers(1, 3)] * 2),
    st.tuples(*[st.integers(0, 4)] * 2),
    st.data(),
)
def test_a_padded_convolution_and_its_parts_are_torchs(mode, seed, kernel_size, padding, data):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(1, 2, 5, 6, generator=generator)
    stride, dilation = (data.draw(st.tuples(*[st.integers(1, 2)] * 2)) for _ in range(2))
    layer = nn.Conv2d(2, 1, kernel_size, stride, padding, dilation, padding_mode=mode)
    rows, cols = map(WindowSpec, kernel_size, stride, padding, dilation)
    operation = convolution(x, layer.weight, layer.bias, rows=rows, cols=cols, padding_mode=mode)
    torch.testing.assert_close(operation.output, layer(x), atol=1e-5, rtol=1e-5)
    assert operation.padding_mode == mode
    position = tuple(data.draw(st.integers(0, size - 1)) for size in operation.output.shape[2:])
    part = parts(operation, position)
    assert part.pre_activation == pytest.approx(operation.output[0, 0, *position].item(), abs=1e-5)


def test_one_cell_more_at_the_far_end_is_padded_in_the_same_mode():
    x, layer = torch.arange(12.0).reshape(1, 1, 3, 4), nn.Conv2d(1, 1, 2, padding="same", padding_mode="circular")
    spec = WindowSpec(2, extra_padding=1)
    ours = convolution(x, layer.weight, layer.bias, rows=spec, cols=spec, padding_mode="circular").output
    torch.testing.assert_close(ours, layer(x))
