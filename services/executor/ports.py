"""What the executor's handlers need of the outside, besides the unit of work."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.security.grants import GrantClaims


class Clock(Protocol):
    """Gives the present."""

    def __call__(self) -> datetime:
        """Now, timezone-aware, UTC."""


class GrantReader(Protocol):
    """Reads grants of the approval service."""

    def __call__(self, token: str) -> GrantClaims:
        """The claims of a grant with a valid signature; whether it has expired is the caller's to see.

        Raises:
            InvalidInput: GRANT_UNSIGNED, GRANT_SIGNATURE_INVALID or GRANT_MALFORMED.
        """


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a handler is given at start."""

    clock: Clock
    read_grant: GrantReader
    wake: list[Callable[[], None]] = field(default_factory=list)
    """Called after a commit that made work due at once; it only makes the worker look sooner."""

    def wake_worker(self) -> None:
        for wake in self.wake:
            wake()
