"""What the executor's handlers need of the outside, besides the unit of work."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.events.rollout import RolloutTerms
from shared.messaging.message import Message
from shared.policy.table import Policy
from shared.security.feeds import Feed
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


class FeedReader(Protocol):
    """Tells the feeds of reference data by their keys."""

    def __call__(self, message: Message) -> Feed:
        """The feed that signed a message.

        Raises:
            InvalidInput: SIGNATURE_INVALID, or REFERENCE_ID_MISSING.
        """


@dataclass(frozen=True, slots=True)
class Rollout:
    """What this installation starts with, until people decide otherwise: FULL, or with `execute` False OBSERVE."""

    execute: bool

    @property
    def terms(self) -> RolloutTerms:
        return RolloutTerms(mode="FULL" if self.execute else "OBSERVE")


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a handler is given at start."""

    clock: Clock
    read_grant: GrantReader
    read_feed: FeedReader
    policy: Policy
    rollout: Rollout
    wake: list[Callable[[], None]] = field(default_factory=list)
    """Called after a commit that made work due at once; it only makes the worker look sooner."""

    def wake_worker(self) -> None:
        for wake in self.wake:
            wake()
