"""The ledger as it stands on the page: read as text, and added up again in exact decimals."""

import re
from decimal import Decimal

import numpy as np
import pytest

from cnnviz.core.strokes import Stroke
from tests.browser.convolution_page import Lesson, go_to, number, tour
from tests.browser.harness import STAGE, until
from tests.browser.visits import Visits

ZIGZAG = (
    Stroke("pen", 150, ((120, 130), (180, 820), (520, 410), (903, 377))),
    Stroke("eraser", 90, ((100, 500), (900, 520))),
)
FINE = "3x2~0.1234,-0.5,0.00004,2.71828,-3.1416,0.3333333"
HUGE = "2x2~1000,-999.9999,0.0001,-0.00005"

# the second says whether every weight is shown with all its digits
LESSONS = {
    "integers": (Lesson(), True),
    "integers under ninths, bias, ReLU": (Lesson(kernel="box_3", bias=-2.125, relu=True), False),
    "integers, padding, stride, dilation": (Lesson(kernel="emboss", padding=3, stride=2, dilation=2, bias=0.5), True),
    "a line under a Gaussian": (Lesson("line", kernel="gaussian_5", stride=2, padding=2), True),
    "a face under typed weights": (Lesson("face", weights=FINE, dilation=3, bias=0.1, relu=True), False),
    "a gradient under large and small weights": (Lesson("gradient", size=6, weights=HUGE, bias=-1000.0), False),
    "a photograph in colour": (Lesson("cat", 12, True, bias=-0.3), True),
    "a photograph in colour under 27ths": (Lesson("cat", 12, True, kernel="box_3", padding=1, stride=2), False),
    "a photograph in grey": (Lesson("coffee", 12, kernel="laplacian_of_gaussian"), True),
    "a drawing": (Lesson("draw", 12, strokes=ZIGZAG, kernel="corner", dilation=2, relu=True), True),
}


@pytest.fixture(scope="module")
def page(chromium, server):
    """One page for all lessons, which saves a visit each; what goes wrong on it shows at the end."""
    visits = Visits(chromium, server)
    yield visits("/")
    visits.close()


@pytest.mark.parametrize(("lesson", "all_digits"), LESSONS.values(), ids=LESSONS)
def test_every_account_adds_up_exactly_to_the_value_that_torch_has(page, lesson, all_digits):
    go_to(page, lesson)
    feature_map = lesson.feature_map
    said = tour(page)
    assert [now.position for now in said] == list(np.ndindex(*feature_map.shape))
    for now in said:
        check_lines(now, lesson.taps(now.position))
        check_foot(now, lesson)
        check_words(now, lesson)
        assert now.value == pytest.approx(float(feature_map[now.position]), abs=lesson.bound, rel=0), now
    rounded = ["rounding" in now.foot for now in said]
    # where all is shown, nothing is left to round; where it is not, the true value is rarely the printed sum
    assert not any(rounded) if all_digits else sum(rounded) > len(said) / 2


def check_lines(now, taps):
    """The right operands, each product and each running total exact."""
    assert len(now.lines) == len(taps)
    total = Decimal(0)
    for line, (pixel, weight) in zip(now.lines, taps, strict=True):
        assert line.product == line.value * line.weight, now
        total += line.product
        assert line.total == total, now
        assert np.float32(line.value) == np.float32(pixel), now
        assert abs(line.weight - Decimal(weight)) <= Decimal("0.00005"), now  # four decimals, or all there are
    assert now.foot["dot"] == total


def check_foot(now, lesson):
    """Dot product, bias, rounding and ReLU add up to the output, which is the value to its last printed digit."""
    foot = now.foot
    assert np.float32(foot["bias"]) == np.float32(lesson.bias)
    rounding = foot.get("rounding", Decimal(0))
    pre_activation = foot["dot"] + foot["bias"] + rounding
    if lesson.relu:
        assert foot["pre"] == pre_activation
        assert foot["output"] == max(Decimal(0), pre_activation)
    else:
        assert foot["output"] == pre_activation
        assert "pre" not in foot
    last_digit = Decimal(1).scaleb(foot["output"].as_tuple().exponent)
    assert abs(Decimal(now.value) - foot["output"]) <= last_digit * Decimal("0.500001"), now
    # what the digits not shown can come to, and what float32 itself rounds
    unseen = Decimal("0.00005") * sum(line.value for line in now.lines) + last_digit + Decimal(lesson.bound)
    assert abs(rounding) <= unseen, now
    assert "rounding" not in foot or rounding != 0, now


