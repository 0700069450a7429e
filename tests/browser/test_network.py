"""The network page in a real browser: all of it on one screen, with torch's own numbers, also after it was changed."""

import re
import shutil

import numpy as np
import pytest
import torch

from cnnviz.core.edits import edited, edits_from_text
from cnnviz.core.samples import SAMPLES
from cnnviz.ui.cached import gallery_inputs
from tests.browser.convolution_page import Lesson, chooser, link_of
from tests.browser.harness import NETWORK, network, until, wait_painted, wait_stage
from tests.browser.network_page import (
    COLUMNS,
    DIGITS,
    SHAPES,
    Unit,
    check,
    open_network,
    picture_of,
    pixels,
    press,
    take_apart,
    torchs,
    trained,
)
from tests.browser.server import ROOT


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
    notice = page.locator(f"{NETWORK} .notice")
    notice.get_by_text("Reload").wait_for()
    assert notice.inner_text() == "The weights mnist.safetensors could not be fetched. Reload the page to try again."
    assert [fault.split(" (")[0] for fault in visit.faults] == ["the console: Failed to load resource: net::ERR_FAILED"]
    visit.faults.clear()


def test_each_digit_of_the_gallery_is_read_as_torch_reads_it_and_an_answer_that_is_wrong_differs(visit):
    page = open_network(visit, "?image=draw")
    for key in DIGITS:
        press(page, f'[data-image="{key}"]')
        assert link_of(page) == {"image": key}
        layers = check(page)
        assert network(page)["prediction"] == str(SAMPLES[key].label)
        scores = [bar.inner_text() for bar in page.locator("[data-class] .score").all()]
        assert scores == [f"{score:.1f}".replace("-", "−") for score in layers["fc3"].output[0].tolist()]
        assert page.locator('[data-image][aria-pressed="true"]').get_attribute("data-image") == key

    answer = torch.cat([layer.output.flatten() for layer in torchs(page)]).numpy().copy()
    answer[-1] += 0.004  # the score of 9
    page.evaluate(
        """(bytes) => {
          const feeds = globalThis.cnnvizFeeds;
          const data = Uint8Array.from(bytes);
          for (const listen of feeds.listeners.get("answer")) listen({ ...feeds.latest.get("answer"), data });
        }""",
        list(answer.tobytes()),
    )
    said = page.locator(f"{NETWORK} [data-agreement]")
    assert said.get_attribute("data-agreement") == "differs"
    assert float(said.get_attribute("data-difference")) == pytest.approx(0.004, rel=1e-2)
    assert said.inner_text().startswith("browser and torch differ by 4·10⁻³")


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
    network_now = edited(trained(), edits_from_text(link_of(page)["edits"]))
    readings = network_now(gallery_inputs("mnist")).argmax(dim=1).tolist()
    right = sum(at == SAMPLES[key].label for at, key in zip(readings, DIGITS, strict=True))
    badge.get_by_text(f"reads {right} of 20 bundled pictures (as trained 20)").wait_for()
    page.locator('[data-act="reset"]').click()
    page.wait_for_function("!location.search.includes('edits')")
    check(page)
    badge.wait_for(state="hidden")


def test_a_photograph_is_read_through_the_frame_that_is_moved_over_it(visit):
    page = open_network(visit, "?network=cifar10&image=astronaut")
    check(page)
    frame = page.locator(".photo-box .crop-frame")
    page.get_by_label("crop size").fill("400")
    before = framed(page)
    box = frame.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 - 30, box["y"] + box["height"] / 2 - 40, steps=4)
    page.mouse.up()
    framed(page, unlike=before)
    check(page)
    wanted = 255 * picture_of(link_of(page))
    assert np.abs(pixels(page, ".seen-canvas").transpose(2, 0, 1) - wanted).max() <= 0.51


def test_a_picture_chosen_while_the_one_before_comes_to_rest_stays(visit):
    page = open_network(visit, "?network=cifar10&image=bricks")
    check(page)
    chooser(page)
    for at, rest in enumerate(range(60, 280, 20)):  # around the view's own rest, after which it says what it shows
        first, second = ("astronaut", "cat") if at % 2 else ("coffee", "bricks")
        until(
            page,
            """async ([first, second, rest]) => {
              const view = find("[data-network]");
              const pick = (title) => find(`.chooser input[value="${title}"]`).click();
              const before = view.dataset.painted;
              pick(first);
              while (view.dataset.painted === before) await new Promise(requestAnimationFrame);
              await new Promise((done) => setTimeout(done, rest));
              pick(second);
              return true;
            }""",
            [first, second, rest],
        )
        page.wait_for_function("(key) => new URLSearchParams(location.search).get('image') === key", arg=second)
        check(page)
        assert link_of(page)["image"] == second, rest


def framed(page, unlike=""):
    """Waits until link and frame name the same crop, another than the one before, and returns it."""
    return until(
        page,
        """(before) => {
          const square = new URLSearchParams(location.search).get("square");
          return square && square !== before && find(".photo-box .crop-frame").dataset.crop === square && square;
        }""",
        unlike,
    )
