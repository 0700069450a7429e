"""What the network page computes in the browser: crops, edits, units taken apart, receptive fields. All against torch."""

import random
import re
from decimal import Decimal

import numpy as np
import pytest
import torch

from cnnviz.core.cut import Cut, centre_square, cut_to_text, square_within
from cnnviz.core.edits import edited, edits_from_text, edits_to_text
from cnnviz.core.network import load_network
from cnnviz.core.operations import parts
from cnnviz.core.samples import sample_image
from cnnviz.core.squares import averaged_square
from cnnviz.core.trace import trace
from cnnviz.ui import cached
from tests.frontend.pages import array, tensor

EDITS = "conv1,w7,0.5~conv2,b3,-1~conv1,o4~fc1,w401,0.125~fc3,b2,1.5~fc2,o11"
START = """
  const { Model } = await bridge.load("model.js");
  const model = new Model(about, edits);
  await model.load();
"""


@pytest.mark.parametrize("key", ["cat", "rocket", "coffee", "cifar10_4", "integers", "digit_3"])
def test_the_crop_is_pythons_to_the_last_bit_but_one(frontend, key):
    picture = sample_image(key)
    bottom, top = float(min(0, picture.min())), float(max(1, picture.max()))
    chance = random.Random(1)
    shape = picture.shape
    sides = dict(zip(("height", "width"), shape[1:], strict=True))
    assert frontend.call("crop.js", "centreSquare", sides) == _crop(centre_square(*shape[1:]))
    for _ in range(8):
        wanted = Cut(chance.randrange(1500), chance.randrange(1500), chance.randrange(50, 1001))
        crop = square_within(wanted, *shape[1:])
        assert frontend.call("crop.js", "cropFromText", cut_to_text(wanted), sides) == _crop(crop)
        ours = array(
            frontend.call(
                "square.js", "averagedSquare", tensor(picture), _crop(crop), 32, {"bottom": bottom, "top": top}
            )
        )
        np.testing.assert_allclose(ours, averaged_square(picture, crop, bottom=bottom, top=top), atol=1e-7)


def _crop(crop: Cut) -> dict[str, int | bool]:
    return {"top": crop.top, "left": crop.left, "height": crop.height, "width": crop.height, "square": True}


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_an_edited_network_has_torchs_logits(frontend, name):
    run = f"""async (about, edits, pictures) => {{ {START}
      const logits = pictures.map((picture) => {{ model.run(picture); return model.logits; }});
      return [model.edits.text, model.edits.summary, logits];
    }}"""
    pictures = cached.gallery_inputs(name)[:6]
    text, summary, logits = frontend.run(
        run, cached.network_description(name), EDITS, [tensor(one) for one in pictures]
    )
    assert text == EDITS
    assert edits_to_text(edits_from_text(text)) == text
    assert summary == "2 weights, 2 biases, 2 outputs off"
    with torch.inference_mode():
        wanted = edited(load_network(name), edits_from_text(EDITS))(pictures)
    np.testing.assert_allclose(np.stack([array(one) for one in logits]), wanted, atol=1e-4)


def test_editing_there_and_back_leaves_nothing(frontend):
    run = f"""async (about, edits) => {{ {START}
      const first = model.trained["conv1.weight"].data[3];
      model.edit((all) => all.set("conv1", "weight", 3, 0.1, first));
      const [changed, touched] = [model.weights["conv1.weight"].data[3], [0, 1].map((map) => model.edits.touches("conv1", map, 75))];
      model.edit((all) => all.set("conv1", "weight", 3, first, first));
      const none = [model.edits.size, model.weights["conv1.weight"] === model.trained["conv1.weight"]];
      model.edit((all) => {{ all.set("conv1", "weight", 80, 1, 0); all.switchOff("conv1", 1, true); all.set("conv1", "bias", 0, 1, 0); }});
      model.edit((all) => all.resetFilter("conv1", 1, 75));
      return [changed, touched, none, model.edits.text];
    }}"""
    changed, touched, none, text = frontend.run(run, cached.network_description("mnist"), "")
    assert changed == np.float32(0.1)
    assert touched == [True, False]
    assert none == [0, True]
    assert text == "conv1,b0,1"


