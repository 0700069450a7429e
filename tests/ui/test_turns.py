"""Runs take turns."""

import threading
import time

import pytest

from cnnviz.ui.turns import Turns


def test_one_after_the_other_in_the_order_of_their_coming():
    turns, inside, most, order = Turns(longest=60), [], [], []
    started = [threading.Event() for _ in range(8)]

    def run(number):
        started[number].set()
        with turns:
            inside.append(number)
            most.append(len(inside))
            with turns:  # a lesson within the run of its page
                order.append(number)
            inside.remove(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    with turns:
        for number, thread in enumerate(threads):
            thread.start()
            started[number].wait(10)
            while len(turns._ended._waiters) < number + 1:
                time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert most == [1] * 8
    assert order == list(range(8))


def test_nobody_waits_for_one_that_takes_too_long_and_its_end_is_nobody_elses():
    turns, begun, end = Turns(longest=0.05), threading.Event(), threading.Event()

    def run():
        with turns:
            begun.set()
            end.wait(30)

    slow = threading.Thread(target=run)
    slow.start()
    begun.wait(10)
    with turns:
        assert slow.is_alive()
        end.set()
        slow.join(10)
        assert turns._holder == threading.get_ident()
    assert turns._holder is None


def test_an_error_ends_a_turn():
    turns = Turns(longest=60)
    with pytest.raises(ValueError, match="within"), turns:
        raise ValueError("within")
    assert turns._holder is None
