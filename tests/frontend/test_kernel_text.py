"""A kernel as text: what NumPy, torch, JSON and spreadsheets write is read without losing a bit, all else is refused."""

import csv
import io
import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.frontend.pages import Refused, array, tensor

FORMATS = ["numpy", "torch", "json", "csv", "tsv"]
weights = st.floats(-1000, 1000, width=32)
shapes = st.tuples(st.sampled_from([1, 3]), st.integers(1, 11), st.integers(1, 11))
filters = shapes.flatmap(lambda shape: arrays(np.float32, shape, elements=weights))
SOBEL = np.array([[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]], dtype=np.float32)


def read(frontend, text):
    return array(frontend.call("kernel_text.js", "kernelFromText", text))


def written(frontend, kernel, format):
    return frontend.call("kernel_text.js", "kernelToText", tensor(kernel), format)


@given(filters)
def test_every_format_gives_every_bit_back(frontend, kernel):
    texts = frontend.each("kernel_text.js", "kernelToText", [(tensor(kernel), format) for format in FORMATS])
    for format, ours in zip(FORMATS, frontend.each("kernel_text.js", "kernelFromText", zip(texts)), strict=True):
        np.testing.assert_array_equal(array(ours), kernel, err_msg=format)


@given(filters)
def test_python_reads_what_the_page_writes(frontend, kernel):
    bare = kernel[0] if len(kernel) == 1 else kernel
    for format, start, end in [("numpy", "np.array(", ", dtype=np.float32)"), ("torch", "torch.tensor(", ")")]:
        text = written(frontend, kernel, format)
        assert text.startswith(start)
        assert text.endswith(end)
    text = written(frontend, kernel, "numpy").removeprefix("np.array(").removesuffix(", dtype=np.float32)")
    for list_text in (text, written(frontend, kernel, "json")):
        np.testing.assert_array_equal(np.array(json.loads(list_text), dtype=np.float32), bare)
    for format, dialect in [("csv", "excel"), ("tsv", "excel-tab")]:
        rows = [row for row in csv.reader(io.StringIO(written(frontend, kernel, format)), dialect) if row]
        np.testing.assert_array_equal(np.array(rows, dtype=np.float32), kernel.reshape(-1, kernel.shape[2]))


@given(filters)
def test_what_numpy_prints_is_read(frontend, kernel):
    with np.printoptions(precision=9, floatmode="maxprec", threshold=10_000):
        texts = [repr(kernel), str(kernel), repr(kernel.astype(np.float64)), f"kernel = np.{kernel!r};"]
    for text in texts:
        np.testing.assert_array_equal(read(frontend, text), kernel, err_msg=text)
    np.testing.assert_array_equal(read(frontend, repr(kernel.tolist())), kernel)
    np.testing.assert_array_equal(read(frontend, repr(tuple(tuple(row) for row in kernel[0].tolist()))), kernel[:1])


@given(filters)
def test_what_torch_prints_is_read(frontend, kernel):
    tensors = [
        torch.from_numpy(kernel),
        torch.from_numpy(kernel).double(),
        torch.nn.Parameter(torch.from_numpy(kernel)),
    ]
    for printed in [*map(str, tensors), str(torch.from_numpy(kernel)[None])]:
        ours = read(frontend, printed)
        # torch prints four decimals, or five digits of each number where they differ much in size
        np.testing.assert_allclose(ours, kernel, atol=1e-4, rtol=1e-4, err_msg=printed)


@pytest.mark.parametrize(
    "text",
    [
        "-1,0,1\n-2,0,2\n-1,0,1",
        "-1,0,1,\r\n-2,0,2,\r\n-1,0,1,\r\n",
        "−1\t0\t1\n−2\t0\t2\n−1\t0\t1\n",
        "-1,0\t0,0\t1,0\n-2,0\t0,0\t2,0\n-1,0\t0,0\t1,0",
        "-1;0;1\n-2;0;2\n-1;0;1",
        "\ufeff-1;0,0;1\r-2;0;2\r-1;0;1",
        "-1 0 1\n-2   0  2\n -1 0 1",
        "torch.Tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])",
        "numpy.asarray([[-1, 0, 1], [-2, 0, 2], [-1, 0, +1.]], dtype='float32')",
        "w = torch.tensor([[-1., 0, 1], [-2e0, .0, 2], [-1, 0, 1],], device='cuda:0', requires_grad=True)",
        "[[[[-1,0,1],[-2,0,2],[-1,0,1]]]]",
    ],
)
def test_many_ways_of_writing_sobel(frontend, text):
    np.testing.assert_array_equal(read(frontend, text), SOBEL)


@pytest.mark.parametrize(
    ("text", "shape"),
    [("5", (1, 1, 1)), ("1 2 3", (1, 1, 3)), ("1\n2", (1, 2, 1)), ("[1, 2]", (1, 1, 2)), ("1\n\n2\n\n3", (3, 1, 1))],
)
def test_single_rows_and_columns_are_kernels(frontend, text, shape):
    assert read(frontend, text).shape == shape


