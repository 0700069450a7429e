"""Long work: in a queue, seen to go on, given up when nobody wants it, and nobody else's."""

import errno
import gc
import threading
import time
import weakref
from contextlib import contextmanager

import pytest
from streamlit import runtime
from streamlit.testing.v1 import AppTest

from cnnviz.ui import jobs
from tests.ui.apps import session

PATIENCE = 20  # seconds


def wait_until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.002)


class Gate:
    """A job's function that goes on only as far as the test lets it."""

    def __init__(self):
        self.begun, self.open, self.steps = threading.Event(), threading.Event(), 0

    def __call__(self, report, result="done"):
        self.begun.set()
        while not self.open.wait(0.002):
            self.steps += 1
            report(0.25)
        report(0.75)
        return result


@contextmanager
def busy_workers():
    """Every worker is at work on somebody else's job until the block ends."""
    with session():
        gates = [Gate() for _ in range(jobs.WORKERS)]
        others = [jobs.submit(f"other {number}", gate) for number, gate in enumerate(gates)]
        assert all(gate.begun.wait(PATIENCE) for gate in gates)
    try:
        yield
    finally:
        for gate in gates:
            gate.open.set()
        wait_until(lambda: all(job.ended for job in others))


def test_a_job_gets_its_arguments_and_says_how_far_it_is():
    gate = Gate()
    with session():
        job = jobs.submit("film", gate, result=7)
        wait_until(lambda: job.progress == 0.25)
        assert (job.state, job.ended, job.result, job.error) == ("running", False, None, "")
        assert jobs.current("film") is job
        gate.open.set()
        wait_until(lambda: job.ended)
        assert (job.state, job.progress, job.result, job.error) == ("done", 1.0, 7, "")
        jobs.forget("film")
        assert jobs.current("film") is None


def test_progress_never_goes_back_and_stays_between_0_and_1():
    seen = []

    def work(report):
        for progress in (-1, 0.5, 0.25, 7):
            report(progress)
            seen.append(job.progress)

    with session():
        ready = threading.Event()
        job = jobs.submit("film", lambda report: ready.wait(PATIENCE) and work(report))
        ready.set()
        wait_until(lambda: job.ended)
    assert seen == [0, 0.5, 0.5, 1]


def test_no_more_jobs_run_at_once_than_there_are_workers():
    running, most, lock = set(), [], threading.Lock()

    def work(report, number):
        with lock:
            running.add(number)
            most.append(len(running))
        for step in range(5):
            report(step / 5)
            time.sleep(0.001)
        with lock:
            running.remove(number)
        return number

    with session():
        submitted = [jobs.submit(f"film {number}", work, number) for number in range(12)]
        wait_until(lambda: all(job.ended for job in submitted))
    assert [job.result for job in submitted] == list(range(12))
    assert max(most) == jobs.WORKERS


def test_a_waiting_job_says_how_many_go_before_it_and_one_that_was_given_up_does_not_count():
    with busy_workers():
        with session():
            first = jobs.submit("film", Gate())
        with session():
            second = jobs.submit("film", Gate())
        assert [first.ahead, second.ahead] == [0, 1]
        first.cancel()
        assert (first.state, second.ahead) == ("cancelled", 0)
        second.cancel()


def test_a_running_job_ends_soon_after_it_is_cancelled_and_keeps_nothing():
    gate = Gate()
    with session():
        job = jobs.submit("film", gate)
        assert gate.begun.wait(PATIENCE)
        job.cancel()
        assert job.ended
        after = jobs.submit("another", lambda report: "its worker is free again")
        others = [jobs.submit(f"fill {number}", lambda report: None) for number in range(4)]
        wait_until(lambda: after.ended and all(other.ended for other in others))
        steps = gate.steps
        wait_until(lambda: gate.steps == steps)
        assert (job.state, job.result) == ("cancelled", None)


def test_work_that_swallows_exceptions_is_still_cancelled():
    stubborn, ended = threading.Event(), threading.Event()

    def work(report):
        try:
            while True:
                try:
                    stubborn.set()
                    report(0)
                except Exception:  # as careless code does
                    pass
        finally:
            ended.set()

    with session():
        job = jobs.submit("film", work)
        assert stubborn.wait(PATIENCE)
        job.cancel()
    assert ended.wait(PATIENCE)


def test_a_new_job_takes_the_place_of_the_sessions_older_one_of_its_kind_and_of_no_other():
    with session():
        theirs = jobs.submit("film", Gate())
    with session():
        old, curve = jobs.submit("film", Gate()), jobs.submit("curve", Gate())
        new = jobs.submit("film", lambda report: "new")
        assert (old.state, jobs.current("film")) == ("cancelled", new)
        assert not curve.ended
        assert not theirs.ended
        curve.cancel()
        theirs.cancel()
        wait_until(lambda: new.ended)
        assert new.result == "new"


