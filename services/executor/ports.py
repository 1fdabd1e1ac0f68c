"""The ports of the executor's handlers to the outside, besides the unit of work."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from services.executor.execution.budget import RepeatBudget
from services.executor.execution.slots import SLOTS
from shared.events.responses import Maker, Originated
from shared.messaging.message import Message
from shared.security.feeds import Feed
from shared.security.grants import GrantClaims

ProposedT = TypeVar("ProposedT", bound=Originated)


class Clock(Protocol):
    """Source of the present time."""

    def __call__(self) -> datetime:
        """Return the present time, timezone-aware, in UTC."""


class GrantReader(Protocol):
    """Reader of grants of the approval service."""

    def __call__(self, token: str) -> GrantClaims:
        """Return the claims of a grant with a valid signature; the caller checks whether it has expired.

        Raises:
            InvalidInput: GRANT_UNSIGNED, GRANT_SIGNATURE_INVALID or GRANT_MALFORMED.
        """


class MakerProver(Protocol):
    """Check of the proof that came with who asked. No I/O: the key is known."""

    def __call__(self, asked: Originated) -> Maker:
        """Return who asked; `verified` exactly where the proof holds for what was asked."""


class FeedReader(Protocol):
    """Reader of the feed of reference data that signed a message."""

    def __call__(self, message: Message) -> Feed:
        """Return the feed that signed a message.

        Raises:
            InvalidInput: SIGNATURE_INVALID, or REFERENCE_ID_MISSING.
        """


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that a handler is given at start."""

    clock: Clock
    read_grant: GrantReader
    prove_maker: MakerProver
    read_feed: FeedReader
    slots: int = SLOTS
    """Workflows that may be in flight at a time."""
    repeats: RepeatBudget = field(default_factory=RepeatBudget)
    """What may be said to Murex again, because it was silent."""
    wake: list[Callable[[], None]] = field(default_factory=list)
    """Called after a commit that made work due at once; it only makes the worker look sooner."""

    def proven(self, proposal: ProposedT) -> ProposedT:
        """Return a proposal with its maker as this service could prove it; it accepts no other claim."""
        origin = proposal.origin.model_copy(update={"maker": self.prove_maker(proposal)})
        return proposal.model_copy(update={"origin": origin})

    def wake_worker(self) -> None:
        """Call every hook in `wake`; for use after a commit."""
        for wake in self.wake:
            wake()
