"""Runs of pages take turns.

Python runs one thread at a time, whatever it is asked. Students whose runs go on side by side take the interpreter from each
other after each message they send, and all of them wait: with 200 students a server made 20 changes a second that way, and
twice as many one after the other, each of them sooner.
"""

import threading
import time
from types import TracebackType

# Seconds after which nobody waits for a run any more: whoever computes for long does so beside the others.
LONGEST = 0.25


class Turns:
    """A context for one run at a time, in the order of their coming; within a run it can be entered again."""

    def __init__(self, longest: float = LONGEST) -> None:
        self._longest = longest
        self._ended = threading.Condition()
        self._holder: int | None = None
        self._since = 0.0
        self._here = threading.local()

    def __enter__(self) -> None:
        self._here.depth = getattr(self._here, "depth", 0) + 1
        if self._here.depth > 1:
            return
        with self._ended:
            while self._holder is not None and (left := self._since + self._longest - time.monotonic()) > 0:
                self._ended.wait(left)
            self._holder, self._since = threading.get_ident(), time.monotonic()

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._here.depth -= 1
        if self._here.depth:
            return
        with self._ended:
            if self._holder == threading.get_ident():  # else it took too long, and another has gone on meanwhile
                self._holder = None
                self._ended.notify()


TURNS = Turns()
