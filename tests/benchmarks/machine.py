"""The machine that measures: what it is, and whether it has something else to do."""

import os
import platform
import subprocess
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

STAT = Path("/proc/stat")
WATCH = 0.4  # seconds


def machine(chromium: str) -> dict:
    """Where and with what this is measured. `chromium` is the browser's version."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "system": platform.platform(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "torch": version("torch"),
        "streamlit": version("streamlit"),
        "chromium": chromium,
    }


def resident(process: int) -> float:
    """The megabytes that a process holds."""
    asked = ["ps", "-o", "rss=", "-p", str(process)]
    return int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout) * 1024 / 1e6


def _cpu() -> str:
    """The processor's name where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    asked = ["git", "describe", "--always", "--dirty"]
    try:
        answer = subprocess.run(asked, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return answer.stdout.strip()


def busy_share() -> float:
    """The share of all cores that is in use now, 0 to 1. Asked while what is measured rests; 0 where nobody tells."""
    if not STAT.exists():
        return 0.0
    before = _ticks()
    time.sleep(WATCH)
    after = _ticks()
    idle, all_of_it = (late - early for early, late in zip(before, after, strict=True))
    return 1 - idle / all_of_it if all_of_it else 0.0


def _ticks() -> tuple[int, int]:
    """The time that all cores have spent idle, or waiting for a disk, and their whole time, in the kernel's ticks."""
    ticks = [int(count) for count in STAT.read_text().partition("\n")[0].split()[1:]]
    return ticks[3] + ticks[4], sum(ticks[:8])
