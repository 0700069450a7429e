"""Bulk numbers: what ui/feed.py encodes, the browser decodes to the same float32."""

import numpy as np
import pytest

from cnnviz.ui.feed import encode
from tests.frontend.pages import array


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.arange(101) / 100, "uint8"),
        (np.arange(256) / 255, "uint8"),
        (np.arange(256) / 100, "uint8"),
        (np.arange(257) / 100, "float32"),
        (np.linspace(-1, 1, 101), "float32"),
        (np.random.default_rng(3).standard_normal((2, 3, 70)), "float32"),
        (np.zeros((1, 0, 4)), "float32"),
    ],
)
def test_arrays_arrive_bit_for_bit(frontend, values, dtype):
    values = values.astype(np.float32)
    payload = encode(values)
    assert payload["dtype"] == dtype
    arrived = array(frontend.call("feed.js", "decode", payload))
    np.testing.assert_array_equal(arrived, values)
    assert arrived.shape == values.shape


def test_who_subscribes_late_gets_what_was_last_sent_and_every_change_until_the_end(frontend):
    script = """async () => {
      const { default: feed, subscribe } = await bridge.load("feed.js");
      const heard = [];
      feed({ data: { name: "test", revision: 1 } });
      const end = subscribe("test", ({ revision }) => heard.push(revision));
      feed({ data: { name: "test", revision: 2 } });
      feed({ data: { name: "another", revision: 3 } });
      end();
      feed({ data: { name: "test", revision: 4 } });
      return heard;
    }"""
    assert frontend.run(script) == [1, 2]
