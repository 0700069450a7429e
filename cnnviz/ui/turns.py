"""Runs of pages take turns, each on one core.

Python runs one thread at a time, whatever it is asked. Students whose runs go on side by side take the interpreter from each
other after each message they send, and all of them wait: with 200 students a server made 20 changes a second that way, and
twice as many one after the other, each of them sooner.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import torch

# Seconds after which nobody waits for a run any more: whoever computes for long does so beside the others.
LONGEST = 0.25
# Seconds for which whoever just comes along may go before those who wait, if nobody has a turn: to wake a thread takes longer
# than many a run. Without an end to it some would wait for seconds.
LENIENT = 0.1


class Turns:
    """One run at a time, of its kind about in the order of their coming.

    When a whole class opens its pages, or comes back, those who are at work do not wait for all of them: where whole pages
    and lessons alone both wait, every other turn is a lesson's.
    """

    def __init__(self, longest: float = LONGEST, lenient: float = LENIENT) -> None:
        self._longest, self._lenient = longest, lenient
        self._lock = threading.Lock()
        self._pages: deque[_Waiting] = deque()
        self._lessons: deque[_Waiting] = deque()
        self._was_page = False  # the last turn
        self._holder: int | None = None
        self._since = 0.0
        self._here = threading.local()

    @contextmanager
    def turn(self, *, page: bool = False) -> Iterator[None]:
        """The turn of a whole page's run, or of a lesson's alone; within a turn another is none."""
        if getattr(self._here, "has", False):
            yield
            return
        # Holds for this thread only, and each run has its own: torch's number is not the one by which its convolutions are
        # shared out there. A network's small layers among two threads take twice the processor time.
        torch.set_num_threads(1)
        self._wait(page)
        self._here.has = True
        try:
            yield
        finally:
            self._here.has = False
            self._end()

    def _wait(self, page: bool) -> None:
        with self._lock:
            now, first = time.monotonic(), self._first()
            if self._free(now) and not (first and now - first.since > self._lenient):
                self._take(page, now)
                return
            mine = _Waiting(now)
            queue = self._pages if page else self._lessons
            queue.append(mine)
        while True:
            mine.called.acquire(timeout=self._longest)
            with self._lock:
                now, first = time.monotonic(), self._first()
                if self._free(now) and first is mine:
                    queue.popleft()
                    self._take(page, now)
                    return
                if not self._free(now):
                    continue
            first.call()  # somebody has come since who goes first, and has not been called

    def _end(self) -> None:
        with self._lock:
            if self._holder != threading.get_ident():  # it took too long, and another has gone on meanwhile
                return
            self._holder = None
            first = self._first()
        if first:  # outside of the lock, which it needs at once
            first.call()

    def _first(self) -> "_Waiting | None":
        """Whose turn is next, of those who wait."""
        lessons_first = self._was_page or not self._pages
        queue = self._lessons if self._lessons and lessons_first else self._pages
        return queue[0] if queue else None

    def _free(self, now: float) -> bool:
        return self._holder is None or now >= self._since + self._longest

    def _take(self, page: bool, now: float) -> None:
        self._was_page, self._holder, self._since = page, threading.get_ident(), now


class _Waiting:
    """A run that has come, and not yet had its turn. It waits for a bare lock: an event would have it wake up three times, each
    time behind all else that goes on in Python, and a busy server would do half its work."""

    def __init__(self, since: float) -> None:
        self.since = since
        self.called = threading.Lock()
        self.called.acquire()

    def call(self) -> None:
        with suppress(RuntimeError):  # it has been called, and has not yet heard it
            self.called.release()


TURNS = Turns()
