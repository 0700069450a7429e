"""Below the channels: the volume in space, and the picture with its pixels shuffled."""

import numpy as np
import streamlit as st
import torch

from cnnviz.core.filter_bank import BANKS
from cnnviz.core.operations import Operation
from cnnviz.core.shuffling import convolution_shuffling, dense_shuffling, permutation, shuffled
from cnnviz.figures.palette import coloured, enlarged
from cnnviz.ui import state
from cnnviz.ui.channels import session_layer

LESSONS = {"volume": "The volume in space", "shuffle": "Shuffled pixels"}
SIDE = 192  # pixels of a small picture
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def channel_lessons(picture: np.ndarray) -> None:
    """A choice of what to see below, and what was chosen. ``picture`` is (3, H, W)."""
    st.pills("More to see", list(LESSONS), format_func=LESSONS.get, key="more", persist_state="session")
    chosen = st.session_state.more
    if chosen == "volume":
        volume(picture)
    elif chosen == "shuffle":
        shuffle(picture)


def volume(picture: np.ndarray) -> None:
    """The layer's maps for a batch, upright in space."""
    from cnnviz.figures.volume import (
        volume_figure,
    )  # Plotly is 5 MB of code that the page does without until it is asked for

    batch = st.slider(
        "Batch: the picture, its mirror image, and upside down", 1, 3, key="batch", persist_state="session", width=420
    )
    pictures = (picture, picture[:, :, ::-1], picture[:, ::-1])[:batch]
    try:
        operations: list[Operation] = [session_layer(np.ascontiguousarray(each)) for each in pictures]
    except ValueError as error:
        st.info(str(error))
        return
    maps = torch.cat([operation.output for operation in operations])
    samples, channels, height, width = maps.shape
    st.markdown(
        f"N × C × H × W = **{samples} × {channels} × {height} × {width}** = {maps.numel():,} numbers. Turn it with mouse or finger: "
        "each slice is a map of the layer above, the samples of the batch stand side by side, and no number of one "
        "sample enters another."
    )
    with st.container(key="volume_box"):  # whose height is the screen's to say: see ui/shell.py
        st.plotly_chart(
            volume_figure(maps.numpy()),
            key="volume_figure",
            height="stretch",
            config={"displayModeBar": False},
            alt=f"{samples} × {channels} maps as upright slices in space, each with its own values as colours",
        )


def shuffle(picture: np.ndarray) -> None:
    """The same permutation for every channel; a dense layer does not notice it, a convolution does."""
    x = torch.from_numpy(np.array(picture))[None]
    height, width = x.shape[2:]
    order = permutation(height * width)
    with st.container(key="shuffled"):
        st.markdown(
            f"The {height} × {width} pixels change places, in one random order that is always the same, with their colours. "
            "**No value is lost**, but neighbours are neighbours no more."
        )
        _shuffled_dense(x, order)
        _shuffled_convolution(x, order)


def _shuffled_dense(x: torch.Tensor, order: torch.Tensor) -> None:
    """The picture, its shuffled pixels, and what the two dense layers make of them."""
    dense = dense_shuffling(x, order)
    (name,) = dense.comparison.names
    before, after = (one[name].output[0].numpy() for one in (dense.comparison.a, dense.comparison.b))
    top = float(max(1, x.max()))
    pictures = [np.moveaxis(each[0].numpy(), 0, -1) / top for each in (x, shuffled(x, order))]
    scale = float(np.abs(before).max()) or 1.0
    units = [coloured("activation", each.reshape(4, 4), top=scale) for each in (before, after)]
    _beside(
        [*(np.clip(each, 0, 1) for each in pictures), *units],
        (
            "The picture",
            "Its pixels shuffled",
            "16 dense units on the picture",
            "16 units, pixels and weights shuffled",
        ),
    )
    at = int(np.abs(after - before).argmax())
    difference = f"max |Δ| = **{_power(dense.apart)}**" + (
        f": in unit {at + 1}, {_digits(before[at])} and {_digits(after[at])}, because the same products were added in another "
        "order, and each sum is rounded on its way"
        if dense.apart
        else ""
    )
    st.markdown(
        f"**Dense layer:** each of its 16 units has a weight of its own, drawn by chance, for each of the {x[0].numel():,} "
        f"numbers; red is negative, blue positive, full colour is ±{scale:.3g}. On the right each weight has moved along with its "
        f"pixel, and the units give the same, {difference}. To a dense layer a picture "
        "is a list: one order of it is as good as another, if only it is the same for every picture."
    )


def _shuffled_convolution(x: torch.Tensor, order: torch.Tensor) -> None:
    """The maps of the picture and of its shuffled pixels, by the filter that is on show above."""
    now = state.settings()
    side, number = now.side, min(now.cell[0], len(BANKS[now.side]) - 1)
    title = BANKS[side][number].title
    sliding = convolution_shuffling(x, order, BANKS[side][number].weights[None, :3])
    (name,) = sliding.comparison.names
    first, second = (one[name].output[0, 0].numpy() for one in (sliding.comparison.a, sliding.comparison.b))
    back = sliding.rearranged[0, 0].numpy()
    scale = float(max(np.abs(each).max() for each in (first, back, back - first))) or 1.0
    _beside(
        [coloured("activation", each, top=scale) for each in (first, second, back, back - first)],
        ("Map of the picture", "Map of the shuffled picture", "… its places put back", "… minus the first map"),
    )
    apart = f"max |Δ| = **{_power(sliding.apart)}**"
    where = f"({title}, {side} × {side}, full colour is ±{scale:.3g})"
    if side == 1:
        st.markdown(
            f"**1×1 convolution** {where}: the second map is the first one rearranged, {apart} once its places "
            "are put back. A 1×1 kernel looks at no neighbour, so it has none to miss."
        )
    elif sliding.apart <= 1e-5 * scale:
        st.markdown(
            f"**Convolution** {where}: {apart}. This picture cannot show the difference, as shuffling leaves it as it was. "
            "Choose another one."
        )
    else:
        st.markdown(
            f"**Convolution** {where}, with zeros around the picture so that the map has a place for each pixel: the second map is another map, "
            f"not a rearranged one. Even with its places put back it is off by {apart}, where the first map itself reaches "
            f"{float(np.abs(first).max()):.3g}. The filter sees neighbours, and they are others now."
        )


def _beside(pictures: list[np.ndarray], captions: tuple[str, ...]) -> None:
    """Pictures in one row, or two by two on a phone, each with its caption."""
    for column, picture, caption in zip(st.columns(len(pictures)), pictures, captions, strict=True):
        column.image(enlarged(picture, SIDE), caption=caption, width=SIDE)


def _digits(value: float) -> str:
    """All digits of a float32, with a typographic minus.

    >>> _digits(np.float32(-0.1))
    '−0.1'
    """
    return str(np.float32(value)).replace("-", "−")


def _power(value: float) -> str:
    """Tiny numbers as a power of ten.

    >>> _power(2.3e-7), _power(0.0), _power(14.25)
    ('2·10⁻⁷', '0', '14.2')
    """
    if value == 0 or value >= 0.001:
        return f"{value:.3g}"
    digit, exponent = f"{value:.0e}".split("e-")
    return f"{digit}·10⁻{exponent.lstrip('0').translate(_RAISED)}"
