"""Units of the network page taken apart: each with torch's own inputs, weights and sums, down to one product."""

import random
import re
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from torch import Tensor

from cnnviz.core.network import class_labels
from cnnviz.core.samples import SAMPLES
from cnnviz.core.trace import Trace
from tests.browser.convolution_page import Line, Moment, link_of, moment
from tests.browser.harness import NETWORK, STAGE, painted, stage, wait_painted, wait_stage
from tests.browser.network_page import (
    COLUMNS,
    DRAWINGS,
    SHAPES,
    Unit,
    check,
    draw,
    next_frames,
    open_network,
    open_unit,
    opened_unit,
    pixels,
    point_at,
    press,
    take_apart,
    torchs,
    values_of,
)

RED, WHITE, BLUE = (178, 24, 43), (247, 247, 247), (33, 102, 172)


def some_units(count: int, seed: int = 3) -> list[Unit]:
    """So many units, spread over all layers."""
    chance = random.Random(seed)
    units = []
    for name in (list(SHAPES) * count)[:count]:
        maps, *sides = SHAPES[name]
        units.append(Unit(name, chance.randrange(maps), *(chance.randrange(side) for side in sides)))
    return units


def test_values_before_and_after_relu_under_the_pointer_as_colours_and_on_the_stage(visit):
    page = open_network(visit, "?image=digit_2")
    layers = torchs(page)
    units = [unit for unit in some_units(21) if unit.layer != "fc3"]
    for show, rectified in (("activation", True), ("pre_activation", False)):
        since = painted(page, NETWORK)
        page.get_by_label("show", exact=True).select_option(show)
        if not rectified:
            wait_painted(page, since, NETWORK)
        negative = 0
        for unit in units:
            wanted = unit.of(values_of(layers, unit.layer, rectified=rectified))
            name, value = point_at(page, unit).split(": ")
            assert name == unit.name
            assert abs(float(value.replace("−", "-")) - wanted) < 6e-5
            negative += wanted < 0
        assert (negative == 0) is rectified
    assert link_of(page)["show"] == "pre_activation"
    assert_colours(page, layers)

    values = values_of(layers, "conv2", rectified=False)[0]
    channel, row, col = np.unravel_index(int(values.argmin()), values.shape)
    now = open_unit(page, unit := Unit("conv2", int(channel), int(row), int(col)))
    assert now.value == pytest.approx(unit.of(layers["conv2"].output), abs=1e-4)
    assert now.value < 0
    assert "pre" not in now.foot
    assert as_printed(now.foot["output"], now.value)


def assert_colours(page: Page, layers: Trace) -> None:
    """Before ReLU, colours mean values on the scale of each map, layer, or the whole network, and the legend says which."""
    shown = {
        name: values_of(layers, name, rectified=False)[0] for name in SHAPES if name not in COLUMNS and name != "fc3"
    }
    everything = max(float(values_of(layers, name, rectified=False).abs().max()) for name in SHAPES if name != "fc3")
    legend = page.locator(".toolbar .legend .ticks")
    for scale, words in (("map", "max of map"), ("layer", "max of layer"), ("network", r"[\d.]+")):
        page.get_by_label("scale", exact=True).select_option(scale)
        expect(legend).to_have_text(re.compile(rf"^−{words}\s*0\s*\+{words}$"))
        next_frames(page)
        least, zero, most = legend.inner_text().split("\n")
        assert (least[0], least[1:], zero, most[0]) == ("−", most[1:], "0", "+")
        assert scale != "network" or float(most[1:]) == pytest.approx(everything, abs=0.06)
        for name, values in shown.items():
            for channel, values_here in enumerate(values):
                of = {"map": values_here, "layer": values}.get(scale)
                top = everything if of is None else float(of.abs().max())
                colours = pixels(page, f'[data-layer="{name}"] [data-channel="{channel}"]')
                assert_diverging(colours, values_here.numpy() / top)


