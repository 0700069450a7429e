"""So many students at once, in Locust's harness, and what they met with. Importing this patches sockets and threads."""

import os
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import gevent
import numpy as np
import psutil

# libev's epoll and poll end the whole program where a connection is closed while somebody still waits for it
os.environ.setdefault("GEVENT_BACKEND", "select")

from locust import User, task  # first: it makes all that waits give way to other students
from locust.env import Environment

from tests.load.lessons import PAUSE, Lesson

CHANGES = ("kernel", "digit", "upload")


@dataclass
class Met:
    """What students met with: milliseconds by what they did, and what went wrong."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    back: list[float] = field(default_factory=list)  # when somebody was back after a lost connection, by perf_counter

    def note(self, what: str, milliseconds: float, _received: int, error: Exception | None) -> None:
        if error is None:
            self.times[what].append(milliseconds)
            if what == "return":
                self.back.append(time.perf_counter())
        else:
            self.errors.append(f"{what}: {type(error).__name__} {error}"[:200])

    @property
    def changes(self) -> list[float]:
        return [milliseconds for what in CHANGES for milliseconds in self.times[what]]


@dataclass
class Usage:
    """What processes take: those of ``alive()`` at the time, for one may be killed and another started in its place."""

    alive: Callable[[], list[psutil.Process]]
    _spent: dict[psutil.Process, float] = field(default_factory=dict)

    def seconds(self) -> float:
        """The processor time of all that were ever seen, in seconds; of one that is gone, up to the last look at it."""
        self._spent.update(self._each(lambda process: sum(process.cpu_times()[:2])))
        return sum(self._spent.values())

    def memory(self) -> float:
        """The memory of those alive, in MB."""
        return sum(self._each(lambda process: process.memory_info().rss).values()) / 1e6

    def threads(self) -> int:
        return sum(self._each(lambda process: process.num_threads()).values())

    def _each(self, measure: Callable[[psutil.Process], float]) -> dict[psutil.Process, float]:
        values = {}
        for process in self.alive():
            with suppress(psutil.NoSuchProcess):  # it has ended since
                values[process] = measure(process)
        return values


def attend(url: str, students: int, seconds: float, usage: Usage, ramp: float, act=None) -> dict:
    """`students` arrive within `ramp` seconds, and change something every five for `seconds` more. One row of figures.

    `act(elapsed)` is called each second of the lesson; if it has just killed a process it gives back True, and the row says how
    long those who were served by it took to be back. The memory of a student is what the server has grown by.
    """
    met, numbers = Met(), iter(range(10**9))

    class Attending(User):
        def on_start(self) -> None:
            self.lesson = Lesson(url, next(numbers), met.note)
            while True:
                try:
                    self.lesson.open()
                    break
                except Exception:  # noted; those who could not come in try again
                    gevent.sleep(1)
            # those who come in together do not go on in step
            self.lesson.think(self.lesson.luck.uniform(0, PAUSE[1]))

        @task
        def change(self) -> None:
            self.lesson.change()
            self.lesson.think(self.lesson.luck.uniform(*PAUSE))

        def on_stop(self) -> None:
            self.lesson.student.close()

    own = Usage(lambda: [psutil.Process()])
    before = usage.memory()
    environment = Environment(user_classes=[Attending])
    runner = environment.create_local_runner()
    runner.start(students, spawn_rate=max(1.0, students / ramp))
    gevent.sleep(ramp + PAUSE[1])
    arriving = {"errors": met.errors[:], "open": met.times["open"][:]}
    met.times.clear()
    met.errors.clear()
    start, spent, own_spent, killed_at = time.perf_counter(), usage.seconds(), own.seconds(), None
    withheld = _withheld()
    while (elapsed := time.perf_counter() - start) < seconds:
        usage.seconds()  # so that those who end have been looked at
        if act and act(elapsed):
            killed_at = time.perf_counter()
        gevent.sleep(1)
    elapsed = time.perf_counter() - start
    back = [round(at - killed_at, 2) for at in sorted(met.back) if at > killed_at] if killed_at else []
    # by the death of a process, which is no fault as long as they arrive after the return
    cut_off = [error for error in met.errors if killed_at and error.startswith(CHANGES)]
    faults = arriving["errors"] + [error for error in met.errors if error not in cut_off]
    row = {
        "students": students,
        "seconds": round(elapsed, 1),
        "changes": len(met.changes),
        **_percentiles("", met.changes),
        "by kind": {what: _percentiles("", times) | {"n": len(times)} for what, times in met.times.items()},
        **_percentiles("open ", arriving["open"]),
        "errors": len(faults),
        "first errors": faults[:5],
        "cpu": round((usage.seconds() - spent) / elapsed, 3),
        "client cpu": round((own.seconds() - own_spent) / elapsed, 3),
        "withheld": round(
            (_withheld() - withheld) / elapsed, 2
        ),  # cores that the host gave to other machines meanwhile
        "cores": os.cpu_count(),
        "memory": round(usage.memory(), 1),
        "memory a student": round((usage.memory() - before) / students, 3),
        "threads": usage.threads(),
        "back": back,  # seconds after the death of their process
        "cut off": len(cut_off),
    }
    runner.quit()
    return row


def _withheld() -> float:
    """Seconds for which this machine wanted a core and its host gave it to another one; 0 where the host does not tell."""
    return getattr(psutil.cpu_times(), "steal", 0.0)


def _percentiles(prefix: str, times: list[float]) -> dict[str, float | None]:
    if not times:
        return {f"{prefix}p{share}": None for share in (50, 95, 99)}
    return {f"{prefix}p{share}": round(float(np.percentile(times, share)), 1) for share in (50, 95, 99)}
