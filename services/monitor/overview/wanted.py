"""What somebody wants to see of the overview, and what it is made of. Pure values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

#: Lines of one page: what fits on a screen without losing one's place.
PAGE_LINES: Final = 50
#: Lines of what needs attention. More at once is one trouble, and the figure beside the title says how much.
ATTENTION_LINES: Final = 20
#: Characters of a search, and of the value of a filter: an id or a name.
SOUGHT_CHARACTERS_MAX: Final = 100
#: Workflows that one search looks at: one id has few, and the beginning of one is typed on.
FOUND_MAX: Final = 500
#: Values that one filter offers.
CHOICES_MAX: Final = 200
#: Seconds without a word of Murex after which a deal is silent: ten times what it usually takes.
SILENT_SECONDS: Final = 30


class Group(StrEnum):
    """States as a person groups them."""

    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    FAILED = "failed"


#: Together with those that ended well, and those without effect, these are all states.
STATES: Final[Mapping[Group, tuple[str, ...]]] = {
    Group.IN_PROGRESS: ("APPROVED", "PREPARED", "BOOKING", "REVERSING"),
    Group.WAITING: ("PROPOSED", "PLANNED", "AWAITING_APPROVAL"),
    Group.FAILED: ("FAILED", "COMPENSATING", "COMPENSATED", "NEEDS_INTERVENTION"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters (None: any), a search, and the workflow after which the page begins.

    Args:
        since, until: of the time when a workflow came; `until` itself is not meant.
    """

    group: Group | None = None
    state: str | None = None
    model: str | None = None
    currency: str | None = None
    entity: str | None = None
    maker: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    search: str = ""
    before: str | None = None

    @property
    def states(self) -> tuple[str, ...] | None:
        """The states that are wanted; None for any."""
        grouped = None if self.group is None else STATES[self.group]
        if self.state is None:
            return grouped
        return (self.state,) if grouped is None or self.state in grouped else ()


@dataclass(frozen=True, slots=True)
class Line:
    """A workflow as the overview keeps it. `progress` is the message of `sequence`; `granted` as the facts have it.

    `before`: how many waited for their turn before it; None where it does not wait.
    """

    workflow_id: str
    response_id: str | None
    state: str
    sequence: int
    created_at: datetime
    changed_at: datetime | None
    acknowledged: int
    attention: int | None
    subject: Mapping[str, Any]
    progress: Mapping[str, Any] | None
    granted: Mapping[str, Any] | None
    before: int | None = None


class Lines(Protocol):
    """The read side of the overview."""

    async def page(self, wanted: Wanted, limit: int) -> Sequence[Line]:
        """Return what is wanted, the newest first."""

    async def attention(self, limit: int) -> Sequence[Line]:
        """Return what needs attention, the most urgent first, and what has waited longest before the rest."""

    async def counts(self) -> Mapping[str, int]:
        """Return the number of workflows by state."""

    async def line(self, workflow_id: str) -> Line | None:
        """Return the line of one workflow; None if nothing is known of it."""
