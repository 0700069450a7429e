"""The notebook's network, its shipped weights and their card."""

import json

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from cnnviz.core.network import (
    ASSETS,
    NETWORKS,
    ConvNet,
    NetworkError,
    NormedConvNet,
    class_labels,
    load_card,
    load_network,
    probe,
    weights_digest,
)
from cnnviz.core.samples import CIFAR10_CLASSES


def save_weights(folder, **changes):
    """Weights of a fresh network under the name "mnist", some replaced, or left out where None."""
    weights = {**ConvNet().state_dict(), **changes}
    save_file({key: tensor for key, tensor in weights.items() if tensor is not None}, folder / "mnist.safetensors")


def test_it_has_the_notebooks_layers_and_62006_parameters():
    shapes = {key: tuple(tensor.shape) for key, tensor in ConvNet().state_dict().items()}
    assert shapes == {
        "conv1.weight": (6, 3, 5, 5),
        "conv1.bias": (6,),
        "conv2.weight": (16, 6, 5, 5),
        "conv2.bias": (16,),
        "fc1.weight": (120, 400),
        "fc1.bias": (120,),
        "fc2.weight": (84, 120),
        "fc2.bias": (84,),
        "fc3.weight": (10, 84),
        "fc3.bias": (10,),
    }
    assert sum(parameter.numel() for parameter in ConvNet().parameters()) == 62_006


def test_each_leaf_module_is_registered_once_and_used_as_often_as_needed():
    network = ConvNet()
    calls = []
    for name, module in network.named_children():
        assert not list(module.children())
        module.register_forward_hook(lambda *_, name=name: calls.append(name))
    network(torch.zeros(1, 3, 32, 32))
    assert calls == ["conv1", "relu", "pool", "conv2", "relu", "pool", "flatten", "fc1", "relu", "fc2", "relu", "fc3"]


def test_it_computes_what_torchs_functions_compute():
    network, x = ConvNet(), torch.rand(2, 3, 32, 32)
    weight = network.state_dict()
    maps = x
    for name in ("conv1", "conv2"):
        maps = nn.functional.conv2d(maps, weight[f"{name}.weight"], weight[f"{name}.bias"])
        maps = nn.functional.max_pool2d(maps.clamp(min=0), 2)
    assert maps.shape == (2, 16, 5, 5)
    hidden = (maps.reshape(2, 400) @ weight["fc1.weight"].T + weight["fc1.bias"]).clamp(min=0)
    hidden = (hidden @ weight["fc2.weight"].T + weight["fc2.bias"]).clamp(min=0)
    torch.testing.assert_close(network(x), hidden @ weight["fc3.weight"].T + weight["fc3.bias"], atol=1e-5, rtol=1e-5)


def test_folding_leaves_a_plain_network_that_computes_the_same():
    torch.manual_seed(3)
    model = NormedConvNet(mean=torch.tensor([0.1, 0.4, 0.5]), spread=torch.tensor([0.3, 0.2, 0.6]))
    for norm in model.norms.values():
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.3, 2)
    model.eval()
    plain, x = model.folded(), torch.rand(8, 3, 32, 32)
    assert type(plain) is ConvNet
    wanted = model(x)
    assert wanted.std() > 0.1
    torch.testing.assert_close(plain(x), wanted, atol=1e-5, rtol=1e-5)


def test_folding_leaves_the_trained_network_as_it_was():
    model = NormedConvNet(torch.full((3,), 0.1), torch.full((3,), 0.3))
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    model.folded()
    assert all(torch.equal(before[key], tensor) for key, tensor in model.state_dict().items())


