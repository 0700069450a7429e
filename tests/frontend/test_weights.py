"""Trained weights: what the browser fetches and reads is what safetensors wrote."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import load_file, save

from cnnviz.core.network import ASSETS
from tests.frontend.pages import JavaScriptError, array

PARSE = """async (file) => {
  const { parseSafetensors } = await bridge.load("weights.js");
  return parseSafetensors(file.buffer);
}"""
shapes = arrays.array_shapes(min_dims=1, max_dims=4, max_side=5)
files = st.dictionaries(
    st.text(min_size=1, max_size=20).filter(lambda name: name != "__metadata__" and name.isprintable()),
    arrays.arrays(np.float32, shapes, elements=st.floats(width=32, allow_nan=False)),
    min_size=1,
    max_size=4,
)


def parsed(frontend, file):
    return {name: array(tensor) for name, tensor in frontend.run(PARSE, np.frombuffer(file, np.uint8)).items()}


def assert_same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, weights in theirs.items():
        assert ours[name].shape == weights.shape
        np.testing.assert_array_equal(ours[name].view(np.int32), weights.view(np.int32))


@given(files, st.none() | st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=2))
def test_any_file_of_float32_is_read_bit_for_bit(frontend, tensors, metadata):
    assert_same(parsed(frontend, save(tensors, metadata)), tensors)


def test_the_shipped_weights_are_read_bit_for_bit(frontend):
    path = ASSETS / "mnist.safetensors"
    assert_same(parsed(frontend, path.read_bytes()), load_file(path))


def test_other_numbers_than_float32_are_refused_by_name(frontend):
    with pytest.raises(JavaScriptError, match="weights fc9 are F16, not F32"):
        parsed(frontend, save({"fc9": np.zeros(3, np.float16)}))


def test_weights_are_fetched_once_however_often_they_are_asked_for(frontend):
    script = """async () => {
      const { loadWeights } = await bridge.load("weights.js");
      const [one, same, other] = ["a", "a", "b"].map((digest) => loadWeights("mnist.safetensors", digest));
      return [one === same, one === other, Object.keys(await one).length];
    }"""
    assert frontend.run(script) == [True, False, 10]


def test_missing_weights_are_a_sentence_and_the_next_try_asks_again(frontend):
    script = """async () => {
      const { loadWeights } = await bridge.load("weights.js");
      const first = loadWeights("none.safetensors", "0");
      const sentence = await first.catch((error) => error.message);
      const second = loadWeights("none.safetensors", "0");
      await second.catch(() => {});
      return [sentence, first === second];
    }"""
    sentence, same = frontend.run(script)
    assert sentence == "The weights none.safetensors could not be fetched (404)."
    assert not same
