"""A folder for a data directory of a test."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new folder right below the temporary one, removed at the end.

    Not pytest's `tmp_path`: every pytest that starts closes its common parent to other users, and when the tests
    run as root, PostgreSQL is another user.
    """
    with tempfile.TemporaryDirectory(prefix="hawk-test-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
