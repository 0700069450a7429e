"""From the message that a component sends at rest to Python's numbers on the page."""

from collections.abc import Iterator

from tests.benchmarks.convolution import KERNEL, PHOTOGRAPH, WEIGHT
from tests.benchmarks.network import DIGITS
from tests.benchmarks.probe import Bench, Probe, probed, sampled
from tests.benchmarks.report import Measurement


def messages(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """A change, the rest after it, the message, a rerun, torch's answer, the comparison: from the message on."""
    with probed(bench, "/") as probe:
        probe.page.get_by_label("stride", exact=True).focus()
        press = probe.page.keyboard.press
        yield "message", sampled(lambda at: _answered(probe, lambda: press("ArrowDown" if at % 2 else "ArrowUp")))
    with probed(bench, f"/?{PHOTOGRAPH}&size=128&{KERNEL}") as probe:
        probe.page.locator(WEIGHT).first.focus()
        press = probe.page.keyboard.press
        yield "message_photograph", sampled(lambda at: _answered(probe, lambda: press("ArrowUp")))
    with probed(bench, "/network") as probe:

        def choose(at: int) -> float:
            digit = probe.page.locator(f'[data-image="digit_{(at + 1) % DIGITS}"]')
            return _answered(probe, lambda: digit.click())

        yield "message_network", sampled(choose)


def _answered(probe: Probe, act) -> float:
    return probe.answer_time(act, "send", ".agreement", agreement="agrees")
