"""What stands under the network, one room open at a time: nothing in it is computed before it is asked for."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import streamlit as st
import torch

from cnnviz.core.comparison import change, counterparts
from cnnviz.core.datasets import DatasetError
from cnnviz.core.familiarity import BEYOND, PATTERNS
from cnnviz.core.network import ConvNet, NetworkError, load_card
from cnnviz.core.trace import Trace, trace
from cnnviz.ui import cached, network_input, options, state
from cnnviz.ui.component import component
from cnnviz.ui.network_view import session_network, session_trace, shape_table
from cnnviz.ui.parcel import encode, pack

MOST_SHOWN = 9  # pictures of a square of the confusion matrix
SHOWN = ("conv1", "pool", "conv2", "pool_1", "fc1", "fc2", "fc3")


def rooms(name: str) -> None:
    """The choice of rooms, and the one that is open."""
    chosen = st.segmented_control("Look closer", list(_ROOMS), key="room", persist_state="session")
    if chosen:
        _ROOMS[chosen](name)


def shapes_room(name: str) -> None:
    st.subheader("Why 400?", anchor=False)
    st.markdown(
        "A 5 × 5 kernel without padding takes 4 cells off each side, and pooling halves what is left: 32 → 28 → 14 → 10 → 5. "
        "So conv 2 ends in 16 maps of 5 × 5, and **16 · 5 · 5 = 400** numbers enter the first dense layer. "
        "(The notebook prints “1655”: its asterisks got lost on the way.)"
    )
    st.markdown(shape_table(name))


# --- why this answer -------------------------------------------------------------------------------------------------------


def why_room(name: str) -> None:
    """Four attributions of the likeliest class, or of another."""
    from cnnviz.core.attribution import METHODS, attribution  # Captum takes a second to import: only for those who ask
    from cnnviz.figures.mosaic import overlaid

    labels = load_card(name)["labels"]
    network, picture = session_network(name), torch.from_numpy(network_input.session_input(name))[None]
    with torch.inference_mode():
        scores = network(picture)[0]
    likeliest = labels[int(scores.argmax())]
    chosen = st.selectbox("Score of", [f"{likeliest} (what it reads)", *labels], key="why_class", width=260)
    target = labels.index(likeliest if chosen.startswith(f"{likeliest} (") else chosen)
    st.caption(
        "Blue pixels speak for the class and, where a method can say so, red ones against it. Each picture has a scale of its "
        "own, and the four do not measure the same thing: where they differ, none of them is “the” reason."
    )
    baseline = 0.0 if name == "mnist" else 0.5
    for column, (key, method) in zip(st.columns(len(METHODS)), METHODS.items(), strict=True):
        heat = attribution(network, picture, target, key, baseline).numpy()
        picture_of_it = overlaid(picture[0].numpy(), heat, signed=method.signed)
        caption = f"{method.title} for “{labels[target]}”"
        column.image(
            picture_of_it, caption=caption, width=192, alt=f"{caption}: the picture in grey, coloured where it counts"
        )
        column.markdown(method.sentence)


# --- compare ---------------------------------------------------------------------------------------------------------------


def compare_room(name: str) -> None:
    """Two pictures through one network, or one picture through two: values, and how far each layer is apart."""
    ways: dict[str, Callable[[], Trace]] = {}
    gallery = cached.gallery(name)
    if state.settings().edits:
        ways["the network as trained"] = lambda: _through(cached.network(name), name)
    ways["another picture"] = lambda: _another_picture(name, gallery)
    ways["an untrained network"] = lambda: _through(cached.untrained(), name)
    twins = cached.twins(name)
    for title in twins:
        ways[title] = lambda title=title: _through(twins[title], name)
    with st.container(horizontal=True, gap="medium"):
        chosen = st.selectbox("Compare what is above with", list(ways), key="compare_with", width=360)
        here, other = session_trace(name), ways[chosen]()
        _inputs(here[0].input[0], other[0].input[0])
    pairs = counterparts(here, other, SHOWN)
    layers = [layer for layer, _ in pairs]
    if missing := [cached.layer_title(layer) for layer in SHOWN if layer not in layers]:
        st.info(
            "That network has no pooling: its convolutions take steps of 2 instead. What stands for a pooled map here is its "
            f"convolution after ReLU, which has the same size; {' and '.join(missing)} here, twice as large, have no counterpart in it."
        )
    layer = st.segmented_control(
        "Layer",
        layers,
        default="conv2" if "conv2" in layers else layers[0],
        format_func=cached.layer_title,
        required=True,
        key="compare_layer",
    )
    _side_by_side(name, layer, here[layer].output[0].numpy(), other[dict(pairs)[layer]].output[0].numpy())
    left, right = st.columns(2)
    rows = ["| layer | ‖difference‖ / ‖here‖ | values that are the same |", "|---|---|---|"]
    for each, its in pairs:
        apart = change(here[each].output, other[its].output)
        rows.append(f"| {cached.layer_title(each)} | {apart.relative:.1%} | {apart.unchanged:.1%} |")
    left.markdown("\n".join(rows))
    with right:
        _answers(name, here, other)


def _side_by_side(name: str, layer: str, a: np.ndarray, b: np.ndarray) -> None:
    """Mounts one layer of both, and the difference, on one scale and with one position."""
    classes = layer == SHOWN[-1]
    component("comparison", js="compare.js", css="compare.css")(
        key="comparison",
        data=pack(
            {
                "name": "comparison",
                "layer": layer,
                "title": cached.layer_title(layer),
                "words": list(load_card(name)["labels"]) if classes else None,
                "shape": list(a.shape),
                "a": encode(a),
                "b": encode(b),
            }
        ),
    )
    if classes:
        kind = "Scores, as they enter the softmax."
    else:
        kind = "A pooled map is made of values after ReLU." if layer.startswith("pool") else "Values before ReLU."
    st.caption(f"All three on one scale. {kind}")


def _inputs(here: torch.Tensor, other: torch.Tensor) -> None:
    """What enters the two: one picture, or two beside each other."""
    if torch.equal(here, other):
        _pictures([here], ["the same picture in both"])
    else:
        _pictures([here, other], ["here", "the other"])


def _pictures(pictures: Iterable[torch.Tensor], captions: Sequence[str]) -> None:
    """Pictures (3, H, W) as a network reads them, beside each other, each cell a square of three pixels."""
    with st.container(horizontal=True, gap="small", width="content"):
        for picture, caption in zip(pictures, captions, strict=True):
            enlarged = np.kron(picture.permute(1, 2, 0), np.ones((3, 3, 1)))
            st.image(enlarged, caption=caption, width=96, alt=caption, output_format="PNG")


def _through(network: ConvNet, name: str) -> Trace:
    return trace(network, torch.from_numpy(network_input.session_input(name))[None])


def _another_picture(name: str, gallery: tuple[str, ...]) -> Trace:
    said = {reading["key"]: reading["label"] for reading in cached.readings(name)}
    key = st.selectbox(
        "The other picture",
        gallery,
        index=1,
        key=f"compare_picture_{name}",
        width=260,
        format_func=lambda key: f"{said[key]} ({key})",
    )
    picture = cached.gallery_inputs(name)[gallery.index(key)]
    return trace(session_network(name), picture[None])


def _answers(name: str, a: Trace, b: Trace) -> None:
    labels = load_card(name)["labels"]
    shares = [one[len(one) - 1].output.softmax(dim=1)[0] for one in (a, b)]
    rows = ["| class | here | the other |", "|---|---|---|"]
    rows += [f"| {label} | {100 * x:.1f}% | {100 * y:.1f}% |" for label, x, y in zip(labels, *shares, strict=True)]
    st.markdown("\n".join(rows))


# --- the verdict -----------------------------------------------------------------------------------------------------------


def verdict_room(name: str) -> None:
    """Probabilities, how often they are right, and what is confused with what."""
    from cnnviz.figures.verdict import confusion_chart, probability_bars  # 4.7 MB of Plotly: only for those who ask

    card = load_card(name)
    labels, matrix = card["labels"], np.array(card["confusion_matrix"])
    probabilities = session_trace(name)["fc3"].output.softmax(dim=1)[0]
    left, middle, right = st.columns([5, 8, 5], gap="medium")
    left.plotly_chart(probability_bars(labels, probabilities.tolist()), key="bars", config={"displayModeBar": False})
    left.markdown(sure(name, float(probabilities.max())))
    left.caption(judged(name))
    _test_file(name, left)
    wrong = matrix - np.diag(matrix.diagonal())
    worst = [divmod(int(at), len(labels)) for at in (-wrong.ravel()).argsort(kind="stable")[:6]]
    with middle:
        frequent = st.pills(
            f"Confusions among {card['test_rows']:,} test pictures; click a square, or take one of the most frequent",
            worst,
            format_func=lambda cell: f"{labels[cell[0]]} → {labels[cell[1]]} ({matrix[cell]:,})",
            key=f"confusion_{name}",
            wrap=True,
        )
        place = st.session_state.get("confusion_chart", {}).get("selection", {}).get("points", [])
        clicked = (int(place[0]["y"]), int(place[0]["x"])) if place else None
        row, col = cell = clicked or frequent or worst[0]
        chart = confusion_chart(labels, matrix, cell)
        st.plotly_chart(
            chart, key="confusion_chart", on_select="rerun", selection_mode="points", config={"displayModeBar": False}
        )
    with right:
        total = int(matrix[row].sum())
        st.markdown(
            f"Of {total:,} test pictures labelled “{labels[row]}”, it read **{matrix[row, col]:,}** as “{labels[col]}” "
            f"({matrix[row, col] / max(1, total):.1%})."
        )
        _confused(name, labels[row], labels[col])
        _confused_in_test_file(name, cell)


def _confused(name: str, label: str, prediction: str) -> None:
    """The bundled pictures behind a cell of the matrix; where there is none, those of the two classes."""
    said, shown = confused(name, label, prediction)
    st.caption(said)
    inputs = cached.gallery_inputs(name)
    keys = cached.gallery(name)
    _pictures(
        [inputs[keys.index(one["key"])] for one in shown],
        [f"{one['label']}, read as {one['prediction']} {one['probability']:.0%}" for one in shown],
    )


def confused(name: str, label: str, prediction: str) -> tuple[str, list[dict]]:
    """What can be shown of a cell of the matrix, and a sentence on what that is: the test set itself is not bundled."""
    readings = cached.readings(name)
    if found := [one for one in readings if (one["label"], one["prediction"]) == (label, prediction)]:
        return f"Of the {len(readings)} test pictures that come along with cnnviz, these are among them:", found
    none = f"None of the {len(readings)} test pictures that come along with cnnviz is among them"
    if alike := [one for one in readings if one["label"] in (label, prediction)]:
        return f"{none}. Of the two classes, these come along:", alike
    return f"{none}, nor is any of them labelled “{label}” or “{prediction}”.", []


def _confused_in_test_file(name: str, cell: tuple[int, int]) -> None:
    """The first pictures of a cell in the folder named at start, as the network reads them that the matrix is about."""
    folder = options.data_folder()
    if folder is None or not st.checkbox("Show some from the test file", key="square_from_file"):
        return
    try:
        pictures, truth = cached.test_set(name, str(folder))
    except DatasetError as error:
        st.error(str(error))
        return
    found = ((truth == cell[0]) & (cached.read_as(name, str(folder), ()) == cell[1])).nonzero().flatten().tolist()
    some = found[:MOST_SHOWN]
    end = "." if not found else ":" if found == some else f"; the first {len(some)}:"
    st.caption(f"The test file has {len(found):,} such pictures{end}")
    _pictures([pictures[at].float() / 255 for at in some], [f"its row {at + 1:,}" for at in some])


def judged(name: str) -> str:
    """How the page judges whether a picture is like those that a network was trained on, and what it overlooks."""
    familiarity = cached.familiarity(name)
    if familiarity is None:
        return "Whether this picture is like those it was trained on is not judged: nobody has measured that for these weights."
    features, _, share, flatness = familiarity.limits.tolist()
    return (
        "A warning stands above the layers if the picture is strange to this network: if dense 2 makes something else of it "
        f"than of any class (more than {features:.1f} standard deviations away), if the {PATTERNS} patterns that training "
        f"pictures are mostly made of (their principal components, in grey) miss too much of it (more than {share:.0%}, or more "
        f"than of any but the oddest test pictures), or if its pixels hardly differ (standard deviation under {-flatness:.3f}). "
        f"{BEYOND:.0%} of the test pictures pass. So does much that is no member of any class: it must only look like the usual."
    )


def sure(name: str, probability: float) -> str:
    """How sure the network may be when it says this probability, from its card; what is not known is not said."""
    card = load_card(name)
    general = (
        f"On {card['test_rows']:,} test pictures it was right **{card['test_accuracy']:.1%}** of the time. It always chooses one of "
        "ten classes, also for a picture that is none of them, and its probabilities are about test pictures, not about yours."
    )
    for one in card.get("calibration", {}).get("bins", ()):
        if one["from"] <= probability <= one["to"] and one["rows"]:
            return (
                f"It says {probability:.1%}. When it said {one['from']:.0%} to {one['to']:.0%} in its test "
                f"({one['rows']:,} pictures), it was right **{one['accuracy']:.1%}** of the time. {general}"
            )
    return f"It says {probability:.1%}. {general}"


def _test_file(name: str, place: "st.delta_generator.DeltaGenerator") -> None:
    """The score on the test pictures of the folder named at start, once it is asked for."""
    folder = options.data_folder()
    if folder is None:
        return
    if not place.button("Score the network, as it is now, on the test file", key="score"):
        return
    try:
        right, rows = cached.score(name, str(folder), state.settings().edits)
    except (DatasetError, NetworkError) as error:
        place.error(str(error))
        return
    changed = "With your changes" if state.settings().edits else "As trained"
    place.markdown(f"{changed} it reads **{right:,} of {rows:,}** test pictures right ({right / rows:.2%}).")


_ROOMS: dict[str, Callable[[str], None]] = {
    "Verdict": verdict_room,
    "Why this answer": why_room,
    "Compare": compare_room,
    "Why 400?": shapes_room,
}
