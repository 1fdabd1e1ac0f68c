"""`python -m demo` (`make demo`): the plan's own example from prompt to booked hedge, then everything is stopped.

Exit status 0 only if all of it happened and verified; 130 after Ctrl-C.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from rich.markup import escape

from cli.output import err, out, say
from demo.story import Failed, tell
from shared.errors import HawkError
from shared.localstack import registry
from shared.localstack.paths import DataDir
from shared.localstack.shutdown import take_down, wipe
from shared.localstack.supervisor import is_locked

DATA_DIR = Path(".hawk") / "demo"
"""Beside the data of `hawk up`, which the demo leaves alone."""

KEPT_VARIABLES = frozenset({"HAWK_CACHE", "HAWK_MAVEN_REPOSITORY"})
"""Where jars come from; every other setting of the user's is about another HAWK."""

INTERRUPTED = 130


def main() -> int:
    """Tell the story once, on a HAWK of its own."""
    for name in [name for name in os.environ if name.startswith("HAWK_") and name not in KEPT_VARIABLES]:
        del os.environ[name]
    place = DataDir.at(DATA_DIR)
    if is_locked(place):
        err.print(f"A demo runs in {place.root} already. Wait for its end, or stop it: hawk down --data {DATA_DIR}")
        return 1
    try:
        with _terminated_like_interrupted(), _cleared(place):
            tell(place)
    except KeyboardInterrupt:
        say("[yellow]Interrupted; everything is stopped.[/]")
        return INTERRUPTED
    except (Failed, HawkError) as error:
        err.print(f"[red]The demo failed.[/] {escape(str(error))}\nIts logs are kept in {place.logs}.")
        return 1
    wipe(place)
    out.print("\nEverything is stopped. Keep one running: [bold]make up[/], then [bold]hawk --help[/].")
    return 0


@contextlib.contextmanager
def _cleared(place: DataDir) -> Iterator[None]:
    """A fresh data directory, and no process of it left at the end, whatever happened."""
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
    """SIGTERM and SIGHUP end the demo as Ctrl-C does: in good order."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C does not leave processes behind: stopping takes seconds and is bounded."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.signal(each, signal.SIG_IGN) for each in signals}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


if __name__ == "__main__":
    sys.exit(main())
