"""Layers as the browser writes them are read in Python as the same layers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cnnviz.core.layers import layers_from_text
from cnnviz.ui import shapes
from tests.core.test_shapes import cases


@settings(max_examples=60)
@given(some.lists(cases(), min_size=1, max_size=8))
def test_what_the_browser_writes_python_reads(frontend, drawn):
    layers = tuple(layer for layer, _ in drawn)
    script = """async (layers, kinds) => {
      const { chainText } = await bridge.load("layers.js");
      return chainText(layers, new Map(kinds.map((kind) => [kind.name, kind])));
    }"""
    text = frontend.run(script, [shapes._plain(layer) for layer in layers], shapes._KINDS_TABLE)
    assert layers_from_text(text) == layers


@pytest.mark.parametrize("kind", [kind["name"] for kind in shapes._KINDS_TABLE])
@pytest.mark.parametrize(
    "before", ["Conv2d(3,6,(3,5),padding='same',stride=(1,1))", "MaxPool1d(2,stride=None)", "ReLU()"]
)
def test_a_layer_that_becomes_another_kind_is_one_that_torch_has(frontend, kind, before):
    script = """async (kind, kinds, like) => {
      const { chainText, newLayer } = await bridge.load("layers.js");
      const known = new Map(kinds.map((kind) => [kind.name, kind]));
      return chainText([newLayer(kind, known, like)], known);
    }"""
    (old,) = layers_from_text(before)
    text = frontend.run(script, kind, shapes._KINDS_TABLE, shapes._plain(old)["values"])
    (layer,) = layers_from_text(text)
    assert layer.kind.name == kind


@pytest.mark.parametrize(
    ("text", "form", "axes", "value"),
    [
        ("3", "size", 2, 3),
        ("3, 5", "size", 2, [3, 5]),
        ("(3,5)", "size", 2, [3, 5]),
        ("3×5", "size", 2, [3, 5]),
        ("3 3", "size", 2, 3),
        ("3, 5", "size", 3, None),
        ("3, 5", "count", 0, None),
        ("−1", "axis", 0, -1),
        ("same", "padding", 2, "same"),
        ("same", "size", 2, None),
        ("", "size", 2, None),
        ("2.5", "size", 2, None),
        ("99999999", "size", 2, None),
        ("1e3", "count", 0, None),
    ],
)
def test_what_is_typed_is_a_value_or_none(frontend, text, form, axes, value):
    given = frontend.call("layers.js", "valueOf", text, {"kind": form, "options": []}, axes)
    assert given == value


def test_none_is_a_value_only_where_torch_takes_it(frontend):
    for text in ("", "None", "none"):
        assert frontend.call("layers.js", "valueOf", text, {"kind": "maybe_size", "options": []}, 2) is None
    script = """async () => {
      const { valueOf } = await bridge.load("layers.js");
      return [valueOf("None", { kind: "size" }, 2) === undefined, valueOf("None", { kind: "maybe_size" }, 2) === null];
    }"""
    assert frontend.run(script) == [True, True]


@pytest.mark.parametrize(
    ("text", "shape"),
    [("1, 3, 7, 7", [1, 3, 7, 7]), ("(1,3,7,7)", [1, 3, 7, 7]), ("1x3x7", [1, 3, 7]), ("400", [400])]
    + [(text, None) for text in ("", "0, 3", "-1", "a", "1.5", "1,2,3,4,5,6,7", "9999999")],
)
def test_a_shape_is_read_or_refused(frontend, text, shape):
    assert frontend.call("layers.js", "shapeOf", text) == shape
