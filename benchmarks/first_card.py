"""`python -m benchmarks.first_card`: seconds from `hawk up` on a fresh data directory to the first card on a screen.

A person comes to a machine where HAWK has never run, starts it, signs in at the console, hands an answer in, and waits
for the card. The browser is started before the clock is, and does without a person's own seconds.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Error, sync_playwright

from benchmarks.__main__ import KEPT_VARIABLES
from benchmarks.driver import BenchmarkFailed
from benchmarks.orders import Answers
from tests.support.chromium import ARGUMENTS, MISSING, chromium
from tools.local_stack import registry
from tools.local_stack.paths import DataDir
from tools.local_stack.shutdown import take_down
from tools.local_stack.state import read_state

PERSON = "mira"
LOOK_SECONDS = 0.05
"""Between two looks at whether the console answers: below the last digit that is printed."""
PAGE_MILLISECONDS_MAX = 60_000.0
"""Nothing that is waited for on a page takes as long on any machine."""

Laps = list[tuple[str, float]]


def measure(place: DataDir, browser: Browser) -> Laps:
    """Return what happened, and how many seconds after the start.

    Raises:
        BenchmarkFailed: HAWK did not start.
    """
    began = time.monotonic()
    laps: Laps = []

    def lap(what: str) -> None:
        laps.append((what, time.monotonic() - began))

    command = (sys.executable, "-m", "cli", "up", "--detach", "--data", str(place.root))
    with tempfile.TemporaryFile("w+") as said, httpx.Client(trust_env=False) as client:
        starting = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)  # noqa: S603
        while not answers(client, place) and starting.poll() is None:
            time.sleep(LOOK_SECONDS)
        lap("the console's address answers")
        if starting.wait():
            said.seek(0)
            raise BenchmarkFailed(f"HAWK did not start: {said.read().strip()}")
    lap("hawk up has returned: all is ready, with the demo's data")
    laps += [(what, at - began) for what, at in hand_in(address_of(place), browser)]
    return laps


def hand_in(console: str, browser: Browser) -> Laps:
    """Sign in, hand an answer in, and wait for its card; return when each was there, by the monotonic clock."""
    page = browser.new_page(base_url=console)
    page.set_default_timeout(PAGE_MILLISECONDS_MAX)
    page.goto("/console/hand-in")
    page.get_by_role("button", name=PERSON).click()
    (answer,) = Answers().take(1)
    page.get_by_label("Answer of the AI").fill(answer.value.decode())
    page.get_by_role("button", name="Submit").click()
    submitted = time.monotonic()
    page.get_by_role("button", name="Approve & Execute").wait_for()
    return [("the first answer is handed in", submitted), ("its card is painted", time.monotonic())]


def address_of(place: DataDir) -> str:
    """Return the address of the console, empty as long as no process has one."""
    return str((read_state(place) or {}).get("console_url") or "")


def answers(client: httpx.Client, place: DataDir) -> bool:
    """Return whether the console's page is served."""
    try:
        return client.get(address_of(place)).is_success
    except httpx.TransportError:
        return False


def main() -> int:
    """Run it once."""
    executable = chromium()
    if executable is None:
        sys.stderr.write(f"{MISSING}\n")
        return 1
    for name in [name for name in os.environ if name.startswith("HAWK_") and name not in KEPT_VARIABLES]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="hawk-bench-", ignore_cleanup_errors=True) as folder:
        place = DataDir.at(Path(folder) / "data")
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
                laps = measure(place, browser)
                browser.close()
        except (BenchmarkFailed, Error) as error:
            sys.stderr.write(f"The benchmark failed. {error}\n")
            return 1
        finally:
            take_down(place)
            registry.forget(place)
    for what, seconds in laps:
        sys.stdout.write(f"{seconds:6.1f} s  {what}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
