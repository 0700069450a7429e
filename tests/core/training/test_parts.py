"""Framing, and which rows are held out."""

import numpy as np
import pytest
import torch

from cnnviz.core.datasets import Dataset, DatasetError
from cnnviz.core.training.parts import framed, load_digits, part_of


def test_pictures_are_framed_in_the_middle_of_32_by_32():
    grey = framed(np.full((2, 28, 28), 9, np.uint8))
    assert grey.shape == (2, 1, 1, 32, 32)
    assert (grey[:, :, :, 2:30, 2:30] == 9).all()
    assert grey.sum() == 2 * 9 * 28 * 28
    colour = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    np.testing.assert_array_equal(framed(colour)[:, 0].permute(0, 2, 3, 1), colour)


def test_pictures_larger_than_the_network_reads_are_refused():
    with pytest.raises(DatasetError, match=r"32×32 at most; these are \(40, 28\)"):
        framed(np.zeros((2, 40, 28), np.uint8))


def test_one_row_in_so_many_is_held_out_and_the_others_are_the_rest():
    data = Dataset(np.zeros((100, 28, 28), np.uint8), np.arange(100) % 10)
    part = part_of(data, "some", np.random.default_rng(0), every=20)
    assert part.held_out.sum() == 5
    assert sorted([*part.rows(held_out=True).tolist(), *part.rows(held_out=False).tolist()]) == list(range(100))
    assert part.held_out[part.rows(held_out=True)].all()


def test_digits_come_from_mnist_and_from_pens_with_eight_drawings_of_each(folder):
    mnist, pen = load_digits(folder, np.random.default_rng(0))
    assert mnist.images.shape == (240, 1, 1, 32, 32)
    assert pen.images.shape == (40, 8, 1, 32, 32)
    assert (pen.images.flatten(2).amax(dim=2) > 200).all()
    assert not torch.equal(pen.images[0, 0], pen.images[0, 1])
