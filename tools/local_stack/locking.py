"""The lock on a data directory: one supervisor at a time."""

import contextlib
import fcntl
import os
from collections.abc import Iterator

from tools.local_stack.errors import AlreadyRunning
from tools.local_stack.paths import DataDir


@contextlib.contextmanager
def locked(data: DataDir) -> Iterator[None]:
    """Hold the data directory. The kernel releases it when the process ends.

    Raises:
        AlreadyRunning: another process holds it.
    """
    handle = os.open(data.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(root=data.root) from None
        yield
    finally:
        os.close(handle)


def is_locked(data: DataDir) -> bool:
    """Return True if a supervisor holds this data directory now."""
    if not data.lock_file.exists():
        return False
    try:
        with locked(data):
            return False
    except AlreadyRunning:
        return True
