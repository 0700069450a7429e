"""A wider network, trained only so that the shipped one can learn from its probabilities as well as from the labels."""

import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from cnnviz.core.datasets import DatasetError
from cnnviz.core.training.augmentation import Augmentation, augment
from cnnviz.core.training.descent import Descent, descend
from cnnviz.core.training.progress import Progress


@dataclass(frozen=True, slots=True)
class Distillation:
    """Learning from a teacher (Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network, 2015)."""

    temperature: float  # both networks' scores are divided by it, which softens the probabilities
    weight: float  # of the teacher's word; the labels have the rest
    teacher: Descent
    augmentation: Augmentation  # of the pictures the teacher learns from

    def loss(self, scores: Tensor, labels: Tensor, teachers: Tensor) -> Tensor:
        """``scores`` and the teacher's, both (N, 10), against each other and against ``labels`` (N,)."""
        softly = F.kl_div(
            F.log_softmax(scores / self.temperature, dim=1),
            F.log_softmax(teachers / self.temperature, dim=1),
            reduction="batchmean",
            log_target=True,
        )
        # gradients shrink with the square of the temperature, hence the factor
        return self.weight * self.temperature**2 * softly + (1 - self.weight) * F.cross_entropy(scores, labels)


class Teacher(nn.Module):
    """Six convolutions with BatchNorm and ReLU, two of them beside a shortcut, and one linear layer.

    ``x`` is (N, 3, 32, 32) in [0, 1]; the output is (N, 10). The widths are multiples of 64, on which torch's
    convolutions for processors are fastest.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _convolution(3, 32, 4, stride=2),  # 16×16
            _convolution(32, 64),
            nn.MaxPool2d(2),
            _convolution(64, 128),
            _Shortcut(_convolution(128, 128)),
            nn.MaxPool2d(2),
            _convolution(128, 256),
            _Shortcut(_convolution(256, 256)),
            nn.AdaptiveMaxPool2d(1),
            nn.Flatten(),
            nn.Linear(256, 10),
        ).to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers((4 * x - 2).contiguous(memory_format=torch.channels_last))


class _Shortcut(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x)


def _convolution(channels: int, maps: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    layer = nn.Conv2d(channels, maps, size, stride, padding=1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(maps), nn.ReLU())


def train_teacher(how: Distillation, images: Tensor, labels: Tensor) -> Teacher:
    """A teacher for the colour pictures uint8 (N, 3, 32, 32) and their labels (N,), in eval mode."""

    def epoch():
        for rows in torch.randperm(len(labels)).split(how.teacher.batch):
            yield augment(images[rows], how.augmentation), labels[rows]

    def loss(model: nn.Module, pictures: Tensor, truth: Tensor) -> Tensor:
        return F.cross_entropy(model(pictures), truth)

    steps = -(-len(labels) // how.teacher.batch)
    return descend(Teacher(), how.teacher, epoch, steps, loss, "teacher").eval().requires_grad_(False)


def teacher_from(
    file: Path | None, how: Distillation, images: Tensor, labels: Tensor, seed: int
) -> tuple[Teacher, float]:
    """The teacher in ``file``, or one trained anew and put there, and the processor time in seconds that it took.

    So that the student can be trained several times with one teacher. Without a ``file`` it is trained and not kept.
    DatasetError if the file holds another teacher, or none.
    """
    made_by = f"{how.teacher}, {how.augmentation}, seed {seed}, {len(labels)} rows"
    if file and file.exists():
        teacher = Teacher()
        try:
            with safe_open(file, framework="pt") as stored:
                told = stored.metadata() or {}
                weights = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
            teacher.load_state_dict(weights)
        except (OSError, SafetensorError, RuntimeError) as error:
            raise DatasetError(f"{file} does not hold a teacher's weights: {error}.") from error
        if told.get("made_by") != made_by:
            raise DatasetError(
                f"The teacher in {file} was trained in another way ({told.get('made_by')}): delete it, or name another file."
            )
        return teacher.eval().requires_grad_(False), float(told["seconds"])
    started = time.process_time()
    torch.manual_seed(seed)
    teacher = train_teacher(how, images, labels)
    seconds = time.process_time() - started
    if file:
        weights = {key: tensor.contiguous() for key, tensor in teacher.state_dict().items()}
        save_file(weights, file, {"made_by": made_by, "seconds": f"{seconds:.0f}"})
    return teacher, seconds


@torch.inference_mode()
def teacher_scores(teacher: Teacher, images: Tensor) -> Tensor:
    """The teacher's scores (N, 10) for the pictures uint8 (N, 3, 32, 32): the mean over each and its mirror image."""
    progress = Progress("the teacher reads", max(1, len(images)))
    scores = torch.zeros(len(images), 10)
    for rows in torch.arange(len(images)).split(500):
        pictures = images[rows].float() / 255
        scores[rows] = (teacher(pictures) + teacher(pictures.flip(3))) / 2
        progress.show(int(rows[-1]) + 1)
    return scores.clone()
