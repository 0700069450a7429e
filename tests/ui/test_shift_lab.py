"""The shift lab without a browser: what it sends, what it takes, and what torch answers."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz.core.images import fit_image
from cnnviz.core.invariance import shifted
from cnnviz.core.kernels import KERNELS
from cnnviz.core.samples import sample_image
from cnnviz.ui import shift_lab
from tests.parcels import decode, unpack
from tests.ui.apps import opened, payloads, run, session


def test_the_page_opens_on_a_photograph_and_the_first_page_does_not():
    app = opened("pooling")
    assert app.session_state["settings"]["image"] == "photographer"
    messages = [unpack(element.proto) for element in app.get("bidi_component")]
    assert [message["link"] for message in messages if "kernels" in message] == ["image=photographer"]
    app.switch_page("pages/convolution.py")
    assert run(app).session_state["settings"]["image"] == "integers"


def test_a_picture_that_somebody_chose_stays():
    app = opened("pooling", image="cat")
    assert app.session_state["settings"]["image"] == "cat"
    app.switch_page("pages/convolution.py")
    assert run(app).session_state["settings"]["image"] == "cat"
    assert opened("pooling", image="integers").session_state["settings"]["image"] == "integers"


def test_torch_answers_with_the_maps_after_the_shift():
    app = opened(
        "pooling", image="cat", detector="box_3", pool="average", window="3", step="2", enters="wrap", shift="-2,5"
    )
    sent = payloads(app)
    x = torch.tensor(fit_image(sample_image("cat"), 64, False))
    np.testing.assert_array_equal(decode(sent["lab_image"]), x.numpy())
    feature_map = F.conv2d(shifted(x, (-2, 5), "wrap")[None], KERNELS["box_3"].tensor[None, None])
    pooled = F.avg_pool2d(F.relu(feature_map), 3, 2)
    expected = torch.cat([feature_map.flatten(), F.relu(feature_map).flatten(), pooled.flatten()]).numpy()
    np.testing.assert_allclose(decode(sent["lab_answer"]), expected, atol=1e-5)
    figures = sent["lab_answer"]["figures"]
    assert [figure["realigned_equal"] for figure in figures] == [True, True, True, False]
    assert "tried" not in sent["lab_answer"]


def held(message, **values):
    return session(
        **{shift_lab._KEY: SimpleNamespace(settled=message), shift_lab._REVISION: 3, shift_lab._TRIED: False}, **values
    )


def test_a_message_at_rest_becomes_the_session():
    with held("7;1;;pool=average&shift=0,-3", window=3) as now:
        shift_lab.settled()
        assert (now.pool, now.shift, now.window) == ("average", (0, -3), 2)
        assert (now[shift_lab._REVISION], now[shift_lab._TRIED]) == (7, True)


def test_an_example_brings_its_picture():
    with held("7;0;dots;detector=identity", image="cat", size=100) as now:
        shift_lab.settled()
        assert (now.image, now.size, now.detector) == ("dots", None, "identity")


@pytest.mark.parametrize("message", [None, 3, "", "7", "7;0;dots", "x;0;;pool=average", "-1;0;;"])
def test_a_message_that_no_lab_writes_changes_nothing(message):
    with held(message, pool="average") as now:
        before = dict(now)
        shift_lab.settled()
        assert now == before


def test_of_all_shifts_some_leave_the_dots_and_none_the_photograph():
    with session(detector="identity"):
        found = shift_lab.least_change(sample_image("dots"))
    assert found["identical"] >= 1
    assert found["relative"] == 0
    with session():
        found = shift_lab.least_change(fit_image(sample_image("photographer"), 64, False))
    assert found["identical"] == 0
    assert found["relative"] > 0.1


def test_a_picture_too_small_for_the_window_is_refused_in_a_sentence():
    app = opened("pooling", image="integers", size="5", window="8")
    assert payloads(app)["lab_answer"]["refused"]
