"""The parts of the pooling page below the lab, without a browser: stage, measurements, receptive fields."""

from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F

from cnnviz.core import measurements, twin_figures
from cnnviz.core.invariance import Spread
from cnnviz.core.receptive import receptive_fields
from cnnviz.core.samples import sample_image
from cnnviz.core.trace import trace
from cnnviz.ui import cached, invariance, pooling_stage, receptive
from tests.parcels import decode
from tests.ui.apps import opened, payloads, run, session


def test_the_notebooks_example_is_pooled_to_4_by_4():
    sent = payloads(opened("pooling", source="example"))
    x = torch.tensor(decode(sent["pool_input"]))
    assert x.shape == (3, 8, 8)
    pooled, winners = F.max_pool2d(x, 2, return_indices=True)
    assert pooled.shape == (3, 4, 4)
    np.testing.assert_array_equal(decode(sent["pool_answer"]), pooled[0].numpy())
    ((row, col, share),) = sent["pool_answer"]["gradient"]["cells"]
    assert (8 * row + col, share) == (int(winners[0, 0, 0]), 1)
    assert sent["pool_answer"]["gradient"]["zeros"] == 63


def test_an_average_sends_its_gradient_to_the_whole_window():
    sent = payloads(
        opened(
            "pooling",
            source="example",
            pooling="average",
            pool_window="3",
            pool_stride="2",
            pool_cell="1,0",
            pool_map="2",
        )
    )
    x = torch.tensor(decode(sent["pool_input"]))
    np.testing.assert_allclose(decode(sent["pool_answer"]), F.avg_pool2d(x, 3, 2)[2].numpy(), atol=1e-6)
    cells = sent["pool_answer"]["gradient"]["cells"]
    assert [cell[:2] for cell in cells] == [[row, col] for row in (2, 3, 4) for col in (0, 1, 2)]
    assert all(cell[2] == pytest.approx(1 / 9) for cell in cells)


def test_what_torch_refuses_is_said():
    sent = payloads(opened("pooling", source="example", pool_padding="2"))
    assert "at most half its window" in sent["pool_answer"]["refused"]


@pytest.mark.parametrize("message", [None, 3, "", "x;ceil=1", "-1;"])
def test_a_message_that_no_stage_writes_changes_nothing(message):
    with session(
        **{pooling_stage._KEY: SimpleNamespace(settled=message), pooling_stage._REVISION: 3}, ceil=True
    ) as now:
        before = dict(now)
        pooling_stage.settled()
        assert now == before


def test_measurements_come_on_request_for_every_student_and_say_what_they_found():
    few = measurements.measured_images()[18:21]
    twins = twin_figures.bundled_pictures("mnist")[:1]
    with (
        patch.object(measurements, "measured_images", lambda: few),
        patch.object(twin_figures, "bundled_pictures", lambda _: twins),
    ):
        for _ in range(2):  # the second student's page takes what the first one's has measured
            app = opened("pooling")
            assert not app.get("plotly_chart")
            app.session_state["pooling_more"] = "Change against shift"
            run(app)
            assert len(app.get("plotly_chart")) == 6
            assert "One pixel changes the map by" in said(app)
            app.session_state["measured_over"] = invariance.THIS_ONE
            assert "of this one picture" in "".join(part.value for part in run(app).caption)
            app.session_state["pooling_more"] = "Trained networks"
            run(app)
            assert f"over {twin_figures.ROWS} pictures" in "".join(part.value for part in app.caption)
            assert len(app.get("plotly_chart")) == 10
            app.session_state["twins_over"] = invariance.HERE
            run(app)
            assert "over 1 pictures" in "".join(part.value for part in app.caption)
            assert "Of all shifts up to 8 pixels, the verdict stays in" in said(app)
            assert "| stride | yes | 99.0 | 98.7 |" in said(app)
    for kept in (cached.measured_images, cached.map_changes, cached.bundled_pictures, cached.twin_change):
        kept.clear()  # what so few pictures gave is not the app's


def said(app) -> str:
    return "".join(part.value for part in app.markdown)


