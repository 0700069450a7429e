"""What stands under the network, one room open at a time: nothing in it is computed before it is asked for."""

from collections.abc import Callable

import numpy as np
import streamlit as st
import torch

from cnnviz.core.comparison import Comparison
from cnnviz.core.datasets import DatasetError
from cnnviz.core.network import ConvNet, NetworkError, load_card
from cnnviz.core.trace import Trace, trace
from cnnviz.ui import cached, network_input, options
from cnnviz.ui.network_view import session_network, session_trace, shape_table

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
    chosen = st.selectbox("Score of", [f"{likeliest} (what it reads)", *labels], key="why_class")
    target = labels.index(likeliest if chosen.startswith(f"{likeliest} (") else chosen)
    st.caption(
        "Blue pixels speak for the class and, where a method can say so, red ones against it. Each picture has a scale of its "
        "own, and the four do not measure the same thing: where they differ, none of them is “the” reason."
    )
    baseline = 0.0 if name == "mnist" else 0.5
    for column, (key, method) in zip(st.columns(len(METHODS)), METHODS.items(), strict=True):
        heat = attribution(network, picture, target, key, baseline).numpy()
        picture_of_it = overlaid(picture[0].numpy(), heat, signed=method.signed)
        column.image(picture_of_it, caption=f"{method.title} for “{labels[target]}”", width=192)
        column.markdown(method.sentence)


# --- compare ---------------------------------------------------------------------------------------------------------------


def compare_room(name: str) -> None:
    """Two pictures through one network, or one picture through two: values, and how far each layer is apart."""
    from cnnviz.figures.mosaic import mosaic

    ways: dict[str, Callable[[], Trace]] = {}
    gallery = cached.gallery(name)
    if st.session_state.edits:
        ways["the network as trained"] = lambda: _through(cached.network(name), name)
    ways["another picture"] = lambda: _another_picture(name, gallery)
    ways["an untrained network"] = lambda: _through(cached.untrained(), name)
    twins = cached.twins(name)
    for title in twins:
        ways[title] = lambda title=title: _through(twins[title], name)
    chosen = st.selectbox("Compare what is above with", list(ways), key="compare_with")
    here = session_trace(name)
    try:
        comparison = Comparison(here, ways[chosen]())
    except ValueError:
        st.info("That network has other layers: its maps cannot be laid over these. Its answer stands below.")
        return _answers(name, here, ways[chosen]())
    names = [layer for layer in SHOWN if layer in comparison.names]
    layer = st.segmented_control(
        "Layer", names, default="conv2", format_func=cached.layer_title, required=True, key="compare_layer"
    )
    a, b = comparison.a[layer].output[0].numpy(), comparison.b[layer].output[0].numpy()
    top = float(max(np.abs(a).max(), np.abs(b).max())) or 1.0
    columns = 4 if len(a) == 16 else 3
    for column, title, values in zip(
        st.columns(3), ("here", chosen, "difference: the other − here"), (a, b, b - a), strict=True
    ):
        column.image(mosaic(values, top=top, columns=columns, side=84), caption=f"{cached.layer_title(layer)}, {title}")
    st.caption(f"All three on one scale, −{top:.2f} … 0 … +{top:.2f}, before ReLU.")
    rows = ["| layer | ‖difference‖ / ‖here‖ | values that are the same |", "|---|---|---|"]
    for each in names:
        change = comparison.change(each)
        rows.append(f"| {cached.layer_title(each)} | {change.relative:.1%} | {change.unchanged:.1%} |")
    st.markdown("\n".join(rows))
    return _answers(name, comparison.a, comparison.b)


def _through(network: ConvNet, name: str) -> Trace:
    return trace(network, torch.from_numpy(network_input.session_input(name))[None])


def _another_picture(name: str, gallery: tuple[str, ...]) -> Trace:
    said = {reading["key"]: reading["label"] for reading in cached.readings(name)}
    key = st.selectbox(
        "The other picture",
        gallery,
        index=1,
        key=f"compare_picture_{name}",
        format_func=lambda key: f"{said[key]} ({key})",
    )
    picture = cached.gallery_inputs(name)[gallery.index(key)]
    return trace(session_network(name), picture[None])


