"""A student without a browser meets what a browser meets, and whoever comes back finds what stood there."""

from itertools import count
from threading import Event, Thread

import pytest

from tests.load.student import LostError, Student

OPENED = "/?image=digit_3&kernel=box_3"
LATER = "kernel=gaussian_3&stride=2"  # chosen since: the address bar has it, and Streamlit does not know


def test_no_student_visits_another_machine():
    for url in ("http://192.0.2.1:8501", "http://example.com", "http://127.0.0.1.example.com"):
        with pytest.raises(ValueError, match="this machine only"):
            Student(url)


def test_a_student_without_a_server_is_told(server):
    with Student("http://127.0.0.1:9") as student, pytest.raises(OSError, match="refused"):
        student.open()
    with Student(server.url) as student, pytest.raises(LostError, match="no 'page'"):
        student.settle("1;integers.0;")


def test_one_who_only_lost_the_connection_is_known_again(server):
    with Student(server.url) as student:
        student.open(OPENED)
        session = student.session
        student.settle(f"7;{student.page['image']['source']};{LATER}")
        student.come_back(f"image=digit_3&{LATER}")
        assert student.session == session
        assert student.feeds["answer"]["revision"] == 7
        assert student.array("answer").shape == (1, 13, 13)


def test_one_who_comes_back_to_a_server_that_was_started_again_stands_where_they_stood(server):
    with Student(server.url) as student:
        student.open(OPENED)
        session = student.session
        student.settle(f"7;{student.page['image']['source']};{LATER}")
        before = student.array("answer")
        student.come_back(f"image=digit_3&{LATER}", known=False)
        assert student.session != session
        assert student.feeds["answer"]["revision"] == 7
        assert (student.array("answer") == before).all()
        assert student.page["link"] == "image=digit_3"
        assert not student.texts


def test_another_picture_than_the_page_was_opened_with_is_there_again_and_an_upload_is_asked_for(server):
    with Student(server.url) as student:
        student.open(OPENED)
        student.come_back("image=cat&colour=1", known=False)
        assert student.page["image"]["id"] == "cat-64-rgb"
    with Student(server.url) as student:
        student.open(OPENED)
        student.come_back("image=upload&stride=2", known=False)
        assert ["upload it once more" in text for text in student.texts] == [True]
        assert student.page["seed"] == "stride=2"


@pytest.mark.parametrize(
    ("page", "stays", "settled"),
    [
        ("channels", "image=coffee&more=volume", "filters=6&hop=2&rim=1&cell=2,1,0&groups=3"),
        ("shapes", "", "shape=2x1x28x28&chain=Conv2d(1,8,5);ReLU()"),
        ("signals", "image=cat", "signal=sine&taps=1,-1&pace=2&sample=3"),
        (
            "pooling",
            "image=cat&shift=2,-3&enters=wrap&detector=laplacian_4",
            "source=relu&pooling=average&pool_window=3",
        ),
        ("network", "", "image=digit_7&sums=1&show=pre_activation&unit=conv1,2,3,4"),
    ],
)
def test_every_page_stands_on_a_server_that_was_started_again_where_it_stood(server, page, stays, settled):
    with Student(server.url) as student:
        student.open(f"/{page}?{stays}")
        opened = numbers(student)
        student.settle(f"7;{settled}")
        before = numbers(student)
        assert before != opened
        student.come_back("&".join(filter(None, (stays, settled))), known=False)
        assert numbers(student) == before
        # the first run already answers for what rests there
        assert {feed["revision"] for feed in student.feeds.values() if "revision" in feed} <= {0, 7}
        assert 7 in {feed.get("revision") for feed in student.feeds.values()}
        assert not student.texts


def test_a_picture_that_was_chosen_is_no_other_one_for_whoever_comes_back(server):
    with Student(server.url).open("/?image=cat") as student:
        student.choose("coffee", "cat")
        source = student.page["image"]["source"]
        student.settle(f"3;{source};stride=2")
        student.come_back("image=cat&stride=2", known=False)
        assert student.page["image"]["source"] == source
        assert student.feeds["answer"]["revision"] == 3


def numbers(student: Student) -> dict:
    """What torch has answered: all that was sent, but for the session's own counting."""
    return {name: {**feed, "revision": 0} for name, feed in student.feeds.items()}


def test_what_a_page_still_says_when_it_is_left_does_not_bring_it_back(server):
    with Student(server.url).open("/network") as student:
        assert student.on_show == "network"
    with Student(server.url).open("/pooling") as student:
        student.turn_to("network", saying="1;0;;enters=black&shift=2,-3")
        student.think(0.5)  # whatever else comes
        assert student.on_show == "network"
        student.settle("1;image=digit_3")
        assert (student.on_show, student.feeds["answer"]["revision"]) == ("network", 1)


def test_of_two_pictures_chosen_at_once_the_second_stays(server):
    """Beside others, on a busy server, where the first is still under way when the second comes."""
    end = Event()

    def change() -> None:
        with Student(server.url).open("/network") as other:
            for revision in count(1):
                other.settle(f"{revision};image=digit_{revision % 10}")
                if end.is_set():
                    return

    others = [Thread(target=change) for _ in range(4)]
    for other in others:
        other.start()
    try:
        with Student(server.url).open("/network?network=cifar10&image=bricks") as student:
            for first, second in 20 * (("coffee", "bricks"), ("astronaut", "cat")):
                student.choose(first, second)
                assert student.feeds["source"]["key"] == second
    finally:
        end.set()
        for other in others:
            other.join()


def test_the_lesson_runs_alone_until_what_stands_around_it_no_longer_fits(server):
    with Student(server.url).open("/?image=cat") as student:
        assert student.sent == {"connection", "chooser", "feed", "page"}
        source = student.page["image"]["source"]
        student.settle(f"1;{source};kernel=box_3")
        assert student.sent == {"feed", "page"}
        student.settle(f"2;{source};kernel=box_3&strokes=p200_00rs1011")  # which the browser shows to the chooser
        assert student.sent == {"feed", "page"}
    with Student(server.url).open("/network") as student:
        student.settle("1;image=digit_5")  # digits are chosen in the lesson itself
        assert student.sent == {"feed", "page"}
        student.settle("2;network=cifar10&image=cifar10_3")
        assert "chooser" in student.sent
