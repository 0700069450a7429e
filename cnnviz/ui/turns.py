"""Runs of pages take turns, each on one core.

Python runs one thread at a time, whatever it is asked. Students whose runs go on side by side take the interpreter from each
other after each message they send, and all of them wait: with 200 students a server made 20 changes a second that way, and
twice as many one after the other, each of them sooner.
"""

import threading
import time
from collections import deque
from types import TracebackType

import torch

# Seconds after which nobody waits for a run any more: whoever computes for long does so beside the others.
LONGEST = 0.25
# Seconds for which whoever just comes along may go before those who wait, if nobody has a turn: to wake a thread takes longer
# than many a run, and 200 students get their answers a fifth sooner. Without an end to it some would wait for seconds.
LENIENT = 0.1


class Turns:
    """A context for one run at a time, about in the order of their coming; within a run it can be entered again."""

    def __init__(self, longest: float = LONGEST, lenient: float = LENIENT) -> None:
        self._longest, self._lenient = longest, lenient
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting] = deque()
        self._holder: int | None = None
        self._since = 0.0
        self._here = threading.local()

    def __enter__(self) -> None:
        self._here.depth = getattr(self._here, "depth", 0) + 1
        if self._here.depth > 1:
            return
        # Holds for this thread only, and each run has its own: torch's number is not the one by which its convolutions are
        # shared out there. A network's small layers among two threads take twice the processor time.
        torch.set_num_threads(1)
        with self._lock:
            now = time.monotonic()
            if self._free(now) and not (self._waiting and now - self._waiting[0].since > self._lenient):
                self._take(now)
                return
            mine = _Waiting(now)
            self._waiting.append(mine)
        while True:
            mine.called.wait(self._longest)
            with self._lock:
                mine.called.clear()
                now = time.monotonic()
                if self._waiting[0] is mine and self._free(now):
                    self._waiting.popleft()
                    self._take(now)
                    return

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._here.depth -= 1
        if self._here.depth:
            return
        with self._lock:
            if self._holder == threading.get_ident():  # else it took too long, and another has gone on meanwhile
                self._holder = None
                if self._waiting:
                    self._waiting[0].called.set()

    def _free(self, now: float) -> bool:
        return self._holder is None or now >= self._since + self._longest

    def _take(self, now: float) -> None:
        self._holder, self._since = threading.get_ident(), now


class _Waiting:
    """A run that has come, and not yet had its turn."""

    def __init__(self, since: float) -> None:
        self.since = since
        self.called = threading.Event()


TURNS = Turns()
