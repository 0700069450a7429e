"""Bulk numbers: what ui/parcel.py packs, the browser unpacks to the same float32; who hears of it, and when."""

import numpy as np
import pytest

from cnnviz.ui.parcel import encode, pack
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
    packed = pack({"name": "é\n⌊x⌋", "one": encode(np.arange(3)), "two": payload})
    script = """async (packed) => {
      const { decode, unpack } = await bridge.load("parcel.js");
      const { name, one, two } = unpack(packed);
      return { name, one: decode(one), two: decode(two) };
    }"""
    arrived = frontend.run(script, np.frombuffer(packed, np.uint8))
    assert arrived["name"] == "é\n⌊x⌋"
    np.testing.assert_array_equal(array(arrived["one"]), [0, 1, 2])
    np.testing.assert_array_equal(array(arrived["two"]), values)
    assert array(arrived["two"]).shape == values.shape


def test_who_subscribes_late_gets_what_was_last_sent_and_every_change_until_the_end(frontend):
    script = """async (messages) => {
      const { default: feed, subscribe } = await bridge.load("feed.js");
      const [first, second, again, another, last] = messages;
      const [place, other] = [{}, {}]; // on the page
      const heard = [];
      feed({ parentElement: place, data: first });
      const end = subscribe("test", ({ revision }) => heard.push(revision));
      feed({ parentElement: place, data: second });
      feed({ parentElement: place, data: again }); // the page has run, and nothing is new
      feed({ parentElement: other, data: another });
      end();
      feed({ parentElement: place, data: last });
      return heard;
    }"""
    said = [("test", 1), ("test", 2), ("test", 2), ("another", 3), ("test", 4)]
    messages = [np.frombuffer(pack({"name": name, "revision": number}), np.uint8) for name, number in said]
    assert frontend.run(script, messages) == [1, 2]
