"""What was measured, beside what it may be: a table to read and a file to compare with later."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.budgets import BUDGETS, Budget

HEADINGS = ("what", "budget", "median", "p95", "largest", "n", "verdict", "best peer")
ON_THE_LEFT = (0, 1, 6, 7)  # words; all others are numbers
BUSY = 0.15  # from this share of the processor on, what other programs take is worth a word


@dataclass(frozen=True, slots=True)
class Measurement:
    """All samples of one row, in its budget's unit; or why there are none.

    ``notes`` are further figures about them. ``busy`` is the share of the processor that other programs took around them.
    """

    samples: tuple[float, ...] = ()
    trouble: str = ""
    notes: Mapping[str, float] | None = None
    busy: float = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def p95(self) -> float:
        """The 95th percentile, interpolated between the two samples beside it."""
        if len(self.samples) == 1:
            return self.samples[0]
        return statistics.quantiles(self.samples, n=20, method="inclusive")[-1]

    @property
    def largest(self) -> float:
        return max(self.samples)


def verdict(budget: Budget, measurement: Measurement) -> str:
    """ "met" or "MISSED", which is "missed, busy" on a machine that is not calm; "–" for a row without a budget.

    >>> verdict(Budget("hover", "", median=17), Measurement((16.0, 16.5, 40.0)))
    'met'
    """
    if not measurement.samples:
        return "not measured"
    most = [(measurement.median, budget.median), (measurement.p95, budget.p95), (measurement.largest, budget.largest)]
    kept = [value <= bound for value, bound in most if bound is not None]
    if budget.least is not None:
        kept.append(measurement.median >= budget.least)
    if not kept:
        return "–"
    if all(kept):
        return "met"
    return "missed, busy" if measurement.busy >= BUSY else "MISSED"


def table(measurements: Mapping[str, Measurement]) -> str:
    """One line for each budget that was measured, in their order, and below them what hindered the others."""
    lines = [HEADINGS, *(_line(budget, measurements[budget.key]) for budget in BUDGETS if budget.key in measurements)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    rule = tuple("─" * width for width in widths)
    texts = [_aligned(line, widths) for line in (lines[0], rule, *lines[1:])]
    texts += [
        f"{budget.what.strip()}: {measurements[budget.key].trouble}"
        for budget in BUDGETS
        if budget.key in measurements and measurements[budget.key].trouble
    ]
    busy = max((measurement.busy for measurement in measurements.values()), default=0)
    if busy >= BUSY:
        texts.append(f"Other programs took up to {busy:.0%} of the processor meanwhile: measure again when it is calm.")
    return "\n".join(texts)


def _line(budget: Budget, measurement: Measurement) -> tuple[str, ...]:
    numbers = ("", "", "")
    if measurement.samples:
        numbers = tuple(_number(value) for value in (measurement.median, measurement.p95, measurement.largest))
    count = str(len(measurement.samples))
    return (budget.what, budget.text or "–", *numbers, count, verdict(budget, measurement), budget.peer or "–")


def _number(value: float) -> str:
    """Three digits, or all of the whole part.

    >>> _number(1234.5), _number(16.66), _number(0.1234), _number(0.0)
    ('1,234', '16.7', '0.123', '0')
    """
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    cells = zip(line, widths, strict=True)
    return "  ".join(
        f"{text:<{width}}" if column in ON_THE_LEFT else f"{text:>{width}}"
        for column, (text, width) in enumerate(cells)
    ).rstrip()


def as_json(measurements: Mapping[str, Measurement], about: Mapping) -> str:
    """Everything that was measured, raw samples included."""
    rows = [
        {
            "key": budget.key,
            "what": budget.what.strip(),
            "unit": budget.unit,
            "budget": {"median": budget.median, "p95": budget.p95, "largest": budget.largest, "least": budget.least},
            "peer": budget.peer,
            "verdict": verdict(budget, measurement),
            "trouble": measurement.trouble,
            "notes": dict(measurement.notes or {}),
            "busy": measurement.busy,
            "samples": list(measurement.samples),
        }
        | (
            {"median": measurement.median, "p95": measurement.p95, "largest": measurement.largest}
            if measurement.samples
            else {}
        )
        for budget in BUDGETS
        if (measurement := measurements.get(budget.key))
    ]
    return json.dumps({"machine": dict(about), "rows": rows}, indent=1, ensure_ascii=False) + "\n"
