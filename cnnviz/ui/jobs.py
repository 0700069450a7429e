"""Long work beside the pages: two workers for everybody, a queue, progress, cancel. No student waits for another's page.

    job = jobs.submit("gif", make_gif, operation, size=480)   # calls make_gif(report, operation, size=480)
    job = jobs.watch("gif", "Making the film")                # progress and a button to cancel, until it has ended
    if job and job.result is not None: ...

The function runs in a thread of its own: it gets all it needs as arguments, and uses no `st`. It calls ``report(0.4)``
some times a second, which is also where it ends when it is cancelled.
"""

import contextlib
import errno
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import streamlit as st
import torch
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

WORKERS = 2  # as many as the smallest machine has cores; the pages' own threads go before them
POLL = 0.5  # seconds between two looks at a job that runs
GRACE = 30  # seconds: a telephone that sleeps for a moment keeps its job
NICENESS = 10
_JOBS = "_jobs"
_log = logging.getLogger(__name__)


class CancelledError(BaseException):
    """Raised in the job's function by ``report`` once nobody wants its result. No `except Exception` catches it."""


class Job:
    """One piece of long work.

    ``state`` is "waiting", "running", "done", "failed" or "cancelled"; ``progress`` goes from 0 to 1; ``result`` is what
    the function returned, None until then; ``error`` is a sentence for the page, "" if nothing went wrong.
    """

    def __init__(self, work: Callable[..., Any], session: str | None) -> None:
        self.state = "waiting"
        self.progress = 0.0
        self.result: Any = None
        self.error = ""
        self._work: Callable[..., Any] | None = work
        self._session = session
        self._left_at: float | None = None

    @property
    def ended(self) -> bool:
        return self.state not in ("waiting", "running")

    @property
    def ahead(self) -> int:
        """How many jobs, of all students, still have to begin before this one."""
        return _queue.ahead(self)

    def cancel(self) -> None:
        """Nobody wants the result any more: a waiting job ends at once, a running one at its next report."""
        if not self.ended:
            self.state = "cancelled"
            self._work = None  # and with it all that it was given

    def report(self, progress: float) -> None:
        """Notes how far the work is, 0 to 1. CancelledError if it need not go on."""
        if self._abandoned():
            self.cancel()
        if self.state == "cancelled":
            raise CancelledError
        self.progress = min(1.0, max(self.progress, float(progress)))
        time.sleep(0)  # lets a page that wants to run go first

    def _abandoned(self) -> bool:
        """Whether the student has left, and has not come back within the grace."""
        if self._session is None or not runtime.exists() or runtime.get_instance().is_active_session(self._session):
            self._left_at = None
            return False
        self._left_at = self._left_at or time.monotonic()
        return time.monotonic() - self._left_at > GRACE

    def run(self) -> None:
        """Does the work, in the worker's thread, and notes how it ended."""
        work, self._work = self._work, None
        if work is None:
            return
        self.state = "running"
        try:
            result = work(self.report)
        except CancelledError:
            self.state = "cancelled"
        except Exception as error:
            self._end("failed", error=_sentence(error))
        else:
            self._end("done", result=result)

    def _end(self, state: str, *, result: Any = None, error: str = "") -> None:
        if self.state == "running":  # a job that was cancelled at the last moment keeps nothing
            self.result, self.error = result, error
            self.progress = 1.0 if state == "done" else self.progress
            self.state = state


def submit(kind: str, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Job:
    """Puts ``function(report, *arguments, **keywords)`` into the queue, as this session's one job of that kind.

    An older one of the same kind is cancelled. The job, and its result, live as long as the session, or until `forget`.
    """
    forget(kind)
    context = get_script_run_ctx(suppress_warning=True)
    job = Job(lambda report: function(report, *arguments, **keywords), context and context.session_id)
    st.session_state.setdefault(_JOBS, {})[kind] = job
    _queue.add(job)
    return job


def current(kind: str) -> Job | None:
    """The session's job of that kind, whatever its state."""
    return st.session_state.get(_JOBS, {}).get(kind)


def forget(kind: str) -> None:
    """Cancels the session's job of that kind, if there is one, and lets go of its result."""
    if job := st.session_state.get(_JOBS, {}).pop(kind, None):
        job.cancel()


def watch(kind: str, doing: str) -> Job | None:
    """Shows how far the session's job of that kind is, with a button to cancel it; the page runs again when it ends.

    ``doing`` is what the page says it does: "Making the film". Returns the job, None if there is none.
    """
    job = current(kind)
    if job and not job.ended:
        _watch(kind, doing)
    elif job and job.error:
        st.error(job.error)
    return job


@st.fragment(run_every=POLL)
def _watch(kind: str, doing: str) -> None:
    job = current(kind)
    if job is None or job.ended:
        st.rerun()
    bar, button = st.columns([5, 1], vertical_alignment="center")
    ahead = job.ahead
    if job.state == "running":
        text = f"{doing}: {job.progress:.0%}"
    else:
        text = (
            f"{doing}: waiting for {ahead} other{'s' if ahead > 1 else ''}" if ahead else f"{doing}: next in the queue"
        )
    bar.progress(job.progress, text)
    button.button("Cancel", key=f"cancel_{kind}", on_click=forget, args=(kind,))


def _sentence(error: Exception) -> str:
    """What went wrong, for the page. Only what nobody foresaw is written to the log."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "The disk of the machine that runs the app is full: free some space there, then try again."
    if isinstance(error, MemoryError):
        return "The machine that runs the app is out of memory: try something smaller, or try again later."
    if isinstance(error, ValueError):
        return str(error)
    _log.error("A job failed.", exc_info=error)
    return "This went wrong, and the log of the app says why. Nothing else is lost; try again."


class _Queue:
    """Jobs of all sessions in the order in which they came, and the threads that do them."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    def add(self, job: Job) -> None:
        with self._changed:
            self._jobs.append(job)
            if len(self._threads) < WORKERS:
                # daemons: a server that is stopped does not wait for a film
                thread = threading.Thread(target=self._serve, name=f"job {len(self._threads) + 1}", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify()

    def ahead(self, job: Job) -> int:
        with self._changed:
            waiting = [other for other in self._jobs if not other.ended]
        return waiting.index(job) if job in waiting else 0

    def _serve(self) -> None:
        torch.set_num_threads(1)  # holds for this thread only: the pages keep the other cores
        with contextlib.suppress(AttributeError, OSError):
            # on Linux this, too, is the thread's own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        for job in self._coming():
            job.run()
            del job  # else the last one, with its result, would live until the next comes

    def _coming(self) -> Iterator[Job]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._jobs)
                job = self._jobs.popleft()
            yield job
            del job


_queue = _Queue()
