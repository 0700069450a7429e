"""The recipes, and the cards that tell of them."""

import json

import pytest

from cnnviz.core.network import ASSETS
from cnnviz.core.training.recipes import RECIPES
from cnnviz.core.training.twinning import twin_recipe
from cnnviz.core.twins import DATASETS, TWINS


def read(path):
    return json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("name", RECIPES)
def test_a_shipped_card_tells_of_the_recipe_as_it_stands(name):
    card, recipe = read(ASSETS / f"{name}.json"), RECIPES[name]
    assert card["recipe"] == recipe.for_card()
    assert card["epochs"] == recipe.descent.epochs
    assert tuple(card["labels"]) == recipe.labels
    assert tuple(card["data"]) == recipe.sources


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_card_of_the_twins_tells_of_their_recipes_as_they_stand(dataset):
    told = read(TWINS / "card.json")["recipes"][dataset]
    assert told == {"plain": twin_recipe(dataset, False).for_card(), "shifted": twin_recipe(dataset, True).for_card()}
