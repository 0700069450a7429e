"""The network page in a real browser: draw, and every layer answers with torch's own numbers."""

import base64
import random
import re
import shutil
from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import urlsplit

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect
from torch import Tensor

from cnnviz.core.edits import edited, edits_from_text
from cnnviz.core.network import class_labels
from cnnviz.core.samples import SAMPLES
from cnnviz.core.trace import Trace
from cnnviz.ui.cached import gallery_inputs
from tests.browser.convolution_page import Lesson, Line, Moment, link_of, moment, strokes_of, tour
from tests.browser.harness import NETWORK, STAGE, agreement, network, painted, stage, stroke, wait_painted, wait_stage
from tests.browser.network_page import (
    COLUMNS,
    DIGITS,
    DRAWINGS,
    SHAPES,
    Unit,
    check,
    draw,
    next_frames,
    open_network,
    open_unit,
    opened_unit,
    picture_of,
    pixels,
    point_at,
    press,
    probability,
    seen,
    take_apart,
    torchs,
    trained,
    values_of,
)
from tests.browser.server import ROOT

RED, WHITE, BLUE = (178, 24, 43), (247, 247, 247), (33, 102, 172)
CENTRE = "centre it"


# --- the page -------------------------------------------------------------------------------------------------------------


def test_a_cold_deep_link_shows_every_layer_on_one_screen(visit, fresh_server):
    page = open_network(visit, server=fresh_server())
    assert page.title() == "Convolution in Practice"
    assert network(page)["network"] == "mnist"
    for name, shape in SHAPES.items():
        layer = page.locator(f'[data-layer="{name}"]')
        assert layer.get_attribute("data-shape") == ",".join(map(str, shape))
        box = layer.bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= 1440
        assert 0 <= box["y"] < box["y"] + box["height"] <= 900
        grids = [
            (grid.get_attribute("data-rows"), grid.get_attribute("data-cols"))
            for grid in layer.locator("[data-channel]").all()
        ]
        if name == "fc3":
            assert layer.locator("[data-class]").count() == 10
        elif name in COLUMNS:
            ((rows, cols),) = grids
            assert int(rows) * int(cols) == shape[0]
        else:
            channels, rows, cols = shape
            assert grids == [(str(rows), str(cols))] * channels
    assert check(page)["fc3"].output.argmax() == 7  # the first test image of MNIST


def test_the_table_says_why_400(visit):
    page = visit("/network")
    page.get_by_role("radio", name="Why 400?").or_(page.get_by_role("button", name="Why 400?")).first.click()
    table = page.get_by_test_id("stMarkdownContainer").locator("table")
    rows = [re.split(r"\s*\t\s*", text.strip()) for text in table.inner_text().split("\n") if text.strip()]
    assert ["pool 2", "16 × 10 × 10", "16 × 5 × 5", "0"] in rows
    assert ["dense 1", "400", "120", "120 · (400 + 1) = 48,120"] in rows
    assert rows[-1][-1] == "62,006"
    assert page.get_by_role("heading", name="Why 400?").is_visible()


