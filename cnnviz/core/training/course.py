"""From a folder of Parquet files to a network's weights, its card and its film."""

import dataclasses
import json
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from cnnviz.core.datasets import load_images
from cnnviz.core.network import ASSETS, NETWORKS, probe, weights_digest
from cnnviz.core.training.fitting import fit, steps_per_epoch, training_rows
from cnnviz.core.training.measures import accuracy, calibration, confusion_matrix, predict, rounded
from cnnviz.core.training.parts import Part, framed
from cnnviz.core.training.recipes import RECIPES, Recipe
from cnnviz.core.training.recorder import Recorder

FILMED_ON = 1000  # test pictures on which each frame's accuracy is measured


def train(
    name: str,
    folder: Path,
    out: Path = ASSETS,
    epochs: int | None = None,
    seed: int = 0,
) -> dict:
    """Trains a network of `RECIPES` on the Parquet files in ``folder``; writes weights, card and film to ``out``.

    As the recipe says, either a rehearsal without the held-out rows, which is only measured, and a training on everything,
    or one training without them. The test set only measures; nothing is chosen by it. ``epochs`` stands in for the
    recipe's own. Returns the card.
    """
    started = time.process_time()
    recipe = RECIPES[name] if epochs is None else shortened(RECIPES[name], epochs)
    random = np.random.default_rng(seed)
    # read early, so that a missing file is missed before the long part
    test = load_images(folder, name, "test")
    test_images, test_labels = framed(test.images)[:, 0], torch.from_numpy(test.labels)
    parts = recipe.load(folder, random)

    if recipe.rehearsal:
        torch.manual_seed(seed)
        network = fit(recipe, parts, "rehearsal", spare=True)
        held_out = _held_out_measures(recipe, network, parts, folder, random)

    per_epoch = steps_per_epoch(recipe, parts, spare=not recipe.rehearsal)
    film = Recorder(per_epoch * recipe.descent.epochs, test_images[:FILMED_ON], test_labels[:FILMED_ON])
    torch.manual_seed(seed)
    network = fit(recipe, parts, "training", spare=not recipe.rehearsal, watch=film)
    if not recipe.rehearsal:
        held_out = _held_out_measures(recipe, network, parts, folder, random)

    out = Path(out)
    card = {
        "name": name,
        "title": NETWORKS[name],
        "labels": list(recipe.labels),
        **measured(network, test_images, test_labels),
        "held_out": {"of": "the rehearsal's network" if recipe.rehearsal else "this network", **held_out},
        "training_rows": {
            part.title: len(rows)
            for part, rows in zip(parts, training_rows(parts, spare=not recipe.rehearsal), strict=True)
        },
        "data": list(recipe.sources),
        "recipe": recipe.for_card(),
        "epochs": recipe.descent.epochs,
        "film": film.for_card(per_epoch, f"the first {len(film.labels):,} test pictures"),
        "seed": seed,
        **provenance(time.process_time() - started),
        **written(network, out / f"{name}.safetensors"),
    }
    (out / f"{name}_film.safetensors").write_bytes(save(film.tensors()))
    (out / f"{name}.json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    return card


def shortened(recipe: Recipe, epochs: int) -> Recipe:
    """The recipe with another number of epochs."""
    return dataclasses.replace(recipe, descent=dataclasses.replace(recipe.descent, epochs=epochs))


def measured(network: nn.Module, images: Tensor, labels: Tensor) -> dict:
    """What a card says of a network's answers to test pictures uint8 (N, C, 32, 32), and of its size."""
    scores = predict(network, images)
    matrix = confusion_matrix(scores.argmax(dim=1), labels, scores.shape[1])
    return {
        "parameters": sum(tensor.numel() for tensor in network.state_dict().values()),
        "test_accuracy": rounded(matrix.trace() / matrix.sum()),
        "test_rows": int(matrix.sum()),
        "class_accuracy": [rounded(x) for x in matrix.diagonal() / matrix.sum(dim=1).clamp(min=1)],
        "confusion_matrix": matrix.tolist(),
        "confusion_matrix_axes": ["label", "prediction"],
        "calibration": calibration(scores, labels),
    }


def provenance(seconds: float) -> dict:
    """When, with what and for how long a network was trained."""
    return {
        "seconds": round(seconds),
        "seconds_are": f"processor time on {torch.get_num_threads()} thread(s)",
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
        "date": datetime.now(UTC).date().isoformat(),
    }


def written(network: nn.Module, path: Path) -> dict:
    """Writes the weights, and says how to tell that these are they."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(save(network.state_dict()))
    return {"probe_logits": [round(x, 5) for x in network(probe())[0].tolist()], "sha256": weights_digest(path)}


def _held_out_measures(
    recipe: Recipe, network: nn.Module, parts: tuple[Part, ...], folder: Path, random: np.random.Generator
) -> dict:
    """How a network does on the held-out rows of each part, all variants of a row counted."""
    accuracies, calibrations = {}, {}
    for part in parts:
        images, labels = _held_out(part)
        accuracies[part.title] = accuracy(network, images, labels)
        calibrations[part.title] = calibration(predict(network, images), labels)
    return {
        "rows": {part.title: int(part.held_out.sum()) for part in parts},
        "accuracy": accuracies,
        "calibration": calibrations,
        **recipe.examine(network, folder, random),
    }


def _held_out(part: Part) -> tuple[Tensor, Tensor]:
    rows = part.rows(held_out=True)
    return part.images[rows].flatten(0, 1), part.labels[rows].repeat_interleave(part.images.shape[1])
