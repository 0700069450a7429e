"""The channels page as Python sees it: its planes, torch's maps, and what the view says at rest."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz.core.filter_bank import bank_weight, planes_of
from cnnviz.ui import channels
from tests.parcels import decode
from tests.ui.apps import opened, payloads, session


@pytest.mark.parametrize("colour", ["0", "1"])  # with 1 the chooser has painted a picture of the same name
def test_the_small_integers_get_three_planes_that_differ(colour):
    red, green, blue, _ = decode(payloads(opened("channels", colour=colour))["planes"])
    assert np.array_equal(green, red.T)
    assert np.array_equal(blue, red[::-1])


@pytest.mark.parametrize(
    "link",
    [
        {},
        {"image": "coffee", "size": "40", "side": "5", "filters": "8", "hop": "2", "rim": "3"},
        {"image": "coffee", "planes": "4", "groups": "2", "filters": "4"},
        {"image": "coffee", "groups": "3", "filters": "6", "side": "1"},
    ],
    ids=str,
)
def test_the_maps_are_torchs(link):
    sent = payloads(opened("channels", **link))
    planes, groups = int(link.get("planes", 3)), int(link.get("groups", 1))
    weight = bank_weight(int(link.get("side", 3)), int(link.get("filters", 5)), planes, groups)
    bias = torch.tensor([each["bias"] for each in json.loads(sent["page"]["banks"])[link.get("side", "3")]])[
        : len(weight)
    ]
    x = torch.from_numpy(planes_of(decode(sent["planes"])[:3], planes).copy())[None]
    wanted = F.conv2d(x, weight, bias, int(link.get("hop", 1)), int(link.get("rim", 0)), groups=groups)
    torch.testing.assert_close(torch.from_numpy(decode(sent["maps"]).copy()), wanted[0], rtol=1e-6, atol=1e-5)
    assert sent["maps"]["image"] == sent["planes"]["id"] == sent["page"]["image"]


def test_changed_weights_and_biases_enter_the_sum():
    changed = "1~" + ",".join(["0"] * 27)
    maps = decode(payloads(opened("channels", slices=changed, biases="0,2.5"))["maps"])
    assert (maps[1] == 2.5).all()


@pytest.mark.parametrize(
    "link", [{"groups": "2"}, {"side": "5", "image": "integers", "size": "5", "rim": "0", "groups": "4"}]
)
def test_what_torch_refuses_is_explained(link):
    assert "leaves a rest" in payloads(opened("channels", **link))["maps"]["refused"]


def test_a_message_at_rest_becomes_the_session():
    with session(**{channels._KEY: SimpleNamespace(settled="4;filters=3&cell=2,1,0"), channels._REVISION: 1}) as now:
        channels.settled()
        assert (now[channels._REVISION], now.filters, now.cell, now.side) == (4, 3, (2, 1, 0), 3)


@pytest.mark.parametrize("message", [None, 3, {}, "", ";", "x;filters=3", "-1;filters=3"])
def test_a_message_that_no_view_writes_changes_nothing(message):
    with session(**{channels._KEY: SimpleNamespace(settled=message), channels._REVISION: 1}, filters=2) as now:
        before = dict(now)
        channels.settled()
        assert now == before


def test_a_dense_layer_does_not_notice_that_pixels_and_weights_are_shuffled_alike():
    said = " ".join(each.value for each in opened("channels", image="coffee", more="shuffle").markdown)
    assert "·10⁻⁷" in said or "·10⁻⁸" in said or "·10⁻⁶" in said
    assert "another map" in said
    said = " ".join(
        each.value for each in opened("channels", image="coffee", more="shuffle", side="1", filters="1").markdown
    )
    assert "rearranged, max |Δ| = **0**" in said or "·10⁻" in said
    said = " ".join(each.value for each in opened("channels", image="draw", more="shuffle").markdown)
    assert "max |Δ| = **0**. To a dense layer" in said  # nothing drawn yet: there is no other sum, and no other map
    assert "This picture cannot show the difference" in said


def test_the_volume_is_the_layers_maps_for_a_batch():
    app = opened("channels", more="volume", batch="3")
    assert "3 × 5 × 5 × 5" in " ".join(each.value for each in app.markdown)
    assert len(app.get("plotly_chart")) == 1
    assert payloads(app)["page"]["link"] == "more=volume&batch=3"