def test_a_unit_that_the_network_does_not_have_is_not_known(frontend):
    run = f"""async (about, edits, units) => {{ {START}
      const {{ unitFromText }} = await bridge.load("model.js");
      return units.map((unit) => Boolean(model.known(unitFromText(unit))));
    }}"""
    units = [
        "conv2,15,9,9",
        "conv2,16,0,0",
        "fc3,0,0,0",
        "fc3,0,0,1",
        "conv1,0,0,0,74",
        "conv1,0,0,0,75",
        "relu,0,0,0",
        "pool,0,0,0,0",
    ]
    known = frontend.run(run, cached.network_description("mnist"), "", units)
    assert known == [True, False, True, False, True, False, False, False]


TAKE_APART = f"""async (about, edits, picture, units) => {{ {START}
  const [{{ unitOperation }}, {{ kindOf }}] = [await bridge.load("unit.js"), await bridge.load("kinds.js")];
  model.run(picture);
  return units.map(([layer, map, row, col]) => {{
    const unit = {{ layer, map, row, col }};
    const rectified = model.rectified.get(layer);
    const {{ operation, position }} = unitOperation({{ layers: model.layers, weights: model.weights, results: model.results, rectified, title: layer }}, unit);
    const kind = kindOf(operation);
    const taps = kind.taps(operation, position);
    const at = position[0] * operation.output.shape[1] + position[1];
    const sum = taps.reduce((total, {{ value, weight }}) => total + value * weight, operation.bias);
    return {{ value: operation.output.data[at], sum: operation.weight ? sum : null, taps: taps.length, result: kind.result(operation, taps, position), shown: model.valueOf(unit) }};
  }});
}}"""
SHAPES = {
    "conv1": (6, 28, 28),
    "pool": (6, 14, 14),
    "conv2": (16, 10, 10),
    "pool_1": (16, 5, 5),
    "fc1": (120,),
    "fc2": (84,),
    "fc3": (10,),
}


@pytest.mark.parametrize("edits", ["", EDITS])
@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_two_hundred_units_are_what_torch_says(frontend, name, edits):
    chance = random.Random(name + edits)
    network = edited(load_network(name), edits_from_text(edits)) if edits else load_network(name)
    for picture in cached.gallery_inputs(name)[[0, 3, 8, 14]]:
        layers = trace(network, picture[None])
        units = []
        for layer in [*SHAPES] * 8:
            channels, *sides = SHAPES[layer]
            place = [chance.randrange(side) for side in sides] or [0, 0]
            units.append((layer, chance.randrange(channels), *place))
        for unit, told in zip(
            units,
            frontend.run(TAKE_APART, cached.network_description(name), edits, tensor(picture), units),
            strict=True,
        ):
            layer, channel, *place = unit
            place = place if len(SHAPES[layer]) > 1 else []
            operation = layers[layer]
            behind = [*layers.names, ""][layers.names.index(layer) + 1]
            shown = layers[behind] if behind.startswith("relu") else operation
            wanted, made = shown.output[(0, channel, *place)].item(), parts(operation, tuple(place), channel)
            size = 1.0 if operation.weight is None else float(operation.weight[channel].abs().sum())
            bound = 1e-5 * max(1.0, size * float(operation.input.abs().max()))
            assert told["value"] == told["shown"] == pytest.approx(wanted, abs=bound), unit
            if told["sum"] is not None:
                assert told["sum"] == pytest.approx(made.pre_activation, abs=bound)
                account = told["result"]
                printed = (
                    _number(account["dotProduct"]) + _number(account["bias"]) + _number(account["rounding"] or "0")
                )
                assert printed == _number(account["preActivation"])
                # a line a channel, or a row of the units that enter; and the lines are the account
                channels = (
                    operation.weight.shape[1]
                    if operation.weight.dim() == 4
                    else {"fc1": 16, "fc2": 12, "fc3": 12}[layer]
                )
                sums = [_number(part["sum"]) for part in account["parts"]]
                assert len(sums) == channels
                if sums:
                    assert sum(sums) == _number(account["dotProduct"])
                    assert [float(one) for one in sums] == pytest.approx(
                        made.products.reshape(channels, -1).double().sum(dim=1).tolist(), abs=bound
                    )