@pytest.mark.parametrize(
    ("error", "sentence", "logged"),
    [
        (ValueError("The film has no pictures."), "The film has no pictures.", False),
        (OSError(errno.ENOSPC, "No space left on device"), "disk", False),
        (MemoryError(), "out of memory", False),
        (ZeroDivisionError("secret"), "went wrong", True),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_the_workers_go_on(error, sentence, logged, caplog):
    def work(report):
        raise error

    with session():
        job = jobs.submit("film", work)
        wait_until(lambda: job.ended)
        assert (job.state, job.result) == ("failed", None)
        assert sentence in job.error
        assert "secret" not in job.error
        assert bool(caplog.records) == logged
        after = [jobs.submit(f"film {number}", lambda report: "done") for number in range(2 * jobs.WORKERS)]
        wait_until(lambda: all(job.state == "done" for job in after))


class Student:
    """A runtime that knows of one session, for as long as it is there."""

    here = True

    def is_active_session(self, _session):
        return self.here


@pytest.mark.parametrize("grace", [0.05, 1000])
def test_the_job_of_a_student_who_left_is_given_up_after_a_grace(monkeypatch, grace):
    student, gate = Student(), Gate()
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", lambda: student)
    monkeypatch.setattr(jobs, "GRACE", grace)
    job = jobs.Job(gate, "their session")
    jobs._queue.add(job)
    assert gate.begun.wait(PATIENCE)
    student.here = False
    if grace < 1:
        wait_until(lambda: job.state == "cancelled")
        return
    steps = gate.steps
    wait_until(lambda: gate.steps > steps + 20)
    student.here = True
    gate.open.set()
    wait_until(lambda: job.state == "done")


class Picture:
    """Something that can be seen to be gone."""


def test_nothing_is_kept_of_a_session_that_is_gone():
    with session() as held:
        jobs.submit("film", lambda report, given: Picture(), Picture())
        wait_until(lambda: jobs.current("film").ended)
        film = weakref.ref(jobs.current("film").result)
        assert film()
        held.clear()
    gc.collect()
    assert film() is None


def test_what_a_cancelled_job_was_given_is_let_go_while_it_waits():
    with busy_workers(), session():
        picture = Picture()
        given = weakref.ref(picture)
        job = jobs.submit("film", lambda report, _picture: None, picture)
        del picture
        assert given()
        job.cancel()
        assert given() is None


def page():
    import streamlit as st

    from cnnviz.ui import jobs

    if st.button("Make it"):
        jobs.submit("film", st.session_state.work)
    job = jobs.watch("film", "Making the film")
    st.text(job.state if job else "none")
    if job and job.result:
        st.text(job.result)


def test_a_page_shows_progress_cancels_and_shows_the_result():
    app = AppTest.from_function(page, default_timeout=30)
    gate = app.session_state["work"] = Gate()
    app.run()
    assert [text.value for text in app.text] == ["none"]

    app.button[0].click().run()
    assert gate.begun.wait(PATIENCE)
    wait_until(lambda: app.session_state["_jobs"]["film"].progress > 0)
    app.run()
    assert [text.value for text in app.text] == ["running"]
    assert app.get("progress")[0].proto.text == "Making the film: 25%"
    app.button(key="cancel_film").click().run()
    assert [text.value for text in app.text] == ["none"]
    assert not app.get("progress")

    gate = app.session_state["work"] = Gate()
    app.button[0].click().run()
    assert gate.begun.wait(PATIENCE)
    gate.open.set()
    wait_until(lambda: app.session_state["_jobs"]["film"].ended)
    app.run()
    assert [text.value for text in app.text] == ["done", "done"]
    assert not app.exception


def test_a_page_says_where_in_the_queue_a_job_stands_and_what_went_wrong():
    def fail(report):
        raise ValueError("The film has no pictures.")

    app = AppTest.from_function(page, default_timeout=30)
    app.session_state["work"] = fail
    with busy_workers():
        app.run()
        with session():
            before = [jobs.submit("a", Gate()), jobs.submit("b", Gate())]
        app.button[0].click().run()
        assert app.get("progress")[0].proto.text == "Making the film: waiting for 2 others"
        for job in before:
            job.cancel()
        app.run()
        assert app.get("progress")[0].proto.text == "Making the film: next in the queue"
    wait_until(lambda: app.session_state["_jobs"]["film"].ended)
    app.run()
    assert [error.value for error in app.error] == ["The film has no pictures."]
