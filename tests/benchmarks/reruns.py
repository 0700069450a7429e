"""What Python takes for one rerun of a page, and how much of it is torch's."""

import logging
from collections.abc import Iterator

import numpy as np
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.core.images import fit_image
from cnnviz.core.network import load_network
from cnnviz.core.operations import convolution
from cnnviz.core.samples import sample_image
from cnnviz.core.trace import trace
from cnnviz.core.windows import WindowSpec
from tests.benchmarks.convolution import KERNEL
from tests.benchmarks.network import DIGITS
from tests.benchmarks.probe import sampled, timed
from tests.benchmarks.report import Measurement
from tests.browser.server import ROOT


def reruns() -> Iterator[tuple[str, Measurement]]:
    """A whole run by Streamlit's own test harness, its thread and its reading of the result included."""
    # it warns of every change of the session from outside a run, which is how this is done
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").disabled = True
    photograph = dict(part.split("=", 1) for part in f"image=astronaut&colour=1&size=128&{KERNEL}".split("&"))
    for key, link in (("rerun", {}), ("rerun_photograph", photograph)):
        app = AppTest.from_file(ROOT / "app.py", default_timeout=30)
        app.query_params.update(link)
        yield key, sampled(lambda at, app=app: _rerun(app, bias=at / 8))
    app = AppTest.from_file(ROOT / "app.py", default_timeout=30).switch_page("pages/network.py")
    yield "rerun_network", sampled(lambda at: _rerun(app, image=f"digit_{at % DIGITS}"))
    lab = AppTest.from_file(ROOT / "app.py", default_timeout=30).switch_page("pages/pooling.py")
    yield "rerun_pooling", sampled(lambda at: _rerun(lab, shift=(at % 9, -(at % 5))))
    for page, change in (
        ("channels", lambda at: {"biases": (at / 8,)}),
        ("shapes", lambda at: {"shape": (1 + at, 3, 7, 7)}),
        ("signals", lambda at: {"taps": (at / 8, 1.0)}),
    ):
        lesson = AppTest.from_file(ROOT / "app.py", default_timeout=30).switch_page(f"pages/{page}.py")
        yield f"rerun_{page}", sampled(lambda at, app=lesson, change=change: _rerun(app, **change(at)))


def torchs_part() -> Iterator[tuple[str, Measurement]]:
    """The convolution, and the trace of the network, with nothing around them."""
    picture = torch.from_numpy(np.array(fit_image(sample_image("astronaut"), 128, colour=True)))[None]
    weight = torch.randn(1, 3, 7, 7, generator=torch.Generator().manual_seed(1))
    spec = WindowSpec(7)
    yield (
        "torch_photograph",
        sampled(lambda _: timed(lambda: convolution(picture, weight, None, rows=spec, cols=spec))),
    )
    network = load_network("mnist")
    digit = torch.zeros(1, 3, 32, 32)
    yield "torch_network", sampled(lambda _: timed(lambda: trace(network, digit)))


def _rerun(app: AppTest, **changes: object) -> float:
    if "settings" in app.session_state:  # the first run fills the session from the link
        app.session_state["settings"].update(changes)
    duration = timed(app.run)
    if app.exception:
        raise RuntimeError(app.exception[0].message)
    return duration