@pytest.mark.parametrize(
    ("unit", "label", "heading", "said", "pointed"),
    [
        (["fc1", 6], None, "dense 1, unit 7", "Unit 7: ", "The weight in row 2, column 3 (#) meets 1 input: row 2, column 3."),
        (["fc2", 6], None, "dense 2, unit 7", "Unit 7: ", "The weight of unit 13 (#) meets 1 input: unit 13."),
        (["fc3", 6], "frog", "Score of frog", "Score of frog: ", "The weight of unit 10 (#) meets 1 input: unit 10."),
    ],
)  # fmt: skip
def test_a_dense_unit_is_called_by_its_number_and_has_no_row(frontend, unit, label, heading, said, pointed):
    run = f"""async (about, edits, picture, [layer, map], label) => {{ {START}
      const {{ unitOperation }} = await bridge.load("unit.js");
      const {{ weightedSum }} = await bridge.load("weighted_sum.js");
      const {{ fedBy, fedSentence, metBy, metSentence }} = await bridge.load("uses.js");
      model.run(picture);
      const unit = {{ layer, map, row: 0, col: 0 }};
      const {{ operation: op, position }} = unitOperation({{ layers: model.layers, weights: model.weights, results: model.results, rectified: null, title: model.layer(layer).title, label }}, unit);
      const result = weightedSum.result(op, weightedSum.taps(op, position), position);
      return [op.titles.output, weightedSum.sentence(op, position, result), weightedSum.within(op, position, result, 0), metSentence(op, 0, [1, 2], metBy(op, [1, 2])), fedSentence(op, 0, [1, 2], fedBy(op, 0, [1, 2]))];
    }}"""
    picture = tensor(cached.gallery_inputs("cifar10")[4])
    title, sentence, within, met, fed = frontend.run(
        run, cached.network_description("cifar10"), "", picture, unit, label
    )
    assert title == heading
    assert sentence.startswith(said)
    assert within.startswith(said.replace(": ", ", product 1 of "))
    assert re.sub(r"\(.*?\)", "(#)", met) == pointed
    assert f"feeds 1 output: {said[0].lower()}{said[1:-2]} by " in fed


def _number(text: str) -> Decimal:
    return Decimal(text.replace("−", "-"))


def test_partial_sums_and_largest_contributions_add_up_as_printed(frontend):
    run = f"""async (about, edits, picture) => {{ {START}
      const {{ accountOfSums, largestContributions }} = await bridge.load("contributions.js");
      model.run(picture);
      const weight = model.weights["fc1.weight"];
      const inputs = model.results.get("fc1").input.data;
      const dense = Array.from({{ length: 120 }}, (_, unit) => largestContributions(inputs, weight.data.subarray(400 * unit, 400 * unit + 400), model.weights["fc1.bias"].data[unit], model.results.get("fc1").output.data[unit], 6));
      return [accountOfSums([0.1234567, -2, 0.00049], 0.5, -1.376), dense];
    }}"""
    picture = cached.gallery_inputs("cifar10")[1]
    sums, dense = frontend.run(run, cached.network_description("cifar10"), "", tensor(picture))
    assert sums == {
        "sums": ["0.123", "−2.000", "0.000"],
        "bias": "0.500",
        "rounding": "0.001",
        "pre": "−1.376",
        "activation": "0.000",
    }
    layer = trace(load_network("cifar10"), picture[None])["fc1"]
    for unit, told in enumerate(dense):
        products = layer.weight[unit] * layer.input[0]
        named = told["positive"] + told["negative"]
        for part in named:
            assert _number(part["product"]) == _number(part["value"]) * _number(part["weight"])
            assert float(_number(part["product"])) == pytest.approx(
                products[part["tap"]].item(), abs=6e-4 * (1 + float(layer.input.abs().max()))
            )
        assert [part["tap"] for part in told["positive"]] == [
            at for at in products.argsort(descending=True)[:6].tolist() if products[at] > 0
        ]
        total = sum(_number(part["product"]) for part in named) + _number(told["others"]) + _number(told["bias"])
        assert total + _number(told["rounding"] or "0") == _number(told["pre"])
        assert float(_number(told["pre"])) == pytest.approx(layer.output[0, unit].item(), abs=1e-4)


