"""Sliding along a signal in the browser against torch, and the settings' text."""

import numpy as np
import pytest
import torch

from cnnviz.core.signals import TAPS, slide
from cnnviz.ui import signals
from tests.frontend.pages import Refused

TEXTS = [
    "",
    "signal=sine&wave=difference&pace=2&lead=3",
    "taps=-1,0.5,1&spread=3&causal=1",
    "act=max&wave=average_5&pace=5",
    "act=average&wave=average_9&pace=4&lead=2",
    "signal=drawn&curve=2s5k002s5k00&taps=1,-1&sample=2",
]
SCRIPT = """async (text, taps, values) => {
  const { signalFromText, signalToText, slide, weightsOf } = await bridge.load("signal_settings.js");
  const settings = signalFromText(text);
  const weights = weightsOf(settings, new Map(taps.map((each) => [each.key, each])));
  return { text: signalToText(settings), settings: { ...settings, curve: null, taps: null }, weights, output: slide(values, weights, settings) };
}"""


@pytest.mark.parametrize("text", TEXTS)
def test_it_slides_as_torch_does_and_its_text_survives(frontend, text):
    values = np.random.default_rng(2).normal(size=40).astype(np.float32)
    said = frontend.run(SCRIPT, text, signals._TAPS_TABLE, values)
    settings = said["settings"]
    wanted = slide(
        torch.from_numpy(values),
        torch.from_numpy(said["weights"].copy()),
        act=settings["act"],
        stride=settings["stride"],
        padding=settings["padding"],
        causal=settings["causal"],
        dilation=settings["dilation"],
    )
    assert said["output"] == pytest.approx(wanted.numpy(), abs=1e-5)
    assert set(said["text"].split("&")) == set(text.split("&"))
    assert len(said["weights"]) == len(TAPS[settings["kernel"]].weights) or "taps" in text


@pytest.mark.parametrize("text", ["act=max&causal=1", "act=max&lead=9", "spread=16&wave=average_9"])
def test_what_torch_refuses_is_refused(frontend, text):
    with pytest.raises(Refused):
        frontend.run(SCRIPT, text, signals._TAPS_TABLE, np.zeros(40, np.float32))


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("−1, 0, 1", [-1, 0, 1]),
        ("0.5 .5", [0.5, 0.5]),
        ("1/4, −3/2", [0.25, -1.5]),
        ("", None),
        ("a", None),
        ("1/0", None),
        ("1/", None),
        ("1,2000", None),
        ("1 " * 16, None),
    ],
)
def test_a_typed_kernel_is_read_or_refused(frontend, text, weights):
    read = frontend.call("signal_settings.js", "weightsFromTyped", text)
    assert (read is None) if weights is None else read.tolist() == weights


def test_a_third_is_written_as_one_and_read_again(frontend):
    thirds = np.full(3, 1 / 3, np.float32)
    assert frontend.call("signal_settings.js", "weightsToTyped", thirds) == "1/3, 1/3, 1/3"
    assert (frontend.call("signal_settings.js", "weightsFromTyped", "1/3, 1/3, 1/3") == thirds).all()
    assert frontend.call("signal_settings.js", "weightsToTyped", np.float32([-0.5, 0.2, 1])) == "−0.5, 0.2, 1"
