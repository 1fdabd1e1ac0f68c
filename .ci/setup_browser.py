"""Sees to a Chromium for the tests of pages. Standard library only: it runs before anything is there.

`python .ci/setup_browser.py` is silent where there is one. As root it asks the system's package manager, else it says
what to install. It never fails a setup: without a browser those tests are skipped, and fail where CI=true.
"""

# ruff: noqa: S603 - it talks to a person at a terminal and runs the system's package manager

import os
import shutil
import subprocess
import sys

#: Where a browser is looked for, in this order; tests/support/chromium.py looks for these, too.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VARIABLE = "HAWK_CHROMIUM"

#: Package managers, and what brings a Chromium with each.
MANAGERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "apt-get": (
        ("apt-get", "update", "--quiet"),
        ("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium"),
    ),
    "dnf": (("dnf", "install", "--assumeyes", "--quiet", "chromium"),),
    "apk": (("apk", "add", "--quiet", "chromium"),),
}

#: Seconds one command may take: some 300 MB on a slow line.
COMMAND_SECONDS_MAX = 900


def main() -> int:
    """Find a browser, install one, or say what is missing; 0 in any case."""
    if _found():
        return 0
    manager = next((name for name in MANAGERS if shutil.which(name)), None)
    if manager is not None and os.geteuid() == 0:
        sys.stdout.write(f"Installing Chromium with {manager}, for the tests of pages …\n")
        sys.stdout.flush()
        if _install(manager) and _found():
            return 0
    command = " ".join(MANAGERS[manager][-1]) if manager else "your system's package manager"
    sys.stderr.write(
        "There is no Chromium, so the tests of pages are skipped (with CI=true they fail).\n"
        f"Install one: {command}; or name one: {VARIABLE}=/path/to/chromium\n"
    )
    return 0


def _found() -> bool:
    named = os.environ.get(VARIABLE)
    return bool(named and os.access(named, os.X_OK)) or any(shutil.which(name) for name in NAMES)


def _install(manager: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return all(
            subprocess.run(command, check=False, env=environment, timeout=COMMAND_SECONDS_MAX).returncode == 0
            for command in MANAGERS[manager]
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        sys.stderr.write(f"{manager}: {error}\n")
        return False


if __name__ == "__main__":
    sys.exit(main())
