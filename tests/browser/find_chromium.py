"""Finds the Chromium that the tests drive, and as a script sees to it that there is one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# First the one without a window of its own: a visit costs it a fifth less.
COMMANDS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_PROGRAMS = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")
WHAT_TO_RUN = "Run `make chromium`, or without make: .venv/bin/python -m playwright install chromium"


def installed_chromium() -> str | None:
    """The path of a Chromium or Chrome that this machine has anyway, or None."""
    for command in COMMANDS:
        if path := shutil.which(command):
            return path
    for folder in (Path("/Applications"), Path.home() / "Applications"):
        for program in MAC_PROGRAMS:
            if (folder / program).exists():
                return str(folder / program)
    return None


def playwright_chromium() -> str | None:
    """The path of the Chromium that Playwright has fetched for itself, or None."""
    from playwright.sync_api import sync_playwright  # starts a process, and is rarely needed

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Installs Debian's package where that is allowed, otherwise Playwright's own build."""
    may_use_apt = shutil.which("apt-get") is not None and os.geteuid() == 0
    if may_use_apt:
        quietly = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update"], env=quietly, check=False)
        for package in ("chromium-headless-shell", "chromium"):
            install = ["apt-get", "install", "--yes", "--no-install-recommends", package]
            subprocess.run(install, env=quietly, check=False)
            if installed_chromium():
                return
    # the libraries that Playwright's build needs come with apt, too
    libraries = ["--with-deps"] if may_use_apt else []
    subprocess.run([sys.executable, "-m", "playwright", "install", *libraries, "chromium"], check=False)


def main() -> None:
    """Says nothing when there is a Chromium, and installs one when there is none."""
    if installed_chromium() or playwright_chromium():
        return
    print("The tests need a Chromium, and there is none: installing one.", flush=True)
    install()
    if not (installed_chromium() or playwright_chromium()):
        sys.exit("No Chromium could be installed. Install Chromium or Chrome in your system's own way, then try again.")


if __name__ == "__main__":
    main()
