"""The layer of the channels page in the browser against torch: maps, partial maps, and its text."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz.core.filter_bank import bank_weight
from cnnviz.ui import channels
from tests.frontend.pages import Refused, array, tensor

TEXTS = [
    "",
    "side=5&filters=8&hop=2&rim=3",
    "planes=4&groups=2&filters=4&cell=3,1,2",
    "groups=3&filters=3",
    "side=1&filters=4&slices=1~0.5,-1,0.25~~3~1,2,3&biases=0,1.5,-2,0.1",
    "planes=4&groups=4&filters=8&side=5&rim=2",
]


@pytest.mark.parametrize("text", TEXTS)
def test_maps_and_their_parts_are_torchs(frontend, text):
    script = """async (text, banks, x) => {
      const { layerFromText, mapsOf, partialsOf, filterWeights, biasOf } = await bridge.load("channel_layer.js");
      const layer = layerFromText(text);
      const all = layer.filters;
      const each = (make) => Array.from({ length: all }, (_, filter) => make(filter));
      return {
        layer: { planes: layer.planes, groups: layer.groups, stride: layer.stride, padding: layer.padding, edited: layer.edits.size },
        maps: mapsOf(layer, banks, x), weights: each((f) => filterWeights(layer, banks, f)), bias: each((f) => biasOf(layer, banks, f)),
        partials: each((f) => partialsOf(layer, banks, x, f)),
      };
    }"""
    planes = 4 if "planes=4" in text else 3
    x = np.random.default_rng(1).random((planes, 9, 8), dtype=np.float32)
    said = frontend.run(script, text, channels._BANKS_TABLE, tensor(x))
    layer = said["layer"]
    weight = torch.from_numpy(np.stack([array(each) for each in said["weights"]]))
    if not layer["edited"]:
        assert torch.equal(weight, bank_weight(weight.shape[-1], len(weight), planes, layer["groups"]))
    bias = torch.tensor(said["bias"], dtype=torch.float32)
    wanted = F.conv2d(torch.from_numpy(x), weight, bias, layer["stride"], layer["padding"], groups=layer["groups"])
    maps = np.concatenate([array(each) for each in said["maps"]])
    assert maps == pytest.approx(wanted.numpy(), abs=2e-5)
    for filter_, partials in enumerate(said["partials"]):
        summed = sum(array(each) for each in partials)[0] + said["bias"][filter_]
        assert summed == pytest.approx(wanted[filter_].numpy(), abs=2e-5)


@pytest.mark.parametrize("text", TEXTS)
def test_the_text_survives(frontend, text):
    script = """async (text) => {
      const { layerFromText, layerToText } = await bridge.load("channel_layer.js");
      return layerToText(layerFromText(text));
    }"""
    assert set(frontend.run(script, text).split("&")) == set(text.split("&"))


def test_groups_that_do_not_come_out_even_are_refused(frontend):
    with pytest.raises(Refused, match="leaves a rest"):
        frontend.call("channel_layer.js", "checkGroups", {"planes": 3, "groups": 2, "filters": 4})