def test_without_its_weights_the_page_says_what_to_run_and_shows_the_other_network(visit, fresh_server, tmp_path):
    for file in ("app.py", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path)
    for folder in ("pages", "cnnviz", ".streamlit"):
        ignored = shutil.ignore_patterns("mnist.safetensors", "__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    page = visit("/network", server=fresh_server(tmp_path / "app.py"))
    said = page.get_by_test_id("stAlert").inner_text()
    assert said.startswith(f"The weights of the network 'mnist' are missing ({tmp_path}")
    assert "make train" in said
    wait_painted(page, root=NETWORK)
    assert network(page)["network"] == "cifar10"
    assert page.locator('[aria-label="network"] option:disabled').get_attribute("value") == "mnist"
    check(page)
    assert page.get_by_test_id("stException").count() == 0
    page.get_by_role("link", name="Convolution", exact=True).click()
    assert wait_stage(page, position=(0, 0))["value"] == Lesson().feature_map[0, 0]  # the other page needs none


def test_weights_that_do_not_arrive_are_explained(visit):
    page = visit("/")
    page.route(re.compile("safetensors"), lambda route: route.abort())
    page.get_by_role("link", name="Network", exact=True).click()
    notice = page.locator(f'{NETWORK} [role="status"]')
    notice.get_by_text("Reload").wait_for()
    assert notice.inner_text() == "The weights mnist.safetensors could not be fetched. Reload the page to try again."
    assert [fault.split(" (")[0] for fault in visit.faults] == ["the console: Failed to load resource: net::ERR_FAILED"]
    visit.faults.clear()


# --- drawing --------------------------------------------------------------------------------------------------------------


def test_each_digit_drawn_by_hand_is_read(visit):
    page = open_network(visit)
    for digit, strokes in DRAWINGS.items():
        draw(page, strokes)
        check(page)
        assert network(page)["prediction"] == str(digit)
        assert page.locator(".reads").inner_text() == f"reads {digit} {probability(page, digit):.0f} %"
        press(page, '[data-act="clear"]')
    assert link_of(page) == {"image": "draw"}
    assert not seen(page).any()


@pytest.mark.parametrize("corner", [(0.02, 0.02), (0.66, 0.64)])
def test_a_digit_drawn_small_in_a_corner_is_read(visit, corner):
    page = open_network(visit)
    for digit in (2, 4, 7):
        draw(page, DRAWINGS[digit], scale=0.3, corner=corner)
        check(page)
        assert network(page)["prediction"] == str(digit)
        assert_seen(page)
        press(page, '[data-act="clear"]')


def assert_seen(page) -> None:
    """The picture beside "Input" is what the network reads."""
    assert np.abs(seen(page) - 255 * picture_of(link_of(page))[0]).max() <= 0.76  # its greys have 512 steps


def test_every_layer_answers_while_the_pen_moves(visit):
    page = open_network(visit, "?image=draw")
    box = page.locator('[data-panel="drawing"]').bounding_box()
    ((start, *rest),) = DRAWINGS[3]
    since = painted(page, NETWORK)
    page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
    page.mouse.down()
    said, maps = [], []
    for x, y in rest:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        since = wait_painted(page, since, NETWORK)
        said.append(network(page))
        maps.append(
            tuple(pixels(page, f'[data-layer="{name}"] [data-channel="0"]').tobytes() for name in ("conv1", "fc2"))
        )
        assert page.locator(f"{NETWORK} [data-agreement]").get_attribute("data-agreement") == "waiting"
    assert "strokes" not in link_of(page)  # the pen is still down
    assert len({now["probability"] for now in said}) == len(rest)
    assert len({conv1 for conv1, _ in maps}) > len(rest) / 2
    assert len({fc2 for _, fc2 in maps}) > len(rest) / 2
    assert len({now["prediction"] for now in said}) > 1  # half a 3 is something else
    page.mouse.up()
    check(page)
    assert network(page)["prediction"] == said[-1]["prediction"] == "3"


def test_a_finger_draws_on_a_phone_and_the_page_stands_still(visit):
    page = open_network(visit, width=390, height=844, touch=True)
    page.locator('[data-panel="drawing"]').scroll_into_view_if_needed()
    scrolled = page.get_by_test_id("stMain").evaluate("(main) => [main.scrollTop, scrollY]")
    draw(page, DRAWINGS[4], touch=True)
    check(page)
    assert network(page)["prediction"] == "4"
    assert len(strokes_of(page)) == 2
    assert page.get_by_test_id("stMain").evaluate("(main) => [main.scrollTop, scrollY]") == scrolled


def test_eraser_undo_redo_and_clear(visit):
    page = open_network(visit, "?image=draw")
    undo, redo, clear = (page.locator(f'[data-act="{name}"]') for name in ("undo", "redo", "clear"))
    assert [button.is_disabled() for button in (undo, redo, clear)] == [True, True, True]
    draw(page, DRAWINGS[7])
    check(page)
    seven = seen(page)
    page.locator('[data-tool="eraser"]').click()
    draw(page, [[(0.2, 0.2), (0.65, 0.2)]])  # what is left is a slanted line
    check(page)
    one = seen(page)
    assert network(page)["prediction"] == "1"
    assert [stroke.tool for stroke in strokes_of(page)] == ["pen", "eraser"]
    for button, picture, prediction in (("undo", seven, "7"), ("redo", one, "1"), ("undo", seven, "7")):
        press(page, f'[data-act="{button}"]')
        assert np.array_equal(seen(page), picture)
        assert network(page)["prediction"] == prediction
        check(page)
    press(page, '[data-act="clear"]')
    assert not seen(page).any()
    assert "strokes" not in link_of(page)
    press(page, '[data-act="redo"]')
    assert np.array_equal(seen(page), seven)
    assert [button.is_disabled() for button in (undo, redo, clear)] == [False, False, False]
    check(page)


def test_the_pen_on_a_digit_of_the_gallery_begins_anew_and_the_eraser_works_on_it(visit):
    page = open_network(visit, "?image=digit_0")
    page.locator('[data-tool="eraser"]').click()
    draw(page, [[(0.1, 0.28), (0.55, 0.28)]])
    check(page)
    assert link_of(page)["image"] == "digit_0"
    press(page, '[data-image="digit_0"]')
    assert "strokes" not in link_of(page)
    page.locator('[data-tool="pen"]').click()
    draw(page, DRAWINGS[2])
    assert link_of(page)["image"] == "draw"
    check(page)
    assert network(page)["prediction"] == "2"


def test_without_centring_a_digit_in_the_corner_is_lost(visit):
    page = open_network(visit, "?image=draw")
    draw(page, DRAWINGS[7], scale=0.3, corner=(0.02, 0.02))
    check(page)
    centred, certain = seen(page), probability(page, 7)
    assert network(page)["prediction"] == "7"
    since = painted(page, NETWORK)
    page.get_by_label(CENTRE).uncheck()
    wait_painted(page, since, NETWORK)
    check(page)
    assert link_of(page)["centre"] == "0"
    assert_seen(page)
    assert not np.array_equal(seen(page), centred)
    assert not seen(page)[14:, 14:].any()  # all of it is in the corner
    assert probability(page, 7) < certain - 50
    since = painted(page, NETWORK)
    page.get_by_label(CENTRE).check()
    wait_painted(page, since, NETWORK)
    assert np.array_equal(seen(page), centred)
    assert "centre" not in link_of(page)


def test_each_digit_of_the_gallery_is_read_as_torch_reads_it(visit):
    page = open_network(visit, "?image=draw")
    for key in DIGITS:
        press(page, f'[data-image="{key}"]')
        assert link_of(page) == {"image": key}
        layers = check(page)
        assert network(page)["prediction"] == str(SAMPLES[key].label)
        scores = [bar.inner_text() for bar in page.locator("[data-class] .score").all()]
        assert scores == [f"{score:.1f}".replace("-", "−") for score in layers["fc3"].output[0].tolist()]
        assert page.locator('[data-image][aria-pressed="true"]').get_attribute("data-image") == key


def test_an_answer_that_is_wrong_is_shown_to_differ(visit):
    page = open_network(visit)
    answer = torch.cat([layer.output.flatten() for layer in torchs(page)]).numpy().copy()
    answer[-1] += 0.004  # the score of 9
    page.evaluate(
        """(data) => {
          const feeds = globalThis.cnnvizFeeds;
          for (const listen of feeds.listeners.get("answer")) listen({ ...feeds.latest.get("answer"), data });
        }""",
        base64.b64encode(answer.tobytes()).decode(),
    )
    said = page.locator(f"{NETWORK} [data-agreement]")
    assert said.get_attribute("data-agreement") == "differs"
    assert float(said.get_attribute("data-difference")) == pytest.approx(0.004, rel=1e-2)
    assert said.inner_text().startswith("browser and torch differ by 4·10⁻³")


# --- what the maps show ---------------------------------------------------------------------------------------------------


def some_units(count: int, seed: int = 3) -> list[Unit]:
    """So many units, spread over all layers."""
    chance = random.Random(seed)
    units = []
    for name in (list(SHAPES) * count)[:count]:
        maps, *sides = SHAPES[name]
        units.append(Unit(name, chance.randrange(maps), *(chance.randrange(side) for side in sides)))
    return units


def test_the_unit_under_the_pointer_has_torchs_value_before_and_after_relu(visit):
    page = open_network(visit, "?image=digit_2")
    layers = torchs(page)
    units = [unit for unit in some_units(35) if unit.layer != "fc3"]
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


def test_colours_mean_value_and_the_scale_is_that_of_map_layer_or_network(visit):
    page = open_network(visit, "?image=digit_2&show=pre_activation")
    layers = torchs(page)
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


# --- a unit's stage -------------------------------------------------------------------------------------------------------


def test_every_unit_opens_with_its_own_inputs_weights_and_value(visit):
    page = open_network(visit, "?image=digit_8")
    layers = torchs(page)
    for unit in some_units(35):
        now = open_unit(page, unit)
        assert_account(now, unit, layers)
        assert page.locator(".readout").inner_text().startswith(f"{unit.name}: ") or unit.layer == "fc3"
        if now.parts:
            which = unit.map % len(now.parts)
            assert_part(unfolded(page, which), which, unit, layers)
        assert now.position == (unit.row, unit.col)


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
    return (inputs.view(16, 25), weights.view(16, 25)) if unit.layer == "fc1" else (inputs, weights)


def unfolded(page: Page, which: int) -> Moment:
    """Chooses the line of a channel in the ledger, and returns what the stage says then; the ledger is folded again."""
    line = page.locator('[data-ledger="part"]').nth(which)
    line.click()
    next_frames(page)
    said = moment(page)
    assert line.get_attribute("aria-expanded") == "true"
    assert page.locator('.tab[aria-pressed="true"]').get_attribute("data-index") == str(which)
    page.keyboard.press("Enter")  # the line has kept the focus
    next_frames(page)
    assert line.get_attribute("aria-expanded") == "false"
    return said


def as_printed(text: Decimal, value: float) -> bool:
    """Whether the value rounds to this text, but for the last bits of a float32."""
    return abs(float(text) - value) <= 0.5 * 10.0 ** text.as_tuple().exponent + 1e-5 * max(1, abs(value))


def test_the_largest_value_of_a_pooling_window_wins(visit):
    page = open_network(visit, "?image=digit_8")
    layers = torchs(page)
    for unit in (Unit("pool", 2, 6, 7), Unit("pool_1", 9, 2, 2)):
        open_unit(page, unit)
        row, col = 2 * unit.row, 2 * unit.col
        window = layers[unit.layer].input[0, unit.map, row : row + 2, col : col + 2].flatten().tolist()
        lines = page.locator(f'{STAGE} [data-ledger="value"]').all_inner_texts()
        assert [line.split()[0] for line in lines] == [f"{value:.4f}" for value in window]
        assert [at for at, line in enumerate(lines) if "winner" in line] == [window.index(max(window))]


def test_before_relu_the_stage_ends_before_it_too(visit):
    page = open_network(visit, "?image=digit_8&show=pre_activation")
    layers = torchs(page)
    values = values_of(layers, "conv2", rectified=False)[0]
    channel, row, col = np.unravel_index(int(values.argmin()), values.shape)
    now = open_unit(page, unit := Unit("conv2", int(channel), int(row), int(col)))
    assert now.value == pytest.approx(unit.of(layers["conv2"].output), abs=1e-4)
    assert now.value < 0
    assert "pre" not in now.foot
    assert as_printed(now.foot["output"], now.value)


def test_escape_and_the_close_button_take_the_stage_away(visit):
    page = open_network(visit)
    box = page.locator(".unit")
    assert box.is_hidden()
    for close in (lambda: page.keyboard.press("Escape"), page.get_by_role("button", name="close (Esc)").click):
        take_apart(page, Unit("conv2", 5, 3, 4))
        page.wait_for_function("location.search.includes('unit=conv2,5,3,4')")
        assert box.is_visible()
        close()
        box.wait_for(state="hidden")
        page.wait_for_function("!location.search.includes('unit')")


def test_the_stage_follows_the_pen_and_the_digit(visit):
    page = open_network(visit)
    unit = Unit("fc1", 77)
    open_unit(page, unit)
    for change in (lambda: press(page, '[data-image="digit_1"]'), lambda: draw(page, DRAWINGS[5])):
        change()
        layers = check(page)
        assert_account(opened_unit(page, unit), unit, layers)


def test_playing_takes_the_unit_along_its_map(visit):
    page = open_network(visit, "?image=digit_8")
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


# --- taken apart, and changed ---------------------------------------------------------------------------------------------


def printed(text: str) -> float:
    return float(text.replace("−", "-"))


def test_from_a_class_down_to_one_product_and_back_up_again(visit):
    page = open_network(visit, "?network=cifar10")
    layers = torchs(page)
    drill = page.locator("[data-drill]")

    def shown() -> tuple[str, float]:
        next_frames(page)
        return drill.get_attribute("data-drill"), float(page.locator(".drill-body > *").get_attribute("data-value"))

    def unit_of(text: str) -> Unit:
        layer, *numbers = text.split(",")
        return Unit(layer, *map(int, numbers[:3]))

    assert (
        page.locator(".st-key-chooser strong").inner_text().strip("\u2068\u2069")
        == SAMPLES[link_of(page)["image"]].title
    )
    take_apart(page, Unit("fc3", 3))
    next_frames(page)
    assert page.get_by_test_id("stMain").evaluate("(main) => main.scrollTop") == 0  # all of it is on the screen
    way = [shown()]
    probabilities = layers["fc3"].output.softmax(dim=1)[0]
    for label, share in zip(class_labels("cifar10"), probabilities.tolist(), strict=True):
        said = page.locator(f'[data-softmax="{label}"] td').last.inner_text()
        assert printed(said.removesuffix(" %")) == pytest.approx(100 * share, abs=0.006)
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


def test_a_changed_network_is_torchs_too_and_can_be_reset(visit):
    page = open_network(visit, "?image=digit_8")
    take_apart(page, Unit("conv1", 2, 10, 10))
    page.get_by_label("switch map 3 off").check()
    bias = page.locator(".drill-body .bias-input")
    take_apart(page, Unit("conv1", 4, 10, 10))
    bias.fill("0.75")
    page.wait_for_function("location.search.includes('edits')")
    layers = check(page)
    assert not layers["conv1"].output[0, 2].any()
    assert link_of(page)["edits"] == "conv1,o2~conv1,b4,0.75"
    badge = page.locator(".badge")
    badge.get_by_text(re.compile(r"reads \d+ of 20")).wait_for()
    network_now = edited(trained(), edits_from_text(link_of(page)["edits"]))
    readings = network_now(gallery_inputs("mnist")).argmax(dim=1).tolist()
    right = sum(at == SAMPLES[key].label for at, key in zip(readings, DIGITS, strict=True))
    assert f"reads {right} of 20 bundled pictures (as trained 20)" in badge.inner_text()
    page.locator('[data-act="reset"]').click()
    page.wait_for_function("!location.search.includes('edits')")
    check(page)
    assert badge.is_hidden()


def test_a_photograph_is_read_through_the_frame_that_is_moved_over_it(visit):
    page = open_network(visit, "?network=cifar10&image=astronaut")
    check(page)
    frame = page.locator(".crop-frame")
    page.get_by_label("crop size").fill("400")
    page.wait_for_function("location.search.includes('square')")
    before = frame.get_attribute("data-crop")
    box = frame.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 - 30, box["y"] + box["height"] / 2 - 40, steps=4)
    page.mouse.up()
    page.wait_for_function("(before) => !location.search.includes(before)", arg=before)
    check(page)
    wanted = 255 * picture_of(link_of(page))
    assert np.abs(pixels(page, ".seen-canvas").transpose(2, 0, 1) - wanted).max() <= 0.51
    assert frame.get_attribute("data-crop") == link_of(page)["square"]


