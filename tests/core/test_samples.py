from collections import Counter
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cnnviz.core.images import fit_image
from cnnviz.core.samples import FOLDER, SAMPLES, sample_image

INTEGERS = [
    [0, 0, 0, 1, 2, 2, 2],
    [0, 0, 1, 2, 3, 2, 2],
    [0, 1, 2, 3, 3, 3, 2],
    [0, 1, 2, 4, 5, 3, 2],
    [1, 1, 2, 4, 5, 4, 3],
    [0, 1, 2, 3, 4, 4, 3],
    [0, 0, 1, 2, 3, 3, 3],
]


def batch(key: str) -> torch.Tensor:
    return torch.tensor(sample_image(key))[None]


@pytest.mark.parametrize("key", SAMPLES)
def test_every_sample_loads_with_sound_values(key):
    image, sample = sample_image(key), SAMPLES[key]
    assert sample.key == key
    assert image.dtype == np.float32
    assert image.ndim == 3
    assert len(image) in (1, 3)
    assert np.isfinite(image).all()
    assert image.min() >= 0
    assert image.max() <= (5 if key == "integers" else 1)
    assert image.std() > 0.05
    assert 5 <= sample.size <= 128
    assert sample.sentence.endswith((".", "?"))


@pytest.mark.parametrize(
    ("group", "count", "shape"),
    [("pattern", 8, None), ("photograph", 9, (256, 256)), ("digit", 20, (28, 28)), ("cifar10", 20, (32, 32))],
)
def test_each_group_has_its_samples(group, count, shape):
    members = [sample for sample in SAMPLES.values() if sample.group == group]
    assert len(members) == count
    for sample in members:
        size = sample_image(sample.key).shape[1:]
        assert size == (shape or (sample.size, sample.size))


def test_the_gallery_begins_with_the_integers_and_keeps_its_groups_together():
    groups = [sample.group for sample in SAMPLES.values()]
    assert next(iter(SAMPLES)) == "integers"
    assert list(dict.fromkeys(groups)) == ["pattern", "photograph", "digit", "cifar10"]
    assert groups == sorted(groups, key=["pattern", "photograph", "digit", "cifar10"].index)


def test_most_photographs_have_colour():
    coloured = [key for key, sample in SAMPLES.items() if sample.group == "photograph" and len(sample_image(key)) == 3]
    assert len(coloured) >= 5


def test_the_picture_of_small_integers_is_exact():
    np.testing.assert_array_equal(sample_image("integers"), np.float32([INTEGERS]))


@pytest.mark.parametrize("key", [key for key, sample in SAMPLES.items() if sample.group == "pattern"])
def test_a_pattern_at_its_own_size_is_not_changed_by_fitting(key):
    np.testing.assert_array_equal(fit_image(sample_image(key), SAMPLES[key].size, colour=False), sample_image(key))


def test_an_impulse_gives_back_the_kernel_turned():
    kernel = torch.arange(9.0).reshape(1, 1, 3, 3)
    answer = F.conv2d(batch("impulse"), kernel)
    torch.testing.assert_close(answer[:, :, 1:4, 1:4], kernel.flip(2, 3))
    assert answer.sum() == kernel.sum()


def test_a_gradient_answers_an_edge_kernel_the_same_everywhere():
    answer = F.conv2d(batch("gradient"), torch.tensor([[[[-1.0, 0.0, 1.0]]]]))
    torch.testing.assert_close(answer, torch.full_like(answer, 0.18))


def test_a_step_edge_answers_only_at_the_step():
    answer = F.conv2d(batch("edge"), torch.tensor([[[[-1.0, 1.0]]]]))
    assert answer.nonzero()[:, 3].unique().tolist() == [5]


def test_a_checkerboard_survives_pooling_on_its_squares():
    pooled = F.avg_pool2d(batch("checkerboard"), 2)[0, 0]
    np.testing.assert_array_equal(pooled, np.indices((6, 6)).sum(axis=0) % 2)
    assert F.avg_pool2d(batch("checkerboard")[:, :, 1:-1, 1:-1], 2).unique().tolist() == [0.5]


@pytest.mark.parametrize("shift", [(0, 1), (1, 0), (1, 1)])
def test_the_dots_survive_max_pooling_even_when_moved_by_one(shift):
    pooled = F.max_pool2d(batch("dots"), 2)
    assert pooled.sum() == 7
    assert torch.equal(F.max_pool2d(batch("dots").roll(shift, dims=(2, 3)), 2), pooled)


def test_the_line_is_one_line_at_30_degrees():
    rows, cols = np.nonzero(sample_image("line")[0] > 0.5)
    slope, _ = np.polyfit(cols, rows, 1)
    assert np.degrees(np.arctan(-slope)) == pytest.approx(30, abs=2)


def test_digits_and_things_are_labelled_as_their_data_sets_do():
    labels = {
        group: [sample.label for sample in SAMPLES.values() if sample.group == group] for group in ("digit", "cifar10")
    }
    assert labels["digit"] == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9, 0, 6, 9, 0, 1, 5, 9, 7, 3, 4]
    assert labels["cifar10"] == [3, 8, 8, 0, 6, 6, 1, 6, 3, 1, 0, 9, 5, 7, 9, 8, 5, 7, 8, 6]
    assert SAMPLES["digit_0"].title == "7"
    assert SAMPLES["cifar10_0"].title == "Cat"
    assert Counter(sample.label is None for sample in SAMPLES.values()) == {True: 17, False: 40}


def test_digits_are_white_ink_on_black():
    for number in range(20):
        image = sample_image(f"digit_{number}")
        assert image.shape == (1, 28, 28)
        assert image[0, 0].max() == 0
        assert image.max() > 0.9


def test_a_shared_picture_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        sample_image("cat")[0, 0, 0] = 0
    assert sample_image("cat") is sample_image("cat")
    with pytest.raises(FrozenInstanceError):
        SAMPLES["cat"].title = "Dog"


@pytest.mark.parametrize("key", ["dog", "", "../../LICENSE", "digit_20"])
def test_an_unknown_sample_is_refused_with_those_that_exist(key):
    with pytest.raises(ValueError, match=r"There is no sample .*: the samples are integers, impulse"):
        sample_image(key)


def test_the_pictures_are_small_and_their_licences_are_told():
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 700_000
    licences = (FOLDER / "LICENCES.md").read_text(encoding="utf-8")
    for sample in SAMPLES.values():
        if sample.group == "photograph":
            assert f"{sample.key}.jpg" in licences
