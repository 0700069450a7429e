"""The film of the slide: decoded again, its frames counted and their colours read."""

import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cnnviz.core.operations import convolution
from cnnviz.core.windows import WindowSpec
from cnnviz.figures.palette import ACCENT, BLANK, coloured, round_up
from cnnviz.figures.slide import HOLD, MOST_FRAMES, Look, Part, Slide, make_slide, plan_slide, shorter


def operation(size=7, channels=1, seed=0, **spec):
    x = torch.from_numpy(np.random.default_rng(seed).integers(0, 6, (1, channels, size, size)).astype(np.float32))
    weight = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(1, channels, 3, 3)
    window = WindowSpec(3, **spec)
    return convolution(x, weight, torch.tensor([0.5]), rows=window, cols=window)


def decoded(film):
    image = Image.open(io.BytesIO(film))
    frames, durations = [], []
    for at in range(image.n_frames):
        image.seek(at)
        frames.append(np.asarray(image.convert("RGB")).astype(int))
        durations.append(image.info["duration"])
    return frames, durations, image.info.get("loop")


def silent(_):
    pass


@pytest.mark.parametrize(
    ("op", "part"),
    [
        (operation(), Part()),
        (operation(padding=1), Part(every=4)),
        (operation(channels=3, stride=2), Part()),
        (operation(), Part(first=1, last=2)),
        (operation(size=30, seed=4), Part(every=9, first=3)),
    ],
)
def test_every_step_is_a_frame_and_the_map_fills_up_to_it(op, part):
    look = Look(top=5.0, speed=4)
    slide = Slide(op, look)
    frames, durations, loop = decoded(make_slide(silent, op, look, part))
    steps = part.steps(slide.rows, slide.cols)
    assert len(frames) == len(steps)
    assert durations == [250] * (len(steps) - 1) + [HOLD]
    assert loop == 0
    output = op.output[0, 0].numpy()
    wanted = coloured("activation", output, top=round_up(float(np.abs(output).max()))).astype(int)
    left, top = slide._output_at
    side = slide._out_cell
    for frame, step in zip(frames, steps, strict=True):
        assert frame.shape == (slide.size[1], slide.size[0], 3)
        np.testing.assert_array_equal(
            frame, np.asarray(slide.frame(step).convert("RGB"))
        )  # nothing lost between frames
        row, col = divmod(step, slide.cols)
        assert tuple(frame[top + row * side, left + col * side + side // 2]) == ACCENT
        for other in range(0, slide.rows * slide.cols, 3):
            r, c = divmod(other, slide.cols)
            if max(abs(r - row), abs(c - col)) <= 1:
                continue  # the mark lies over its neighbours
            corner = frame[top + r * side + 3, left + c * side + 3]  # beside the digits
            expected = wanted[r, c] if other <= step else BLANK
            # a GIF has 256 colours: the nearest of them
            assert np.abs(corner - expected).max() <= 12, (step, other)


def test_progress_is_told_before_every_frame_and_a_cancelled_film_ends_there():
    told = []
    make_slide(told.append, operation(), Look(), Part())
    assert told == [at / 25 for at in range(25)]

    class EnoughError(Exception):
        pass

    def stop(progress):
        if progress >= 0.2:
            raise EnoughError

    with pytest.raises(EnoughError):
        make_slide(stop, operation(), Look(), Part())


@pytest.mark.parametrize(("size", "part"), [(7, Part()), (40, Part(every=5)), (28, Part(every=2)), (4, Part())])
def test_the_size_told_before_is_about_right(size, part):
    op, look = operation(size=size), Look(top=5.0)
    plan, film = plan_slide(silent, op, look, part), make_slide(silent, op, look, part)
    assert plan.bytes == pytest.approx(len(film), rel=0.35)
    image = Image.open(io.BytesIO(film))
    assert (plan.frames, plan.size, plan.shorter) == (image.n_frames, image.size, ())


def test_a_film_of_more_than_400_frames_is_refused():
    with pytest.raises(ValueError, match="676 frames: at most 400"):
        make_slide(silent, operation(size=28), Look(), Part())
    plan = plan_slide(silent, operation(size=28), Look(), Part())
    assert (plan.frames, plan.bytes) == (676, 0)
    assert plan.shorter == (Part(every=2), Part(last=14))


sizes = st.integers(1, 140)


@given(sizes, sizes, st.integers(1, 50), st.integers(0, 150), st.none() | st.integers(0, 150))
def test_every_shorter_film_that_is_offered_fits_and_is_not_much_shorter(rows, cols, every, first, last):
    part = Part(every, first, last if last is None else max(first, last))
    steps = part.steps(rows, cols)
    assert list(steps) == sorted(set(steps))
    assert 0 <= steps[0] <= steps[-1] < rows * cols
    assert (steps[-1] + 1) % cols == 0  # the last row is whole
    offered = shorter(rows, cols, part)
    assert bool(offered) == (len(steps) > MOST_FRAMES)
    for way in offered:
        assert 1 <= len(way.steps(rows, cols)) <= MOST_FRAMES
        assert set(way.steps(rows, cols)) <= {*steps, *range(rows * cols)}
    if offered:
        assert len(Part(offered[0].every - 1, first, part.last).steps(rows, cols)) > MOST_FRAMES
