"""A bar for the terminal, with the time left."""

import sys
import time
from dataclasses import dataclass, field


@dataclass
class Progress:
    """Redrawn in place on a terminal, a line for every tenth in a log."""

    title: str
    total: int
    started: float = field(default_factory=time.perf_counter)
    tenths: int = -1
    shown: float = 0.0

    def show(self, done: int, note: str = "") -> None:
        now = time.perf_counter()
        live = sys.stderr.isatty()
        tenths = 10 * done // self.total
        if done < self.total and not (now - self.shown > 0.2 if live else tenths > self.tenths):
            return
        self.shown, self.tenths = now, tenths
        left = (now - self.started) * (self.total - done) / done
        filled = 24 * done // self.total
        line = f"{self.title:28} {'█' * filled}{'·' * (24 - filled)} {100 * done // self.total:3} %  {_clock(left)} left  {note}"
        end = "" if live and done < self.total else "\n"
        print(f"\r{line:88}" if live else line.rstrip(), end=end, file=sys.stderr, flush=True)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
