"""The signals page as Python sees it: torch's outputs, tables, and what the view says at rest."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz.core.signals import SIGNALS, TAPS
from cnnviz.ui import signals
from tests.parcels import decode
from tests.ui.apps import opened, payloads, session


@pytest.mark.parametrize(
    "link",
    [
        {},
        {"signal": "pulses", "wave": "matched", "pace": "2", "lead": "3"},
        {"signal": "chirp", "taps": "-1,0.5,1", "spread": "2"},
        {"signal": "drawn", "curve": "2s5k00" * 10, "taps": "1,-1"},
    ],
    ids=str,
)
def test_the_outputs_are_torchs(link):
    sent = payloads(opened("signals", **link))
    if link.get("signal") == "drawn":
        values = np.array([0, 1, -1] * 10, dtype=np.float32)
    else:
        values = SIGNALS[link.get("signal", "step")].values
    taps = link.get("taps")
    weights = [float(tap) for tap in taps.split(",")] if taps else TAPS[link.get("wave", "average_3")].weights
    wanted = F.conv1d(
        torch.from_numpy(values.copy())[None, None],
        torch.tensor([[weights]]),
        stride=int(link.get("pace", 1)),
        padding=int(link.get("lead", 0)),
        dilation=int(link.get("spread", 1)),
    )
    torch.testing.assert_close(torch.from_numpy(decode(sent["slid"]).copy()), wanted[0, 0])


def test_what_torch_refuses_is_explained():
    assert "refused" in payloads(opened("signals", act="max", lead="9"))["slid"]
    assert "cannot travel" in payloads(opened("signals", signal="column"))["slid"]["refused"]


def uploaded(data):
    return SimpleNamespace(getvalue=lambda: data)


def test_a_table_becomes_a_signal_and_its_columns_can_be_chosen():
    rows = b"t;x\n" + b"\n".join(b"%d;%d,5" % (row, row % 7) for row in range(300))
    with session(table_file=uploaded(rows), _notes=[]) as now:
        signals._uploaded()
        first = signals.current_column()
        now["table_column"] = "2. x"
        second = signals.current_column()
        assert (first["title"], second["title"]) == ("Column “t”", "Column “x”")
        assert len(second["values"]) == 100
        assert "mean of 3 rows" in second["note"]
        assert now["_notes"] == []
        # what is no table is explained, and the last one stays
        now["table_file"] = uploaded(b"words, words\n" * 9)
        signals._uploaded()
        assert "No column" in now["_notes"][0]
        assert signals.current_column() == second


def test_a_message_at_rest_becomes_the_session():
    with session(
        **{signals._KEY: SimpleNamespace(settled="4;signal=sine&taps=1,-1&sample=3"), signals._REVISION: 1}
    ) as now:
        signals.settled()
        assert (now[signals._REVISION], now.signal, now.taps, now.sample) == (4, "sine", (1.0, -1.0), 3)