def check_words(now, lesson):
    """The sentence tells the same place, the same terms and the same outcome as the ledger."""
    row, col = now.position
    assert now.window == f"row {row + 1}, column {col + 1}"
    start, sum_of, sign, outcome, activation, padded = re.fullmatch(
        r"(Row \d+, column \d+): (.+) ([=≈]) (\S+?)(?:, after ReLU (\S+))?(?: \((.+) padding\))?", now.words
    ).groups()
    beyond = lesson.padded_taps(now.position)
    assert padded == (f"{beyond} of the {len(now.lines)} values {'is' if beyond == 1 else 'are'}" if beyond else None)
    assert start == f"Row {row + 1}, column {col + 1}"
    terms = [
        term.translate(str.maketrans("", "", "()")).split("×") for term in sum_of.split(" + bias ")[0].split(" + ")
    ]
    shown = [(line.value, line.weight) for line in now.lines]
    if len(shown) > 9:
        shown[3:-1] = [None]
    assert [None if term == ["…"] else tuple(map(number, term)) for term in terms] == shown
    assert (" + bias " in sum_of) == (now.foot["bias"] != 0)
    assert sign == ("≈" if "rounding" in now.foot else "=")
    assert number(outcome) == now.foot.get("pre", now.foot["output"])
    assert (activation is None) == ("pre" not in now.foot)
    assert activation is None or number(activation) == now.foot["output"]


def test_of_a_long_account_the_lines_in_sight_are_written_at_once_and_the_others_at_rest(page):
    """147 lines, of which a dozen are in sight: whoever rests, scrolls or turns to them reads every one of them right."""
    weights = "7x7~" + ",".join(f"{(at % 7 - 3.5) / 10:g}" for at in range(49))
    lesson = Lesson("cat", 24, True, weights=weights)
    go_to(page, lesson)
    body = page.locator(f"{STAGE} .ledger-body")

    def starts(position):
        """How each line begins at this position."""
        return [f"{pixel:.2f} × {weight:.2f} = ".replace("-", "−") for pixel, weight in lesson.taps(position)]

    def point(row, col):
        """Points there; which lines are right in the frame that shows it, and which of them are in sight."""
        said = page.locator(STAGE).evaluate(_POINT, [row, col])
        right = [text.startswith(start) for (text, _), start in zip(said, starts((row, col)), strict=True)]
        return right, [seen for _, seen in said]

    def rest(row, col):
        """Waits for every line of this position."""
        until(
            page,
            """(starts) => {
              const lines = [...find(".ledger-body").querySelectorAll('[data-ledger="product"]')];
              return lines.length === starts.length && lines.every((line, at) => line.textContent.startsWith(starts[at]));
            }""",
            starts((row, col)),
        )

    point(3, 4)
    rest(3, 4)
    written, seen = point(9, 5)
    assert 4 < sum(seen) < 20
    assert all(now for now, visible in zip(written, seen, strict=True) if visible)
    assert not all(written)
    rest(9, 5)
    body.evaluate("body => (body.scrollTop = body.scrollHeight)")
    page.evaluate("() => new Promise(requestAnimationFrame)")  # a frame hears of its scrolling before anything else
    written, seen = point(5, 12)
    assert seen[-1]
    assert not seen[0]
    assert all(now for now, visible in zip(written, seen, strict=True) if visible)
    assert not all(written)
    body.evaluate("body => body.focus()")
    assert all(point(14, 2)[0])
    body.evaluate("body => body.blur()")
    assert not all(point(2, 14)[0])


def test_a_step_is_drawn_at_once_and_the_frame_only_shows_it(page):
    """So the frame has less to do. A second step before the frame waits for it: nobody would see the first."""
    lesson = Lesson()
    go_to(page, lesson)
    said = page.locator(STAGE).evaluate(
        """async (root) => {
          const panel = root.querySelector('[data-panel="output"]');
          const said = [];
          const say = () => said.push([root.dataset.position, root.dataset.value, Number(root.dataset.painted)]);
          const step = () => panel.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
          await new Promise(requestAnimationFrame);
          for (const act of [() => {}, step, step, () => new Promise(requestAnimationFrame)]) {
            await act();
            say();
          }
          return said;
        }"""
    )
    positions, values, painted = zip(*said, strict=True)
    assert positions == ("0,0", "0,1", "0,1", "0,2")
    assert [float(value) for value in values] == [float(lesson.feature_map[0, col]) for col in (0, 1, 1, 2)]
    assert painted[0] == painted[1] == painted[2] < painted[3]  # which counts what a frame has shown


# points at an output [row, col]; the lines as they stand in the frame that shows it: [text, is it in sight?]
_POINT = """(root, [row, col]) => new Promise((done) => {
  const panel = root.querySelector('[data-panel="output"]');
  const { left, top, width, height } = panel.getBoundingClientRect();
  const [rows, cols] = [panel.dataset.rows, panel.dataset.cols];
  new MutationObserver((_, observer) => {
    if (root.dataset.position !== `${row},${col}`) return; // a frame for something else
    observer.disconnect();
    const room = root.querySelector(".ledger-body").getBoundingClientRect();
    done([...root.querySelectorAll('[data-ledger="product"]')].map((line) => {
      const place = line.getBoundingClientRect();
      return [line.textContent, place.bottom > room.top && place.top < room.bottom];
    }));
  }).observe(root, { attributes: true, attributeFilter: ["data-painted"] });
  const at = { clientX: left + ((col + 0.5) / cols) * width, clientY: top + ((row + 0.5) / rows) * height };
  panel.dispatchEvent(new PointerEvent("pointermove", at));
})"""
