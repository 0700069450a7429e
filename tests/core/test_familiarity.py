"""What is near the training pictures counts as familiar, what is far does not."""

import shutil

import pytest
import torch

from cnnviz.core.familiarity import (
    BEYOND,
    FEATURES,
    MEASURES,
    PATTERNS,
    Familiarity,
    features_of,
    framed,
    load_familiarity,
    measured,
    save_familiarity,
    strange_kinds,
)
from cnnviz.core.network import ASSETS, load_network
from cnnviz.core.trace import trace
from cnnviz.ui import cached


def test_features_are_those_of_the_last_hidden_layer():
    network, x = load_network("mnist"), torch.rand(3, 3, 32, 32)
    torch.testing.assert_close(features_of(network, x), trace(network, x)[FEATURES].output)


def known(**parts):
    """Something that finds nothing strange, but for what is given."""
    blank = {
        "means": torch.zeros(10, 84),
        "spread": torch.ones(84),
        "mean": torch.zeros(1024),
        "patterns": torch.eye(1024)[:PATTERNS],
        "limits": torch.full((len(MEASURES),), 1e9),
    }
    return Familiarity(**blank | parts)


def test_features_count_standard_deviations_from_the_nearest_class():
    means = torch.zeros(10, 84)
    means[4] = 10
    familiarity = known(means=means, spread=torch.full((84,), 2.0))
    features = torch.tensor([[4.0] * 84, [10.0] * 84, [12.0] * 84])
    assert familiarity.measures(features, torch.zeros(3, 3, 32, 32))[:, 0].tolist() == [2, 0, 1]


def test_what_the_patterns_cannot_make_is_left_unexplained():
    grey = torch.zeros(3, 32, 32)
    grey[0, 0] = 1  # a row that the first 32 unit vectors make
    grey[1, 5, 5] = 4  # a pixel that they do not
    grey[2, 0, 0], grey[2, 9, 9] = 3, 4
    pictures = grey[:, None].expand(-1, 3, -1, -1)
    _, unexplained, share, _ = known().measures(torch.zeros(3, 84), pictures).T
    assert unexplained.tolist() == pytest.approx([0, 4, 4])
    assert share.tolist() == pytest.approx([0, 1, 0.8])


def test_a_picture_of_one_colour_is_flat():
    pictures = torch.stack(
        [torch.tensor([0.2, 0.9, 0.4])[:, None, None].expand(3, 32, 32), torch.eye(32).expand(3, 32, 32)]
    )
    flat = known().measures(torch.zeros(2, 84), pictures)[:, 3]
    assert flat[0].item() == pytest.approx(0, abs=1e-6)
    assert flat[1].item() == pytest.approx(-torch.eye(32).std().item())


def test_the_limits_hold_together_for_the_share_of_test_pictures_that_they_say():
    torch.manual_seed(0)
    network = load_network("mnist")
    pictures = torch.randint(0, 256, (400, 3, 32, 32), dtype=torch.uint8)
    found = measured(network, (pictures, torch.arange(400) % 10), pictures)
    batch = pictures.float() / 255
    beyond = found.measures(features_of(network, batch), batch) > found.limits
    assert beyond.any(dim=1).float().mean().item() <= 1 - BEYOND + 1e-6
    strange = torch.ones(1, 3, 32, 32)
    assert (found.measures(features_of(network, strange), strange) > found.limits).any()


STRANGE = strange_kinds()


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
@pytest.mark.parametrize("kind", [*STRANGE, "the other network's pictures"])
def test_what_is_blatantly_strange_to_a_shipped_network_is_found(name, kind):
    familiarity, network = load_familiarity(name), load_network(name)
    if familiarity is None:
        pytest.skip("nobody has measured it with these weights")
    pictures = STRANGE[kind] if kind in STRANGE else cached.gallery_inputs("cifar10" if name == "mnist" else "mnist")
    found = familiarity.measures(features_of(network, pictures), pictures) > familiarity.limits
    share = found.any(dim=1).float().mean().item()
    # of digits, few and thin strokes on black, the photograph network has seen likenesses
    assert share >= (0.7 if (name, kind) == ("cifar10", "the other network's pictures") else 0.99)


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_what_was_measured_is_kept_and_read_again(name, tmp_path):
    familiarity = load_familiarity(name)
    if familiarity is None:
        pytest.skip("nobody has measured it with these weights")
    shutil.copy(ASSETS / f"{name}.safetensors", tmp_path)
    save_familiarity(familiarity, name, tmp_path)
    again = load_familiarity(name, tmp_path)
    assert all(torch.equal(getattr(familiarity, part), getattr(again, part)) for part in Familiarity.__slots__)


def test_pictures_are_framed_as_the_networks_read_them():
    digit = torch.arange(28 * 28).reshape(1, 28, 28).to(torch.uint8).numpy()
    assert framed(digit).shape == (1, 3, 32, 32)
    assert torch.equal(framed(digit)[0, 2, 2:30, 2:30], torch.from_numpy(digit[0]))
    assert framed(torch.zeros(2, 32, 32, 3, dtype=torch.uint8).numpy()).shape == (2, 3, 32, 32)


def test_what_was_measured_with_other_weights_says_nothing(tmp_path):
    shutil.copy(ASSETS / "mnist.safetensors", tmp_path)
    save_familiarity(known(), "mnist", tmp_path)
    assert load_familiarity("mnist", tmp_path) is not None
    file = tmp_path / "mnist_familiarity.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    assert load_familiarity("mnist", tmp_path) is None
    save_familiarity(known(), "mnist", tmp_path)
    shutil.copy(ASSETS / "cifar10.safetensors", tmp_path / "mnist.safetensors")
    assert load_familiarity("mnist", tmp_path) is None
