"""Files that commands are given."""

import sys
from pathlib import Path

from shared.errors import InvalidInput


def read_answer_file(file: Path) -> bytes:
    """An answer, byte for byte; `-` takes stdin.

    Raises:
        InvalidInput: FILE_UNREADABLE.
    """
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(code="FILE_UNREADABLE", reason=f"{file} cannot be read: {error.strerror}.") from error