def assert_diverging(colours: np.ndarray, share: np.ndarray) -> None:
    """Red below zero, blue above, nearly white at zero, and the full colour only at ±1."""
    red, _, blue = colours.astype(int).transpose(2, 0, 1)
    assert (blue - red)[share > 0.05].min(initial=1) > 0
    assert (red - blue)[share < -0.05].min(initial=1) > 0
    for end, wanted in ((1, BLUE), (0, WHITE), (-1, RED)):
        near = np.abs(share - end) < 1e-4
        assert np.abs(colours[near].astype(int) - wanted).max(initial=0) <= 1
        assert not (np.abs(colours.astype(int) - wanted).max(axis=-1) == 0)[np.abs(share - end) > 0.1].any()


def test_every_unit_opens_with_its_own_inputs_weights_and_value(visit):
    page = open_network(visit, "?image=digit_8")
    layers = torchs(page)
    for unit in some_units(14):
        now = open_unit(page, unit)
        assert_account(now, unit, layers)
        if layers[unit.layer].kind == "max_pool2d":
            assert_winner(page, unit, layers)
        assert page.locator(".readout").inner_text().startswith(f"{unit.name}: ") or unit.layer == "fc3"
        if now.parts:
            which = unit.map % len(now.parts)
            assert_part(unfolded(page, which), which, unit, layers)
        assert now.position == (unit.row, unit.col)

    box = page.locator(".unit")
    page.get_by_role("button", name="close (Esc)").click()
    box.wait_for(state="hidden")
    page.wait_for_function("!location.search.includes('unit')")
    take_apart(page, Unit("conv2", 5, 3, 4))
    page.wait_for_function("location.search.includes('unit=conv2,5,3,4')")
    assert box.is_visible()
    page.keyboard.press("Escape")
    box.wait_for(state="hidden")
    page.wait_for_function("!location.search.includes('unit')")


