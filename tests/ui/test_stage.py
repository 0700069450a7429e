"""What the stage says at rest, and what becomes of it."""

from types import SimpleNamespace

import pytest
import torch

from cnnviz.core.strokes import Stroke
from cnnviz.ui import stage
from tests.ui.apps import session

DOT = (Stroke("pen", 60, ((500, 500),)),)


def held(message: object, **values):
    """A session whose stage has just said this."""
    picture = {stage._SOURCE: ("cat.0", ""), stage._REVISION: 3}
    return session(**{stage._KEY: SimpleNamespace(settled=message)}, **picture, **values)


def test_a_message_at_rest_becomes_the_session():
    with held("7;cat.0;strokes=p60_dwdw&kernel=box_3&at=1,2", bias=0.5) as now:
        stage.settled()
        assert now[stage._REVISION] == 7
        assert (now.strokes, now.kernel, now.at) == (DOT, "box_3", (1, 2))
        assert now.bias == 0.0  # not named, so it stands at its default


def test_strokes_on_a_picture_that_is_gone_are_not_painted_on_the_next():
    with held("7;coffee.1;strokes=p60_dwdw&stride=2") as now:
        stage.settled()
        assert (now.strokes, now.stride) == ((), (2, 2))


OTHERS = [
    "x;cat.0;stride=2",
    "１;cat.0;stride=2",
    "-1;cat.0;stride=2",
    "9" * 5000 + ";cat.0;stride=2",
]


@pytest.mark.parametrize("message", [None, 3, {}, "", ";", ";;", "7", "7;cat.0", *OTHERS])
def test_a_message_that_no_stage_writes_changes_nothing(message):
    with held(message, stride=3) as now:
        before = dict(now)
        stage.settled()
        assert now == before


def test_an_average_shares_itself_out_over_the_channels():
    with session(kernel="box_3"):
        assert torch.equal(stage.session_filter(1), torch.full((1, 3, 3), 1 / 9))
        assert torch.equal(stage.session_filter(3), torch.full((3, 3, 3), 1 / 27))
    with session(kernel="sobel_x"):
        assert torch.equal(stage.session_filter(3)[2], stage.session_filter(1)[0])