def nested(*shape):
    return repr(np.zeros(shape).tolist())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("[]", "empty"),
        ("[[], []]", "empty"),
        ("[[[]]]", "empty"),
        ("[[1, 2, 3], [4, 5]]", "row 2 has 2, but the first one has 3 numbers"),
        ("[[1, 2], [3, 4, 5]]", "row 2 has 3"),
        ("1,2,3\n4,5", "row 2 has 2"),
        ("[[[1],[2]],[[3]],[[5],[6]]]", "slice 2 has 1, but the first one has 2 rows"),
        ("[[[1, 2]],[[3]],[[5, 6]]]", "row 1 of slice 2 has 1"),
        ("[1, [2]]", "equally long"),
        ("[[1], 2]", "row 2 is a single number"),
        (nested(40, 40), "40 × 40 weights: at most 11 × 11"),
        (nested(12, 1), "12 × 1"),
        (nested(2, 3, 3), "2 slices"),
        (nested(3, 1, 3, 3), "shape 3 × 1 × 3 × 3"),
        (nested(2, 3, 3, 3), "shape 2 × 3 × 3 × 3"),
        (nested(1, 1, 1, 3, 3), "shape 1 × 1 × 1 × 3 × 3"),
        (repr(np.full((3, 3), np.nan)), "“nan” is not finite"),
        ("[[NaN, 1]]", "“NaN” is not finite"),
        ("[[-inf, 1]]", "“-inf” is not finite"),
        ("nan,nan\nnan,nan", "“nan” is not finite"),
        ("１,２\n３,４", "“１” is no number"),
        ("[[１, ２], [３, ４]]", "“１” is no number"),
        ("٣ ٤", "is no number"),
        ("[[1e9]]", "“1e9” is too large"),
        ("1000.1", "“1000.1” is too large"),
        ("[[1e9999]]", "is too large"),
        ("[[1_000]]", "“1_000” is no number"),
        ("[[0x10]]", "“0x10” is no number"),
        ("[['1']]", "was not expected"),
        ("1,,2", "A cell of the table is empty"),
        ("1\t\t2", "A cell of the table is empty"),
        ("hello", "“hello” is no number"),
        ("<b>1</b>", "is no number"),
        ('{"kernel": [[1]]}', "was not expected"),
        ("__import__('os')", "“__import__” was not expected there, and nothing is ever run"),
        ("[[__import__('os').system('ls')]]", "is no number"),
        ("np.array(__import__('os'))", "“__import__” was not expected"),
        ("np.array([[1, 2]], dtype=exec('1'))", "was not expected"),
        ("np.array([[1, 2]], out=3)", "“out” was not expected"),
        ("np.array([[1, 2]]) * 2", "“*” was not expected"),
        ("np.load('kernel.npy')", "“np.load” was not expected"),
        ("[[1, 2], [3, 4]", "bracket is not closed"),
        ("np.array([[1, 2]]", "bracket is not closed"),
        ("kernel = (", "bracket is not closed"),
        ("[[1, 2)]", "was not expected"),
        ("[1]]", "“]” was not expected"),
        ("(", "bracket is not closed"),
        ("[" * 5000, "nested too deep"),
        ("[[1, ..., 2]]", "shortened"),
        ("1," * 20_000, "too long"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(frontend, text, said):
    with pytest.raises(Refused) as refused:
        read(frontend, text)
    sentence = str(refused.value)
    assert said in sentence
    assert sentence[0].isupper() or sentence[0] == "“"
    assert sentence.endswith(".")
    assert ". " not in sentence
    assert ": " in sentence  # what would be right stands behind the colon
    assert len(sentence) < 220


@given(st.text(max_size=60) | st.text(alphabet="[](),.;=-−+0123456789e \n\tnap", max_size=80))
def test_no_text_brings_anything_but_a_kernel_or_a_sentence(frontend, text):
    try:
        kernel = read(frontend, text)
    except Refused:
        return
    slices, rows, cols = kernel.shape
    assert slices in (1, 3)
    assert 1 <= rows <= 11
    assert 1 <= cols <= 11
    assert np.abs(kernel).max() <= 1000


@pytest.mark.parametrize("text", ["5", "-0.5", "−1", "0,5", " 7\n", "1e3"])
def test_a_single_number_is_meant_for_its_cell(frontend, text):
    assert frontend.call("kernel_text.js", "holdsMany", text) is False


@pytest.mark.parametrize("text", ["1 2", "1,2,3", "1\n2", "[1]", "1\t2", "np.array([1])"])
def test_several_numbers_are_meant_for_the_kernel(frontend, text):
    assert frontend.call("kernel_text.js", "holdsMany", text) is True
