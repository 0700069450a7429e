"""How much pooling adds, measured over many images: feature maps, and networks trained as twins."""

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import streamlit as st

from cnnviz.core.invariance import BORDERS, LARGEST_SHIFT, SUBSAMPLINGS, Border, Spread
from cnnviz.core.kernels import KERNELS
from cnnviz.core.measurements import MapFigures, map_figures
from cnnviz.core.network import NetworkError
from cnnviz.core.twin_figures import KINDS, MEASURED_BORDERS, ROWS, Kind, TwinFigures, twin_figures
from cnnviz.core.twins import POOLINGS, load_twins_card
from cnnviz.figures.invariance import layer_lines, shift_curves, shift_map, two_lines
from cnnviz.ui import cached
from cnnviz.ui.inputs import CurrentImage
from cnnviz.ui.receptive import wide_table

WAYS = {
    "max": "max pooling",
    "average": "average pooling",
    "stride": "strided convolution",
    "blur": "max, blur, subsample",
}
ENTERS = {"black": "black", "edge": "edge pixels", "wrap": "wrapped round"}
BUNDLED, THIS_ONE = "the 58 bundled pictures", "the picture above alone"
TWINS = {"mnist": "digits (MNIST)", "cifar10": "photographs (CIFAR-10)"}
TWIN_TITLES = {"max": "max pooling", "average": "average pooling", "stride": "stride 2, no pooling"}
TESTS, HERE = f"{ROWS} test pictures, measured before", "the 20 bundled pictures, here and now"
LAYER_TITLES = ("first half, 14 × 14", "second half, 5 × 5", "scores")
_PATIENCE = 0.3  # seconds of waiting that need no bar


# --- feature maps ----------------------------------------------------------------------------------------------------------


def map_section(image: CurrentImage) -> None:
    """Change against shift on feature maps, over many pictures or over one."""
    one, two, three, four = st.columns([2, 1, 1.2, 2], vertical_alignment="bottom")
    kernel = one.selectbox(
        "Kernel",
        [*KERNELS],
        format_func=lambda key: KERNELS[key].title,
        index=[*KERNELS].index("sobel_x"),
        key="measured_kernel",
    )
    window = two.selectbox("Window and stride", [2, 3, 4], key="measured_window")
    border = three.selectbox("Enters at the edge", BORDERS, index=1, format_func=ENTERS.get, key="measured_border")
    over = four.selectbox("Measured over", [BUNDLED, THIS_ONE], key="measured_over")
    try:
        changes = _map_changes(image, kernel, border, over)
    except ValueError as error:
        st.warning(str(error))
        return
    dark = st.context.theme.type == "dark"
    whose = image_digest(image) if over == THIS_ONE else ""
    cached.drawn("maps", (kernel, window, border, whose, dark), lambda: _draw_maps(changes, window, dark))


def _draw_maps(changes: list[dict], window: int, dark: bool) -> None:
    figures = {how: map_figures(changes, how, window) for how in SUBSAMPLINGS}
    for place, what, title in zip(
        st.columns(2),
        ("stayed_along", "moved_along"),
        ("Did it stay? (invariance would be 0)", "Did it move along? (equivariance would be 0)"),
        strict=True,
    ):
        curves = {WAYS[how]: _numbers(getattr(found, what)) for how, found in figures.items()}
        _chart(place, shift_curves(curves, title=title, dark=dark, most=1.6), key=f"curves_{what}")
    st.markdown(map_sentence(figures, window))
    st.markdown("**Change at every shift, the map compared as it is.** Point at a cell for its number.")
    for place, (how, found) in zip(st.columns(4), figures.items(), strict=True):
        drawing = shift_map(found.stayed.mean.numpy(), top=1.4, title=WAYS[how], what="changed by")
        _chart(place, drawing, key=f"heat_{how}")
    count = len(changes)
    st.caption(
        f"‖after − before‖ / ‖before‖ of the map after convolution, ReLU and subsampling"
        f"{f'; mean and one standard deviation over {count} pictures' if count > 1 else ', of this one picture'}. “Did it move "
        "along?” compares after the best move by whole cells, where the two overlap. The blur is R. Zhang’s, “Making "
        "Convolutional Networks Shift-Invariant Again”, ICML 2019 (for windows of 3 and 4 the same triangle, wider). A strided "
        "convolution takes every second (third, fourth) cell of the map and nothing else."
    )


def _map_changes(image: CurrentImage, kernel: str, border: Border, over: str) -> list[dict]:
    if over == THIS_ONE:
        return [cached.own_map_changes(kernel, border, image_digest(image), image.painted())]
    every = range(len(cached.measured_images()))
    return _one_by_one(
        "Shifting 58 pictures 289 times each", cached.map_changes, ((kernel, border, at) for at in every)
    )


