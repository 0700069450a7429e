"""How good a network is, and how sure it may be."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SURE = 0.9  # a probability from which a person would call an answer sure


@torch.inference_mode()
def predict(network: nn.Module, images: Tensor) -> Tensor:
    """The scores the network gives each of the pictures uint8 (N, 1 or 3, 32, 32): (N, classes)."""
    return torch.cat([network(as_input(chunk)) for chunk in images.split(1000)])


def accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """The share of the pictures whose class the network finds."""
    return rounded((predict(network, images).argmax(dim=1) == labels).double().mean())


def as_input(images: Tensor) -> Tensor:
    """uint8 (N, 1 or 3, H, W) as a network takes it: float32 (N, 3, H, W) in [0, 1]."""
    return (images.float() / 255).expand(-1, 3, -1, -1)


def confusion_matrix(predictions: Tensor, labels: Tensor, classes: int) -> Tensor:
    """How often each label (row) was taken for each class (column).

    >>> confusion_matrix(torch.tensor([0, 1, 1]), torch.tensor([0, 0, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    return torch.bincount(labels * classes + predictions, minlength=classes * classes).view(classes, classes)


def calibration(scores: Tensor, labels: Tensor, bins: int = 10) -> dict:
    """How often the network is right when it is so sure: what its highest probability is worth.

    ``scores`` (N, classes), ``labels`` (N,). "bins" is the reliability table: the answers whose highest probability lies
    from "from" up to "to", how many they are ("rows"), their mean probability and the share of them that is right; both
    None in an empty bin. "expected_calibration_error" is the mean gap between those two, weighted by rows (Guo et al., On
    Calibration of Modern Neural Networks, 2017). "sure" says the same of all answers given 0.9 or more.
    """
    highest, answers = F.softmax(scores.double(), dim=1).max(dim=1)
    right = answers == labels
    place = (highest * bins).long().clamp(max=bins - 1)  # a probability of exactly 1 belongs to the last bin
    table = [{"from": at / bins, "to": (at + 1) / bins, **_group(highest, right, place == at)} for at in range(bins)]
    gaps = [row["rows"] * abs(row["probability"] - row["accuracy"]) for row in table if row["rows"]]
    sure = _group(highest, right, highest >= SURE)
    return {
        "bins": table,
        "expected_calibration_error": rounded(sum(gaps) / max(1, len(labels))),
        "sure": {"at_least": SURE, "share": rounded(sure["rows"] / max(1, len(labels))), **sure},
    }


def _group(highest: Tensor, right: Tensor, members: Tensor) -> dict:
    rows = int(members.sum())
    if not rows:
        return {"rows": 0, "probability": None, "accuracy": None}
    return {
        "rows": rows,
        "probability": rounded(highest[members].mean()),
        "accuracy": rounded(right[members].double().mean()),
    }


def rounded(share: Tensor | float) -> float:
    """To four decimals, as cards hold shares."""
    return round(float(share), 4)
