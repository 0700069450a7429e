"""The pages as Python sees them: they run, what they send is plain and right, and torch's answer is torch's."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz.core.images import fit_image, two_decimals
from cnnviz.core.kernels import KERNELS
from cnnviz.core.samples import SAMPLES, sample_image
from cnnviz.core.strokes import paint, strokes_from_text
from cnnviz.ui import channels, feed, network_view, parameters, shapes, shell, signals, stage
from tests.parcels import decode, unpack
from tests.ui.apps import opened, payloads, run

PAGES = ["channels", "convolution", "network", "shapes", "signals"]
HYPERPARAMETERS = ("stride", "padding", "dilation")
STROKES = "p200_00rs1011.e100_dwdwdw00"


@pytest.fixture(scope="module")
def visited():
    """One visit to the convolution page that goes on and on."""
    return opened()


@pytest.mark.parametrize("page", PAGES)
def test_a_cold_deep_link_shows_the_page(page):
    app = opened(page)
    assert not app.warning
    assert not app.error
    assert (
        payloads(app).keys()
        == {
            "channels": {"chooser", "planes", "maps", "page"},
            "convolution": {"chooser", "image", "answer", "page"},
            "network": {"digits", "answer", "page"},
            "shapes": {"sheet", "page"},
            "signals": {"slid", "page"},
        }[page]
    )


@pytest.mark.parametrize("key", [*SAMPLES, parameters.DRAW])
def test_every_picture_arrives_as_it_is(visited, key):
    visited.session_state["settings"]["image"] = key
    image = payloads(run(visited))["image"]
    if key == parameters.DRAW:
        wanted = np.zeros((1, 28, 28), dtype=np.float32)
    else:
        wanted = fit_image(sample_image(key), SAMPLES[key].size, colour=False)
    assert np.array_equal(decode(image), wanted)
    assert (image["bottom"], image["top"]) == (min(0, wanted.min()), max(1, wanted.max()))
    assert image["dtype"] == ("uint8" if wanted.max() <= 1 else "float32")  # a byte a value, where that says all


@pytest.mark.parametrize(
    "key", ["integers", "cat", "cifar10_0", "digit_0", "digit_19", parameters.DRAW, parameters.UPLOAD]
)
def test_the_network_page_takes_any_picture_that_the_link_names(key):
    said = payloads(opened("network", image=key))["page"]
    readable = key == parameters.DRAW or key.startswith("digit")
    assert said["image"] == (key if readable else "digit_0")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("colour", ["0", "1"])
def test_what_is_sent_is_plain(monkeypatch, page, colour):
    # Streamlit would send an array or a tensor as the text of its repr, and say nothing
    mounted = []

    def component(name, **_files):
        return lambda **mount: mounted.append(mount["data"])

    for module in (channels, feed, stage, network_view, shapes, signals):
        monkeypatch.setattr(module, "component", component)
    opened(page, colour=colour, image="digit_3", strokes=STROKES, bias="0.1", weights="1x2~0.1,-2")
    assert len(mounted) >= 2
    for data in mounted:
        if isinstance(data, bytes):  # what is packed is plain, but may hold numbers that JSON does not know
            data = json.loads(data.partition(b"\n")[0])
        assert json.loads(json.dumps(data, allow_nan=False)) == data


SETTINGS = [
    {},
    {"kernel": "box_3"},
    {"kernel": "box_3", "colour": "1"},
    {"image": "cat", "colour": "1", "kernel": "gaussian_5", "stride": "2", "padding": "2"},
    {"image": "cat", "size": "41", "colour": "1", "weights": "2x3~1,2,3,4,5,6~0,0,0,0,0,1~-1,-2,-3,-4,-5,-0.125"},
    {"image": "cat", "size": "128", "weights": "1x4~0.1,0.2,-0.3,1000", "dilation": "16", "bias": "-0.3", "relu": "1"},
    {"image": "cat", "stride": "2,3", "padding": "1,4", "padding_mode": "reflect", "dilation": "2,1"},
    {"image": "coffee", "colour": "1", "weights": "1x1~0.3", "stride": "16", "padding": "16"},
    {"image": "coffee", "weights": "1x1~1~2~3"},
    {"image": "draw", "strokes": STROKES, "kernel": "laplacian_8", "relu": "1"},
    {"image": "integers", "strokes": STROKES, "bias": "0.5"},
    {"image": "digit_4", "size": "28", "strokes": STROKES, "colour": "1", "dilation": "3", "padding": "1"},
]


@pytest.mark.parametrize("link", SETTINGS, ids=lambda link: "&".join(f"{name}={text}" for name, text in link.items()))
def test_the_answer_is_torchs(link):
    sent = payloads(opened(**link))
    picture = torch.from_numpy(picture_of(link))[None]
    weight = filter_of(link, channels=picture.shape[1])
    bias = torch.tensor([float(link.get("bias", 0))])
    stride, padding, dilation = (
        [int(number) for number in link.get(name, least).split(",")]
        for name, least in zip(HYPERPARAMETERS, "101", strict=True)
    )
    down, across = padding * (2 // len(padding))
    mode = link.get("padding_mode", "constant")
    wanted = F.conv2d(F.pad(picture, (across, across, down, down), mode), weight, bias, stride, 0, dilation)
    wanted = wanted.relu() if link.get("relu") else wanted
    assert sent["answer"]["image"] == sent["image"]["id"] == sent["page"]["image"]["id"]
    torch.testing.assert_close(torch.from_numpy(decode(sent["answer"]).copy()), wanted[0], rtol=1e-6, atol=1e-6)


def filter_of(link: dict[str, str], channels: int) -> torch.Tensor:
    """The filter that a link describes: (1, C, kh, kw)."""
    if "weights" in link:
        size, *slices = link["weights"].split("~")
        numbers = torch.tensor([[float(number) for number in text.split(",")] for text in slices])
        weight = numbers.reshape(-1, *(int(side) for side in size.split("x")))[:channels]
    else:
        kernel = KERNELS[link.get("kernel", "sobel_x")]
        weight = torch.tensor(kernel.weights)[None] / (channels if kernel.averaging else 1)
    return weight.expand(channels, -1, -1)[None].float()


def picture_of(link: dict[str, str]) -> np.ndarray:
    """The picture that a link describes, with its strokes: float32 (C, H, W)."""
    key, colour = link.get("image", "integers"), link.get("colour") == "1"
    if key == parameters.DRAW:
        base = np.zeros((3 if colour else 1, 28, 28), dtype=np.float32)
    else:
        base = fit_image(sample_image(key), int(link.get("size", SAMPLES[key].size)), colour)
    strokes = strokes_from_text(link.get("strokes", ""))
    return two_decimals(paint(base, strokes, ink=max(1.0, float(base.max()))))


def test_what_torch_refuses_is_explained_and_nothing_breaks():
    answer = payloads(opened(dilation="16"))["answer"]
    assert "data" not in answer
    assert "33" in answer["refused"]  # what a 3×3 kernel spans with a dilation of 16 …
    assert "7" in answer["refused"]  # … and what the image offers


def test_a_new_position_sends_nothing_again():
    app = opened(image="cat")
    before = [unpack(element.proto) for element in app.get("bidi_component")]
    app.session_state["settings"]["at"] = (3, 4)
    assert [unpack(element.proto) for element in run(app).get("bidi_component")] == before


def test_a_new_stroke_or_kernel_sends_torchs_answer_and_not_the_picture():
    app = opened(image="cat")
    before = payloads(app)
    for name, value in (("strokes", strokes_from_text(STROKES)), ("kernel", "box_3"), ("bias", 0.5)):
        app.session_state["settings"][name] = value
        after = payloads(run(app))
        assert after["image"] == before["image"]
        assert after["page"] == before["page"]
        assert after["answer"] != before["answer"]
        before = after


def test_a_visit_whose_first_run_was_cut_short_still_begins_with_what_the_session_holds():
    app = opened()
    app.session_state["settings"]["kernel"] = "box_3"
    assert "box_3" not in payloads(run(app))["page"]["seed"]  # from its first run on, the browser knows better
    app.session_state[shell._ARRIVED] = True  # as it stands where the run has not come to the lesson
    assert "box_3" in payloads(run(app))["page"]["seed"]
