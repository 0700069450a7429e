"""Pictures bent at random: each kind of bending is what it says, and no more."""

import pytest
import torch

from cnnviz.core.training.augmentation import Augmentation, augment, moved


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def test_without_augmentation_pictures_stay_as_they_are():
    images = torch.randint(256, (4, 1, 32, 32), dtype=torch.uint8)
    assert torch.equal(augment(images, Augmentation()), images / 255)


def test_a_move_is_torchs_roll_with_black_moving_in():
    images = torch.randint(1, 256, (50, 3, 9, 8), dtype=torch.uint8)
    shifts = torch.randint(-5, 6, (50, 2))
    found = moved(images, shifts)
    for image, (rows, cols), result in zip(images, shifts.tolist(), found, strict=True):
        wanted = image.roll((rows, cols), (1, 2))
        wanted[:, : max(0, rows)] = 0
        wanted[:, 9 + min(0, rows) :] = 0
        wanted[:, :, : max(0, cols)] = 0
        wanted[:, :, 8 + min(0, cols) :] = 0
        assert torch.equal(result, wanted)


def test_no_move_is_no_change():
    images = torch.randint(256, (3, 3, 32, 32), dtype=torch.uint8)
    assert torch.equal(moved(images, torch.zeros(3, 2, dtype=torch.int64)), images)


def test_a_crop_moves_by_every_whole_number_up_to_its_own_and_none_beyond():
    images = torch.zeros(2000, 1, 32, 32, dtype=torch.uint8)
    images[:, :, 16, 16] = 255
    places = augment(images, Augmentation(crop=3)).flatten(1).argmax(dim=1)
    assert set((places // 32 - 16).tolist()) == set((places % 32 - 16).tolist()) == set(range(-3, 4))
    assert len(set(places.tolist())) == 49


def test_a_flip_mirrors_about_every_second_picture_and_leaves_the_others():
    image = torch.randint(256, (1, 3, 32, 32), dtype=torch.uint8)
    found = augment(image.expand(1000, -1, -1, -1), Augmentation(flip=True))
    same = (found == image / 255).flatten(1).all(dim=1)
    mirrored = (found == image.flip(3) / 255).flatten(1).all(dim=1)
    assert torch.equal(same, ~mirrored)
    assert 400 < same.sum() < 600


def test_a_shift_moves_the_mass_by_no_more_than_it_says():
    images = torch.zeros(200, 1, 32, 32, dtype=torch.uint8)
    images[:, :, 14:18, 14:18] = 255
    found = augment(images, Augmentation(shift=3))
    middles = torch.arange(32) + 0.5
    rows = (found.sum(dim=(1, 3)) * middles).sum(dim=1) / 16 - 16
    assert rows.abs().max() <= 3 + 1e-4
    assert rows.min() < -2
    assert rows.max() > 2
    torch.testing.assert_close(found.sum(dim=(1, 2, 3)), torch.full((200,), 16.0), atol=1e-3, rtol=0)


def test_a_rotation_keeps_lengths_in_the_middle():
    bar = torch.zeros(50, 1, 32, 32, dtype=torch.uint8)
    bar[:, :, 6:26, 14:18] = 255
    turned = augment(bar, Augmentation(degrees=40))
    torch.testing.assert_close(turned.sum(dim=(1, 2, 3)), torch.full((50,), 80.0), atol=2.0, rtol=0)
    assert (turned - bar / 255).abs().amax(dim=(1, 2, 3)).median() > 0.9
