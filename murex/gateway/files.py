"""Recordings as files."""

from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from murex.gateway.recording import LINE_CHARACTERS_MAX, LINES_MAX, Line, Recording, head, parse, written
from shared.errors import InvalidInput

#: Bytes of a file that is read: a thousand lines as long as they may be.
FILE_BYTES_MAX = 1_000 * LINE_CHARACTERS_MAX

_log = structlog.get_logger(__name__)


def load_recording(path: Path) -> Recording:
    """Return the recording in a file.

    Raises:
        InvalidInput: MUREX_RECORDING_INVALID, with the line and what is wrong there.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
        text = data.decode("utf-8")
    except OSError as error:
        raise _unreadable(path, f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"is not UTF-8 at byte {error.start}") from error
    if len(data) > FILE_BYTES_MAX:
        raise _unreadable(path, f"is larger than {FILE_BYTES_MAX} bytes")
    return parse(text, str(path))


class RecordingFile:
    """A file to which a recorder adds its lines as they come. Use it as `with RecordingFile(path) as file`.

    A file that is there is continued; the half of a line that a kill has left is taken away. A full one takes no more,
    which is logged once: a conversation is not held up by its recording.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lines = _whole_lines(path)
        self._file = path.open("a", encoding="utf-8")
        self._put(head())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def keep(self, line: Line) -> None:
        """Add a line; it is in the file when this returns."""
        self._put(written(line))

    def _put(self, text: str) -> None:
        self._lines += 1
        if self._lines <= LINES_MAX:
            self._file.write(text)
            self._file.flush()
        elif self._lines == LINES_MAX + 1:
            _log.warning("recording_full", path=str(self._path), lines=LINES_MAX)


def _whole_lines(path: Path) -> int:
    """Return the number of lines of a file, after ending it with a whole one."""
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        data = file.read()
        file.truncate(data.rfind(b"\n") + 1)
    return data.count(b"\n")


def _unreadable(path: Path, problem: str) -> InvalidInput:
    return InvalidInput(code="MUREX_RECORDING_INVALID", reason=f"{path} {problem}.")
