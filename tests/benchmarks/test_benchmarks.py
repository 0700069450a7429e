import json
import math
import re
from collections import Counter

import pytest

from tests.benchmarks import baseline, classroom
from tests.benchmarks.budgets import BUDGETS, Budget
from tests.benchmarks.machine import busy_share, machine
from tests.benchmarks.report import Measurement, as_json, table, verdict
from tests.benchmarks.rows import MEASURES

LIMITED = Budget("hover", "an output hovered", median=17, p95=30, peer="ezyang 15")


def test_every_budget_is_measured_by_exactly_one_measurement():
    measured = Counter(key for measure in MEASURES for key in measure.keys)
    assert measured == Counter(budget.key for budget in BUDGETS)
    assert set(measured.values()) == {1}
    assert max(Counter(measure.name for measure in MEASURES).values()) == 1


@pytest.mark.parametrize("budget", BUDGETS, ids=lambda budget: budget.key)
def test_a_budget_holds_sound_numbers_and_a_row_that_fits(budget):
    bounds = [budget.median, budget.p95, budget.largest, budget.least]
    assert all(bound is None or (math.isfinite(bound) and bound >= 0) for bound in bounds)
    assert budget.median is None or budget.p95 is None or budget.median <= budget.p95
    assert budget.what
    assert len(budget.what) <= 56
    assert len(budget.peer) <= 44


@pytest.mark.parametrize(
    ("bounds", "samples", "expected"),
    [
        ({"median": 17}, [16, 17, 90], "met"),
        ({"median": 17}, [16, 18, 90], "MISSED"),
        ({"median": 17, "p95": 30}, [10] * 30 + [31] * 3, "MISSED"),
        ({"median": 17, "p95": 30}, [10] * 33 + [31], "met"),
        ({"largest": 0}, [-1], "met"),
        ({"largest": 34}, [10] * 99 + [34.1], "MISSED"),
        ({"least": 59.5}, [58, 60, 60], "met"),
        ({"least": 59.5}, [58, 59, 60], "MISSED"),
        ({}, [1000], "–"),
        ({"median": 17}, [], "not measured"),
    ],
)
def test_a_verdict_keeps_to_every_bound(bounds, samples, expected):
    assert verdict(Budget("row", "what", **bounds), Measurement(tuple(samples))) == expected


def test_a_missed_budget_on_a_busy_machine_says_so_and_a_kept_one_stays_kept():
    assert verdict(LIMITED, Measurement((18.0,), busy=0.5)) == "missed, busy"
    assert verdict(LIMITED, Measurement((16.0,), busy=0.5)) == "met"


def test_the_percentile_is_interpolated():
    measurement = Measurement(tuple(range(1, 22)))  # 21 samples: the 20th of 20 steps is the last but one
    assert (measurement.median, measurement.p95, measurement.largest) == (11, 20, 21)
    assert Measurement((5,)).p95 == 5


def test_the_table_shows_every_row_with_its_verdict_and_what_went_wrong():
    measurements = {budget.key: Measurement((1.0, 2.0, 3.0)) for budget in BUDGETS}
    measurements["pen"] = Measurement(trouble="RuntimeError: no pen")
    measurements["hover"] = Measurement((400.0,) * 30)
    lines = table(measurements).splitlines()
    assert lines[0].split() == ["what", "budget", "median", "p95", "largest", "n", "verdict", "best", "peer"]
    assert len(lines) == 2 + len(BUDGETS) + 1
    assert re.search(r"7×7 +≤ 17 ms, p95 ≤ 30 +400 +400 +400 +30 +MISSED +ezyang", lines[2])
    assert "not measured" in next(line for line in lines if line.startswith("pen moves"))
    assert lines[-1] == "pen moves → every layer, while it moves: RuntimeError: no pen"
    assert max(map(len, lines)) <= 170


def test_the_table_of_some_rows_leaves_the_others_out_and_tells_of_a_busy_machine():
    lines = table({"pen": Measurement((40.0,), busy=0.63)}).splitlines()
    assert len(lines) == 4
    assert "missed, busy" in lines[2]
    assert "63%" in lines[3]


def test_the_file_holds_the_machine_and_every_sample():
    text = as_json({"hover": Measurement((1.25, 2.5), notes={"script": 1.0})}, machine("150.0"))
    written = json.loads(text)
    [row] = written["rows"]
    assert row["samples"] == [1.25, 2.5]
    assert row["median"] == 1.875
    assert row["budget"] == {"median": 17, "p95": 30, "largest": None, "least": None}
    assert (row["verdict"], row["notes"]) == ("met", {"script": 1.0})
    about = written["machine"]
    assert about["chromium"] == "150.0"
    assert about["cores"] >= 1
    assert all(about[name] for name in ("date", "cpu", "python", "torch", "streamlit"))


def test_how_busy_the_machine_is_lies_between_nothing_and_everything():
    assert 0 <= busy_share() <= 1


def test_a_baseline_is_kept_and_what_has_become_slower_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(baseline, "FILE", tmp_path / "baseline.json")
    before = {"hover": Measurement((10.0,) * 5), "pen": Measurement((20.0,)), "slide_rate": Measurement((60.0,))}
    assert "no baseline" in baseline.comparison(before)
    baseline.FILE.write_text(baseline.kept(before, machine("150.0")))
    assert "nothing differs" in baseline.comparison(before)
    lines = baseline.comparison(
        before | {"hover": Measurement((20.0,)), "slide_rate": Measurement((40.0,))}
    ).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["2.00", "1.50"]
    assert "output hovered" in lines[1]
    rows = json.loads(baseline.kept({"pen": Measurement((30.0,))}, machine("150.0")))["rows"]
    assert rows == {"hover": 10.0, "pen": 30.0, "slide_rate": 60.0}  # what was not measured stays


def test_the_readmes_table_has_a_line_for_each_budget_that_was_measured():
    text = baseline.markdown(
        {"hover": Measurement((10.0,)), "pen": Measurement(), "slide_64": Measurement((1.0,))}, machine("150")
    )
    lines = text.splitlines()
    assert len(lines) == 5  # heading, rule, hover; then where and when
    assert "| met |" in lines[2]
    assert "chromium 150" in lines[-1]


def test_the_class_comes_from_the_load_tests_file(monkeypatch, tmp_path):
    monkeypatch.setattr(classroom, "FILE", tmp_path / "load.json")
    with pytest.raises(RuntimeError, match="make load"):
        dict(classroom.classroom())
    row = {"students": 200, "p50": 10, "p95": 30, "p99": 50, "cpu": 0.5, "memory a student": 0.2, "errors": 0}
    classroom.FILE.write_text(json.dumps({"rows": [row | {"students": 100, "p95": 1}, row]}))
    assert dict(classroom.classroom())["class_answer"].samples == (30,)
