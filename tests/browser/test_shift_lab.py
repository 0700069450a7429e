"""The shift lab in a real Chromium: arrow keys, dragging and all 288 shifts, and the numbers that come of them."""

import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import Page, expect

from cnnviz.core.comparison import change, nearest_moves, realigned
from cnnviz.core.images import fit_image
from cnnviz.core.invariance import all_shifts, shifted
from cnnviz.core.kernels import KERNELS
from cnnviz.core.samples import sample_image
from cnnviz.ui.pooling_stage import notebook_input
from tests.browser.convolution_page import link_of
from tests.browser.harness import agreement, axe, until

LAB = '[data-stage="shift lab"]'
WINDOW = '[data-stage="pooling"]'
STAGES = ("input", "feature-map", "after-relu", "pooled-map")


def lab_agrees(page: Page) -> None:
    """Waits until torch has answered for the shift on show. AssertionError where it found otherwise."""
    agreement(page, LAB)


def column(page: Page, stage: str) -> dict[str, str]:
    """What a column says of itself."""
    return page.locator(f'{LAB} [data-lab-stage="{stage}"]').evaluate("element => ({ ...element.dataset })")


def stages(image: torch.Tensor, kernel: str, window: int = 2) -> list[torch.Tensor]:
    feature_map = F.conv2d(image.double()[None], KERNELS[kernel].tensor.double()[None, None])[0]
    return [image, feature_map, F.relu(feature_map), F.max_pool2d(F.relu(feature_map), window)]


def check(
    page: Page, image: torch.Tensor, shift: tuple[int, int], border: str = "edge", kernel: str = "sobel_x"
) -> None:
    """AssertionError unless the four columns have torch's figures for this shift."""
    page.locator(f'{LAB}[data-shift="{shift[0]},{shift[1]}"]').wait_for()
    lab_agrees(page)
    pairs = zip(stages(image, kernel), stages(shifted(image, shift, border), kernel), strict=True)
    for stage, (before, after) in zip(STAGES, pairs, strict=True):
        said = column(page, stage)
        stayed = change(before, after)
        best = realigned(before, after, nearest_moves(shift, (2, 2) if stage == "pooled-map" else (1, 1)))
        assert float(said["relative"]) == pytest.approx(stayed.relative, rel=1e-4, abs=1e-6), stage
        assert float(said["unchanged"]) == pytest.approx(stayed.unchanged, abs=1e-3), stage
        assert said["equal"] == str(stayed.equal).lower(), stage
        assert float(said["realigned"]) == pytest.approx(best.change.relative, rel=1e-4, abs=1e-6), stage
        assert said["realignedEqual"] == str(best.change.equal).lower(), stage


def photographer() -> torch.Tensor:
    return torch.tensor(fit_image(sample_image("photographer"), 64, False))


