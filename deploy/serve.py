"""Several app processes behind nginx, without containers: `make serve PROCESSES=4`.

It starts the processes and nginx, looks after them (one that ends or no longer answers is started again), and ends them
all when it is ended itself.
"""

import argparse
import base64
import contextlib
import gzip
import hashlib
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
from pathlib import Path

import streamlit

ROOT = Path(__file__).resolve().parents[1]
CONFIG = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
STREAMLIT = Path(streamlit.__file__).parent
PREPARED = ROOT / "build" / f"served-streamlit-{streamlit.__version__}"
# How Streamlit fetches its font for icons on each first visit, 0.37 MB, before any icon is shown.
PRELOAD = re.compile(rb'document\.fonts\.load\(`1em "\$\{\w+\.materialIcons\}"`\)')
COMPRESSED = {".js", ".css", ".html", ".svg", ".json", ".ttf", ".wasm"}
LOOK = 1.0  # seconds between two looks at the processes
DEAF = 15.0  # seconds after which one that does not answer is started again
BIRTH = 120.0  # seconds that one may take to import torch, on a busy machine


class AppProcess:
    """One process of the app, on a port of its own."""

    def __init__(self, seat: int, port: int) -> None:
        self.seat, self.port = seat, port
        self.popen: subprocess.Popen | None = None
        self.heard_at = 0.0
        self.begun_at = 0.0

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), f"--server.port={self.port}"]
        command += ["--server.address=127.0.0.1", "--server.scriptHealthCheckEnabled=true", "--logger.level=warning"]
        variables = os.environ | {"OMP_NUM_THREADS": "1"}  # the processes are what uses the cores
        self.popen = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL)
        self.begun_at = self.heard_at = time.monotonic()

    def end(self) -> None:
        if self.popen:
            end(self.popen)

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
        end = time.monotonic() + BIRTH
        while time.monotonic() < end and self.popen.poll() is None:
            if self.asked("/_stcore/health", 5) and self.asked("/_stcore/script-health-check", BIRTH):
                return True
            time.sleep(0.1)
        return False

    def look_after(self) -> None:
        """Starts it again if it has ended, or has not answered for long."""
        if self.popen.poll() is not None:
            say(f"Process {self.seat} has ended ({self.popen.returncode}): starting it again.")
            self.start()
            threading.Thread(target=self.warm, daemon=True).start()
        elif self.asked("/_stcore/health", LOOK):
            self.heard_at = time.monotonic()
        elif time.monotonic() - max(self.heard_at, self.begun_at + BIRTH - DEAF) > DEAF:
            say(f"Process {self.seat} does not answer any more.")
            self.popen.kill()
            self.popen.wait()


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
    processes = [AppProcess(seat, port) for seat, port in enumerate(free_ports(wanted.processes), start=1)]
    with tempfile.TemporaryDirectory(prefix="cnnviz-") as folder, contextlib.ExitStack() as running:
        for process in processes:
            running.callback(process.end)
            process.start()
        if not all(process.warm() for process in processes):
            sys.exit("The app does not start: `make app` says why.")
        configuration = Path(folder, "nginx.conf")
        configuration.write_text(filled(Path(folder), processes, wanted.address, wanted.port, static), "utf-8")
        command = [nginx, "-p", folder, "-e", "stderr", "-c", str(configuration)]
        if subprocess.run([*command, "-q", "-t"], check=False).returncode:
            sys.exit("nginx refuses its configuration, for the reason above.")
        front = subprocess.Popen(command)
        running.callback(end, front)
        say(f"{wanted.processes} processes behind nginx: http://localhost:{wanted.port}")
        with contextlib.suppress(KeyboardInterrupt):
            while front.poll() is None:
                time.sleep(LOOK)
                for process in processes:
                    process.look_after()
            sys.exit("nginx has ended.")


def end(popen: subprocess.Popen) -> None:
    """Asks a process to end, and sees to it that it does."""
    popen.terminate()
    try:
        popen.wait(timeout=5)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait()


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


def filled(folder: Path, processes: list[AppProcess], address: str, port: int, static: Path) -> str:
    """nginx.conf for these processes."""

    def server(process: AppProcess, more: str = "") -> str:
        return f"        server 127.0.0.1:{process.port} max_fails=1 fail_timeout=3s{more};"

    def seat(process: AppProcess) -> str:
        others = [server(other, " backup") for other in processes if other is not process]
        return "\n".join(
            [f"    upstream seat_{process.seat} {{", server(process), *others, "        keepalive 16;", "    }"]
        )

    user = pwd.getpwuid(ROOT.stat().st_uid).pw_name
    blanks = {
        "user": f"user {user};" if os.geteuid() == 0 else "",  # who may read the app's files
        "folder": str(folder),
        "address": address,
        "port": str(port),
        "upload": str(CONFIG["server"]["maxUploadSize"] + 1),
        "static": str(static),
        "frontend": str(ROOT / "cnnviz/frontend"),
        "assets": str(ROOT / "cnnviz/assets"),
        "scripts": " ".join(script_digests((STREAMLIT / "static/index.html").read_text(encoding="utf-8"))),
        "everyone": "\n".join(server(process) for process in processes),
        "seats": "\n".join(seat(process) for process in processes),
        "upstream_of_seat": "\n".join(f"        {process.seat} seat_{process.seat};" for process in processes),
        "seat_of_address": "\n".join(f"        ~:{process.port}$ {process.seat};" for process in processes),
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
