"""What the network page computes: the picture it reads, torch's answer, and the table."""

import base64
import io
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from cnnviz.core.cut import Cut
from cnnviz.core.digits import centre_digit, shrink_digit
from cnnviz.core.edits import edits_from_text
from cnnviz.core.network import load_card, load_network
from cnnviz.core.samples import SAMPLES, sample_image
from cnnviz.core.strokes import paint, strokes_from_text
from cnnviz.core.trace import trace
from cnnviz.ui import cached, network_input, network_view, parameters, state, uploads
from tests.parcels import decode
from tests.ui.apps import opened, payloads, session

# a 7 in the upper left quarter
SEVEN = strokes_from_text("p60_2s2s2s8c8c5k")
BAR = strokes_from_text("e200_00dwrsdw")


def test_there_are_twenty_digits_and_each_class_is_among_them():
    assert len(network_input.DIGITS) == 20
    assert {SAMPLES[key].label for key in network_input.DIGITS} >= {0, 1, 2, 3, 4, 5, 6, 7, 9}


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("key", network_input.DIGITS)
def test_a_digit_of_the_gallery_is_read_as_it_is(key, centre):
    with session(image=key, centre=centre):
        picture = network_input.session_input("mnist")
    assert picture.shape == (3, 32, 32)
    for channel in picture:
        assert np.array_equal(channel[2:30, 2:30], sample_image(key)[0])
    assert picture.sum() == pytest.approx(3 * sample_image(key).sum())  # black all round


@pytest.mark.parametrize(("centre", "prepare"), [(True, centre_digit), (False, shrink_digit)])
def test_a_drawing_is_centred_or_merely_shrunk(centre, prepare):
    canvas = paint(np.zeros((1, 112, 112), dtype=np.float32), SEVEN)[0]
    with session(image=parameters.DRAW, strokes=SEVEN, centre=centre):
        assert np.array_equal(network_input.session_input("mnist"), prepare(canvas))


@pytest.mark.parametrize(("centre", "prepare"), [(True, centre_digit), (False, shrink_digit)])
def test_the_eraser_works_on_a_digit_of_the_gallery(centre, prepare):
    canvas = np.kron(sample_image("digit_0")[0], np.ones((4, 4), dtype=np.float32))
    canvas[:] = paint(canvas[None], BAR)[0]
    with session(image="digit_0", strokes=BAR, centre=centre):
        assert np.array_equal(network_input.session_input("mnist"), prepare(canvas))


def test_an_empty_canvas_is_black():
    with session(image=parameters.DRAW):
        assert not network_input.session_input("mnist").any()


def test_a_picture_that_is_no_digit_is_not_read_and_its_strokes_neither():
    with session(image="cat", strokes=SEVEN):
        picture = network_input.session_input("mnist")
    with session(image="digit_0"):
        assert np.array_equal(picture, network_input.session_input("mnist"))


def test_what_is_remembered_of_the_picture_that_is_read_is_forgotten_with_any_part_of_it():
    def differs(**change):
        before = network_input.session_input(now.network)
        now["settings"].update(change)
        assert not np.array_equal(before, network_input.session_input(now.network)), change

    with session(network="mnist", image=parameters.DRAW, strokes=SEVEN, **{state._CHOICES: 1, state._NOTES: []}) as now:
        differs(centre=False)
        differs(network="cifar10")
        differs(strokes=())
        differs(image="cat")
        differs(square=Cut(100, 0, 300))
        differs(image="coffee")
        for level in (60, 200):
            file = io.BytesIO()
            Image.new("RGBA", (40, 40), (level, 0, 0, 128)).save(file, "PNG")
            before = network_input.session_input("cifar10")
            assert uploads.receive({"name": "red.png", "data": base64.b64encode(file.getvalue()).decode()})
            assert not np.array_equal(before, network_input.session_input("cifar10")), level
        differs(ground="black")


def answer(name):
    return network_view.answer(name, network_view.session_trace(name))


