"""What simulated students do: open a lesson, and change something every five seconds."""

import io
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl

import numpy as np
from PIL import Image

from cnnviz.core.kernels import KERNELS
from cnnviz.core.samples import SAMPLES
from cnnviz.core.strokes import Stroke, strokes_to_text
from tests.load.student import LostError, Student

PAUSE = (4.0, 6.0)  # seconds between two changes of one student
PICTURES = [key for key, sample in SAMPLES.items() if sample.group != "digit"]
DIGITS = [key for key, sample in SAMPLES.items() if sample.group == "digit"]
Note = Callable[
    [str, float, int, Exception | None], None
]  # what was done, milliseconds, bytes received, what went wrong


class Lesson:
    """One student's visit. Every third is on the network page, and every tenth uploads pictures of their own."""

    def __init__(self, url: str, number: int, note: Note) -> None:
        self.student = Student(url)
        self.luck = random.Random(number)
        self.note = note
        self.on_network = number % 3 == 0
        self.uploads = number % 10 == 1 and not self.on_network  # which takes pictures another way
        self.revision = 0
        self.turn = 0
        self.image = self.luck.choice(DIGITS if self.on_network else PICTURES)
        self.query = ""

    def open(self) -> None:
        """The first visit."""
        path = f"/network?image={self.image}" if self.on_network else f"/?image={self.image}"
        with self._timed("open"):
            self.student.open(path)
        self.query = path.partition("?")[2]

    def change(self) -> None:
        """One settled change; a connection that is lost is a fault, but is taken up again as a browser would."""
        self.turn += 1
        try:
            if self.uploads and self.turn % 6 == 1:
                with self._timed("upload"):
                    self._upload()
            elif self.on_network:
                with self._timed("digit"):
                    self._draw()
            else:
                with self._timed("kernel"):
                    self._edit()
        except (LostError, OSError):
            self.return_()

    def think(self, seconds: float) -> None:
        """Looks at the page for so long, and comes back at once if the connection is lost meanwhile."""
        try:
            self.student.think(seconds)
        except LostError:
            self.return_()

    def return_(self, patience: float = 30) -> None:
        """Comes back after a lost connection, and checks that all stands as it stood: the picture, and torch's answer.

        However often it has to be tried, it is noted once, with the time from the loss. A change that was on its way when the
        connection was lost is part of what stood there. Only a picture that was uploaded has to be uploaded again.
        """
        before = self.student.feeds["answer"]
        try:
            with self._timed("return"):
                self._come_back(time.perf_counter() + patience)
                now = self.student.feeds["answer"]
                if now["revision"] != self.revision:
                    raise LostError(f"Revision {self.revision} is now {now['revision']}.")
                if before["revision"] == self.revision and not self.uploads and before["data"] != now["data"]:
                    raise LostError("The answer is another.")
        except (LostError, OSError):
            pass  # noted

    def _come_back(self, end: float) -> None:
        while True:
            try:
                return self.student.come_back(self.query)
            except (LostError, OSError):
                if time.perf_counter() > end:
                    raise
                time.sleep(0.5)

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        start, received = time.perf_counter(), self.student.bytes
        error = None
        try:
            yield
        except Exception as trouble:
            error = trouble
            raise
        finally:
            self.note(what, 1000 * (time.perf_counter() - start), self.student.bytes - received, error)

    def _settle(self, head: str, query: str) -> None:
        self.query = query
        self.student.settle(f"{head}{query}")
        if self.student.feeds["answer"]["revision"] != self.revision:
            raise LostError(f"The answer is not for revision {self.revision}.")

    def _edit(self) -> None:
        self.revision += 1
        luck = self.luck
        weights = ",".join(f"{luck.uniform(-2, 2):.2f}" for _ in range(9))
        query = [f"kernel={luck.choice(list(KERNELS))}", f"weights=3x3~{weights}", f"stride={luck.randint(1, 3)}"]
        if luck.random() < 0.3:
            query.append(f"strokes={self._strokes()}")
        source = self.student.page["image"]["source"]
        image = dict(parse_qsl(self.student.page["link"])).get("image", "integers")
        self._settle(f"{self.revision};{source};", "&".join([f"image={image}", *query]))

    def _draw(self) -> None:
        self.revision += 1
        self._settle(f"{self.revision};", f"image=draw&strokes={self._strokes()}")

    def _upload(self) -> None:
        pixels = np.random.default_rng(self.luck.randrange(10**9)).integers(0, 256, (48, 64, 3), dtype=np.uint8)
        file = io.BytesIO()
        # enlarged noise: as many bytes as a photograph from a screen, and as much to decode
        Image.fromarray(pixels).resize((1024, 768)).save(file, "JPEG", quality=85)
        self.student.upload("photograph.jpg", file.getvalue())
        if not self.student.page["link"].startswith("image=upload"):
            raise LostError("The upload is not on the page.")

    def _strokes(self) -> str:
        luck = self.luck
        points = tuple((luck.randrange(200, 800), luck.randrange(200, 800)) for _ in range(luck.randint(8, 40)))
        return strokes_to_text((Stroke("pen", 70, points),))
