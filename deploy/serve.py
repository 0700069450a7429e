"""Several app processes behind nginx, without containers: `make serve PROCESSES=4`.

It starts the processes and nginx, looks after them (one that ends or no longer answers is started again), and ends them
all when it is ended itself.
"""

import argparse
import base64
import contextlib
import gzip
import hashlib
import multiprocessing
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from http.client import HTTPConnection, HTTPException
from multiprocessing.connection import wait
from pathlib import Path

import streamlit
from streamlit.web import cli

ROOT = Path(__file__).resolve().parents[1]
CONFIG = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
STREAMLIT = Path(streamlit.__file__).parent
PREPARED = ROOT / "build" / f"served-streamlit-{streamlit.__version__}"
# How Streamlit fetches its font for icons on each first visit, 0.37 MB, before any icon is shown.
PRELOAD = re.compile(rb'document\.fonts\.load\(`1em "\$\{\w+\.materialIcons\}"`\)')
COMPRESSED = {".js", ".css", ".html", ".svg", ".json", ".ttf", ".wasm"}
LOOK = 1.0  # seconds between two looks at the processes; that one has ended is noticed at once
DEAF = 15.0  # seconds after which one that does not answer is started again
BIRTH = 120.0  # seconds until one may be expected to answer, on a busy machine
# A second that one process lets in: a page takes it some 30 ms to open, and those who are at work go on meanwhile.
ARRIVALS = 20
QUEUE = 10  # seconds: whoever would wait longer to be let in has to try again
# Imported once, by the process that the others are forks of: one that is lost is there again within a second, not after
# four of the processor's time that the class needs. Nothing here listens, or asks who is running.
IMPORTED = [
    "__main__",
    "streamlit.web.cli",
    "torch",
    "plotly.graph_objects",
    "cnnviz.core.trace",
    "cnnviz.figures.volume",
]


class Seat:
    """A port of this machine on which one process of the app may serve, and the process that does."""

    def __init__(self, number: int, port: int) -> None:
        self.number, self.port = number, port
        self.process: multiprocessing.Process | None = None
        self.heard_at = 0.0
        self.begun_at = 0.0

    def start(self) -> None:
        forks = multiprocessing.get_context("forkserver")
        self.process = forks.Process(target=serve, args=[self.port], name=f"seat {self.number}")
        self.process.start()
        self.begun_at = self.heard_at = time.monotonic()

    @property
    def alive(self) -> bool:
        """Whether its process is. When the process that all are forks of is killed, they count as dead, and go on serving."""
        return self.process.is_alive() or taken("127.0.0.1", self.port)

    def end(self) -> None:
        """Asks the process to end, and sees to it that it does."""
        if self.process is None:
            return
        self._signal(signal.SIGTERM)
        end = time.monotonic() + 5
        while time.monotonic() < end and self.alive:
            time.sleep(0.05)
        self._signal(signal.SIGKILL)
        self.process.join()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, number)

    def asked(self, path: str, timeout: float) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def warm(self) -> bool:
        """Waits until it answers and has run the first page once, so that no student waits for torch to be imported."""
        process, end = self.process, time.monotonic() + BIRTH
        while time.monotonic() < end and process.is_alive():
            if self.asked("/_stcore/health", 5) and self.asked("/_stcore/script-health-check", BIRTH):
                return True
            time.sleep(0.1)
        return False

    def look_after(self) -> bool:
        """Whether it has fallen vacant since the last look. A process that has not answered for long is ended."""
        if self.process is None:
            return False
        if not self.alive:
            say(f"Process {self.number} has ended ({self.process.exitcode}): another takes its place.")
            self.process = None
            return True
        if self.asked("/_stcore/health", LOOK):
            self.heard_at = time.monotonic()
        elif time.monotonic() - max(self.heard_at, self.begun_at + BIRTH - DEAF) > DEAF:
            say(f"Process {self.number} does not answer any more.")
            self._signal(signal.SIGKILL)
        return False


