"""Edits change the weights they name, and nothing else."""

import pytest
import torch

from cnnviz.core.edits import Edit, edited, edits_from_text, edits_to_text
from cnnviz.core.network import load_network


def test_each_edit_changes_one_number():
    trained = load_network("mnist")
    changed = edited(trained, (Edit("conv2", "weight", 151, 0.25), Edit("fc1", "bias", 7, -2.0)))
    differing = {
        name: (one != other).nonzero().tolist()
        for (name, one), other in zip(trained.named_parameters(), changed.parameters(), strict=True)
        if not torch.equal(one, other)
    }
    assert differing == {"conv2.weight": [[1, 0, 0, 1]], "fc1.bias": [[7]]}
    assert changed.conv2.weight[1, 0, 0, 1] == 0.25


def test_an_output_that_is_off_stays_off_whatever_else_is_edited():
    changed = edited(load_network("mnist"), (Edit("conv1", "off", 2), Edit("conv1", "bias", 2, 5.0)))
    assert not changed.conv1(torch.rand(1, 3, 32, 32))[0, 2].any()


@pytest.mark.parametrize(
    "text",
    [
        "", "~", "conv1", "conv1,w", "conv1,w1", "conv1,w1,", "conv1,w1,nan", "conv1,w1,1001", "conv1,w450,1", "conv1,b6,1",
        "conv1,o6", "conv1,o1,3", "conv1,x1,3", "relu,w1,1", "conv1,w-1,1", "conv1,w１,1", "conv1,w1,1_0", "conv1,w1,1,1",
        "__class__,w1,1", "~".join(["conv1,o1"] * 1001),
    ],
)  # fmt: skip
def test_what_the_network_does_not_have_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        edits_from_text(text)


def test_text_and_back():
    edits = (Edit("conv1", "weight", 449, -0.125), Edit("fc3", "bias", 9, 1000.0), Edit("fc2", "off", 83))
    assert edits_from_text(edits_to_text(edits)) == edits
