"""Stops a HAWK from outside, in any state, and removes its data."""

import contextlib
import shutil
import time

import psutil

from tools.local_stack import leftovers
from tools.local_stack.control import command
from tools.local_stack.errors import CommandRefused, NotRunning, StackError
from tools.local_stack.kafka import KafkaNode
from tools.local_stack.paths import DataDir
from tools.local_stack.postgres import PostgresNode
from tools.local_stack.services import identities
from tools.local_stack.state import is_alive, read_state

STOP_SECONDS_MAX = 60.0
"""Services take up to 15 s, then the servers up to 20 s; after a minute the supervisor hangs and is
killed."""

POLL_SECONDS = 0.05


def all_identities(data: DataDir) -> list[leftovers.Identity]:
    """Return the identity of every process that works for a data directory."""
    return [*identities(data), KafkaNode(data, 0, 0).identity, PostgresNode(data, 0).identity]


def take_down(data: DataDir) -> bool:
    """Stop everything of a data directory: by its supervisor, else by force. Whether there was anything.

    Raises:
        StackError: a process cannot be ended.
    """
    state = read_state(data)
    supervisor = (state or {}).get("supervisor", {})
    was_alive = is_alive(supervisor)
    if was_alive:
        with contextlib.suppress(NotRunning, CommandRefused):
            command(data, "down")
        deadline = time.monotonic() + STOP_SECONDS_MAX
        while is_alive(supervisor) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        if is_alive(supervisor):
            psutil.Process(supervisor["pid"]).kill()
    ended = leftovers.end(all_identities(data)) if data.root.exists() else []
    return was_alive or bool(ended)


def wipe(data: DataDir) -> None:
    """Remove what HAWK made in a data directory, and the directory if it is then empty.

    Raises:
        StackError: something cannot be removed.
    """
    for part in data.parts():
        try:
            if part.is_dir() and not part.is_symlink():
                shutil.rmtree(part)
            else:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise StackError(f"{part} cannot be removed: {error}. Remove it by hand.") from error
    with contextlib.suppress(OSError):
        data.root.rmdir()