def serve(port: int) -> None:
    """Runs the app on this port of this machine: the whole life of one process."""
    os.chdir(ROOT)
    # Streamlit says an address there, which is not the one that anybody should go to
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.argv = ["streamlit", "run", str(ROOT / "app.py"), f"--server.port={port}", "--server.address=127.0.0.1"]
    sys.argv += ["--server.scriptHealthCheckEnabled=true", "--logger.level=warning"]
    cli.main(prog_name="streamlit")


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy/serve.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="one a core by default")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--address", default="0.0.0.0", help="the only one to listen on")
    parser.add_argument("--prepare", action="store_true", help="only compress Streamlit's files, for an image")
    wanted = parser.parse_args()
    static = prepared()
    if wanted.prepare:
        return
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if nginx is None:
        sys.exit("There is no nginx. On Debian and Ubuntu: apt install nginx-light. Or start one process: make app")
    if wanted.processes < 1:
        sys.exit("At least one process is needed.")
    if taken(wanted.address, wanted.port):
        sys.exit(f"Port {wanted.port} is taken. Name another: make serve PORT=8600")

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.environ["OMP_NUM_THREADS"] = "1"  # the processes are what uses the cores
    multiprocessing.set_forkserver_preload(IMPORTED)
    # One seat more than processes: what takes the place of another sits down elsewhere. Those whose number says where the
    # other sat find nobody there, and are spread over all as newcomers are; else they would all come to the one that is new.
    seats = [Seat(number, port) for number, port in enumerate(free_ports(wanted.processes + 1), start=1)]
    *taken_seats, vacant = seats
    with tempfile.TemporaryDirectory(prefix="cnnviz-") as folder, contextlib.ExitStack() as running:
        for seat in seats:
            running.callback(seat.end)
        for seat in taken_seats:
            seat.start()
        if not all(seat.warm() for seat in taken_seats):
            sys.exit("The app does not start: `make app` says why.")
        configuration = Path(folder, "nginx.conf")
        configuration.write_text(filled(Path(folder), seats, wanted.address, wanted.port, static), "utf-8")
        command = [nginx, "-p", folder, "-e", "stderr", "-c", str(configuration)]
        if subprocess.run([*command, "-q", "-t"], check=False).returncode:
            sys.exit("nginx refuses its configuration, for the reason above.")
        front = subprocess.Popen(command)
        running.callback(front.wait)
        running.callback(front.terminate)
        say(f"{wanted.processes} processes behind nginx: http://localhost:{wanted.port}")
        with contextlib.suppress(KeyboardInterrupt):
            while front.poll() is None:
                sentinels = [seat.process.sentinel for seat in seats if seat.process and seat.process.is_alive()]
                wait(sentinels, timeout=LOOK)
                for seat in seats:
                    if seat.look_after():
                        vacant.start()
                        threading.Thread(target=vacant.warm, daemon=True).start()
                        vacant = seat
                        time.sleep(LOOK)  # what ends as soon as it has begun is not begun without a pause
            sys.exit("nginx has ended.")


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def prepared() -> Path:
    """A copy of Streamlit's files with a compressed twin of each, made once for each version of Streamlit.

    In the copy, the font for icons is not fetched ahead: the browser does so by itself once an icon is shown. Another version of
    Streamlit may do it another way; then the font is fetched, and a first visit larger, but all works.
    """
    done = PREPARED / "static"
    if done.exists():
        return done
    PREPARED.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PREPARED) as unfinished:
        copy = Path(shutil.copytree(STREAMLIT / "static/static", Path(unfinished, "static")))
        for file in copy.rglob("*"):
            if file.suffix == ".js":
                file.write_bytes(PRELOAD.sub(b"Promise.resolve()", file.read_bytes()))
            if file.suffix in COMPRESSED:
                file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))
        with contextlib.suppress(OSError):  # another has been quicker
            copy.rename(done)
    return done


def filled(folder: Path, seats: list[Seat], address: str, port: int, static: Path) -> str:
    """nginx.conf for these seats, of which the last is vacant."""

    def server(seat: Seat, more: str = "") -> str:
        return f"        server 127.0.0.1:{seat.port} max_fails=0{more};"  # a vacant one refuses at once: the next is asked

    def upstream(seat: Seat) -> str:
        others = [server(other, " backup") for other in seats if other is not seat]
        return "\n".join(
            [
                f"    upstream seat_{seat.number} {{",
                "        least_conn;",  # what has just begun gets as many of those who come back as the others had before
                server(seat),
                *others,
                "        keepalive 16;",
                "    }",
            ]
        )

    user = pwd.getpwuid(ROOT.stat().st_uid).pw_name
    blanks = {
        "user": f"user {user};" if os.geteuid() == 0 else "",  # who may read the app's files
        "folder": str(folder),
        "address": address,
        "port": str(port),
        "upload": str(CONFIG["server"]["maxUploadSize"] + 1),
        "arrivals": str(ARRIVALS * (len(seats) - 1)),
        "queue": str(QUEUE * ARRIVALS * (len(seats) - 1)),
        "static": str(static),
        "frontend": str(ROOT / "cnnviz/frontend"),
        "assets": str(ROOT / "cnnviz/assets"),
        "scripts": " ".join(script_digests((STREAMLIT / "static/index.html").read_text(encoding="utf-8"))),
        "everyone": "\n".join(server(seat) for seat in seats),
        "seats": "\n".join(upstream(seat) for seat in seats),
        "upstream_of_seat": "\n".join(f"        {seat.number} seat_{seat.number};" for seat in seats),
        "seat_of_address": "\n".join(f"        ~:{seat.port}$ {seat.number};" for seat in seats),
    }
    text = Path(__file__).with_name("nginx.conf").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda blank: blanks[blank[1]], text)


def script_digests(page: str) -> list[str]:
    """The scripts inside a page, as a content security policy names them."""
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    return [f"'sha256-{digest}'" for digest in digests]


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody uses."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def taken(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return True
    return False


if __name__ == "__main__":
    main()