def test_a_unit_sees_exactly_the_pixels_of_its_receptive_field(frontend):
    run = f"""async (about, edits, picture, units) => {{ {START}
      const {{ receptiveField }} = await bridge.load("reach.js");
      model.run(picture);
      return units.map(([layer, map, row, col]) => receptiveField(model, {{ layer, map, row, col }}));
    }}"""
    units = [
        ("conv1", 2, 3, 27),
        ("pool", 0, 13, 0),
        ("conv2", 5, 9, 4),
        ("pool_1", 3, 4, 2),
        ("pool_1", 3, 0, 0),
        ("fc1", 7, 0, 0),
    ]
    fields = frontend.run(run, cached.network_description("mnist"), "", tensor(torch.rand(3, 32, 32)), units)
    for (layer, channel, row, col), field in zip(units, fields, strict=True):
        x = torch.rand(1, 3, 32, 32, dtype=torch.float64, requires_grad=True)
        # with average pooling and no ReLU every pixel of the field counts, whatever the picture
        network = load_network("mnist").double()
        linear = torch.nn.Sequential(
            network.conv1, torch.nn.AvgPool2d(2), network.conv2, torch.nn.AvgPool2d(2), network.flatten, network.fc1
        )
        depth = ["conv1", "pool", "conv2", "pool_1", "flatten", "fc1"].index(layer) + 1
        output = linear[:depth](x)[0, channel]
        (output if output.dim() == 0 else output[row, col]).backward()
        rows, cols = (x.grad[0].abs().sum(dim=0) > 0).nonzero().T
        seen = {
            "row": int(rows.min()),
            "rows": int(rows.max() - rows.min()) + 1,
            "col": int(cols.min()),
            "cols": int(cols.max() - cols.min()) + 1,
        }
        assert field == seen


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_the_bundled_pictures_are_read_and_excite_as_torch_says(frontend, name):
    run = f"""async (about, edits, samples) => {{ {START}
      const {{ GalleryRun }} = await bridge.load("gallery_run.js");
      const {{ readings, best }} = await new GalleryRun().run(model, samples);
      return [readings, [...best].map(([layer, maps]) => [layer, maps.map((list) => list.map(({{ key, row, col, value }}) => [key, row, col, value]))])];
    }}"""
    about = cached.network_description(name)
    pictures = cached.gallery_inputs(name)
    samples = [
        {"key": one["key"], "label": one["label"], "picture": tensor(picture)}
        for one, picture in zip(about["readings"], pictures, strict=True)
    ]
    readings, best = frontend.run(run, about, "", samples)
    for ours, torchs in zip(readings, about["readings"], strict=True):
        assert (ours["key"], ours["prediction"]) == (torchs["key"], torchs["prediction"])
        assert ours["probability"] == pytest.approx(torchs["probability"], abs=1e-4)
    layers = trace(load_network(name), pictures)
    for layer, maps in best:
        values = layers[layer].output.relu()
        for channel, found in enumerate(maps):
            strongest = values[:, channel].flatten(1).max(dim=1).values
            assert [value for *_, value in found] == pytest.approx(
                [value for value in strongest.sort(descending=True).values[:3].tolist() if value > 0], abs=1e-4
            )
            for key, row, col, value in found:
                at = [one["key"] for one in about["readings"]].index(key)
                assert values[at, channel, row, col].item() == pytest.approx(value, abs=1e-4)


def test_with_the_mean_of_three_slices_a_grey_picture_gives_the_same_maps(frontend):
    weight = load_network("mnist").conv1.weight
    wanted = weight.mean(dim=1, keepdim=True).expand_as(weight)
    run = """async (filters) => { const { meanSlices } = await bridge.load("filters.js"); return filters.map((one) => meanSlices(one, 3)); }"""
    ours = np.stack(frontend.run(run, [one.flatten().numpy() for one in weight])).reshape(weight.shape)
    np.testing.assert_allclose(ours, wanted, atol=1e-7)
    network = load_network("mnist")
    grey = cached.gallery_inputs("mnist")
    before = network.conv1(grey)
    network.conv1.weight.copy_(wanted)
    torch.testing.assert_close(network.conv1(grey), before, atol=1e-5, rtol=0)