def test_a_picture_too_small_to_be_measured_is_said():
    app = opened("pooling", image="integers", size="5")
    app.session_state["pooling_more"] = "Change against shift"
    app.session_state["measured_over"] = invariance.THIS_ONE
    assert "too small for windows of" in run(app).warning[0].value


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        ([40, 41, 39, 85, 84, 83], "adds +44 points on average, and at most 2 points"),
        ([40, 41, 39, 85, 84, 83], "here the training matters more than the subsampling"),
        ([50, 51, 60, 58, 60, 66], "neither clearly outweighs the other here"),
        ([50, 51, 70, 51, 52, 72], "here the subsampling matters more than the training"),
        ([50, 51, 52, 49, 50, 51], "adds −1 points"),
    ],
)
def test_the_sentence_on_twins_claims_no_more_than_its_figures(kept, says):
    nothing = Spread(torch.zeros(()), torch.zeros(()), 50)
    figures = {
        kind: twin_figures.TwinFigures(
            nothing, nothing, Spread(torch.tensor(share / 100), torch.zeros(()), 50), nothing, nothing
        )
        for kind, share in zip(twin_figures.KINDS, kept, strict=True)
    }
    sentence = invariance.twin_sentence(figures)
    assert says in sentence
    assert "may be chance" in sentence


def test_the_receptive_field_of_the_trained_network_with_its_numbers():
    app = opened("pooling")
    app.session_state["pooling_more"] = "Receptive field"
    run(app)
    assert "| 6 + (5 − 1) · 2 = **14** | 2 · 1 = **2** | 0 |" in said(app)
    assert "**16 × 16 pixels**" in said(app)  # the unit on show is one of pool 2
    app.session_state["pooling_more"] = "Resolution"
    run(app)
    assert "28 → 14 → 10 → 5 cells a side" in said(app)
    app.session_state["pooling_more"] = "Receptive field"
    app.session_state["field_of"] = "own"
    run(app)
    assert "| row 3: max pool | 2, 2, 0 | 32 × 32 | 5 + (2 − 1) · 1 = **6** |" in said(app)
    assert "**12 × 12 pixels**" in said(app)
    assert "move this unit at all" in said(app)  # it opens on one that is not off


def test_a_stack_of_ones_own_is_built_or_refused():
    rows = [
        {"layer": "conv", "kernel": 3, "stride": 1, "padding": 1},
        {"layer": "average pool", "kernel": 2, "stride": 2, "padding": 0},
    ]
    stack = receptive.own_stack(rows, 3)
    assert [type(layer).__name__ for layer in stack] == ["Conv2d", "ReLU", "AvgPool2d"]
    assert receptive_fields(trace(stack, torch.zeros(1, 3, 8, 8)))[-1].rows.size == 4
    with pytest.raises(ValueError, match="1 to 12 layers, not 0"):
        receptive.own_stack([], 1)
    with pytest.raises(ValueError, match="Row 2: pooling takes a padding of at most half its window, here 1"):
        receptive.own_stack([rows[0], rows[1] | {"padding": 2}], 1)
    with pytest.raises(ValueError, match="Row 1 is not filled in"):
        receptive.own_stack([rows[0] | {"stride": pd.NA}], 1)


def test_what_a_network_reads_of_a_digit_has_two_black_pixels_around():
    picture = receptive.network_picture("mnist", "digit_0")
    np.testing.assert_array_equal(picture[:, 2:-2, 2:-2], np.broadcast_to(sample_image("digit_0"), (3, 28, 28)))
    assert not picture[:, :2].any()


@pytest.mark.parametrize(
    ("more", "made"),
    [("Trained networks", "shift_map"), ("Change against shift", "shift_curves"), ("Resolution", None)],
)
def test_what_a_nudge_does_not_change_is_not_drawn_again_but_stays_on_the_page(more, made):
    def shown(app):
        return [chart.proto.spec for chart in app.get("plotly_chart")] + [html.proto.body for html in app.get("html")]

    app = opened("pooling")
    app.session_state["pooling_more"] = more
    app.session_state["measured_over"] = invariance.THIS_ONE
    before = shown(run(app))
    module, name = (invariance, made) if made else (receptive, "map_picture")
    with patch.object(module, name, side_effect=AssertionError("drawn again")):
        app.session_state["settings"]["shift"] = (3, -2)
        assert shown(run(app)) == before
        for key, value in (("twins_dataset", "cifar10"), ("measured_window", 3), ("strip_network", "mnist")):
            app.session_state[key] = value
        with pytest.raises(AssertionError, match="drawn again"):  # another choice is drawn
            run(app)
