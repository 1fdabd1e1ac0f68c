"""`python -m demo` (`make demo`): the plan's own example from prompt to booked hedge, then everything is stopped.

Exit status 0 only if all of it happened and verified; 130 after Ctrl-C.
"""

import contextlib
import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from cli.output import say, tell
from demo.story import Failed, tell_story
from shared.errors import HawkError
from tools.local_stack import registry
from tools.local_stack.paths import DataDir
from tools.local_stack.shutdown import take_down, wipe

DATA_DIR = Path(".hawk") / "demo"
"""Separate from the data of `hawk up`, which the demo does not touch."""

KEPT_VARIABLES = frozenset({"HAWK_CACHE", "HAWK_MAVEN_REPOSITORY"})
"""The settings for the jars; every other setting of the user is for another HAWK."""

INTERRUPTED = 130


def main() -> int:
    """Play the demo once, on a HAWK of its own, and return the exit status."""
    for name in [name for name in os.environ if name.startswith("HAWK_") and name not in KEPT_VARIABLES]:
        del os.environ[name]
    place = DataDir.at(DATA_DIR)
    try:
        with _terminated_like_interrupted(), _alone(place), _cleared(place):
            console = tell_story(place)
    except KeyboardInterrupt:
        wipe(place)
        say(("Interrupted; everything is stopped.", "yellow"))
        return INTERRUPTED
    except AnotherDemo as error:
        say(str(error))
        return 1
    except (Failed, HawkError) as error:
        say(("The demo failed.", "red"), f" {error}\nIts logs are kept in {place.logs}.")
        return 1
    wipe(place)
    tell("\nEverything is stopped. Keep one running: ", ("make up", "bold"), ", then ", ("hawk --help", "bold"), ".")
    if console is not None:
        tell(f"The console of this run was at {console}; `make up` prints the address of yours and whom to sign in as.")
    return 0


class AnotherDemo(Exception):
    """A second demo: two would mistake each other's processes for leftovers."""


@contextlib.contextmanager
def _alone(place: DataDir) -> Iterator[None]:
    """Hold the demo's lock, which the system releases when this process ends.

    Raises:
        AnotherDemo: another demo holds it.
    """
    place.root.parent.mkdir(parents=True, exist_ok=True)
    with place.root.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AnotherDemo(f"A demo runs in {place.root} already. Wait until it ends, or stop it.") from error
        yield


@contextlib.contextmanager
def _cleared(place: DataDir) -> Iterator[None]:
    """Provide an empty data directory, and leave no process of it behind."""
    take_down(place)
    wipe(place)
    try:
        yield
    finally:
        with _undisturbed():
            take_down(place)
            registry.forget(place)


@contextlib.contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Make SIGTERM and SIGHUP end the demo in an orderly way, like Ctrl-C.

    Ctrl-C itself is taken here too: left to asyncio it becomes a cancellation, which a library may swallow.
    """

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignore a second Ctrl-C, so that no process is left behind: stopping takes seconds and is bounded."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.signal(each, signal.SIG_IGN) for each in signals}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


if __name__ == "__main__":
    sys.exit(main())