def test_the_answer_is_torchs_in_every_layer():
    net = load_network("mnist")
    with session(image=parameters.DRAW, strokes=SEVEN):
        x = torch.from_numpy(network_input.session_input("mnist"))[None]
        said = answer("mnist")
    outputs = []
    for layer in (net.conv1, nn.ReLU(), nn.MaxPool2d(2), net.conv2, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()):
        outputs.append(x := layer(x))
    for layer in (net.fc1, nn.ReLU(), net.fc2, nn.ReLU(), net.fc3):
        outputs.append(x := layer(x))
    assert said.dtype == np.float32
    assert np.array_equal(said, torch.cat([output.flatten() for output in outputs]).numpy())


@pytest.mark.parametrize("key", network_input.DIGITS)
def test_every_digit_of_the_gallery_is_read_as_what_it_is(key):
    with session(image=key):
        assert answer("mnist")[-10:].argmax() == SAMPLES[key].label


THINGS = network_input.THINGS


def test_a_photograph_is_read_through_its_crop_and_with_its_strokes():
    with session(network="cifar10", image="cat"):
        whole = network_input.session_input("cifar10")
        source = network_input.source_picture("cat")
    shorter = min(source.shape[1:])
    top, left = ((side - shorter) // 2 for side in source.shape[1:])
    middle = torch.tensor(source[:, top : top + shorter, left : left + shorter])[None]
    assert np.allclose(
        whole, torch.nn.functional.interpolate(middle, 32, mode="area")[0], atol=2e-2 if shorter % 32 else 1e-5
    )
    with session(network="cifar10", image="cat", square=Cut(100, 0, 300)):
        part = network_input.session_input("cifar10")
    with session(network="cifar10", image="cat", square=Cut(100, 0, 300), strokes=SEVEN):
        drawn = network_input.session_input("cifar10")
    assert whole.shape == part.shape == drawn.shape == (3, 32, 32)
    assert not np.allclose(whole, part, atol=0.05)
    assert (drawn >= part - 1e-6).all()
    assert (drawn > part + 0.1).any()


@pytest.mark.parametrize("key", THINGS)
def test_a_test_picture_is_read_pixel_for_pixel(key):
    with session(network="cifar10", image=key):
        assert np.array_equal(network_input.session_input("cifar10"), sample_image(key))


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        ("integers", THINGS[0]),
        ("digit_3", THINGS[0]),
        ("upload", THINGS[0]),
        ("rocket", "rocket"),
        (THINGS[4], THINGS[4]),
    ],
)
def test_the_photograph_network_shows_a_photograph(image, shown):
    with session(network="cifar10", image=image):
        assert network_input.shown_image("cifar10") == (shown, ())


def test_small_integers_that_somebody_chose_are_shown_to_the_photograph_network():
    with session(network="cifar10"):
        state.choose("integers")
        assert network_input.shown_image("cifar10") == ("integers", ())
        picture = network_input.session_input("cifar10")
    integers = torch.tensor(sample_image("integers"))[None] / 5  # black is 0 and white is 5, as they look
    spread = nn.functional.interpolate(integers, (224, 224), mode="nearest")  # 224 is a multiple of 7 and of 32
    wanted = nn.functional.interpolate(spread, (32, 32), mode="area")[0].expand(3, -1, -1)
    assert np.allclose(picture, wanted, atol=0.02)


def test_a_link_that_names_the_first_picture_has_chosen_it():
    sent = payloads(opened("network", network="cifar10", image="integers"))
    assert (sent["page"]["image"], sent["source"]["key"], sent["source"]["current"]) == ("integers", "integers", True)
    sent = payloads(opened("network", network="cifar10"))
    assert (sent["page"]["image"], sent["source"]["current"]) == (THINGS[0], False)


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_edits_change_what_torch_computes(name):
    edits = edits_from_text("conv1,w7,0.5~conv2,b3,-1~conv1,o4~fc3,b2,9")
    with session(network=name, edits=edits):
        changed = network_view.session_network(name)
        layers = network_view.session_trace(name)
        assert not layers["conv1"].output[0, 4].any()
        assert network_view.session_network(name) is not cached.network(name)
    trained = load_network(name)
    assert changed.conv1.weight.view(-1)[7] == 0.5
    assert changed.fc3.bias[2] == 9
    assert torch.equal(changed.fc1.weight, trained.fc1.weight)
    with session(network=name):
        assert network_view.session_network(name) is cached.network(name)
    assert all(
        torch.equal(one, other)
        for one, other in zip(cached.network(name).parameters(), trained.parameters(), strict=True)
    )


