"""What is computed once for all students: the only place that uses Streamlit's caches. Everything here is read-only.

What every change asks for is kept by Python's own, which finds it in 0.1 µs where Streamlit's takes 48 and more. Streamlit's keep what
takes long to make, as they have a second asker wait for the first.
"""

import base64
import functools
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
import torch
import torch.nn.functional as F

from cnnviz.core import measurements, twin_figures
from cnnviz.core.edits import Edits, edited
from cnnviz.core.familiarity import Familiarity, framed, load_familiarity
from cnnviz.core.images import fit_image, shrunk, thumbnail, two_decimals
from cnnviz.core.invariance import Border, ShiftChange, Subsampling, feature_map_changes
from cnnviz.core.kernels import KERNELS
from cnnviz.core.network import ASSETS, ConvNet, NetworkError, load_card, load_network, weights_digest
from cnnviz.core.samples import SAMPLES, sample_image
from cnnviz.core.strokes import Edit, paint
from cnnviz.core.trace import Trace, trace
from cnnviz.core.twin_figures import Kind, TwinChange, TwinFigures
from cnnviz.core.twins import POOLINGS, load_twin
from cnnviz.ui.parcel import encode


def _frozen(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array


@functools.lru_cache(maxsize=512)
def fitted_sample(key: str, size: int, colour: bool) -> np.ndarray:
    """A sample at a working size: float32 (C, size, size)."""
    return _frozen(fit_image(sample_image(key), size, colour))


@functools.lru_cache(maxsize=64)
def source_sample(key: str, side: int) -> np.ndarray:
    """A sample before any crop, its shorter side ``side`` pixels at most: float32 (C, H, W)."""
    return _frozen(stepped(shrunk(sample_image(key), side)))


def stepped(image: np.ndarray) -> np.ndarray:
    """A picture in [0, 1] rounded to the 256 levels of a file, so that it travels as bytes; others as they are."""
    if image.min() < 0 or image.max() > 1:
        return np.array(image)
    return (np.rint(255 * image.astype(np.float64)) / 255).astype(np.float32)


@functools.lru_cache(maxsize=256)
def blank(size: int, colour: bool) -> np.ndarray:
    """An empty canvas: zeros (C, size, size)."""
    return _frozen(np.zeros((3 if colour else 1, size, size), dtype=np.float32))


def painted(base: np.ndarray, strokes: tuple[Edit, ...], ink: float) -> np.ndarray:
    """The base with strokes on it, two decimals a pixel; the base itself where there are none. Not cached: it is one
    student's, and quick."""
    return two_decimals(paint(base, strokes, ink)) if strokes else base


@functools.cache
def gallery_labels() -> dict[str, str]:
    """Every sample's picture and title as Markdown, made in one go: a page asks for each of them at every run."""
    return {key: f"![]({thumbnail_url(sample_image(key), side=56)}) {sample.title}" for key, sample in SAMPLES.items()}


def thumbnail_url(image: np.ndarray, side: int) -> str:
    """A picture (C, H, W), small, as an address that holds it; ``side`` is its longer side in pixels."""
    return data_url("webp", thumbnail(image, side))


def data_url(kind: str, data: bytes) -> str:
    """A picture's file as an address that holds it."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


@functools.cache
def kernel_table() -> list[dict]:
    """The presets as the browser takes them."""
    return [
        {
            "key": kernel.key,
            "title": kernel.title,
            "weights": [[float(weight) for weight in row] for row in kernel.weights],
            "sentence": kernel.sentence,
            "averaging": kernel.averaging,
        }
        for kernel in KERNELS.values()
    ]


@functools.cache
def kernel_text() -> str:
    """The same as JSON: Streamlit would write each entry of the table anew at every run, and twice."""
    return json.dumps(kernel_table())


@functools.cache
def network(name: str) -> ConvNet:
    """A trained network, shared by every student: eval mode, no gradients."""
    return load_network(name)


@functools.cache
def blank_trace(name: str) -> Trace:
    """The network's layers, traced on an empty picture: for shapes and names."""
    return trace(network(name), torch.zeros(1, 3, 32, 32))


def layer_title(name: str) -> str:
    """A layer's name as a person reads it; "pool_1" is the second use of the pool.

    >>> layer_title("conv2"), layer_title("pool"), layer_title("pool_1"), layer_title("fc1")
    ('conv 2', 'pool 1', 'pool 2', 'dense 1')
    """
    word, number, use = re.fullmatch(r"([a-z]+)(\d*)(?:_(\d+))?", name).groups()
    word = {"fc": "dense"}.get(word, word)
    return f"{word} {number or int(use or 0) + 1}" if word in ("conv", "pool", "dense") else word


@functools.cache
def network_description(name: str) -> dict:
    """What the browser needs to know of a network: where its weights are, its layers, and how well it reads.

    NetworkError if weights or card cannot be had.
    """
    network(name)  # to know that there are weights
    card = load_card(name)
    try:
        return _description(name, card)
    except (KeyError, TypeError, ValueError) as error:
        raise NetworkError(f"The card of the network {name!r} lacks what it should tell ({error}).") from error


@functools.cache
def network_text(name: str) -> str:
    """The same as JSON. NetworkError as above."""
    return json.dumps(network_description(name))


def _description(name: str, card: Mapping) -> dict:
    confusion = np.array(card["confusion_matrix"])  # (label, prediction)
    return {
        "network": {
            "name": name,
            "title": card["title"],
            "short": SHORT[name],
            "summary": _summary(card),
            "file": f"{name}.safetensors",
            "digest": weights_digest(ASSETS / f"{name}.safetensors")[:16],
            "accuracy": card["test_accuracy"],
            "testRows": f"{card['test_rows']:,}",
            # of all test pictures that it called so, the share that were
            "called": (confusion.diagonal() / np.maximum(1, confusion.sum(axis=0))).tolist(),
        },
        "labels": list(card["labels"]),
        "layers": _layers(name),
        "readings": readings(name),
        "first": gallery(name)[0],
    }


SHORT = {"mnist": "digits", "cifar10": "photographs"}
_GALLERIES = {"mnist": "digit", "cifar10": "cifar10"}  # the group of samples that each network was trained for


def gallery(name: str) -> tuple[str, ...]:
    """The bundled test pictures of a network's own kind."""
    return tuple(key for key, sample in SAMPLES.items() if sample.group == _GALLERIES[name])


@functools.cache
def encoded_gallery(name: str) -> dict[str, Any]:
    """The same pictures as a feed takes them: (N, H, W) if they are grey, (N, 3, H, W) in colour, and their keys."""
    keys = gallery(name)
    pictures = np.stack([sample_image(key) for key in keys])
    return encode(pictures[:, 0] if pictures.shape[1] == 1 else pictures) | {"keys": list(keys)}


@functools.cache
def gallery_inputs(name: str) -> torch.Tensor:
    """The gallery as the network reads it: (N, 3, 32, 32)."""
    pictures = [torch.from_numpy(np.array(sample_image(key))) for key in gallery(name)]
    framed = [F.pad(picture, [(32 - picture.shape[-1]) // 2] * 4).expand(3, 32, 32) for picture in pictures]
    return torch.stack(framed)


@functools.cache
def readings(name: str) -> list[dict]:
    """What torch reads in each picture of the gallery: label, prediction and its probability."""
    labels = load_card(name)["labels"]
    with torch.inference_mode():
        probabilities = network(name)(gallery_inputs(name)).softmax(dim=1)
    shares, predictions = probabilities.max(dim=1)
    return [
        {"key": key, "label": labels[SAMPLES[key].label], "prediction": labels[at], "probability": share}
        for key, at, share in zip(gallery(name), predictions.tolist(), shares.tolist(), strict=True)
    ]


def _summary(card: Mapping) -> str:
    parts = [f"{card['parameters']:,} parameters", f"{100 * card['test_accuracy']:.1f}% of the test set"]
    if drawn := card.get("held_out", {}).get("accuracy", {}).get("pen digits"):
        parts.append(f"{100 * drawn:.1f}% of pen digits it never saw")
    return " · ".join(parts)


def _layers(name: str) -> list[dict]:
    layers = []
    for operation in blank_trace(name):
        windows = operation.windows
        layers.append(
            {
                "name": operation.name,
                "title": layer_title(operation.name),
                "kind": operation.kind,
                "module": operation.name,
                "inputShape": list(operation.input.shape[1:]),
                "outputShape": list(operation.output.shape[1:]),
                "kernel": [window.kernel_size for window in windows],
                "stride": [window.stride for window in windows],
                "padding": [window.padding for window in windows],
                "dilation": [window.dilation for window in windows],
            }
        )
    for before, layer, after in zip(layers, layers[1:], layers[2:], strict=False):
        if layer["kind"] == "flatten":  # a dense unit behind it sees maps, not a row of numbers
            before["flattened"] = True
            after["inputShape"] = before["outputShape"]
    return layers


@st.cache_resource(max_entries=1, show_spinner=False)
def untrained() -> ConvNet:
    """The network before any training, always the same one."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ConvNet().eval().requires_grad_(False)


@st.cache_resource(max_entries=4, show_spinner=False)
def twins(name: str) -> dict[str, ConvNet]:
    """The networks of the pooling lesson that were trained on the same data, as far as they can be had."""
    found = {}
    for pooling, title in POOLINGS.items():
        for shifted in (False, True):
            try:
                found[f"a twin: {title}{', trained on moved pictures' if shifted else ''}"] = load_twin(
                    name, pooling, shifted
                )
            except NetworkError:
                continue
    return found


@functools.cache
def familiarity(name: str) -> Familiarity | None:
    """What is familiar to a network, if that was measured with its weights."""
    return load_familiarity(name)


@st.cache_resource(max_entries=2, show_spinner="Reading the test file …")
def test_set(name: str, folder: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The test pictures of a folder of Parquet files, uint8 (N, 3, 32, 32), and their labels. DatasetError if there are none."""
    from cnnviz.core.datasets import load_images  # pyarrow takes its time, and only who named a folder needs it

    test = load_images(Path(folder), name, "test")
    return framed(test.images), torch.from_numpy(test.labels)


@st.cache_data(max_entries=64, show_spinner="Scoring …")
def read_as(name: str, folder: str, edits: Edits) -> torch.Tensor:
    """The class that a network with these edits reads in each of the test pictures: (N,)."""
    pictures, _ = test_set(name, folder)
    changed = edited(network(name), edits)
    with torch.inference_mode():
        return torch.cat([changed(batch.float() / 255).argmax(dim=1) for batch in pictures.split(500)])


def score(name: str, folder: str, edits: Edits) -> tuple[int, int]:
    """How many test pictures a network with these edits reads right, and how many there are."""
    _, labels = test_set(name, folder)
    return int((read_as(name, folder, edits) == labels).sum()), len(labels)


# What is measured over many pictures is kept picture by picture: the page shows how far it is, which nothing cached can do,
# and what a student who turns away has waited for is there for the next one.


@st.cache_resource(max_entries=1, show_spinner=False)
def measured_images() -> list[torch.Tensor]:
    """The pictures that feature maps are measured on: (1, H, W) each."""
    return measurements.measured_images()


@st.cache_resource(max_entries=512, show_spinner=False)
def map_changes(kernel: str, border: Border, number: int) -> dict[tuple[Subsampling, int], ShiftChange]:
    """How the feature maps of one of `measured_images` change with shifts."""
    return feature_map_changes(measured_images()[number], KERNELS[kernel].tensor, border)


@st.cache_resource(max_entries=64, show_spinner=False)
def own_map_changes(
    kernel: str, border: Border, digest: str, _image: np.ndarray
) -> dict[tuple[Subsampling, int], ShiftChange]:
    """The same of a student's own picture, known by the digest of its pixels: whoever has not the picture finds nothing."""
    return feature_map_changes(torch.tensor(_image), KERNELS[kernel].tensor, border)


@st.cache_data(max_entries=64, show_spinner=False)
def drawn(what: str, settings: tuple, _draw: Callable[[], None]) -> None:
    """All that ``_draw`` puts on the page, which nothing but ``settings`` decides. Made once; later sent as it was.

    A page with ten Plotly figures would otherwise make them anew each time that something else on it comes to rest. It can draw
    in places only that it makes itself, and no style alone, which Streamlit puts in a place of its own.
    """
    _draw()


@st.cache_resource(max_entries=2, show_spinner=False)
def bundled_pictures(dataset: str) -> list[tuple[torch.Tensor, int]]:
    """The bundled test pictures of a data set as networks read them, with their labels."""
    return twin_figures.bundled_pictures(dataset)


@st.cache_resource(max_entries=1024, show_spinner=False)
def twin_change(dataset: str, kind: Kind, border: Border, number: int) -> TwinChange:
    """What shifts of one of `bundled_pictures` do to one twin."""
    return twin_figures.twin_change(dataset, kind, *bundled_pictures(dataset)[number], border)


@st.cache_resource(max_entries=4, show_spinner=False)
def shipped_twin_figures(dataset: str, border: Border) -> dict[Kind, TwinFigures]:
    """What was measured on the test set. NetworkError if it cannot be had."""
    return twin_figures.shipped_figures(dataset, border)
