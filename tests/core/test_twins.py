"""Networks that differ in their subsampling alone."""

import pytest
import torch
import torch.nn.functional as F

from cnnviz.core.network import ConvNet, NetworkError, NormedConvNet, probe, weights_digest
from cnnviz.core.trace import trace
from cnnviz.core.training.__main__ import main
from cnnviz.core.training.twinning import SHIFT, twin_recipe
from cnnviz.core.twins import DATASETS, POOLINGS, TWINS, Twin, load_twin, load_twins_card, twin_file

EVERY = [(dataset, pooling, shifted) for dataset in DATASETS for pooling in POOLINGS for shifted in (False, True)]


@pytest.mark.parametrize("pooling", POOLINGS)
def test_every_twin_has_the_notebooks_parameters_and_shapes(pooling):
    shapes = {key: tuple(tensor.shape) for key, tensor in Twin(pooling).state_dict().items()}
    assert shapes == {key: tuple(tensor.shape) for key, tensor in ConvNet().state_dict().items()}
    layers = trace(Twin(pooling), torch.rand(1, 3, 32, 32))
    assert layers.gaps == ()
    maps = [tuple(layer.output.shape[1:]) for layer in layers if layer.output.shape[-1] in (14, 5)]
    assert maps[0] == (6, 14, 14)
    assert maps[-1] == (16, 5, 5)


def test_the_kinds_of_their_layers_say_how_they_differ():
    kinds = {pooling: [layer.kind for layer in trace(Twin(pooling), torch.rand(1, 3, 32, 32))] for pooling in POOLINGS}
    assert kinds["max"][:6] == ["conv2d", "relu", "max_pool2d"] * 2
    assert kinds["average"][:6] == ["conv2d", "relu", "avg_pool2d"] * 2
    assert kinds["stride"][:4] == ["conv2d", "relu"] * 2
    assert kinds["max"][6:] == kinds["average"][6:] == kinds["stride"][4:]


def test_steps_of_2_pick_every_second_row_and_column_of_the_whole_map():
    twin, x = Twin("stride"), torch.rand(1, 3, 32, 32)
    weight = twin.state_dict()
    whole = F.conv2d(x, weight["conv1.weight"], weight["conv1.bias"])
    layers = trace(twin, x)
    torch.testing.assert_close(layers["conv1"].output, whole[:, :, ::2, ::2])
    assert [window.stride for window in layers["conv2"].windows] == [2, 2]
    assert [window.padding for window in layers["conv2"].windows] == [0, 0]


@pytest.mark.parametrize("pooling", POOLINGS)
def test_folding_is_exact_for_every_twin(pooling):
    torch.manual_seed(1)
    model = NormedConvNet(torch.tensor([0.1, 0.4, 0.5]), torch.tensor([0.3, 0.2, 0.6]), Twin(pooling))
    for norm in model.norms.values():
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.3, 2)
    model.eval()
    x = torch.rand(8, 3, 32, 32)
    plain = model.folded()
    assert type(plain) is Twin
    torch.testing.assert_close(plain(x), model(x), atol=1e-5, rtol=1e-5)


def test_there_is_no_other_subsampling():
    with pytest.raises(ValueError, match="no pooling 'median'; there is 'max', 'average', 'stride'"):
        Twin("median")
    with pytest.raises(
        NetworkError, match=r"no twin 'max' for 'flowers'; there are max, average, stride for mnist and"
    ):
        load_twin("flowers", "max", shifted=False)


def test_only_the_shifts_set_two_recipes_apart():
    for dataset in DATASETS:
        plain, shifted = twin_recipe(dataset, False), twin_recipe(dataset, True)
        assert (plain.augmentation.crop, shifted.augmentation.crop) == (0, SHIFT)
        assert plain.augmentation.flip == shifted.augmentation.flip
        assert plain.descent == shifted.descent


def test_the_command_trains_all_twelve(folder, tmp_path, capsys):
    assert main(["--network", "twins", "--data", str(folder), "--epochs", "1", "--out", str(tmp_path)]) == 0
    card = load_twins_card(tmp_path / "twins")
    assert [twin["file"] for twin in card["twins"]] == [twin_file(*which) for which in EVERY]
    assert len({twin["sha256"] for twin in card["twins"]}) == 12
    for which in EVERY:
        assert load_twin(*which, tmp_path / "twins")(torch.zeros(1, 3, 32, 32)).shape == (1, 10)
    assert "mnist_max_shifted.safetensors: " in capsys.readouterr().out


def test_missing_twins_say_what_to_run(tmp_path):
    with pytest.raises(NetworkError, match=r"twin 'mnist_max' are missing.*make train"):
        load_twin("mnist", "max", shifted=False, folder=tmp_path)
    with pytest.raises(NetworkError, match=r"card of the twins is missing.*make train"):
        load_twins_card(tmp_path)


@pytest.mark.parametrize("which", EVERY)
def test_a_shipped_twin_is_the_one_its_card_tells_of(which):
    dataset, pooling, shifted = which
    (told,) = [twin for twin in load_twins_card()["twins"] if twin["file"] == twin_file(*which)]
    assert (told["dataset"], told["pooling"], told["shifted"]) == which
    twin = load_twin(dataset, pooling, shifted)
    assert told["sha256"] == weights_digest(TWINS / told["file"])
    torch.testing.assert_close(twin(probe())[0], torch.tensor(told["probe_logits"]), atol=1e-4, rtol=1e-4)
    assert not twin.training
    assert not any(parameter.requires_grad for parameter in twin.parameters())
    assert told["parameters"] == 62_006
    assert told["test_accuracy"] >= {"mnist": 0.97, "cifar10": 0.55}[dataset]


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_twin_that_learned_from_moved_pictures_reads_moved_pictures_better(dataset, pooling):
    told = {twin["file"]: twin["shifted_test_accuracy"] for twin in load_twins_card()["twins"]}
    assert told[twin_file(dataset, pooling, shifted=True)] > told[twin_file(dataset, pooling, shifted=False)]
