"""Runs take turns."""

import os
import subprocess
import sys
import textwrap
import threading
import time
from types import SimpleNamespace

import pytest

from cnnviz.ui.turns import Turns, _Waiting


def test_one_after_the_other_in_the_order_of_their_coming():
    turns, inside, most, order = Turns(longest=60), [], [], []
    started = [threading.Event() for _ in range(8)]

    def run(number):
        started[number].set()
        with turns.turn():
            inside.append(number)
            most.append(len(inside))
            with turns.turn():  # a lesson within the run of its page
                order.append(number)
            inside.remove(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    with turns.turn():
        for number, thread in enumerate(threads):
            thread.start()
            started[number].wait(10)
            wait_until(lambda number=number: len(turns._lessons) == number + 1)
    for thread in threads:
        thread.join(10)
    assert most == [1] * 8
    assert order == list(range(8))


def test_nobody_waits_for_one_that_takes_too_long_and_its_end_is_nobody_elses():
    turns, begun, end = Turns(longest=0.05), threading.Event(), threading.Event()

    def run():
        with turns.turn():
            begun.set()
            end.wait(30)

    slow = threading.Thread(target=run)
    slow.start()
    begun.wait(10)
    with turns.turn():
        assert slow.is_alive()
        end.set()
        slow.join(10)
        assert turns._holder == threading.get_ident()
    assert turns._holder is None


def test_an_error_ends_a_turn():
    turns = Turns(longest=60)
    with pytest.raises(ValueError, match="within"), turns.turn():
        raise ValueError("within")
    assert turns._holder is None


def test_whoever_has_waited_goes_before_those_who_come_along(monkeypatch):
    class Drowsy(_Waiting):
        """It hears only later that nobody has a turn any more."""

        def __init__(self, since: float) -> None:
            super().__init__(since)
            self.called = SimpleNamespace(acquire=lambda timeout: heard.wait(10), release=int)

    turns, order, heard = Turns(longest=60, lenient=0), [], threading.Event()
    monkeypatch.setattr("cnnviz.ui.turns._Waiting", Drowsy)

    def run(name):
        with turns.turn():
            order.append(name)

    threads = [threading.Thread(target=run, args=[name]) for name in ("waits", "comes along")]
    with turns.turn():
        threads[0].start()
        wait_until(lambda: len(turns._lessons) == 1)
    threads[1].start()  # and could have the turn
    wait_until(lambda: len(turns._lessons) == 2)
    heard.set()
    for thread in threads:
        thread.join(10)
    assert order == ["waits", "comes along"]


def test_where_pages_and_lessons_wait_every_other_turn_is_a_lessons():
    turns, order = Turns(longest=60, lenient=0), []

    def run(name):
        with turns.turn(page=name.startswith("page")):
            order.append(name)

    names = ["page 1", "page 2", "page 3", "page 4", "lesson 1", "lesson 2"]
    threads = [threading.Thread(target=run, args=[name]) for name in names]
    with turns.turn(page=True):
        for count, thread in enumerate(threads, start=1):
            thread.start()
            wait_until(lambda count=count: len(turns._pages) + len(turns._lessons) == count)
    for thread in threads:
        thread.join(10)
    assert order == ["lesson 1", "page 1", "lesson 2", "page 2", "page 3", "page 4"]


def test_a_lesson_that_comes_while_a_page_has_been_called_does_not_wait_for_nothing(monkeypatch):
    class Drowsy(_Waiting):
        """It hears only later that nobody has a turn any more."""

        def __init__(self, since: float) -> None:
            super().__init__(since)
            if threading.current_thread().name == "page":
                self.called = SimpleNamespace(acquire=lambda timeout: heard.wait(10) and heard.clear(), release=int)

    turns, order, heard = Turns(longest=60, lenient=0), [], threading.Event()
    monkeypatch.setattr("cnnviz.ui.turns._Waiting", Drowsy)

    def run():
        name = threading.current_thread().name
        with turns.turn(page=name == "page"):
            order.append(name)
        if name == "lesson":
            heard.set()

    page, lesson = (threading.Thread(target=run, name=name) for name in ("page", "lesson"))
    with turns.turn(page=True):
        page.start()
        wait_until(lambda: len(turns._pages) == 1)
    lesson.start()
    wait_until(lambda: len(turns._lessons) == 1)
    heard.set()
    for thread in (lesson, page):
        thread.join(10)
    assert order == ["lesson", "page"]


def test_a_turn_computes_on_one_core():
    """In a process of its own: torch reads how many cores it may use when it is imported, and tests let it use one."""
    script = """
        import threading
        import psutil, torch
        from cnnviz.core.network import load_network
        from cnnviz.core.trace import trace
        from cnnviz.ui.turns import TURNS

        def run():
            with TURNS.turn():
                before = process.num_threads()
                trace(network, torch.zeros(1, 3, 32, 32))
                print(process.num_threads() - before)

        process, network = psutil.Process(), load_network("mnist")
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    """
    cores = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], env=cores, capture_output=True, text=True, check=True
    )
    assert run.stdout == "0\n"


def wait_until(condition) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)
