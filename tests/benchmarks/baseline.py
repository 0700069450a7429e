"""How fast this was when it was last looked at: the same rows, compared by ratio, and a table for the README."""

import json
from collections.abc import Mapping
from typing import Any

from tests.benchmarks.budgets import BUDGETS
from tests.benchmarks.report import Measurement, verdict
from tests.browser.server import ROOT

FILE = ROOT / "tests/benchmarks/baseline.json"
SLOWER = 1.25  # what differs by less may be chance
ABOUT = ("date", "commit", "cpu", "cores", "python", "torch", "streamlit", "chromium")


def baseline() -> dict[str, Any]:
    """{"machine": …, "rows": {key: median}}; without rows where none was kept."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {"machine": {}, "rows": {}}


def kept(measurements: Mapping[str, Measurement], about: Mapping[str, Any]) -> str:
    """The text of a new baseline: what was measured, and where. Rows that were not measured stay as they were."""
    rows = baseline()["rows"] | {key: float(f"{row.median:.4g}") for key, row in measurements.items() if row.samples}
    return (
        json.dumps({"machine": {name: about[name] for name in ABOUT}, "rows": rows}, indent=1, ensure_ascii=False)
        + "\n"
    )


def ratios(measurements: Mapping[str, Measurement], before: Mapping[str, float]) -> dict[str, float]:
    """Each row's median over that of the baseline; above 1 is worse, also where more is better.

    >>> ratios({"pen": Measurement((30.0,)), "slide_rate": Measurement((30.0,))}, {"pen": 20.0, "slide_rate": 60.0})
    {'pen': 1.5, 'slide_rate': 2.0}
    """
    more_is_better = {budget.key for budget in BUDGETS if budget.least is not None}
    both = {
        key: (row.median, before[key])
        for key, row in measurements.items()
        if row.samples and key in before and row.median > 0 and before[key] > 0
    }
    return {key: then / now if key in more_is_better else now / then for key, (now, then) in both.items()}


def comparison(measurements: Mapping[str, Measurement]) -> str:
    """A line for each row that has become slower, or quicker, by more than chance."""
    known = baseline()
    if not known["rows"]:
        return "There is no baseline to compare with: --keep makes one."
    names = {budget.key: budget.what.strip() for budget in BUDGETS}
    changed = {
        key: ratio for key, ratio in ratios(measurements, known["rows"]).items() if not 1 / SLOWER <= ratio <= SLOWER
    }
    about = known["machine"]
    lines = [
        f"Against the baseline of {about['date'][:10]} ({about['commit']}, {about['cpu']}, {about['cores']} cores):"
    ]
    lines += [f"  {ratio:.2f} times  {names[key]}" for key, ratio in sorted(changed.items(), key=lambda item: -item[1])]
    return "\n".join(lines if changed else [*lines, "  nothing differs by more than a quarter"])


def markdown(measurements: Mapping[str, Measurement], about: Mapping[str, Any]) -> str:
    """The rows that have a budget, as a table for the README, with where and when."""
    lines = ["| what | budget | median | p95 | verdict | best peer |", "|---|---|---|---|---|---|"]
    for budget in BUDGETS:
        row = measurements.get(budget.key)
        if row is None or not row.samples or not budget.text:
            continue
        cells = [
            budget.what.strip(),
            budget.text,
            f"{row.median:,.3g}",
            f"{row.p95:,.3g}",
            verdict(budget, row),
            budget.peer or "–",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    versions = ", ".join(f"{name} {about[name]}" for name in ABOUT[4:])
    where = f"{about['cpu']}, {about['cores']} cores, {versions}; {about['date'][:10]}, commit {about['commit']}."
    return "\n".join([*lines, "", f"Measured by `make bench`: {where}"])
