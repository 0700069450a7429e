"""Stochastic gradient descent, as all networks here are trained."""

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from cnnviz.core.training.progress import Progress


@dataclass(frozen=True, slots=True)
class Descent:
    """How the optimiser walks: SGD with Nesterov's momentum, and a running average of the weights beside it."""

    epochs: int
    batch: int = 128
    peak_rate: float = 0.1
    decay: float = 5e-4  # on weights only
    momentum: float = 0.9
    warm_up: float = 0.15  # share of the steps up to the peak rate, in a straight line; then another down to nothing
    average: float = 0.999  # how much of the running average of the weights each step keeps


def descend(
    model: nn.Module,
    how: Descent,
    epoch: Callable[[], Iterable[tuple[Tensor, ...]]],
    steps: int,
    loss: Callable[..., Tensor],
    title: str,
    watch: Callable[[int, nn.Module, nn.Module], None] = lambda step, average, last: None,
) -> nn.Module:
    """Trains ``model`` in place and returns the running average of its weights and statistics.

    ``epoch`` gives the ``steps`` batches of one epoch, ``loss(model, *batch)`` the number to bring down. ``watch`` is
    called before the first step and after each, with the steps done, the average and the model.
    """
    average = copy.deepcopy(model)
    # what state_dict hands out are the tensors themselves, so the lists stay true while the values change
    pairs = zip(average.state_dict().values(), model.state_dict().values(), strict=True)
    averages, values = zip(*[pair for pair in pairs if pair[0].is_floating_point()], strict=True)
    weights = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in model.parameters() if parameter.ndim == 1]
    optimiser = torch.optim.SGD(
        [{"params": weights, "weight_decay": how.decay}, {"params": others}],
        lr=how.peak_rate,
        momentum=how.momentum,
        nesterov=True,
        fused=True,
    )
    total = steps * how.epochs
    rising = max(1, round(how.warm_up * total))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / rising, (total - step) / max(1, total - rising))
    )
    progress = Progress(title, total)
    step = 0
    model.train()
    watch(step, average, model)
    for _ in range(how.epochs):
        for batch in epoch():
            error = loss(model, *batch)
            optimiser.zero_grad()
            error.backward()
            optimiser.step()
            schedule.step()
            step += 1
            # young averages forget faster, or they would remember the random start
            get_ema_multi_avg_fn(min(how.average, (1 + step) / (10 + step)))(averages, values, None)
            watch(step, average, model)
            progress.show(step, f"loss {error.item():.3f}")
    return average
