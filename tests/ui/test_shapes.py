"""The shape calculator as Python sees it: its sheet, and what the calculator says at rest."""

import json
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from cnnviz.core.layers import Layer, layers_from_text
from cnnviz.ui import parameters, shapes, state
from tests.ui.apps import opened, payloads, session

CONV = Layer.of("Conv2d", 3, 6, 3, stride=2, padding=1)


def held(message: object, **values):
    """A session whose calculator has just said this."""
    return session(**{shapes._KEY: SimpleNamespace(settled=message), shapes._REVISION: 3}, **values)


@pytest.mark.parametrize("example", shapes.EXAMPLES, ids=lambda example: example[0])
def test_the_examples_are_the_notebooks(example):
    title, shape, text, selected = example
    sheet = shapes.sheet(layers_from_text(text), shape)
    made = {
        "Conv2d(3, 5, 5)": [1, 5, 28, 28],
        "(1, 3, 7, 7) → (1, 6, 4, 4)": [1, 6, 4, 4],
        "MaxPool2d(2, 2)": [1, 3, 4, 4],
        "the whole network": [1, 10],
        "why not 1655?": None,
    }
    assert sheet["totals"]["made"] == made[title]
    assert sheet["totals"]["agrees"] == "agrees"
    assert bool(sheet["rows"][selected]["refused"]) == (made[title] is None)
    assert json.loads(json.dumps(sheet, allow_nan=False)) == sheet


def test_the_sheet_arrives_with_the_link():
    sent = payloads(opened("shapes", shape="2x1x28x28", chain="Conv2d(1,8,(3,5),padding='same');ReLU()"))
    assert sent["sheet"]["totals"]["made"] == [2, 8, 28, 28]
    assert sent["page"]["layers"][0]["values"]["kernel_size"] == [3, 5]
    assert sent["sheet"]["revision"] == 0


def test_a_chain_at_rest_becomes_the_session():
    with held("7;shape=1x1x9&chain=" + quote("Conv1d(1,2,3)")) as now:
        shapes.settled()
        assert (now[shapes._REVISION], now.shape) == (7, (1, 1, 9))
        assert [layer.code for layer in now.chain] == ["Conv1d(1, 2, 3)"]
        assert state.link(parameters.SHAPES) == "shape=1x1x9&chain=Conv1d%281,2,3%29"


def test_pasted_code_becomes_the_chain():
    with held(
        "7;shape=1x3x7x7&chain=&paste=" + quote("model = nn.Sequential(\n  nn.Flatten(), nn.Linear(147, 2))")
    ) as now:
        shapes.settled()
        assert [layer.code for layer in now.chain] == ["Flatten()", "Linear(147, 2)"]
        assert now[shapes._ADOPT]


@pytest.mark.parametrize("text", ["nn.Dropout(1)", "import os", "", "Conv2d(3, 6"])
def test_pasted_text_that_is_no_chain_is_explained_and_the_chain_stays(text):
    with held("7;chain=ReLU()&paste=" + quote(text)) as now:
        shapes.settled()
        assert [layer.code for layer in now.chain] == ["ReLU()"]
        assert now[shapes._SAID].endswith("The chain stays as it was.")
        assert not now[shapes._ADOPT]


@pytest.mark.parametrize("message", [None, 3, {}, "", ";", "x;chain=ReLU()", "-1;chain=ReLU()"])
def test_a_message_that_no_calculator_writes_changes_nothing(message):
    with held(message, chain=(CONV,)) as now:
        before = dict(now)
        shapes.settled()
        assert now == before


def test_a_chain_that_cannot_be_read_leaves_the_last_one():
    with held("7;chain=" + quote("__import__('os')"), chain=(CONV,)) as now:
        shapes.settled()
        assert now.chain == (CONV,)
