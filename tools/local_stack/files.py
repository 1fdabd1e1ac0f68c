"""Files that are whole or not there, and readable by their owner alone."""

import os
import tempfile
from pathlib import Path
from typing import IO


def open_private(path: Path, *, append: bool = False) -> IO[bytes]:
    """Open a file for writing that its owner alone can read, a log for example."""
    mode = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC)
    handle = os.open(path, mode, 0o600)
    os.fchmod(handle, 0o600)
    return os.fdopen(handle, "ab" if append else "wb")


def write_private(path: Path, text: str) -> None:
    """Replace `path` with `text` in one step; mode 0600. A reader sees the old or the new text, never a
    part."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # mkstemp makes mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
