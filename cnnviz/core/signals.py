"""Signals to slide a kernel over, kernels for them, and the slide itself by torch."""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.core.images import two_decimals

LENGTH = 64
LONGEST = 128  # samples on the page; a longer column is averaged down to this
MOST_TAPS = 15
BURST = (0.0, 0.5, 1.0, 0.5, -0.5, -1.0, -0.5)  # what the pulse train hides, and the matched filter looks for


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """A signal with a name: ``values`` are float32 (length,), two decimals each, so that sums can be followed by hand."""

    key: str
    title: str
    values: np.ndarray


@dataclass(frozen=True, slots=True)
class Taps:
    """A kernel of one dimension: its weights from left to right, and what it answers to."""

    key: str
    title: str
    weights: tuple[float, ...]
    sentence: str


def _signals() -> tuple[Signal, ...]:
    time = np.arange(LENGTH)
    chance = np.random.default_rng(3)
    pulses = np.zeros(LENGTH)
    for start in (6, 24, 47):
        pulses[start : start + len(BURST)] = BURST
    pulses += 0.15 * chance.normal(size=LENGTH)
    beat = np.zeros(LENGTH)
    beat[4::12] = 1
    beat = np.convolve(beat, (1, 0.6, 0.3, 0.1))[:LENGTH] + 0.2 * chance.normal(size=LENGTH)
    shapes = {
        "step": ("Step", (time >= LENGTH // 2).astype(float)),
        "sine": ("Sine", np.sin(2 * math.pi * time / 16)),
        "chirp": ("Chirp", np.sin(2 * math.pi * (time / 40 + (time / LENGTH) ** 2 * 6))),
        "pulses": ("Pulse train, noisy", pulses),
        "beat": ("Beat, noisy", beat),
    }
    return tuple(Signal(key, title, two_decimals(values)) for key, (title, values) in shapes.items())


SIGNALS: dict[str, Signal] = {signal.key: signal for signal in _signals()}
TAPS: dict[str, Taps] = {
    taps.key: taps
    for taps in (
        Taps("average_3", "Moving average, 3", (1 / 3,) * 3, "The mean of three neighbours: noise goes, corners get round."),
        Taps("average_5", "Moving average, 5", (0.2,) * 5, "The mean of five neighbours: smoother, and blunter."),
        Taps("average_9", "Moving average, 9", (1 / 9,) * 9, "The mean of nine: what swings faster than that is gone."),
        Taps("difference", "Difference", (-1.0, 1.0), "This sample minus the one before: large where the signal jumps."),
        Taps("slope", "Slope", (-0.5, 0.0, 0.5), "Half of right neighbour minus left: how steeply the signal rises."),
        Taps("bend", "Second difference", (1.0, -2.0, 1.0), "How the signal bends: 0 on a straight line."),
        Taps("matched", "Matched filter", BURST, "The hidden pulse itself: largest where the signal looks most like it."),
        Taps("identity", "Identity", (1.0,), "The signal as it is."),
    )
}  # fmt: skip


@torch.no_grad()
def slide(
    values: Tensor,
    weights: Tensor,
    *,
    act: str = "conv",
    stride: int = 1,
    padding: int = 0,
    causal: bool = False,
    dilation: int = 1,
) -> Tensor:
    """The signal (length,) under a sliding window, by torch: (places,).

    ``act`` is "conv", a dot product with ``weights`` as in nn.Conv1d; "max", the largest under a window as long as they
    are; or "average", the mean there, with padding counted as zeros. ``causal`` pads in front only, with as many zeros as the window reaches back, so that no output knows
    what comes later. ValueError where torch refuses.

    >>> slide(torch.tensor([1.0, 2.0, 4.0]), torch.tensor([-1.0, 1.0]))
    tensor([1., 2.])
    """
    x = values[None, None]
    if causal and act == "max":
        raise ValueError("Max pooling pads with −∞, so there is no causal padding with zeros for it.")
    if causal:
        x, padding = F.pad(x, (dilation * (len(weights) - 1), 0)), 0
    length = len(weights)
    if act == "average":
        weights = torch.full((length,), 1 / length)
    try:
        if act == "average" and not causal and dilation == 1:
            return F.avg_pool1d(x, length, stride, padding)[0, 0]
        if act == "max":
            return F.max_pool1d(x, length, stride, padding, dilation)[0, 0]
        return F.conv1d(x, weights[None, None], None, stride, padding, dilation)[0, 0]
    except RuntimeError as error:
        raise ValueError(str(error)) from error
