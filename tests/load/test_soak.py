"""Students who go on and on: the server's memory and threads stay what they were."""

from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests.load.lessons import Lesson

STUDENTS = 16  # two of them with uploads; `make soak` has thirty, for an hour
WARM_UP, TURNS = 4, 8
GROWTH = 1.03  # 13 MB; what is kept of one change is then 0.1 MB at most


@pytest.mark.timeout(400)
def test_the_servers_memory_and_threads_do_not_grow_while_a_class_goes_on(fresh_server):
    server = fresh_server()
    process = psutil.Process(server.process.pid)
    faults = []

    def note(what, _milliseconds, _bytes, error):
        if error:
            faults.append(f"{what}: {error}")

    lessons = [Lesson(server.url, number, note) for number in range(STUDENTS)]

    def goes_on(turns: int) -> tuple[float, int]:
        def changes(lesson: Lesson) -> None:
            for _ in range(turns):
                lesson.change()

        with ThreadPoolExecutor(8) as class_room:
            list(class_room.map(changes, lessons))
        return process.memory_info().rss, process.num_threads()

    for lesson in lessons:
        lesson.open()
    before, threads_before = goes_on(WARM_UP)
    after, threads_after = goes_on(TURNS)
    for lesson in lessons:
        lesson.student.close()
    print(f"{before / 1e6:.0f} → {after / 1e6:.0f} MB, {threads_before} → {threads_after} threads")
    assert not faults
    assert after < GROWTH * before
    assert threads_after <= threads_before + 2
