"""The command line."""

import argparse
import errno
import sys
from pathlib import Path

import torch

from cnnviz.core.datasets import DatasetError
from cnnviz.core.network import ASSETS
from cnnviz.core.training.course import train
from cnnviz.core.training.recipes import RECIPES
from cnnviz.core.training.twinning import train_twins


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m cnnviz.core.training", description="Train the shipped networks again, or one of them."
    )
    parser.add_argument("--network", choices=[*RECIPES, "twins"], help="only this one; else all, and the twins")
    parser.add_argument("--data", type=Path, required=True, help="folder with mnist/train.parquet and so on")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's own number")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ASSETS, help="folder for weights, cards and films")
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(min(2, torch.get_num_threads()))
    try:
        for name in [chosen.network] if chosen.network else [*RECIPES, "twins"]:
            if name == "twins":
                for twin in train_twins(chosen.data, chosen.out / "twins", chosen.epochs, chosen.seed)["twins"]:
                    print(f"{twin['file']}: {100 * twin['test_accuracy']:.2f} % of the test pictures")
            else:
                _report(train(name, chosen.data, chosen.out, chosen.epochs, chosen.seed))
    except DatasetError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"The disk is full: free some space, or name another folder with --out ({error}).", file=sys.stderr)
        return 1
    return 0


def _report(card: dict) -> None:
    print(f"{card['title']}: {100 * card['test_accuracy']:.2f} % on {card['test_rows']:,} test pictures")
    held_out = card["held_out"]
    for title, accuracy in held_out["accuracy"].items():
        print(f"{100 * accuracy:.2f} % on {held_out['rows'][title]:,} held-out rows of {title} ({held_out['of']})")


if __name__ == "__main__":
    sys.exit(main())
