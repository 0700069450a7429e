"""What shifts do to the twins: measured as it is shipped, and shipped as it was measured."""

import json
import shutil

import pytest
import torch

from cnnviz.core.comparison import change
from cnnviz.core.invariance import BORDERS, all_shifts, along, shift_batch
from cnnviz.core.network import NetworkError
from cnnviz.core.trace import trace
from cnnviz.core.twin_figures import (
    KINDS,
    MEASURED_BORDERS,
    ROWS,
    bundled_pictures,
    main,
    outputs_of_all_shifts,
    shipped_figures,
    twin_change,
    twin_figures,
)
from cnnviz.core.twins import DATASETS, POOLINGS, TWINS, load_twin


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("border", BORDERS)
def test_all_shifts_at_once_are_the_twin_on_each(pooling, border):
    twin = load_twin("cifar10", pooling, shifted=False)
    image, label = bundled_pictures("cifar10")[3]
    layers = trace(twin, shift_batch(image, border))
    # the last map of each size: pooled, or, where the convolutions have the strides, after ReLU
    halves = {layer.output.shape[-1]: layer.output for layer in layers}
    first, second, scores = outputs_of_all_shifts(twin, pooling, image, border)
    torch.testing.assert_close(first, halves[14], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(second, halves[5], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(scores, layers[-1].output, atol=1e-4, rtol=1e-4)
    found = twin_change("cifar10", (pooling, False), image, label, border)
    torch.testing.assert_close(found.probability.flatten(), scores.softmax(dim=1)[:, label], atol=1e-4, rtol=1e-4)
    verdicts = layers[-1].output.argmax(dim=1)
    assert found.kept == pytest.approx((verdicts == twin(image[None]).argmax()).double().mean().item(), abs=1e-9)
    place = all_shifts().index((0, -4))
    if border == "edge":
        one = change(second[144], second[place]).relative
        other = change(second[144], second[all_shifts().index((-4, 0))]).relative
        assert found.layers[1].stayed[4].item() == pytest.approx((one + other) / 2, rel=1e-4)


def test_a_figure_is_the_mean_over_pictures():
    changes = [twin_change("mnist", ("max", False), *picture, "black") for picture in bundled_pictures("mnist")[:3]]
    figures = twin_figures(changes)
    torch.testing.assert_close(figures.probability.mean, sum(found.probability for found in changes) / 3)
    torch.testing.assert_close(
        figures.probability_along.deviation, torch.stack([along(found.probability) for found in changes]).std(dim=0)
    )
    assert figures.kept.mean.item() == pytest.approx(sum(found.kept for found in changes) / 3)
    torch.testing.assert_close(figures.stayed.mean[2], sum(found.layers[2].stayed for found in changes) / 3)
    torch.testing.assert_close(figures.moved.mean[0], sum(found.layers[0].moved for found in changes) / 3)
    assert (figures.probability.count, figures.stayed.mean.shape) == (3, (3, 17))


def test_digits_stand_in_two_black_pixels_and_keep_their_labels():
    pictures = bundled_pictures("mnist")
    assert len(pictures) == 20
    assert all(picture.shape == (3, 32, 32) and not picture[:, :2].any() for picture, _ in pictures)
    twin = load_twin("mnist", "max", shifted=True)
    assert sum(int(twin(picture[None]).argmax()) == label for picture, label in pictures) >= 19


def test_the_command_measures_and_what_it_wrote_is_read_again(folder, tmp_path, capsys):
    main(["--data", str(folder), "--rows", "2", "--out", str(tmp_path)])
    for dataset in DATASETS:
        for kind in KINDS:
            file = f"{dataset}_{kind[0]}{'_shifted' if kind[1] else ''}.safetensors"
            shutil.copy(TWINS / file, tmp_path / file)
    said = capsys.readouterr().out
    for dataset in DATASETS:
        black, edge = (shipped_figures(dataset, border, tmp_path) for border in MEASURED_BORDERS)
        assert set(black) == set(KINDS)
        assert f"{dataset}.black.max: the verdict is kept in {100 * black['max', False].kept.mean:.1f} %" in said
        alike = torch.equal(black["max", False].probability.mean, edge["max", False].probability.mean)
        assert alike == (dataset == "mnist")  # digits end in black, so there it is the same
    with pytest.raises(NetworkError, match="black and edge borders, not with wrap"):
        shipped_figures("mnist", "wrap", tmp_path)
    (tmp_path / "mnist_max.safetensors").write_bytes(b"")
    with pytest.raises(NetworkError, match="measured with other weights than those in mnist_max"):
        shipped_figures("mnist", "black", tmp_path)


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("border", MEASURED_BORDERS)
def test_the_shipped_figures_are_of_the_shipped_weights_and_of_enough_pictures(dataset, border):
    figures = shipped_figures(dataset, border)
    assert set(figures) == set(KINDS)
    for found in figures.values():
        assert found.kept.count == ROWS >= 50
        assert (found.probability.mean >= 0).all()
        assert (found.probability.mean <= 1).all()
        assert found.stayed.mean[:, 8].abs().max() == 0  # nothing shifted, nothing changed
    assert json.loads((TWINS / "shifts.json").read_text("utf-8"))["command"].startswith("python -m cnnviz.core")
    # where they can be compared, what is shipped lies where the bundled pictures lie
    kind = ("max", True)
    here = twin_figures([twin_change(dataset, kind, *picture, border) for picture in bundled_pictures(dataset)])
    for name in ("kept", "probability", "stayed"):
        many, few = getattr(figures[kind], name), getattr(here, name)
        assert (many.mean - few.mean).mean().abs() <= 3 * few.deviation.mean() / few.count**0.5, name


def test_missing_figures_are_said(tmp_path):
    with pytest.raises(NetworkError, match="card of the twins' figures is missing"):
        shipped_figures("mnist", "black", tmp_path)
