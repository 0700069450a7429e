"""Tables as people save them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from cnnviz.core.tables import TableError, read_columns, shortened

ROWS = [("0", "1.5", "a"), ("1", "-2", "b"), ("2", "0.25", "c"), ("3", "4", "d"), ("4", "5", "e"), ("5", "6", "f")]
X = [1.5, -2, 0.25, 4, 5, 6]


def table(separator=",", decimal=".", header="t x note", end="\n"):
    lines = [header.split()] if header else []
    lines += [[cell.replace(".", decimal) for cell in row] for row in ROWS]
    return end.join(separator.join(line) for line in lines).encode()


@pytest.mark.parametrize(
    "data",
    [
        table(),
        table(";"),
        table(";", ","),
        table("\t", ","),
        table(end="\r\n"),
        b"\xef\xbb\xbf" + table(),
        table().decode().encode("utf-16"),
        table(header="t x Stärke").decode().encode("cp1252"),
        b"\n\n" + table() + b"\n\n",
        b'"' + table().replace(b",", b'","').replace(b"\n", b'"\n"') + b'"',
    ],
)
def test_every_way_to_save_the_same_table_gives_the_same_columns(data):
    columns = read_columns(data)
    assert [column.name for column in columns] == ["t", "x"]
    assert columns[1].values.tolist() == X


def test_a_column_without_a_heading_has_a_number():
    assert [column.name for column in read_columns(table(header=""))] == ["column 1", "column 2"]


def test_one_column_with_decimal_commas_is_one_column():
    (column,) = read_columns(b"x\n1,5\n2,5\n3,25\n4\n5,0\n")
    assert column.values.tolist() == [1.5, 2.5, 3.25, 4, 5]


def test_gaps_are_filled_by_the_line_between_their_neighbours():
    (column,) = read_columns(b"x\n1\n\n2\nNA\n4\n?\n?\n10\n11\n12")  # an empty line is no row
    assert column.values.tolist() == [1, 2, 3, 4, 6, 8, 10, 11, 12]
    assert column.gaps == 3


def test_a_table_of_ten_megabytes_is_read_as_far_as_a_page_can_show():
    (first, _) = read_columns(b"t,x\n" + b"1.25,2\n" * 1_500_000)
    assert len(first.values) == 20_000


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"just some words\nand more of them\n" * 9, "No column"),
        (b"1,2,3\n", "1 line"),
        (b"a,b\n1,2\n", "2 lines"),
        (b"x\n1\n2\n3\n4\n" + b"word\n" * 9, "No column"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no text file"),
        (b"1\n" * 11_000_000, "22 MB"),
        (b"x\n" + b"1e999\n" * 9, "No column"),
    ],
)
def test_what_is_no_signal_is_one_sentence(data, said):
    with pytest.raises(TableError, match=said):
        read_columns(data)


@given(some.binary(max_size=200) | some.text("0123456789,.;-\"'\n\tabe", max_size=200).map(str.encode))
def test_any_bytes_are_read_or_explained(data):
    try:
        columns = read_columns(data)
    except TableError:
        return
    assert all(np.isfinite(column.values).all() for column in columns)


def test_a_long_column_is_averaged():
    values, each = shortened(np.arange(1000.0), 128)
    assert (len(values), each) == (125, 8)
    assert values[0] == 3.5