@pytest.mark.parametrize(
    "unit",
    ["conv1,2,5,7", "pool,2,5,7", "conv2,9,3,4", "pool_1,9,1,2", "fc1,17,0,0", "fc3,2,0,0", "fc3,2,0,0~conv1,2,5,7,12"],
)
def test_a_pixel_counts_for_a_unit_as_much_as_its_gradient_says(unit):
    network = load_network("cifar10")
    assert not network.training
    picture = cached.gallery_inputs("cifar10")[3][None]
    gradient = network_view.unit_gradient(network, trace(network, picture), unit)
    layer, *place = unit.split("~")[-1].split(",")
    place = [int(number) for number in place[:3]]

    def value(x):
        output = trace(network.double(), x)[layer].output[0]
        return output[place[0]] if output.dim() == 1 else output[tuple(place)]

    x = picture.double()
    strongest = np.unravel_index(int(gradient.argmax()), gradient.shape)
    slopes = []
    for channel in range(3):
        moved = x.clone()
        moved[0, channel, *strongest] += 1e-6
        slopes.append((value(moved) - value(x)) / 1e-6)
    assert torch.stack(slopes).abs().sum().item() == pytest.approx(gradient.max().item(), rel=1e-3)


@pytest.mark.parametrize("unit", ["", "pool_2,0,0,0", "fc9,0,0,0", "conv1,6,0,0", "conv1,0,28,0", "relu_9,0,0,0"])
def test_a_unit_that_there_is_not_has_no_gradient(unit):
    network = load_network("mnist")
    assert network_view.unit_gradient(network, trace(network, torch.zeros(1, 3, 32, 32)), unit) is None


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_what_the_strip_says_is_what_torch_reads(name):
    with torch.inference_mode():
        probabilities = load_network(name)(cached.gallery_inputs(name)).softmax(dim=1)
    labels = load_card(name)["labels"]
    for reading, row in zip(cached.readings(name), probabilities, strict=True):
        assert reading["label"] == labels[SAMPLES[reading["key"]].label]
        assert reading["prediction"] == labels[int(row.argmax())]
        assert reading["probability"] == pytest.approx(float(row.max()))


def test_how_often_a_class_is_called_rightly_is_the_cards():
    confusion = np.array(load_card("cifar10")["confusion_matrix"])
    called = cached.network_description("cifar10")["network"]["called"]
    assert called[3] == pytest.approx(confusion[3, 3] / confusion[:, 3].sum())


def test_the_page_of_the_photograph_network_sends_what_it_needs():
    sent = payloads(opened("network", network="cifar10", image="rocket", square="0,10,500", edits="conv1,o2"))
    assert sent["things"]["keys"] == list(THINGS)
    assert np.array_equal(decode(sent["things"])[3], sample_image(THINGS[3]))
    assert (sent["source"]["key"], sent["source"]["current"]) == ("rocket", True)
    assert sent["page"]["chosen"] == "cifar10"
    with session(network="cifar10", image="rocket", square=Cut(0, 10, 500), edits=edits_from_text("conv1,o2")):
        assert np.array_equal(decode(sent["source"]), network_input.source_picture("rocket"))
        assert np.array_equal(decode(sent["answer"]), answer("cifar10"))


def test_the_page_sends_the_digits_and_torchs_answer():
    sent = payloads(opened("network", image="digit_3", centre="0", unit="conv2,5,0,3"))
    assert sent["digits"]["keys"] == list(network_input.DIGITS)
    assert np.array_equal(decode(sent["digits"])[3], sample_image("digit_3")[0])
    assert (sent["page"]["image"], sent["page"]["seed"]) == ("digit_3", "centre=0&unit=conv2,5,0,3")
    with session(image="digit_3", unit="conv2,5,0,3"):
        assert np.array_equal(decode(sent["answer"]), answer("mnist"))


