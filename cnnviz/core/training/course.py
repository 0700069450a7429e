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
from cnnviz.core.training.teacher import teacher_from, teacher_scores

FILMED_ON = 1000  # test pictures on which each frame's accuracy is measured


def train(
    name: str,
    folder: Path,
    out: Path = ASSETS,
    epochs: int | None = None,
    seed: int = 0,
    teacher_file: Path | None = None,
) -> dict:
    """Trains a network of `RECIPES` on the Parquet files in ``folder``; writes weights, card and film to ``out``.

    First comes the teacher, if the recipe has one, without the held-out rows. Then, as the recipe says, either a rehearsal
    without them, which is only measured, and a training on everything, or one training without them. The test set only
    measures; nothing is chosen by it. ``epochs`` stands in for all the recipe's own, ``teacher_file`` is as in
    `teacher_from`. Returns the card.
    """
    started = time.process_time()
    recipe = RECIPES[name] if epochs is None else shortened(RECIPES[name], epochs)
    random = np.random.default_rng(seed)
    # read early, so that a missing file is missed before the long part
    test = load_images(folder, name, "test")
    test_images, test_labels = framed(test.images)[:, 0], torch.from_numpy(test.labels)
    parts = recipe.load(folder, random)
    taught, told_of_teacher, earlier = _taught(recipe, parts, teacher_file, seed)

    if recipe.rehearsal:
        torch.manual_seed(seed)
        network = fit(recipe, taught, "rehearsal", spare=True)
        held_out = _held_out_measures(recipe, network, parts, folder, random)

    per_epoch = steps_per_epoch(recipe, parts, spare=not recipe.rehearsal)
    film = Recorder(per_epoch * recipe.descent.epochs, test_images[:FILMED_ON], test_labels[:FILMED_ON])
    torch.manual_seed(seed)
    network = fit(recipe, taught, "training", spare=not recipe.rehearsal, watch=film)
    if not recipe.rehearsal:
        held_out = _held_out_measures(recipe, network, parts, folder, random)

    out = Path(out)
    card = {
        "name": name,
        "title": NETWORKS[name],
        "labels": list(recipe.labels),
        **measured(network, test_images, test_labels),
        "held_out": {"of": "the rehearsal's network" if recipe.rehearsal else "this network", **held_out},
        **told_of_teacher,
        "training_rows": {
            part.title: len(rows)
            for part, rows in zip(parts, training_rows(parts, spare=not recipe.rehearsal), strict=True)
        },
        "data": list(recipe.sources),
        "recipe": recipe.for_card(),
        "epochs": recipe.descent.epochs,
        "film": film.for_card(per_epoch, f"the first {len(film.labels):,} test pictures"),
        "seed": seed,
        **provenance(time.process_time() - started + earlier),
        **written(network, out / f"{name}.safetensors"),
    }
    (out / f"{name}_film.safetensors").write_bytes(save(film.tensors()))
    (out / f"{name}.json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    return card


def shortened(recipe: Recipe, epochs: int) -> Recipe:
    """The recipe with another number of epochs, for its teacher too."""
    if recipe.distillation:
        teacher = dataclasses.replace(recipe.distillation.teacher, epochs=epochs)
        recipe = dataclasses.replace(recipe, distillation=dataclasses.replace(recipe.distillation, teacher=teacher))
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


def _taught(
    recipe: Recipe, parts: tuple[Part, ...], file: Path | None, seed: int
) -> tuple[tuple[Part, ...], dict, float]:
    """The parts with a teacher's scores, what the card says of it, and the seconds it took in an earlier run.

    Just the parts if the recipe has no teacher.
    """
    if not recipe.distillation:
        return parts, {}, 0.0
    images = torch.cat([part.images[part.rows(held_out=False), 0] for part in parts])
    labels = torch.cat([part.labels[part.rows(held_out=False)] for part in parts])
    started = time.process_time()
    teacher, seconds = teacher_from(file, recipe.distillation, images, labels, seed)
    earlier = max(0.0, seconds - (time.process_time() - started))
    taught = tuple(dataclasses.replace(part, scores=teacher_scores(teacher, part.images[:, 0])) for part in parts)
    answers = torch.cat([(part.scores.argmax(dim=1) == part.labels)[part.held_out] for part in taught])
    told = {
        "parameters": sum(parameter.numel() for parameter in teacher.parameters()),
        "training_rows": len(labels),
        "held_out_accuracy": rounded(answers.double().mean()),
        "seconds": round(seconds),
    }
    return taught, {"teacher": told}, earlier


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
