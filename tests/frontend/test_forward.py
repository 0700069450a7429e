"""The shipped digit network in the browser, layer by layer, against torch."""

import numpy as np
import pytest
import torch

from cnnviz.core.digits import centre_digit
from cnnviz.core.network import load_network
from cnnviz.core.samples import SAMPLES, sample_image
from cnnviz.core.strokes import Stroke, paint
from cnnviz.core.trace import trace
from cnnviz.ui.cached import network_description
from tests.frontend.pages import tensor

RUN = """async (about, pictures) => {
  const [{ forward }, { loadWeights }] = [await bridge.load("forward.js"), await bridge.load("weights.js")];
  const weights = await loadWeights(about.network.file, about.network.digest);
  return pictures.map((picture) => [...forward(about.layers, weights, picture)].map(([name, { output }]) => [name, output]));
}"""
DIGITS = [key for key, sample in SAMPLES.items() if sample.group == "digit"]


def drawn(seed):
    """Two random pulls of the pen, centred as the page centres them: strange digits, but ink like a pen's."""
    random = np.random.default_rng(seed)
    strokes = [
        Stroke("pen", int(random.integers(20, 120)), tuple(map(tuple, random.integers(100, 900, (6, 2)).tolist())))
        for _ in range(2)
    ]
    return centre_digit(paint(np.zeros((1, 112, 112), np.float32), strokes)[0])


PICTURES = {
    "noise": [np.random.default_rng(seed).random((3, 32, 32), np.float32) for seed in range(8)],
    "drawn digits": [drawn(seed) for seed in range(12)],
    "digits of the gallery": [np.pad(sample_image(key), ((0, 0), (2, 2), (2, 2))).repeat(3, axis=0) for key in DIGITS],
    "black and white": [np.zeros((3, 32, 32)), np.ones((3, 32, 32))],
}


def scale(operation):
    """Σ|w| · max|x| of the heaviest filter, or max|x| where there are no weights."""
    largest = operation.input.abs().max().item()
    if operation.weight is None:
        return largest
    return operation.weight.flatten(1).abs().sum(dim=1).max().item() * largest


@pytest.mark.parametrize("kind", PICTURES)
def test_every_layer_agrees_with_torch(frontend, kind):
    pictures = PICTURES[kind]
    answers = frontend.run(RUN, network_description("mnist"), [tensor(picture) for picture in pictures])
    for picture, answer in zip(pictures, answers, strict=True):
        operations = list(trace(load_network("mnist"), torch.tensor(picture, dtype=torch.float32)[None]))
        assert [name for name, _ in answer] == [operation.name for operation in operations]
        for (name, ours), operation in zip(answer, operations, strict=True):
            theirs = operation.output[0]
            assert ours["shape"] == list(theirs.shape), name
            apart = np.abs(ours["data"] - theirs.flatten().numpy()).max()
            assert apart <= 1e-5 * max(1.0, scale(operation)), name


def test_the_gallerys_digits_are_read_as_torch_reads_them(frontend):
    pictures = PICTURES["digits of the gallery"]
    answers = frontend.run(RUN, network_description("mnist"), [tensor(picture) for picture in pictures])
    ours = [int(answer[-1][1]["data"].argmax()) for answer in answers]
    with torch.inference_mode():
        theirs = load_network("mnist")(torch.tensor(np.stack(pictures))).argmax(dim=1).tolist()
    assert len(set(theirs)) > 5
    assert ours == theirs


def test_a_layer_keeps_what_it_was_given(frontend):
    script = """async (about, picture) => {
      const [{ forward }, { loadWeights }] = [await bridge.load("forward.js"), await bridge.load("weights.js")];
      const results = forward(about.layers, await loadWeights(about.network.file, about.network.digest), picture);
      const all = [...results.values()];
      return all.map(({ input }, at) => input === (at ? all[at - 1].output : picture));
    }"""
    inherited = frontend.run(script, network_description("mnist"), tensor(PICTURES["noise"][0]))
    assert inherited == [True] * len(network_description("mnist")["layers"])