@pytest.mark.parametrize("name", NETWORKS)
def test_a_shipped_network_is_ready_to_read_and_cannot_learn(name):
    network = load_network(name)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_and_card_belong_together(name):
    network, card = load_network(name), load_card(name)
    assert card["sha256"] == weights_digest(ASSETS / f"{name}.safetensors")
    torch.testing.assert_close(network(probe())[0], torch.tensor(card["probe_logits"]), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(network(probe()), load_network(name)(probe()), atol=0, rtol=0)
    assert card["parameters"] == 62_006


@pytest.mark.parametrize(("name", "least"), [("mnist", 0.99), ("cifar10", 0.745)])
def test_a_card_adds_up(name, least):
    card = load_card(name)
    matrix = torch.tensor(card["confusion_matrix"])
    assert matrix.shape == (10, 10)
    assert matrix.sum() == card["test_rows"] == 10_000
    assert card["test_accuracy"] == pytest.approx(matrix.trace().item() / 10_000, abs=5e-5)
    assert card["test_accuracy"] >= least
    assert card["class_accuracy"] == pytest.approx((matrix.diagonal() / matrix.sum(dim=1)).tolist(), abs=5e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_reliability_table_counts_every_test_picture(name):
    card = load_card(name)
    bins = [row for row in card["calibration"]["bins"] if row["rows"]]
    assert sum(row["rows"] for row in bins) == 10_000
    right = sum(row["rows"] * row["accuracy"] for row in bins) / 10_000
    assert right == pytest.approx(card["test_accuracy"], abs=1e-4)
    assert card["calibration"]["sure"]["rows"] == bins[-1]["rows"]


def test_the_photograph_network_knows_cifar10s_classes_in_their_order():
    assert class_labels("cifar10") == CIFAR10_CLASSES


def test_the_digit_network_reads_digits_drawn_with_a_pen():
    card = load_card("mnist")
    assert card["held_out"]["accuracy"]["pen digits"] >= 0.975
    assert class_labels("mnist") == tuple("0123456789")


def test_grey_pictures_meet_three_equal_kernel_slices():
    weight = load_network("mnist").conv1.weight
    torch.testing.assert_close(weight, weight[:, :1].expand_as(weight), atol=1e-6, rtol=1e-5)


def test_the_card_is_read_only_all_the_way_down():
    card = load_card("mnist")
    with pytest.raises(TypeError):
        card["test_accuracy"] = 1.0
    with pytest.raises(TypeError):
        card["held_out"]["accuracy"]["MNIST"] = 1.0
    assert isinstance(card["confusion_matrix"][0], tuple)


def test_an_unknown_name_is_told_which_networks_there_are():
    with pytest.raises(NetworkError, match="no network 'minst'; there is 'mnist', 'cifar10'"):
        load_network("minst")


def test_missing_weights_say_what_to_run(tmp_path):
    with pytest.raises(NetworkError, match=r"missing.*make train"):
        load_network("mnist", tmp_path)


@pytest.mark.parametrize("kept", [0, 5, 1000, 200_000])
def test_truncated_weights_are_refused(tmp_path, kept):
    path = tmp_path / "mnist.safetensors"
    path.write_bytes((ASSETS / path.name).read_bytes()[:kept])
    with pytest.raises(NetworkError, match=r"cannot be read.*make train"):
        load_network("mnist", tmp_path)


def test_a_folder_in_place_of_the_weights_is_refused(tmp_path):
    (tmp_path / "mnist.safetensors").mkdir()
    with pytest.raises(NetworkError, match="cannot be read"):
        load_network("mnist", tmp_path)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"conv1.weight": torch.zeros(6, 1, 5, 5)}, r"conv1.weight should be \(6, 3, 5, 5\), but is \(6, 1, 5, 5\)"),
        ({"fc3.bias": None}, r"fc3.bias should be \(10,\), but is absent"),
        ({"fc4.bias": torch.zeros(10)}, r"fc4.bias should be absent, but is \(10,\)"),
        ({"fc3.bias": torch.full((10,), torch.nan)}, "not finite"),
    ],
)
def test_weights_of_another_network_are_refused(tmp_path, changes, complaint):
    save_weights(tmp_path, **changes)
    with pytest.raises(NetworkError, match=complaint):
        load_network("mnist", tmp_path)


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"labels": ["0", "1"]}', b"\xff\xfe"])
def test_a_missing_or_damaged_card_says_what_to_run(tmp_path, text):
    if text is not None:
        (tmp_path / "mnist.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(NetworkError, match="make train"):
        load_card("mnist", tmp_path)


def test_a_card_from_elsewhere_can_be_read(tmp_path):
    (tmp_path / "mnist.json").write_text(json.dumps({"labels": list("abcdefghij"), "seed": 3}))
    assert load_card("mnist", tmp_path)["seed"] == 3