# --- the link, and the other page -----------------------------------------------------------------------------------------


def test_a_link_opens_the_same_in_another_browser(visit):
    page = open_network(visit, "?image=draw")
    draw(page, DRAWINGS[4])
    page.locator('[data-tool="eraser"]').click()
    draw(page, [[(0.3, 0.8), (0.8, 0.86)]])
    page.get_by_label(CENTRE).uncheck()
    page.get_by_label("scale", exact=True).select_option("network")
    page.get_by_label("show", exact=True).select_option("pre_activation")
    unit = Unit("conv2", 5, 3, 4)
    here = open_unit(page, unit)
    page.wait_for_function("location.search.includes('unit')")
    assert link_of(page).keys() == {"image", "strokes", "centre", "show", "scale", "unit", "sums"}
    check(page)

    there = open_network(visit, f"?{urlsplit(page.url).query}")
    assert opened_unit(there, unit) == here
    check(there)
    assert link_of(there) == link_of(page)
    assert not there.get_by_label(CENTRE).is_checked()
    assert np.array_equal(seen(there), seen(page))
    for canvas in (".pad-canvas", '[data-layer="conv1"] [data-channel="3"]', '[data-layer="fc1"] [data-channel="0"]'):
        assert np.array_equal(pixels(there, canvas), pixels(page, canvas))
    said = [{name: network(each)[name] for name in ("prediction", "probability")} for each in (page, there)]
    assert said[0] == said[1]


