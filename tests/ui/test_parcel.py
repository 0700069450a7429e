"""Arrays on their way to the browser: not a bit is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra import numpy as some_numpy
from streamlit.proto.BidiComponent_pb2 import BidiComponent

from cnnviz.ui.parcel import encode, pack
from tests.parcels import decode, unpack

SHAPES = some_numpy.array_shapes(min_dims=1, max_dims=3, max_side=6)
BYTES = some_numpy.arrays(np.uint8, SHAPES)


@given(BYTES, some.sampled_from([100, 255]))
def test_hundredths_and_the_levels_of_a_file_travel_as_bytes_and_arrive_exactly(steps, levels):
    array = (steps.astype(np.float64) / levels).astype(np.float32)
    message = encode(array)
    assert message["dtype"] == "uint8"
    assert np.array_equal(decode(message), array)


@given(some_numpy.arrays(np.float32, SHAPES, elements=some.floats(width=32)))
def test_any_float32_arrives_exactly(array):
    message = encode(array)
    assert message["shape"] == list(array.shape)
    assert np.array_equal(decode(message), array, equal_nan=True)


@pytest.mark.parametrize(
    ("values", "dtype", "levels"),
    [
        ([0.25, 2.55], "uint8", 100),
        ([0, 128 / 255], "uint8", 255),
        ([0.5, 128 / 255], "float32", None),  # each is a step of one kind, both together of neither
        ([0.01, 2.56], "float32", None),
        ([-0.01, 0.01], "float32", None),
        ([0.005], "float32", None),
    ],
)
def test_a_byte_a_value_only_where_it_says_all(values, dtype, levels):
    message = encode(np.array(values, dtype=np.float32))
    assert (message["dtype"], message.get("levels")) == (dtype, levels)
    assert np.array_equal(decode(message), np.array(values, dtype=np.float32))


def test_order_and_precision_of_the_array_do_not_matter():
    array = np.arange(6, dtype=np.float64).reshape(2, 3) / 7
    assert np.array_equal(decode(encode(array.T)), array.T.astype(np.float32))
    assert decode(encode(np.zeros((3, 0, 2)))).shape == (3, 0, 2)


@given(some.lists(BYTES, max_size=3), some.text())
def test_what_is_packed_is_unpacked(arrays, text):
    message = {
        "text": text,
        "number": 0.1,
        "arrays": [encode(steps / np.float32(100)) for steps in arrays],
        "none": None,
    }
    assert unpack(BidiComponent(bytes=pack(message))) == message


def test_what_no_component_can_take_is_refused():
    with pytest.raises(TypeError, match="A value of type ndarray cannot be sent"):
        pack({"array": np.zeros(3)})