def test_the_browser_hears_the_shape_of_every_layer():
    layers = cached.network_description("mnist")["layers"]
    shown = {layer["name"]: layer["outputShape"] for layer in layers if layer["kind"] not in ("relu", "flatten")}
    assert shown == {
        "conv1": [6, 28, 28],
        "pool": [6, 14, 14],
        "conv2": [16, 10, 10],
        "pool_1": [16, 5, 5],
        "fc1": [120],
        "fc2": [84],
        "fc3": [10],
    }
    for before, after in pairwise(layers):
        # a dense unit behind the flattening is shown with the maps it looks at
        assert np.prod(before["outputShape"]) == np.prod(after["inputShape"])


def held(message: object, **values):
    """A session whose network view has just said this."""
    return session(**{network_view._KEY: SimpleNamespace(settled=message), network_view._REVISION: 3}, **values)


def test_a_message_at_rest_becomes_the_session():
    with held("7;image=draw&strokes=p60_2s2s2s8c8c5k&centre=0&unit=fc1,7,0,0", scale="map", size=20) as now:
        network_view.settled()
        assert now[network_view._REVISION] == 7
        assert (now.image, now.strokes, now.centre, now.unit) == ("draw", SEVEN, False, "fc1,7,0,0")
        assert now.scale == "layer"  # not named, so it stands at its default
        assert now.size is None  # the drawing opens at its own size on the next page


def test_who_only_looks_at_the_stand_in_digit_keeps_the_drawing_of_another_page():
    seed = {network_view._SEED: {"seed": "", "image": "digit_0", "strokes": ""}}
    with held("7;image=digit_0&unit=conv1,2,0,0", image="cat", strokes=SEVEN, size=20, **seed) as now:
        network_view.settled()
        assert (now.image, now.strokes, now.size, now.unit) == ("cat", SEVEN, 20, "conv1,2,0,0")
    with held("8;image=digit_4", image="cat", strokes=SEVEN, size=20, **seed) as now:
        network_view.settled()
        assert (now.image, now.strokes, now.size) == ("digit_4", (), None)


def test_the_same_picture_keeps_its_size():
    with held("7;image=draw&strokes=p60_2s2s2s8c8c5k", image="draw", size=20, stride=(2, 2)) as now:
        network_view.settled()
        assert (now.size, now.stride) == (20, (2, 2))


def test_what_the_view_says_of_a_picture_that_was_chosen_before_is_not_heard():
    chosen = {state._CHOICES: 5, "image": "cat", "network": "cifar10"}
    with held("7;network=cifar10&image=bricks&scale=map&choice=4", **chosen) as now:
        network_view.settled()
        assert (now.image, now.scale, now[network_view._REVISION]) == ("cat", "map", 7)
    with held("8;network=cifar10&image=cifar10_3&choice=5", **chosen) as now:
        network_view.settled()
        assert now.image == "cifar10_3"


@pytest.mark.parametrize(
    "message", [None, 3, {}, "", ";", "7 ;image=draw", "x;image=draw", "１;image=draw", "9" * 5000 + ";image=draw"]
)  # fmt: skip
def test_a_message_that_no_view_writes_changes_nothing(message):
    with held(message, image="digit_3") as now:
        before = dict(now)
        network_view.settled()
        assert now == before


def test_the_table_shows_where_400_and_all_parameters_come_from():
    table = network_view.shape_table("mnist")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert rows[0] == ["layer", "in", "out", "parameters"]
    assert ["pool 2", "16 × 10 × 10", "16 × 5 × 5", "0"] in rows
    assert ["flatten", "16 × 5 × 5", "400", "0"] in rows
    assert ["dense 1", "400", "120", "120 · (400 + 1) = 48,120"] in rows
    assert ["conv 1", "3 × 32 × 32", "6 × 28 × 28", "6 · (3·5·5 + 1) = 456"] in rows
    assert rows[-1] == ["**all**", "", "", "**62,006**"]
    assert load_card("mnist")["parameters"] == 62_006
