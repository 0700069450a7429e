"""The twins of `cnnviz.core.twins`, trained one after the other under one budget."""

import dataclasses
import itertools
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cnnviz.core.datasets import load_images
from cnnviz.core.training.augmentation import Augmentation, moved
from cnnviz.core.training.course import measured, provenance, shortened, written
from cnnviz.core.training.descent import Descent
from cnnviz.core.training.fitting import fit
from cnnviz.core.training.measures import accuracy
from cnnviz.core.training.parts import framed, part_of
from cnnviz.core.training.recipes import RECIPES, Recipe
from cnnviz.core.twins import DATASETS, POOLINGS, Twin, twin_file

SHIFT = 4  # pixels, either way, for those that learn from moved pictures
_PLAIN = {
    # without augmentation but for the mirror images of things, in which nothing moves
    "mnist": dataclasses.replace(
        RECIPES["mnist"], descent=Descent(epochs=3), augmentation=Augmentation(), rehearsal=False
    ),
    "cifar10": dataclasses.replace(
        RECIPES["cifar10"],
        descent=Descent(epochs=6),
        augmentation=Augmentation(flip=True),
        smoothing=0.1,
        rehearsal=False,
    ),
}


def twin_recipe(dataset: str, shifted: bool) -> Recipe:
    """How the twins of a data set are trained: alike, but for the shifts."""
    recipe = _PLAIN[dataset]
    crop = SHIFT if shifted else 0
    return dataclasses.replace(recipe, augmentation=dataclasses.replace(recipe.augmentation, crop=crop))


def train_twins(folder: Path, out: Path, epochs: int | None = None, seed: int = 0) -> dict:
    """Trains all twelve on the Parquet files in ``folder``; writes their weights and one card to ``out``. Returns the card.

    All start from the same random numbers, and differ in nothing else. Nothing is chosen, so
    nothing is held out; the test set only measures. ``epochs`` stands in for the recipes' own.
    """
    data = {name: tuple(load_images(folder, name, split) for split in ("train", "test")) for name in DATASETS}
    started = time.process_time()
    told = []
    for dataset, pooling, shifted in itertools.product(DATASETS, POOLINGS, (False, True)):
        train, test = data[dataset]
        recipe = twin_recipe(dataset, shifted)
        recipe = recipe if epochs is None else shortened(recipe, epochs)
        part = part_of(train, dataset, np.random.default_rng(seed), every=len(train.labels))
        torch.manual_seed(seed)
        begun = time.process_time()
        file = twin_file(dataset, pooling, shifted)
        network = fit(recipe, (part,), Path(file).stem, net=Twin(pooling))
        seconds = round(time.process_time() - begun)
        images, labels = framed(test.images)[:, 0], torch.from_numpy(test.labels)
        told.append(
            {
                "file": file,
                "dataset": dataset,
                "pooling": pooling,
                "shifted": shifted,
                **_brief(measured(network, images, labels)),
                "shifted_test_accuracy": accuracy(network, _moved_at_random(images, seed), labels),
                "seconds": seconds,
                **written(network, Path(out) / file),
            }
        )
    card = {
        "twins": told,
        "poolings": POOLINGS,
        "shift": SHIFT,
        "shifted_test_accuracy_is": f"each test picture moved once at random, by −{SHIFT} to {SHIFT} pixels on both axes",
        "data": {name: list(RECIPES[name].sources[:1]) for name in DATASETS},
        "recipes": {
            name: {
                "shifted" if shifted else "plain": twin_recipe(name, shifted).for_card() for shifted in (False, True)
            }
            for name in DATASETS
        },
        "epochs": {name: epochs or _PLAIN[name].descent.epochs for name in DATASETS},
        "seed": seed,
        **provenance(time.process_time() - started),
    }
    (Path(out) / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return card


def _brief(measures: dict) -> dict:
    return {key: measures[key] for key in ("parameters", "test_accuracy", "test_rows", "class_accuracy")}


def _moved_at_random(images: Tensor, seed: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return moved(images, torch.randint(-SHIFT, SHIFT + 1, (len(images), 2), generator=random))
