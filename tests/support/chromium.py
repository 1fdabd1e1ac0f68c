"""Where a Chromium is on this machine, and how tests start it."""

import os
import shutil

VARIABLE = "HAWK_CHROMIUM"
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The first is the same engine without the windows, tabs and menus around it, which nobody sees in a test and which
are half of what a page costs. `HAWK_CHROMIUM=/usr/bin/chromium` takes a whole one."""

MISSING = f"There is no Chromium on this machine: install the package chromium, or name one in {VARIABLE}."

#: Without its sandbox, because tests may run as root; without what asks the network by itself.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """The browser that is named, else the first that is found."""
    named = os.environ.get(VARIABLE)
    if named:
        return named if os.access(named, os.X_OK) else None
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def must_be_there() -> bool:
    """Whether a run without a browser is a failure: where it decides whether a change lands."""
    return os.environ.get("CI", "").lower() in {"1", "true"}
