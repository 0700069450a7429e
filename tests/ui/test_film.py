"""Films: what the browser may ask for, and what it is told."""

import io
import time
from contextlib import contextmanager
from unittest.mock import patch

import pytest
import torch
from PIL import Image

from cnnviz.core.operations import convolution
from cnnviz.figures.slide import Look, Part
from cnnviz.ui import film, jobs
from tests.ui.apps import session

LOOK = Look(top=5.0)


def operation():
    return convolution(torch.ones(1, 1, 6, 6), torch.ones(1, 1, 3, 3), torch.zeros(1))


@contextmanager
def told():
    """A session, and a list of what the browser is told in it."""
    messages = []
    with session(), patch.object(film, "feed", lambda name, **about: messages.append((name, about))):
        yield messages


def answer(messages):
    """What the browser is told once the job has ended."""
    end = time.monotonic() + 60
    while (job := jobs.current("film")) and not job.ended and time.monotonic() < end:
        time.sleep(0.01)
    film.send()
    name, about = messages[-1]
    assert name == "film"
    return about


def test_a_plan_says_what_the_film_then_is():
    with told() as messages:
        film.ask("7;plan;1;0;9;5", operation, LOOK)
        plan = answer(messages)
        assert (plan["number"], plan["state"], plan["frames"], plan["shorter"]) == (7, "done", 16, [])
        film.ask("8;make;1;0;9;5", operation, LOOK)
        made = answer(messages)
        image = Image.open(io.BytesIO(made["film"]))
        assert (made["number"], image.n_frames, list(image.size)) == (8, 16, plan["size"])
        assert image.info["duration"] == 200


def test_a_film_that_is_stopped_is_let_go_of():
    with told() as messages:
        film.ask("1;make;1;0;9;5", operation, LOOK)
        job = jobs.current("film")
        film.ask("2;stop;1;0;9;5", operation, LOOK)
        assert jobs.current("film") is None
        assert job.state in ("cancelled", "done")
        assert answer(messages) == {"number": 2, "state": "stopped"}


def test_what_torch_refuses_is_not_filmed_and_a_page_that_asked_for_nothing_is_told_nothing():
    def refused():
        raise ValueError("The window spans 9 cells.")

    with told() as messages:
        film.send()
        assert messages == []
        film.ask("1;plan;1;0;9;5", refused, LOOK)
        assert jobs.current("film") is None


@pytest.mark.parametrize(
    "text",
    [
        None,
        3,
        "",
        ";;;;;",
        "1;plan;1;0;9",
        "1;eval;1;0;9;5",
        "x;plan;1;0;9;5",
        "1;plan;-1;0;9;5",
        "1;plan;1;nan;9;5",
        "１;plan;1;0;9;5",
    ],
)
def test_a_message_that_no_panel_writes_asks_for_nothing(text):
    assert film.read(text) is None
    with told():
        film.ask(text, operation, LOOK)
        assert jobs.current("film") is None


def test_numbers_beyond_reason_are_kept_within_it():
    request = film.read(f"1;plan;0;5;2;{2**50}")
    assert (request.part, request.speed) == (Part(1, 5, 5), 50)
    assert Part(2**50, 2**50, 2**50).steps(4, 4) == (12, 15)