def test_arrow_keys_and_dragging_shift_the_input_the_window_pools_it_and_every_number_is_torchs(visit):
    page, image = visit("/pooling"), photographer()
    lab_agrees(page)
    page.keyboard.press("ArrowRight")  # nothing needs the focus first
    check(page, image, (0, 1))
    words = page.locator(f"{LAB} .words")
    expect(words).to_contain_text("One pixel to the right: the feature map moved along exactly (equivariance).")
    expect(words).to_contain_text("neither stayed nor moved along")
    page.keyboard.press("ArrowRight")
    check(page, image, (0, 2))
    expect(words).to_contain_text("moved along exactly, 1 right (equivariance)")
    for _ in range(12):
        page.keyboard.press("ArrowUp")
    check(page, image, (-8, 2))  # no further
    picture = page.locator(f'{LAB} [data-panel="after-0"]').bounding_box()
    x, y = picture["x"] + picture["width"] / 2, picture["y"] + picture["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 5 * picture["width"] / 64, y + 11 * picture["height"] / 64, steps=3)
    page.mouse.up()
    check(page, image, (3, -3))
    page.get_by_label("what enters at the edge").select_option("black")
    check(page, image, (3, -3), "black")
    link = link_of(page)
    assert link == {"image": "photographer", "enters": "black", "shift": "3,-3"}
    again = visit("/pooling?" + "&".join(f"{name}={text}" for name, text in link.items()))
    check(again, image, (3, -3), "black")
    play_with_the_window(again, F.relu(stages(image, "sobel_x")[1]).float())


def play_with_the_window(page: Page, rectified: torch.Tensor) -> None:
    """The stage under the lab, from the notebook's example on; AssertionError unless every number is torch's."""
    x = torch.tensor(notebook_input())
    said = window_agrees(page, F.max_pool2d(x, 2))
    assert "nn.MaxPool2d(2, stride=2): (1, 3, 8, 8) → (1, 3, 4, 4) · 0 parameters" in said["call"]
    assert said["formula"] == "size: ⌊(8 + 2·0 − 2) / 2⌋ + 1 = 4"
    assert said["cells"] == [winner(x[0], (0, 0))]
    assert "to the winner alone: 1 at row" in said["gradient"]
    assert "no parameters, so there is nothing in it to train. But it does take part in training" in said["gradient"]

    page.get_by_label("input of the pooling").select_option("relu")  # a photograph's empty corner: all four are 0
    said = window_agrees(page, F.max_pool2d(rectified, 2))
    assert torch.equal(rectified[0, :2, :2], torch.zeros(2, 2))
    assert said["words"].endswith("the largest of 4 values, 0; 4 cells have it, and as in torch the first of them wins")
    assert said["cells"] == [winner(rectified[0], (0, 0))] == ["0,0"]

    page.get_by_role("button", name="(1, 3, 8, 8) → (1, 3, 4, 4)").click()
    window_agrees(page, F.max_pool2d(x, 2))
    page.locator(".pooling-stage").get_by_role("button", name="rows and columns apart").click()
    for name, value in (("window of rows", 3), ("stride of columns", 3), ("padding of rows", 1)):
        page.get_by_label(f"{name} of the pooling").fill(str(value))
    spec = {"kernel_size": (3, 2), "stride": (2, 3), "padding": (1, 0)}
    said = window_agrees(page, F.max_pool2d(x, **spec))
    assert said["cells"] == [winner(x[0], (0, 0), **spec)]
    page.get_by_label("ceil mode").check()
    said = window_agrees(page, F.max_pool2d(x, **spec, ceil_mode=True))
    assert "columns: ⌈(8 + 2·0 − 2) / 3⌉ + 1 = 3" in said["formula"]
    assert "MaxPool2d((3, 2), stride=(2, 3), padding=(1, 0), ceil_mode=True)" in said["call"]
    page.get_by_label("padding of columns of the pooling").fill("2")
    expect(page.locator(".pooling-stage .notice")).to_contain_text("at most half its window, here 1, and not 2")

    page.get_by_label("kind of pooling").select_option("average")
    page.get_by_role("button", name="channel 3").click()
    page.locator(f"{WINDOW} [data-panel='output']").focus()
    page.keyboard.press("ArrowRight")
    said = window_agrees(page, F.avg_pool2d(x, **spec, ceil_mode=True), channel=2, position=(0, 1))
    assert said["cells"] == ["0,3", "0,4", "1,3", "1,4"]  # the row above lies in the padding, which counts as zeros
    assert "in equal shares to the 4 cells of the window: 0.1667 at row 1, column 4" in said["gradient"]
    assert " divided by 6 is " in said["words"]
    link = link_of(page)
    assert (link["pool_window"], link["pool_stride"], link["pool_padding"]) == ("3,2", "2,3", "1,0")
    assert (link["pooling"], link["pool_map"], link["pool_cell"], link["ceil"]) == ("average", "2", "0,1", "1")


def winner(channel: torch.Tensor, position: tuple[int, int], kernel_size=2, **more) -> str:
    """Where torch says that this maximum came from, as "row,column"."""
    _, places = F.max_pool2d(channel[None], kernel_size, **more, return_indices=True)
    row, col = divmod(int(places[0][position]), channel.shape[1])
    return f"{row},{col}"


def window_agrees(page: Page, pooled: torch.Tensor, channel: int = 0, position: tuple[int, int] = (0, 0)) -> dict:
    """Waits until the stage shows a pooled map of this shape there, and torch has answered; then the value must be this one's."""
    found = until(
        page,
        f"""([shape, position]) => {{
          const [section, stage] = [find(".pooling-stage"), find('{WINDOW}')];
          const [agreement, gradient] = [find(".agreement", stage), find(".pool-gradient", section)];
          if (section.dataset.shape !== shape || stage.dataset.position !== position) return null;
          if (agreement.dataset.agreement === "waiting" || gradient.dataset.known !== "true") return null;
          const text = (selector) => section.querySelector(selector).textContent;
          return {{
            value: Number(stage.dataset.value), agreement: agreement.dataset.agreement, call: text(".pool-call"),
            formula: text(".formula"), words: text(".words"), gradient: gradient.textContent,
            cells: gradient.dataset.cells.split(" "),
          }};
        }}""",
        [",".join(map(str, (1, *pooled.shape))), f"{position[0]},{position[1]}"],
    )
    assert found["agreement"] == "agrees"
    assert found["value"] == pytest.approx(pooled[channel][position].item(), abs=1e-6)
    return found


def test_all_288_shifts_are_tried_and_dots_are_told_from_photographs(visit):
    page, image = visit("/pooling"), photographer()
    lab_agrees(page)
    button = page.get_by_role("button", name="Try all 288 shifts")
    readout = page.locator(f"{LAB} .lab-readout")
    button.click()
    page.locator(f'{LAB}[data-identical="0"]').wait_for()
    lab_agrees(page)
    pooled = stages(image, "sobel_x")[3]
    changes = {
        shift: change(pooled, stages(shifted(image, shift, "edge"), "sobel_x")[3]).relative
        for shift in all_shifts()
        if shift != (0, 0)
    }
    best = tuple(int(part) for part in page.locator(LAB).get_attribute("data-best").split(","))
    assert changes[best] == pytest.approx(min(changes.values()), rel=1e-6)
    check(page, image, best)
    expect(readout).to_contain_text("None of the 288 shifts leaves the pooled map identical.")

    page.get_by_role("button", name="Dots: it can stay").click()
    check(page, torch.tensor(sample_image("dots")), (0, -1), kernel="identity")
    expect(page.locator(f"{LAB} .words")).to_contain_text("The pooled map stayed exactly as it was (invariance)")
    assert link_of(page) == {"image": "dots", "detector": "identity", "shift": "0,-1"}
    button.click()
    until(page, f"() => Number(find('{LAB}').dataset.identical) > 0")
    lab_agrees(page)
    dots = torch.tensor(sample_image("dots"))
    same = [
        shift
        for shift in all_shifts()
        if shift != (0, 0)
        and torch.equal(stages(dots, "identity")[3], stages(shifted(dots, shift, "edge"), "identity")[3])
    ]
    assert int(page.locator(LAB).get_attribute("data-identical")) == len(same)
    expect(readout).to_contain_text(f"{len(same)} of 288 shifts leave the pooled map identical")
    page.get_by_role("button", name="Photograph: it does not").click()
    check(page, image, (0, 1))


@pytest.mark.parametrize(("dark", "room"), [(False, "Resolution"), (True, "Receptive field")])
def test_the_pooling_page_breaks_no_rule_of_accessibility_and_fits_a_phone(visit, dark, room):
    page = visit("/pooling?shift=1,0", width=390, height=844, touch=True, dark=dark)
    lab_agrees(page)
    page.get_by_role("button", name="one pixel right").tap()
    check(page, photographer(), (1, 1))
    page.get_by_test_id("stMain").get_by_text(room, exact=True).tap()
    shown = {"Resolution": "the maps lose resolution, 28 → 14 → 10 → 5", "Receptive field": "move this unit at all"}
    page.get_by_text(shown[room]).wait_for()
    assert axe(page) == []
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth") <= 390
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    main.evaluate("main => main.scrollTo(0, 0)")
    page.set_viewport_size({"width": 1440, "height": 900})
    assert axe(page) == []
    assert page.locator(f"{LAB} .words").bounding_box()["y"] < 880  # above the fold


@pytest.mark.parametrize("width", [768, 820, 1024])
def test_on_a_tablet_no_picture_and_no_figure_reaches_into_the_next_column(visit, width):
    page = visit("/pooling?shift=1,2", width=width, height=1180)
    lab_agrees(page)
    until(
        page,
        """() => {
          const columns = [...find(".shift-lab").querySelectorAll(".lab-column")];
          const left = columns.map((column) => column.getBoundingClientRect().left);
          const within = (element, end) => {
            const range = document.createRange();
            range.selectNodeContents(element);
            return [...range.getClientRects(), element.getBoundingClientRect()].every(({ right }) => right <= end);
          };
          return columns.length === 4 && columns.every((column, at) =>
            [...column.querySelectorAll(".lab-canvas, .lab-number")].every((element) => within(element, left[at + 1] ?? innerWidth)));
        }""",
    )
