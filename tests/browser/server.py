"""The real app, running for as long as a test wants it."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import psutil

from tests.browser import slow_motion

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Server:
    """A running app: where it answers, and what it has said so far."""

    url: str
    process: subprocess.Popen
    log_file: Path

    @property
    def log(self) -> str:
        """Everything the server has written to its two outputs."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")


@contextmanager
def running_server(
    app: Path = ROOT / "app.py",
    *,
    environment: Mapping[str, str] | None = None,
    options: Sequence[str] = ("--server.address=127.0.0.1",),
    port: int | None = None,
) -> Iterator[Server]:
    """The app, on this port or a free one, until the block ends. RuntimeError if it does not start.

    `environment` is added to the variables. Without `options` it listens to the whole network, as `make app` does.
    """
    port = port or free_port()
    # what somebody has set for all their Streamlit apps is not to be tested
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("STREAMLIT_", "PYTHONPATH"))}
    command = [sys.executable, *slow_motion.streamlit(), "run", str(app), f"--server.port={port}", *options]
    with tempfile.TemporaryDirectory() as folder:
        log_file = Path(folder, "server.log")
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                command, cwd=app.parent, env=variables | dict(environment or {}), stdout=log, stderr=log
            )
        server = Server(f"http://127.0.0.1:{port}", process, log_file)
        try:
            _wait_until_healthy(server)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def served_by(serving: psutil.Process) -> list[psutil.Process]:
    """The processes of the app that `make serve` looks after, in the order in which they were started."""
    running = [child for child in serving.children() if child.status() != psutil.STATUS_ZOMBIE]
    templates = [child for child in running if "forkserver" in " ".join(child.cmdline())]
    return sorted((app for template in templates for app in template.children()), key=psutil.Process.create_time)


def fetch(url: str, timeout: float = 30) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body of an address on this machine, past any proxy."""
    with build_opener(ProxyHandler({})).open(url, timeout=timeout) as answer:
        return answer.status, answer.headers, answer.read()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(server: Server, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError):
            fetch(f"{server.url}/_stcore/health")
            return
        # the pause between two questions is cut short by the one thing that makes asking pointless
        with suppress(subprocess.TimeoutExpired):
            code = server.process.wait(timeout=0.05)
            raise RuntimeError(f"The app ended with code {code} instead of starting. It said:\n{server.log}")
    raise RuntimeError(f"The app did not answer within {seconds:.0f} s. It said:\n{server.log}")
