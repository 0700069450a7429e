"""Twenty students at once on one server: every picture, drawing, kernel and answer is their own."""

import io
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import torch
from PIL import Image

from cnnviz import KERNELS, decode_image, load_network, trace
from cnnviz.core.digits import centre_digit
from cnnviz.core.samples import SAMPLES
from cnnviz.core.strokes import Stroke, paint, strokes_to_text
from tests.browser.convolution_page import Lesson
from tests.load.student import Student

STUDENTS = 20
ROUNDS = 4
PICTURES = [key for key, sample in SAMPLES.items() if sample.size >= 16]


def strokes(luck: random.Random) -> tuple[Stroke, ...]:
    """A scribble that nobody else draws."""
    points = tuple((luck.randrange(1001), luck.randrange(1001)) for _ in range(4))
    return (Stroke("pen", luck.randrange(40, 160), points),)


def lesson(number: int, luck: random.Random) -> Lesson:
    """What this student has on the page next; the picture is always the student's own."""
    weights = ",".join(f"{luck.uniform(-2, 2):.3f}" for _ in range(9))
    return Lesson(
        image=PICTURES[number % len(PICTURES)],
        size=16 + number,
        strokes=strokes(luck),
        kernel=luck.choice(list(KERNELS)),
        weights=luck.choice(("", f"3x3~{weights}")),
        stride=luck.randint(1, 3),
        padding=luck.randint(0, 2),
        bias=round(luck.uniform(-1, 1), 3),
        relu=luck.random() < 0.5,
    )


def convolves(number: int, student: Student, meet: Callable[[], object]) -> None:
    """Changes kernel and drawing, again and again; a quarter of them on a picture of their own."""
    luck = random.Random(number)
    wanted = lesson(number, luck)
    student.open(wanted.link)
    if number % 4 == 0:
        pixels = np.random.default_rng(number).integers(0, 256, (48, 48, 3), dtype=np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        student.upload(f"{number}.png", file.getvalue())
        own = {"image": "upload", "upload": decode_image(file.getvalue()), "size": None}
        wanted = replace(wanted, **own, strokes=())
    for turn in range(1, ROUNDS + 1):
        wanted = replace(lesson(number, luck), image=wanted.image, upload=wanted.upload, size=wanted.size)
        source = student.page["image"]["source"]
        meet()  # all speak before any is answered
        student.settle(f"{turn};{source};{wanted.link.removeprefix('/?')}")
        assert student.feeds["answer"]["revision"] == turn
        assert np.array_equal(student.array("image"), replace(wanted, strokes=()).picture)
        off = np.abs(student.array("answer") - wanted.feature_map.numpy()).max()
        assert off <= wanted.bound, f"student {number}, turn {turn}: {off} off"


def draws_a_digit(number: int, student: Student, meet: Callable[[], object]) -> None:
    """Draws on the network page, again and again."""
    luck = random.Random(number)
    network = load_network()
    student.open("/network?image=draw")
    for turn in range(1, ROUNDS + 1):
        drawn = strokes(luck)
        meet()
        student.settle(f"{turn};image=draw&strokes={strokes_to_text(drawn)}")
        read = centre_digit(paint(np.zeros((1, 112, 112), np.float32), drawn)[0])
        outputs = torch.cat([layer.output.flatten() for layer in trace(network, torch.from_numpy(read)[None])])
        assert student.feeds["answer"]["revision"] == turn
        assert np.abs(student.array("answer").ravel() - outputs.numpy()).max() <= 1e-4, f"student {number}, turn {turn}"


def test_twenty_students_at_once_each_get_their_own_numbers(server):
    together = threading.Barrier(STUDENTS)

    def attends(number: int) -> None:
        act = draws_a_digit if number % 5 == 1 else convolves
        with Student(server.url) as student:
            try:
                act(number, student, lambda: together.wait(timeout=60))
            except threading.BrokenBarrierError:
                raise AssertionError("another student failed") from None
            except BaseException:
                together.abort()
                raise

    with ThreadPoolExecutor(STUDENTS) as students:
        outcomes = [students.submit(attends, number) for number in range(STUDENTS)]
    errors = [outcome.exception() for outcome in outcomes if outcome.exception()]
    assert not errors, "\n".join(f"{type(error).__name__}: {error}" for error in errors[:5])
