"""The port of the read model, as the monitor's pages need it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shared.hedging.planning.same_day import ONCE_A_DAY, Other

Document = Mapping[str, Any]
#: Documents by kind; kinds that happen once have one.
Facts = Mapping[str, tuple[Document, ...]]

#: The state of a workflow of which nothing but its proposal is known; progress begins at sequence 1.
STATE_BEFORE_PROGRESS = "PROPOSED"


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """A workflow as it is kept. `state` belongs to `sequence`, the highest seen; `progress` is that message.

    `times` holds the first time of each state seen, as ISO 8601 text. `before`: how many waited for their turn before
    it; None where it does not wait.
    """

    workflow_id: str
    response_id: str | None
    state: str
    sequence: int
    created_at: datetime
    facts: Facts
    progress: Document | None
    times: Mapping[str, str]
    before: int | None = None


def pair_of(row: WorkflowRow) -> tuple[str, str] | None:
    """Return type and currency of a planned order; None for other plans, and for types that may come often."""
    (plan, *_) = row.facts.get("plan", ({},))
    kind, currency = plan.get("instruction_type"), plan.get("exposure_currency")
    return (str(kind), str(currency)) if currency and kind in ONCE_A_DAY and not plan.get("reverses") else None


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """A response as it is kept, with the workflows that name it."""

    response_id: str
    facts: Facts
    workflows: tuple[WorkflowRow, ...]


class ReadModel(Protocol):
    """The read side of the read model."""

    async def workflow(self, workflow_id: str) -> WorkflowRow | None:
        """Return one workflow; None if nothing is known of it."""

    async def workflows(self, *, state: str | None, limit: int, before: str | None) -> Sequence[WorkflowRow]:
        """Return what needs a person first, then the newest; those after workflow `before` in that order."""

    async def response(self, response_id: str) -> ResponseRow | None:
        """Return one response; None if neither it nor a workflow of it is known."""

    async def latest_response(self, person: str) -> str | None:
        """Return the id of the latest response that a person asked for; None if there is none."""

    async def others(self, row: WorkflowRow) -> Sequence[Other]:
        """Return orders of its type and currency that wait or took effect today, while the workflow itself waits."""

    async def counts(self, states: Collection[str]) -> Mapping[str, int]:
        """Return the number of workflows in each of these states; none for a state without any."""

    async def attention(self, silent_since: datetime) -> Mapping[int, int]:
        """Return the number of workflows that somebody should look at, by why; none for a reason without any.

        Of those with Murex the ones count of which nothing was told since then.
        """

    async def oldest(self, state: str) -> datetime | None:
        """Return since when the workflow that is longest in a state is in it; None if none is."""
