"""The teacher, and what a student takes from it."""

import pytest
import torch
import torch.nn.functional as F

from cnnviz.core.training.augmentation import Augmentation
from cnnviz.core.training.descent import Descent
from cnnviz.core.training.teacher import Distillation, Teacher, teacher_scores


def distillation(temperature, weight):
    return Distillation(temperature, weight, Descent(epochs=1), Augmentation())


def test_with_no_weight_on_the_teacher_the_loss_is_cross_entropy():
    scores, labels, teachers = torch.randn(8, 10), torch.arange(8), torch.randn(8, 10)
    torch.testing.assert_close(distillation(4.0, 0.0).loss(scores, labels, teachers), F.cross_entropy(scores, labels))


def test_with_all_weight_on_it_the_loss_is_the_divergence_of_the_softened_probabilities():
    scores, labels, teachers = torch.randn(8, 10), torch.arange(8), torch.randn(8, 10)
    p, q = (F.softmax(one / 3, dim=1) for one in (teachers, scores))
    wanted = 9 * (p * (p / q).log()).sum(dim=1).mean()
    torch.testing.assert_close(distillation(3.0, 1.0).loss(scores, labels, teachers), wanted)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_a_student_that_says_what_the_teacher_says_has_nothing_left_to_learn_from_it(temperature):
    scores = torch.randn(8, 10)
    assert distillation(temperature, 1.0).loss(scores, torch.arange(8), scores + 2).item() == pytest.approx(0, abs=1e-5)


def test_its_scores_are_the_mean_over_a_picture_and_its_mirror_image():
    torch.manual_seed(0)
    teacher = Teacher().eval()
    images = torch.randint(256, (6, 3, 32, 32), dtype=torch.uint8)
    scores = teacher_scores(teacher, images)
    assert scores.shape == (6, 10)
    torch.testing.assert_close(scores, teacher_scores(teacher, images.flip(3)))
    with torch.no_grad():
        once = teacher(images / 255)
    assert not torch.allclose(scores, once)