def image_digest(image: CurrentImage) -> str:
    """A name for the image's pixels as they are now."""
    painted = image.painted()
    return hashlib.sha256(repr(painted.shape).encode() + painted.tobytes()).hexdigest()


def map_sentence(figures: Mapping[str, MapFigures], window: int) -> str:
    """What the curves say, in numbers: one pixel, a whole stride, and which way changes least."""
    middle = LARGEST_SHIFT
    one = {how: float(found.stayed_along.mean[middle + 1]) for how, found in figures.items()}
    if not all(np.isfinite(list(one.values()))):
        return "The map is zero everywhere, so there is nothing that could change."
    order = sorted(one, key=one.get)
    text = "One pixel changes the map by " + ", ".join(f"**{100 * one[how]:.0f}%** ({WAYS[how]})" for how in order)
    verdict = (
        "Max pooling keeps more than a strided convolution does, but by far not everything"
        if one["max"] < one["stride"]
        else "Here max pooling keeps no more than a strided convolution does"
    )
    apart = round(100 * one["average"]) - round(100 * one["max"])
    folklore = (
        " Average pooling changes as much as max."
        if apart == 0
        else f" Average pooling changes {'more' if apart > 0 else 'less'} than max."
    )
    whole = max(float(found.moved_along.mean[middle + window]) for found in figures.values())
    along_text = "exactly" if whole < 0.0005 else f"but for {100 * whole:.1f}%"
    claim = ": “pooling makes it invariant” is true of none of the four" if min(one.values()) >= 0.005 else ""
    return (
        f"{text}. {verdict}{claim}.{folklore} After a whole stride ({window} pixels) every map has moved along {along_text}: "
        "that is equivariance, and all four have it, but only in steps of the stride."
    )


# --- trained networks --------------------------------------------------------------------------------------------------------


def twin_section() -> None:
    """Networks that differ in their subsampling only, trained with and without shifted pictures."""
    left, middle, right, _ = st.columns([2, 2.4, 1.2, 1], vertical_alignment="bottom")
    dataset = left.selectbox("Trained on", [*TWINS], format_func=TWINS.get, key="twins_dataset")
    over = middle.selectbox("Measured over", [TESTS, HERE], key="twins_over")
    borders = MEASURED_BORDERS if over == TESTS else BORDERS
    border = right.selectbox("Enters at the edge", borders, format_func=ENTERS.get, key=f"twins_border_{len(borders)}")
    try:
        figures = cached.shipped_twin_figures(dataset, border) if over == TESTS else _twin_figures(dataset, border)
    except NetworkError as error:
        st.warning(str(error))
        return
    dark = st.context.theme.type == "dark"
    cached.drawn("twins", (dataset, over, border, dark), lambda: _draw_twins(figures, dark))
    wide_table(twin_table(dataset, figures), "twins")
    count = next(iter(figures.values())).kept.count
    st.caption(
        f"Mean and one standard deviation over {count} pictures, each shifted 289 times. The twins have 62,006 parameters each, one "
        "recipe, one seed and one budget; they differ in the subsampling (stride: both convolutions take steps of 2, without pooling), and in whether their training pictures were moved by "
        "up to 4 pixels. “On moved tests” reads every test picture once, moved by up to 4 pixels at random."
    )


def _draw_twins(figures: Mapping[Kind, TwinFigures], dark: bool) -> None:
    panels = [
        (shifted, f"trained on pictures {'moved at random' if shifted else 'as they are'}") for shifted in (False, True)
    ]
    for place, (shifted, how) in zip(st.columns(2), panels, strict=True):
        curves = {TWIN_TITLES[pooling]: _numbers(figures[pooling, shifted].probability_along) for pooling in POOLINGS}
        title = two_lines("Probability of the right class", how)
        drawing = shift_curves(curves, title=title, dark=dark, most=1.02, share=True)
        _chart(place, drawing, key=f"curves_twins_{shifted}")
    st.markdown(twin_sentence(figures))
    st.markdown("**Probability of the right class at every shift.** Point at a cell for its number.")
    for shifted, how in panels:
        for place, pooling in zip(st.columns(3), POOLINGS, strict=True):
            values = figures[pooling, shifted].probability.mean.numpy()
            drawing = shift_map(values, top=1, title=two_lines(TWIN_TITLES[pooling], how), what="probability")
            _chart(place, drawing, key=f"heat_{pooling}_{shifted}")
    changed = {kind: _changed_by(4, found.stayed) for kind, found in figures.items()}
    most = 1.05 * max(float((mean + deviation).max()) for mean, deviation in changed.values())
    for place, (shifted, how) in zip(st.columns(2), panels, strict=True):
        lines = {TWIN_TITLES[pooling]: changed[pooling, shifted] for pooling in POOLINGS}
        title = two_lines("Change of each layer after 4 pixels", how)
        _chart(place, layer_lines(lines, LAYER_TITLES, title=title, dark=dark, most=most), key=f"layers_{shifted}")