def _answers(name: str, a: Trace, b: Trace) -> None:
    labels = load_card(name)["labels"]
    shares = [one[len(one) - 1].output.softmax(dim=1)[0] for one in (a, b)]
    rows = ["| class | here | the other |", "|---|---|---|"]
    rows += [f"| {label} | {100 * x:.1f} % | {100 * y:.1f} % |" for label, x, y in zip(labels, *shares, strict=True)]
    st.markdown("\n".join(rows))


# --- the verdict -----------------------------------------------------------------------------------------------------------


def verdict_room(name: str) -> None:
    """Probabilities, how often they are right, and what is confused with what."""
    from cnnviz.figures.verdict import confusion_chart, probability_bars  # 4.7 MB of Plotly: only for those who ask

    card = load_card(name)
    labels, matrix = card["labels"], np.array(card["confusion_matrix"])
    probabilities = session_trace(name)["fc3"].output.softmax(dim=1)[0]
    left, right = st.columns([2, 3])
    left.plotly_chart(probability_bars(labels, probabilities.tolist()), key="bars", config={"displayModeBar": False})
    left.markdown(sure(name, float(probabilities.max())))
    left.caption(
        "Above the layers stands a warning if dense 2 makes something else of this picture than of any class it was trained "
        "on. That is one measure of many, and it overlooks things: pure noise mostly passes."
    )
    _test_file(name, left)
    wrong = matrix - np.diag(matrix.diagonal())
    worst = [divmod(int(at), len(labels)) for at in (-wrong.ravel()).argsort(kind="stable")[:6]]
    with right:
        frequent = st.pills(
            f"Confusions among {card['test_rows']:,} test pictures; click a square, or take one of the most frequent",
            worst,
            format_func=lambda cell: f"{labels[cell[0]]} → {labels[cell[1]]} ({matrix[cell]:,})",
            key=f"confusion_{name}",
        )
        place = st.session_state.get("confusion_chart", {}).get("selection", {}).get("points", [])
        clicked = tuple(int(at) for at in place[0]["customdata"][:2]) if place else None
        row, col = cell = clicked or frequent or worst[0]
        chart = confusion_chart(labels, matrix, cell)
        st.plotly_chart(
            chart, key="confusion_chart", on_select="rerun", selection_mode="points", config={"displayModeBar": False}
        )
        total = int(matrix[row].sum())
        st.markdown(
            f"Of {total:,} test pictures labelled “{labels[row]}”, it read **{matrix[row, col]:,}** as “{labels[col]}” "
            f"({matrix[row, col] / max(1, total):.1%})."
        )
        _confused(name, labels[row], labels[col])


def _confused(name: str, label: str, prediction: str) -> None:
    """The bundled pictures behind a cell of the matrix; where there is none, those of the two classes."""
    readings = cached.readings(name)
    found = [one for one in readings if (one["label"], one["prediction"]) == (label, prediction)]
    st.caption(
        "Of the bundled pictures:"
        if found
        else f"None of the 20 bundled pictures is one of them. These are “{label}” and “{prediction}”:"
    )
    shown = found or [one for one in readings if one["label"] in (label, prediction)]
    inputs = cached.gallery_inputs(name)
    keys = cached.gallery(name)
    pictures = [inputs[keys.index(one["key"])].permute(1, 2, 0).numpy() for one in shown]
    captions = [f"{one['label']}, read as {one['prediction']} {one['probability']:.0%}" for one in shown]
    if pictures:
        st.image(pictures, caption=captions, width=96)


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
        right, rows = cached.score(name, str(folder), st.session_state.edits)
    except (DatasetError, NetworkError) as error:
        place.error(str(error))
        return
    changed = "With your changes" if st.session_state.edits else "As trained"
    place.markdown(f"{changed} it reads **{right:,} of {rows:,}** test pictures right ({right / rows:.2%}).")


_ROOMS: dict[str, Callable[[str], None]] = {
    "Verdict": verdict_room,
    "Why this answer": why_room,
    "Compare": compare_room,
    "Why 400?": shapes_room,
}