def test_a_unit_that_the_network_does_not_have_is_left_out(visit):
    for unit in ("conv2,16,0,0", "fc3,0,0,1"):
        page = open_network(visit, f"?unit={unit}")
        next_frames(page)
        assert page.locator(".unit").is_hidden()
        page.context.close()


def test_both_pages_share_one_drawing(visit):
    page = open_network(visit)
    draw(page, DRAWINGS[2])
    strokes = strokes_of(page)
    check(page)
    page.get_by_role("link", name="Convolution", exact=True).click()
    page.locator(STAGE).wait_for()
    agreement(page)
    assert link_of(page) == {"image": "draw"} | {"strokes": link_of(page)["strokes"]}
    assert strokes_of(page) == strokes
    lesson = Lesson(image="draw", strokes=strokes)
    places = [(5, 14), (10, 9), (22, 12)]
    assert [now.value for now in tour(page, places)] == [float(lesson.feature_map[place]) for place in places]

    box = page.locator(f'{STAGE} [data-panel="input"]').bounding_box()
    page.locator('[data-tool="pen"]').click()
    stroke(page, [(box["x"] + 0.1 * box["width"], box["y"] + f * box["height"]) for f in (0.1, 0.5, 0.9)])
    page.wait_for_function("(before) => location.search.split('.').length > before", arg=len(strokes))
    agreement(page)
    both = strokes_of(page)
    page.get_by_role("link", name="Network", exact=True).click()
    wait_painted(page, root=NETWORK)
    check(page)
    assert strokes_of(page) == both
    assert both[:-1] == strokes
    assert trained()(torch.from_numpy(picture_of(link_of(page)))[None]).argmax() == int(network(page)["prediction"])


def test_both_pages_share_one_digit_of_the_gallery(visit):
    page = open_network(visit)
    press(page, '[data-image="digit_3"]')
    check(page)
    page.get_by_role("link", name="Convolution", exact=True).click()
    page.locator(STAGE).wait_for()
    agreement(page)
    assert link_of(page) == {"image": "digit_3"}
    lesson = Lesson(image="digit_3")
    assert [now.value for now in tour(page, [(9, 9)])] == pytest.approx(
        [float(lesson.feature_map[9, 9])], abs=lesson.bound
    )
