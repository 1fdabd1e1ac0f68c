"""A folder for a data directory of a test."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")  # noqa: S108 - Linux' file system in memory
GIGABYTE = 1024**3
IN_MEMORY_FREE_MIN = 4 * GIGABYTE
"""A server pair writes some hundred megabytes; six of them are the most that run at once."""


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new folder, removed at the end; in memory where there is room, else right below the temporary one.

    Servers write through to the disk at every commit. No test takes the power away, so that the time a disk needs
    proves nothing, and for the many short databases of a run it is most of the time there is.

    Not pytest's `tmp_path`: every pytest that starts closes its common parent to other users, and when the tests
    run as root, PostgreSQL is another user.
    """
    place = MEMORY if _has_room() else None
    with tempfile.TemporaryDirectory(prefix="hawk-test-", dir=place, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _has_room() -> bool:
    """Containers often get no more than 64 MB there, and what lies there is taken from the memory of all."""
    try:
        free = shutil.disk_usage(MEMORY).free
    except OSError:
        return False
    return os.access(MEMORY, os.W_OK) and min(free, psutil.virtual_memory().available) >= IN_MEMORY_FREE_MIN
