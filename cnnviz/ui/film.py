"""The film of the slide: asked for by the panel "Export", made beside the pages, sent to this student's browser alone."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import streamlit as st

from cnnviz.core.operations import Operation
from cnnviz.figures.slide import MOST_FRAMES, Look, Part, Plan, make_slide, plan_slide
from cnnviz.ui import jobs, state
from cnnviz.ui.feed import feed

POLL = 0.4  # seconds between two looks at a film that is being made
_JOB = "film"
_REQUEST = "_film_request"


@dataclass(frozen=True, slots=True)
class Request:
    """What the browser wants: ``verb`` is "plan" (what would it be?), "make" or "stop". Answers carry its ``number``."""

    number: int
    verb: str
    part: Part
    speed: int


def read(text: Any) -> Request | None:
    """ "number;verb;every;first;last;speed" as a request; None if it is none."""
    parts = text.split(";") if isinstance(text, str) else []
    if len(parts) != 6 or parts[1] not in ("plan", "make", "stop"):
        return None
    try:
        number, every, first, last, speed = (state.revision(parts[at]) for at in (0, 2, 3, 4, 5))
    except ValueError:  # no panel writes such a message
        return None
    return Request(number, parts[1], Part(max(1, every), first, max(first, last)), min(50, max(1, speed)))


def ask(text: Any, operation: Callable[[], Operation], look: Look) -> None:
    """Begins what is asked for, in place of what was asked for before."""
    request = read(text)
    if request is None:
        return
    st.session_state[_REQUEST] = request
    jobs.forget(_JOB)
    if request.verb == "stop":
        return
    function = make_slide if request.verb == "make" else plan_slide
    try:
        jobs.submit(_JOB, function, operation(), replace(look, speed=request.speed), request.part)
    except ValueError:
        return  # torch refuses these settings, and the page has said so


def send() -> None:
    """Tells the browser how far it is; while it is being made, again and again."""
    job = jobs.current(_JOB)
    if job and not job.ended:
        _follow()
    else:
        _tell()


@st.fragment(run_every=POLL)
def _follow() -> None:
    job = jobs.current(_JOB)
    if job is None or job.ended:
        st.rerun()
    _tell()


def _tell() -> None:
    request: Request | None = st.session_state.get(_REQUEST)
    if request is None:
        return
    job = jobs.current(_JOB)
    about: dict[str, Any] = {"number": request.number, "state": job.state if job else "stopped"}
    if job and not job.ended:
        about |= {"progress": job.progress, "ahead": job.ahead}
    elif job and job.error:
        about |= {"error": job.error}
    elif job and isinstance(job.result, Plan):
        plan: Plan = job.result
        ways = [asdict(part) for part in plan.shorter]
        about |= {
            "frames": plan.frames,
            "size": list(plan.size),
            "bytes": plan.bytes,
            "most": MOST_FRAMES,
            "shorter": ways,
        }
    elif job and job.result:
        about |= {"film": job.result}
    feed("film", **about)