def _twin_figures(dataset: str, border: Border) -> dict[Kind, TwinFigures]:
    every = range(len(cached.bundled_pictures(dataset)))
    asked = [(dataset, kind, border, at) for kind in KINDS for at in every]
    found = _one_by_one("Six networks, 20 pictures, 289 shifts each", cached.twin_change, asked)
    return {kind: twin_figures(found[at * len(every) : (at + 1) * len(every)]) for at, kind in enumerate(KINDS)}


def twin_sentence(figures: Mapping[Kind, TwinFigures]) -> str:
    """What pooling and what training on shifted pictures are worth, in numbers, and no more than those say."""
    share = {kind: 100 * float(found.kept.mean) for kind, found in figures.items()}
    plain = {pooling: share[pooling, False] for pooling in POOLINGS}
    trained = {pooling: share[pooling, True] for pooling in POOLINGS}
    by_pooling = max(max(kinds.values()) - min(kinds.values()) for kinds in (plain, trained))
    by_training = float(np.mean([trained[pooling] - plain[pooling] for pooling in POOLINGS]))
    if by_training > 2 * by_pooling:
        verdict = "here the training matters more than the subsampling"
    elif by_pooling > 2 * by_training:
        verdict = "here the subsampling matters more than the training"
    else:
        verdict = "neither clearly outweighs the other here"
    return (
        f"Of all shifts up to {LARGEST_SHIFT} pixels, the verdict stays in **{plain['max']:.0f}%** (max), "
        f"**{plain['average']:.0f}%** (average) and **{plain['stride']:.0f}%** (stride) without, and in "
        f"**{trained['max']:.0f}%**, **{trained['average']:.0f}%** and **{trained['stride']:.0f}%** with moved training "
        f"pictures. So training on moved pictures adds {f'{by_training:+.0f}'.replace('-', '−')} points on average, and at most "
        f"{by_pooling:.0f} points lie between two kinds of subsampling that were trained alike: {verdict}. Each twin was trained "
        "once, from one seed: a few points between two of them may be chance."
    )


def twin_table(dataset: str, figures: Mapping[Kind, TwinFigures]) -> str:
    """The twins as a Markdown table: test accuracy, accuracy on moved tests, and what was measured."""
    rows = [
        f"| kind | moved in training | test accuracy, % | on moved tests, % | verdict kept, ±{LARGEST_SHIFT} px, % | scores changed, 1 px, % | 4 px, % |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    cards = {
        (card["pooling"], card["shifted"]): card for card in load_twins_card()["twins"] if card["dataset"] == dataset
    }
    for (pooling, shifted), found in figures.items():
        card = cards[pooling, shifted]
        accuracies = [f"{100 * card[name]:.1f}" for name in ("test_accuracy", "shifted_test_accuracy")]
        spreads = [(found.kept.mean, found.kept.deviation)]
        spreads += [(mean[-1], deviation[-1]) for mean, deviation in (_changed_by(by, found.stayed) for by in (1, 4))]
        # no-break spaces: a narrow column does not part a number
        measured = [f"{100 * float(mean):.0f}\u00a0±\u00a0{100 * float(deviation):.0f}" for mean, deviation in spreads]
        rows.append(f"| {pooling} | {'yes' if shifted else 'no'} | {' | '.join(accuracies + measured)} |")
    return "\n".join(rows)


def _chart(place: Any, figure: Any, key: str) -> None:
    """A chart to be read; Plotly's own tools would lie over its title."""
    place.plotly_chart(figure, key=key, config={"displayModeBar": False})


def _changed_by(pixels: int, layers: Spread) -> tuple[np.ndarray, np.ndarray]:
    """The change of the three layers (3, 17) after a shift by so many pixels: mean and deviation, (3,)."""
    return layers.mean[:, LARGEST_SHIFT + pixels].numpy(), layers.deviation[:, LARGEST_SHIFT + pixels].numpy()


def _numbers(measured: Spread) -> tuple[np.ndarray, np.ndarray]:
    return measured.mean.numpy(), measured.deviation.numpy()


def _one_by_one(what: str, measure: Callable[..., Any], every: Iterable[tuple]) -> list[Any]:
    """``measure`` of each, with a bar that says how far it is once that takes its time. The cached ones come at once."""
    asked, found = list(every), []
    place, start = st.empty(), time.monotonic()
    for arguments in asked:
        found.append(measure(*arguments))
        if time.monotonic() - start > _PATIENCE:
            place.progress(len(found) / len(asked), text=f"{what} …")
    place.empty()
    return found
