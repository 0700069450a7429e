"""How much pooling adds, measured over many images: feature maps, and networks trained as twins."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from cnnviz.core.invariance import (
    BORDERS,
    SUBSAMPLINGS,
    NetworkChange,
    Spread,
    along,
    spread,
)
from cnnviz.core.kernels import KERNELS
from cnnviz.core.measurements import LAYERS
from cnnviz.core.twins import POOLINGS, load_twins_card
from cnnviz.figures.invariance import layer_bars, shift_curves, shift_maps
from cnnviz.ui import cached

WAYS = {
    "max": "max pooling",
    "average": "average pooling",
    "stride": "strided convolution",
    "blur": "max, blur, subsample",
}
TWINS = {"mnist": "digits (MNIST)", "cifar10": "photographs (CIFAR-10)"}
LAYER_TITLES = ("first half, 14 × 14", "second half, 5 × 5", "scores")


def map_section() -> None:
    """Change against shift on feature maps, over 58 pictures."""
    left, middle, right, _ = st.columns([2, 1, 1, 2], vertical_alignment="bottom")
    kernel = left.selectbox(
        "Kernel",
        [*KERNELS],
        format_func=lambda key: KERNELS[key].title,
        index=[*KERNELS].index("sobel_x"),
        key="measured_kernel",
    )
    window = middle.selectbox("Window and stride", [2, 3, 4], key="measured_window")
    border = right.selectbox("Enters at the edge", BORDERS, index=1, key="measured_border")
    changes = _with_progress("Shifting 58 pictures 289 times each", cached.map_changes, kernel, border)
    dark = st.context.theme.type == "dark"
    left, right = st.columns(2)
    for place, what, title in (
        (left, "stayed", "Did it stay? Change as it is (invariance: 0)"),
        (right, "moved", "Did it move along? Change after the best move (equivariance: 0)"),
    ):
        curves = {WAYS[how]: _numbers(changes[how, window][f"{what} along"]) for how in SUBSAMPLINGS}
        place.plotly_chart(shift_curves(curves, title=title, dark=dark, most=1.6), key=f"curves_{what}")
    maps = {WAYS[how]: changes[how, window]["stayed"].mean.numpy() for how in SUBSAMPLINGS}
    st.plotly_chart(
        shift_maps(
            maps, columns=4, top=1.4, title="Mean change over all shifts, the map compared as it is", what="changed by"
        ),
        key="heat_stayed",
    )
    st.markdown(map_sentence(changes, window))
    st.caption(
        "‖after − before‖ / ‖before‖ of the map after convolution, ReLU and subsampling; mean and one standard deviation over 58 "
        "pictures. The blur is R. Zhang’s, “Making Convolutional Networks Shift-Invariant Again”, ICML 2019 (for windows of 3 and "
        "4 the same triangle, wider). A strided convolution takes every second (third, fourth) cell and nothing else."
    )


def map_sentence(changes: dict[tuple[str, int], dict[str, Spread]], window: int) -> str:
    """What the curves say, in numbers: one pixel, a whole stride, and which way changes least."""
    middle = 8

    def value(how: str, what: str, by: int) -> float:
        return float(changes[how, window][f"{what} along"].mean[middle + by])

    one = {how: value(how, "stayed", 1) for how in SUBSAMPLINGS}
    order = sorted(one, key=one.get)
    text = "One pixel changes the map by " + ", ".join(f"**{100 * one[how]:.0f} %** ({WAYS[how]})" for how in order)
    verdict = (
        "Pooling with max keeps more than taking every cell by stride, but by far not everything"
        if one["max"] < one["stride"]
        else "Here max pooling keeps no more than taking every cell by stride"
    )
    apart = round(100 * one["average"]) - round(100 * one["max"])
    folklore = (
        " Average pooling changes as much as max."
        if apart == 0
        else f" Average pooling changes {'more' if apart > 0 else 'less'} than max."
    )
    whole = max(value(how, "moved", window) for how in SUBSAMPLINGS)
    along_text = "exactly" if whole < 0.0005 else f"but for {100 * whole:.1f} %"
    return (
        f"{text}. {verdict}: “pooling makes the network invariant” is true of none of the four.{folklore} After a whole stride "
        f"({window} pixels) every map has moved along {along_text}: that is equivariance, and all four have it, but only in "
        "steps of the stride."
    )


def twin_section() -> None:
    """Networks that differ in their subsampling only, trained with and without shifted pictures."""
    left, right, _ = st.columns([2, 1, 3], vertical_alignment="bottom")
    dataset = left.selectbox("Trained on", [*TWINS], format_func=TWINS.get, key="twins_dataset")
    border = right.selectbox("Enters at the edge", BORDERS, index=0, key="twins_border")
    changes = _with_progress("Six networks, 20 pictures, 289 shifts each", cached.twin_changes, dataset, border)
    dark = st.context.theme.type == "dark"
    names = {key: f"{key[0]}{', shifts trained' if key[1] else ''}" for key in changes}
    maps = {names[key]: spread(one.probability for one in found).mean.numpy() for key, found in changes.items()}
    st.plotly_chart(
        shift_maps(
            maps, columns=3, top=1, title="Probability of the right class, mean of 20 pictures", what="probability"
        ),
        key="heat_twins",
    )
    left, right = st.columns(2)
    curves = {names[key]: _numbers(spread(along(one.probability) for one in found)) for key, found in changes.items()}
    left.plotly_chart(
        shift_curves(curves, title="Probability of the right class against shift", dark=dark, most=1.05),
        key="curves_twins",
    )
    bars = {names[key]: [_mean_change(found, layer, 4) for layer in LAYERS[key[0]]] for key, found in changes.items()}
    right.plotly_chart(
        layer_bars(bars, LAYER_TITLES, title="Change of each layer after 4 pixels", dark=dark), key="layers_twins"
    )
    st.markdown(twin_sentence(changes))
    st.markdown(twin_table(dataset, changes))
    st.caption(
        "Twins: 62,006 parameters each, one recipe, one seed, one budget; they differ in the subsampling and in whether training pictures were shifted."
    )


def _mean_change(found: list[NetworkChange], layer: str, by: int) -> float:
    return float(spread(along(one.layers[layer].stayed) for one in found).mean[8 + by])


def kept(found: list[NetworkChange]) -> float:
    """The share of all 289 shifts that keep the verdict, over the pictures."""
    return float(np.mean([one.kept for one in found]))


def twin_sentence(changes: dict[tuple[str, bool], list[NetworkChange]]) -> str:
    """Which matters more, pooling or training on shifted pictures, in numbers."""
    share = {key: kept(found) for key, found in changes.items()}
    plain = {pooling: share[pooling, False] for pooling in POOLINGS}
    trained = {pooling: share[pooling, True] for pooling in POOLINGS}
    by_pooling = max(plain.values()) - min(plain.values())
    by_training = float(np.mean([trained[pooling] - plain[pooling] for pooling in POOLINGS]))
    more = (
        "Training on shifted pictures matters more than the kind of pooling"
        if by_training > by_pooling
        else "The kind of pooling matters as much as training on shifted pictures, or more"
    )
    best = max(plain, key=plain.get)
    return (
        f"Of all shifts up to 8 pixels, the verdict stays in **{100 * plain['max']:.0f} %** (max), **{100 * plain['average']:.0f} %** "
        f"(average) and **{100 * plain['stride']:.0f} %** (stride) without, and in **{100 * trained['max']:.0f} %**, "
        f"**{100 * trained['average']:.0f} %** and **{100 * trained['stride']:.0f} %** with shifted training pictures. {more}: "
        f"{100 * by_training:+.0f} points against {100 * by_pooling:.0f} between best ({best}) and worst pooling."
    )


def twin_table(dataset: str, changes: dict[tuple[str, bool], list[NetworkChange]]) -> str:
    """The twins as a Markdown table: test accuracy, accuracy on shifted tests, and what was measured here."""
    rows = [
        "| subsampling | shifts trained | test accuracy | on shifted tests | verdict kept (±8 px) | scores changed by 1 px | by 4 px |",
        "|---|---|---|---|---|---|---|",
    ]
    cards = {
        (card["pooling"], card["shifted"]): card for card in load_twins_card()["twins"] if card["dataset"] == dataset
    }
    for (pooling, shifted), found in changes.items():
        card = cards[pooling, shifted]
        numbers = [card["test_accuracy"], card["shifted_test_accuracy"], kept(found)]
        numbers += [_mean_change(found, "fc3", by) for by in (1, 4)]
        cells = " | ".join(f"{100 * number:.1f} %" for number in numbers)
        rows.append(f"| {POOLINGS[pooling]} | {'yes' if shifted else 'no'} | {cells} |")
    return "\n".join(rows)


def _numbers(measured: Spread) -> tuple[np.ndarray, np.ndarray]:
    return measured.mean.numpy(), measured.deviation.numpy()


def _with_progress(what: str, compute: Callable, *arguments):
    """The cached answer; where it must be computed, with a bar that says how far it is."""
    bar = st.empty()
    try:
        return compute(*arguments, _progress=lambda share: bar.progress(min(1.0, share), text=f"{what} …"))
    finally:
        bar.empty()
