"""Errors of the servers and processes of one machine."""

from pathlib import Path

from shared.errors import HawkError


class StackError(HawkError):
    """A failure of the local stack. The sentence says what to do; nothing unfinished is left behind."""


class JarMismatch(StackError):
    """A fetched jar that is not the file in the lock. It was deleted."""

    def __init__(self, *, jar: str, expected: str, found: str) -> None:
        self.jar = jar
        self.expected = expected
        self.found = found
        super().__init__(
            f"{jar}: expected SHA-256 {expected}, found {found}. The file was deleted. "
            "Check the connection of this machine to the Maven repository, then start again."
        )


class StartFailed(StackError):
    """A process that was not ready in time, or died repeatedly before it was ready."""

    def __init__(self, *, name: str, why: str, log: Path | None = None) -> None:
        self.name = name
        self.log = log
        see = f" See its log {log}." if log else ""
        super().__init__(f"{name} did not start: {why}.{see}")


class AlreadyRunning(StackError):
    """A data directory that another supervisor holds."""

    def __init__(self, *, root: Path) -> None:
        self.root = root
        super().__init__(f"HAWK is already running on {root}. Stop it with `hawk down`, or use another --data.")


class NotRunning(StackError):
    """A data directory without a supervisor."""

    def __init__(self, *, root: Path) -> None:
        self.root = root
        super().__init__(f"HAWK is not running on {root}. Start it with `hawk up`.")


class CommandRefused(StackError):
    """A command that the supervisor refuses; the sentence says why."""
