"""Below the channels: the volume in space, and the picture with its pixels shuffled."""

import numpy as np
import streamlit as st
import torch

from cnnviz.core.filter_bank import BANKS
from cnnviz.core.operations import Operation
from cnnviz.core.shuffling import convolution_shuffling, dense_shuffling, permutation, shuffled
from cnnviz.figures.palette import coloured, enlarged
from cnnviz.ui.channels import session_layer

LESSONS = {"volume": "The volume in space", "shuffle": "Shuffled pixels"}
SIDE = 190  # pixels of a small picture
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
        "Batch: the picture, its mirror image, and upside down", 1, 3, key="batch", persist_state="session"
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
    st.plotly_chart(volume_figure(maps.numpy()), key="volume_figure", config={"displayModeBar": False})


def shuffle(picture: np.ndarray) -> None:
    """The same permutation for every channel; a dense layer does not notice it, a convolution does."""
    x = torch.from_numpy(np.array(picture))[None]
    order = permutation(x.shape[2] * x.shape[3])
    dense = dense_shuffling(x, order)
    side = st.session_state.side
    number = min(st.session_state.cell[0], len(BANKS[side]) - 1)
    weight = BANKS[side][number].weights[None, :3]
    sliding = convolution_shuffling(x, order, weight)
    (name,) = dense.comparison.names
    before, after = (one[name].output[0].numpy() for one in (dense.comparison.a, dense.comparison.b))
    st.markdown(
        "Every pixel moves to another place, always the same one. **No value is lost**, but neighbours are neighbours no more."
    )
    columns = st.columns(4)
    top = float(max(1, picture.max()))
    shown = (np.moveaxis(each, 0, -1) / top for each in (picture, shuffled(x, order)[0].numpy()))
    for column, image, caption in zip(columns, shown, ("The picture", "Its pixels shuffled"), strict=False):
        column.image(enlarged(np.clip(image, 0, 1), SIDE), caption=caption)
    largest = float(np.abs(before).max())
    for column, units, caption in zip(
        columns[2:], (before, after), ("dense, picture", "dense, both shuffled"), strict=True
    ):
        column.image(
            enlarged(coloured("activation", units.reshape(4, 4), top=largest or 1), SIDE),
            caption=f"16 units: {caption}",
        )
    st.markdown(
        f"**Dense layer:** its weights were shuffled like the pixels, and its 16 units give the same: max |Δ| = "
        f"**{_power(dense.apart)}**. Only the order of the sum has changed. To a dense layer a picture is a list, and any order of it "
        "is as good as another."
    )
    (name,) = sliding.comparison.names
    first, second = (one[name].output[0, 0].numpy() for one in (sliding.comparison.a, sliding.comparison.b))
    back = sliding.rearranged[0, 0].numpy()
    largest = float(max(np.abs(first).max(), np.abs(back).max()))
    captions = ("Map of the picture", "Map of the shuffled picture", "… its places put back", "Difference to the first")
    for column, values, caption in zip(st.columns(4), (first, second, back, back - first), captions, strict=True):
        column.image(enlarged(coloured("activation", values, top=largest or 1), SIDE), caption=caption)
    title = BANKS[side][number].title
    if side == 1:
        st.markdown(
            f"**1×1 convolution** ({title}): the second map is the first one rearranged, max |Δ| = **{_power(sliding.apart)}** once its places "
            "are put back. A 1×1 kernel looks at no neighbour, so it has none to miss."
        )
    else:
        st.markdown(
            f"**Convolution** ({title}, {side} × {side}, with zeros around so that there is a place for each pixel): the second map is another map, "
            f"not a rearranged one: max |Δ| = **{_power(sliding.apart)}** even with its places put back. The filter sees "
            "neighbours, and they are others now."
        )


def _power(value: float) -> str:
    """Tiny numbers as a power of ten.

    >>> _power(2.3e-7), _power(0.0), _power(14.25)
    ('2·10⁻⁷', '0', '14.2')
    """
    if value == 0 or value >= 0.001:
        return f"{value:.3g}"
    digit, exponent = f"{value:.0e}".split("e-")
    return f"{digit}·10⁻{exponent.lstrip('0').translate(_RAISED)}"