def assert_account(now: Moment, unit: Unit, layers: Trace) -> None:
    """The stage's value is torch's, its operands are torch's as printed, and its account adds up exactly."""
    layer = layers[unit.layer]
    before, after = unit.of(layer.output), unit.of(values_of(layers, unit.layer))
    assert abs(now.value - after) < 1e-4
    if layer.kind == "max_pool2d":
        assert now.lines == ()
        assert now.foot.keys() == {"output"}
        assert abs(float(now.foot["output"]) - after) < 1e-4
        return
    inputs, weights = operands(unit, layers)
    total = Decimal(0)
    if now.parts:
        for part, value in zip(now.parts, (inputs * weights).flatten(1).sum(dim=1).tolist(), strict=True):
            total += part.sum
            assert part.total == total
            assert as_printed(part.sum, value)
        assert not now.lines
    else:
        total = assert_lines(now.lines, inputs, weights, total)
    rectified = unit.layer != "fc3"
    outcome = now.foot["pre" if rectified else "output"]
    assert now.foot["dot"] == total
    assert now.foot["dot"] + now.foot["bias"] + now.foot.get("rounding", 0) == outcome
    assert as_printed(now.foot["bias"], float(layer.bias[unit.map]))
    assert as_printed(outcome, before)
    if rectified:
        assert now.foot["output"] == max(outcome, 0)
    if layer.kind == "conv2d":
        pool = layers["pool" if unit.layer == "conv1" else "pool_1"]
        assert as_printed(now.foot["pooled"], float(pool.output[0, unit.map, unit.row // 2, unit.col // 2]))


def assert_winner(page: Page, unit: Unit, layers: Trace) -> None:
    """The largest value of the window is marked, among equals the first."""
    row, col = 2 * unit.row, 2 * unit.col
    window = layers[unit.layer].input[0, unit.map, row : row + 2, col : col + 2].flatten().tolist()
    lines = page.locator(f'{STAGE} [data-ledger="value"]').all_inner_texts()
    said = [Decimal(line.split()[0].replace("−", "-")) for line in lines]
    assert all(map(as_printed, said, window))
    assert len({text.as_tuple().exponent for text in said}) == 1
    assert [at for at, line in enumerate(lines) if "winner" in line] == [window.index(max(window))]


def assert_part(now: Moment, which: int, unit: Unit, layers: Trace) -> None:
    """The products of one channel lead from the total before it to its own, exactly."""
    inputs, weights = operands(unit, layers)
    before = now.parts[which - 1].total if which else Decimal(0)
    total = assert_lines(now.lines, inputs[which], weights[which], before)
    assert total + now.rounding == now.parts[which].total == before + now.parts[which].sum


def assert_lines(lines: Sequence[Line], inputs: Tensor, weights: Tensor, total: Decimal) -> Decimal:
    """Each line has these operands as printed, and its product and total are exact; returns the last total."""
    for line, value, weight in zip(lines, inputs.flatten().tolist(), weights.flatten().tolist(), strict=True):
        assert as_printed(line.value, value)
        assert as_printed(line.weight, weight)
        assert line.product == line.value * line.weight
        total += line.product
        assert line.total == total
    return total


def operands(unit: Unit, layers: Trace) -> tuple[Tensor, Tensor]:
    """What a unit multiplies with what, channel by channel: two tensors (C, …)."""
    layer = layers[unit.layer]
    inputs, weights = layer.input[0], layer.weight[unit.map]
    if layer.kind == "conv2d":
        inputs = inputs[:, unit.row : unit.row + 5, unit.col : unit.col + 5]
    parts = {"fc1": (16, 25), "fc2": (12, 10), "fc3": (12, 7)}.get(unit.layer)  # maps, or rows of units
    return (inputs.view(parts), weights.view(parts)) if parts else (inputs, weights)


def unfolded(page: Page, which: int) -> Moment:
    """Chooses the line of a channel in the ledger, and returns what the stage says then; the ledger is folded again."""
    line = page.locator('[data-ledger="part"]').nth(which)
    line.click()
    next_frames(page)
    said = moment(page)
    assert line.get_attribute("aria-expanded") == "true"
    if page.locator(".tab").count():
        assert page.locator('.tab[aria-pressed="true"]').get_attribute("data-index") == str(which)
    page.keyboard.press("Enter")  # the line has kept the focus
    next_frames(page)
    assert line.get_attribute("aria-expanded") == "false"
    return said


def as_printed(text: Decimal, value: float) -> bool:
    """Whether the value rounds to this text, but for the last bits of a float32."""
    return abs(float(text) - value) <= 0.5 * 10.0 ** text.as_tuple().exponent + 1e-5 * max(1, abs(value))


def test_the_stage_follows_the_pen_and_the_digit_and_takes_the_unit_along_its_map(visit):
    page = open_network(visit)
    unit = Unit("fc1", 77)
    open_unit(page, unit)
    for change in (lambda: press(page, '[data-image="digit_1"]'), lambda: draw(page, DRAWINGS[5])):
        change()
        layers = check(page)
        assert_account(opened_unit(page, unit), unit, layers)

    press(page, '[data-image="digit_8"]')
    check(page)
    layers = torchs(page)
    open_unit(page, Unit("conv1", 4, 0, 0))
    page.get_by_label("speed", exact=True).select_option("15")
    page.get_by_role("button", name="play", exact=True).click()
    readout = page.locator(".readout")
    readout.get_by_text(re.compile(r"conv 1, map 5, row (?!1,)")).wait_for()  # while it plays
    assert stage(page)["playing"]
    page.get_by_role("button", name="pause", exact=True).click()
    said = wait_stage(page, playing=False)
    unit = Unit("conv1", 4, *said["position"])
    assert unit.row >= 1
    now = opened_unit(page, unit)
    assert_account(now, unit, layers)
    assert readout.inner_text().startswith(f"{unit.name}: ")
    page.wait_for_function("(unit) => location.search.includes(unit)", arg=f"unit={unit.text}")
    page.get_by_role("button", name="next row", exact=True).click()
    unit = Unit("conv1", 4, unit.row + 1, 0)
    assert_account(opened_unit(page, unit), unit, layers)


def printed(text: str) -> float:
    return float(text.replace("−", "-"))


def test_from_a_class_down_to_one_product_and_back_up_again_in_both_networks(visit):
    page = open_network(visit, "?network=cifar10")
    assert page.locator(".chooser-title").inner_text() == SAMPLES[link_of(page)["image"]].title
    go_down_and_up(page, "cifar10")
    page.get_by_label("network", exact=True).select_option("mnist")
    page.locator('[data-network="mnist"][data-prediction="7"]').wait_for()
    check(page)
    go_down_and_up(page, "mnist")


def go_down_and_up(page: Page, name: str) -> None:
    """Clicks from a class to a product of conv 1, with Enter on a patch where that is shorter, and comes back by Escape."""
    layers = torchs(page)
    drill = page.locator("[data-drill]")

    def shown() -> tuple[str, float]:
        next_frames(page)
        return drill.get_attribute("data-drill"), float(page.locator(".drill-body > *").get_attribute("data-value"))

    def unit_of(text: str) -> Unit:
        layer, *numbers = text.split(",")
        return Unit(layer, *map(int, numbers[:3]))

    take_apart(page, Unit("fc3", 3))
    next_frames(page)
    assert page.get_by_test_id("stMain").evaluate("(main) => main.scrollTop") == 0  # all of it is on the screen
    way = [shown()]
    probabilities = layers["fc3"].output.softmax(dim=1)[0]
    for label, share in zip(class_labels(name), probabilities.tolist(), strict=True):
        said = page.locator(f'[data-softmax="{label}"] td').last.inner_text()
        assert printed(said.removesuffix("%")) == pytest.approx(100 * share, abs=0.006)
    for _ in ("fc2", "fc1", "pool_1"):
        page.locator('.contribution[data-shown="true"]').first.click()
        way.append(shown())
    sums = [printed(text) for text in page.locator(".sum").all_inner_texts()]
    bias = printed(page.locator(".drill-body .bias-input").input_value())
    rounding = page.locator('.term[data-shown="true"] .term-value .number:not([data-account])').all_inner_texts()
    total = sum(sums) + bias + sum(printed(text) for text in rounding)
    assert printed(page.locator('[data-account="pre"]').inner_text()) == pytest.approx(total, abs=1e-9)
    page.locator('.candidate[data-won="true"]').click()  # conv 2
    way.append(shown())
    for _ in ("pool 1", "conv 1", "its product"):
        if page.locator('.candidate[data-won="true"]').count():
            page.locator('.candidate[data-won="true"]').click()
        else:
            page.locator('.patch[data-channel="0"]').focus()
            page.keyboard.press("Enter")
        way.append(shown())
    names = [text.split(",")[0] for text, _ in way]
    assert names == ["fc3", "fc2", "fc1", "pool_1", "conv2", "pool", "conv1", "conv1"]
    for text, value in way[:-1]:
        unit = unit_of(text)
        assert value == pytest.approx(unit.of(values_of(layers, unit.layer)), abs=1e-3)
    *_, tap = way[-1][0].split(",")
    last = unit_of(way[-1][0])
    patch = layers["conv1"].input[0, :, last.row : last.row + 5, last.col : last.col + 5]
    product = (patch * layers["conv1"].weight[last.map]).flatten()[int(tap)].item()
    assert way[-1][1] == pytest.approx(product, abs=1e-5)
    value, weight, result = (
        Decimal(text.replace("−", "-")) for text in page.locator(".one-product b").all_inner_texts()
    )
    assert value * weight == result
    for text, value in way[-2::-1]:
        page.keyboard.press("Escape")
        assert shown() == (text, value)
    page.keyboard.press("Escape")
    page.locator(".unit").wait_for(state="hidden")
