"""Students who go on and on: the server's memory and threads stay what they were."""

from concurrent.futures import ThreadPoolExecutor
from statistics import median

import psutil
import pytest

from tests.load.lessons import Lesson

STUDENTS = 16  # two of them with uploads; `make soak` has thirty, for an hour
WARM_UP, ROUNDS, TURNS = (
    8,
    8,
    2,
)  # changes of each before the first look; looks, and changes of each between two of them
GROWTH = 1.02  # 7 MB from one half of the looks to the other; what is kept of one change is then 0.06 MB at most


@pytest.mark.timeout(400)
def test_the_servers_memory_and_threads_do_not_grow_while_a_class_goes_on(fresh_server):
    # as it is, the allocator gives memory back now more, now less: 5 % either way
    server = fresh_server(environment={"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536"})
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
    _, threads_before = goes_on(WARM_UP)
    memory, threads = zip(*(goes_on(TURNS) for _ in range(ROUNDS)), strict=True)
    before, after = median(memory[: ROUNDS // 2]), median(memory[ROUNDS // 2 :])
    for lesson in lessons:
        lesson.student.close()
    print(f"{before / 1e6:.0f} → {after / 1e6:.0f} MB, {threads_before} → {threads[-1]} threads")
    assert not faults
    assert after < GROWTH * before
    assert threads[-1] <= threads_before + 2
