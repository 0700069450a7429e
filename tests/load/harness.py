"""So many students at once, in Locust's harness, and what they met with. Importing this patches sockets and threads."""

import os
import time
from collections import defaultdict
from dataclasses import dataclass, field

import gevent
import numpy as np
import psutil

# libev's epoll ends the whole program where a connection is closed while somebody still waits for it
os.environ.setdefault("GEVENT_BACKEND", "poll")

from locust import User, task  # first: it makes all that waits give way to other students
from locust.env import Environment

from tests.load.lessons import PAUSE, Lesson

CHANGES = ("kernel", "digit", "upload")


@dataclass
class Met:
    """What students met with: milliseconds by what they did, and what went wrong."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)

    def note(self, what: str, milliseconds: float, _received: int, error: Exception | None) -> None:
        if error is None:
            self.times[what].append(milliseconds)
        else:
            self.errors.append(f"{what}: {type(error).__name__} {error}"[:200])

    @property
    def changes(self) -> list[float]:
        return [milliseconds for what in CHANGES for milliseconds in self.times[what]]


@dataclass
class Usage:
    """What processes took: their processor time in seconds, and their memory in MB. Those that are gone count 0."""

    processes: list[psutil.Process]

    def seconds(self) -> float:
        return sum(self._each(lambda process: sum(process.cpu_times()[:2])))

    def memory(self) -> float:
        return sum(self._each(lambda process: process.memory_info().rss)) / 1e6

    def threads(self) -> int:
        return sum(self._each(lambda process: process.num_threads()))

    def _each(self, measure) -> list[float]:
        values = []
        for process in self.processes:
            try:
                values.append(measure(process))
            except psutil.NoSuchProcess:
                values.append(0)
        return values


def attend(url: str, students: int, seconds: float, processes: list[psutil.Process], ramp: float, act=None) -> dict:
    """`students` arrive within `ramp` seconds, and change something every five for `seconds` more. One row of figures.

    `act(elapsed)` is called each second of the lesson. The memory of a student is what the server has grown by.
    """
    met, numbers = Met(), iter(range(10**9))

    class Attending(User):
        def wait_time(self) -> float:
            return self.lesson.luck.uniform(*PAUSE)

        def on_start(self) -> None:
            self.lesson = Lesson(url, next(numbers), met.note)
            while True:
                try:
                    self.lesson.open()
                    break
                except Exception:  # noted; those who could not come in try again
                    gevent.sleep(1)
            # those who come in together do not go on in step
            gevent.sleep(self.lesson.luck.uniform(0, PAUSE[1]))

        @task
        def change(self) -> None:
            self.lesson.change()

        def on_stop(self) -> None:
            self.lesson.student.close()

    usage, own = Usage(processes), Usage([psutil.Process()])
    before = usage.memory()
    environment = Environment(user_classes=[Attending])
    runner = environment.create_local_runner()
    runner.start(students, spawn_rate=max(1.0, students / ramp))
    gevent.sleep(ramp + PAUSE[1])
    arriving = {"errors": met.errors[:], "open": met.times["open"][:]}
    met.times.clear()
    met.errors.clear()
    start, spent, own_spent = time.perf_counter(), usage.seconds(), own.seconds()
    while (elapsed := time.perf_counter() - start) < seconds:
        if act:
            act(elapsed)
        gevent.sleep(1)
    elapsed = time.perf_counter() - start
    row = {
        "students": students,
        "seconds": round(elapsed, 1),
        "changes": len(met.changes),
        **_percentiles("", met.changes),
        "by kind": {what: _percentiles("", times) | {"n": len(times)} for what, times in met.times.items()},
        **_percentiles("open ", arriving["open"]),
        "errors": len(met.errors) + len(arriving["errors"]),
        "first errors": (arriving["errors"] + met.errors)[:5],
        "cpu": round((usage.seconds() - spent) / elapsed, 3),
        "client cpu": round((own.seconds() - own_spent) / elapsed, 3),
        "cores": os.cpu_count(),
        "memory": round(usage.memory(), 1),
        "memory a student": round((usage.memory() - before) / students, 3),
        "threads": usage.threads(),
    }
    runner.quit()
    return row


def _percentiles(prefix: str, times: list[float]) -> dict[str, float | None]:
    if not times:
        return {f"{prefix}p{share}": None for share in (50, 95, 99)}
    return {f"{prefix}p{share}": round(float(np.percentile(times, share)), 1) for share in (50, 95, 99)}
