"""Checks that nothing is under way: all events published, no task due, each waiting workflow with a reason."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from shared.events.approvals import ApprovalRequested, GrantIssued
from shared.events.base import Event
from shared.events.reversals import ReversalStarted
from tools.verification.checks.history import PastEvent
from tools.verification.checks.spilled import Spilled
from tools.verification.checks.unfinished import INTERVENTION, Unfinished

#: Due work is looked at several times a second; what is due for longer was left.
LEFT_AFTER: Final = timedelta(seconds=5)

READ_UNPUBLISHED: Final = """
SELECT count(*) - coalesce((SELECT position FROM es.checkpoints WHERE name = 'publish'), 0) AS unpublished
FROM es.events
"""
READ_TODO: Final = "SELECT workflow_id, task, due_at FROM executor.todo ORDER BY due_at, workflow_id, task"


@dataclass(frozen=True, slots=True)
class Waiting:
    """The remaining work, from the database. `todo`: the rows of `READ_TODO`."""

    unsealed: int
    unpublished: int
    todo: Sequence[Mapping[str, Any]]


#: Names of the events that the fold looks at.
EVENTS_OF_WAITING: Final = frozenset({"ApprovalRequested", "GrantIssued", "ReversalStarted"})


class DeadlineFold:
    """Keeps until when people or a grant may be waited for, by workflow, and who is reversed by whom.

    Of a workflow and its reversal one has the work that both wait for: first the workflow, whose deals are cancelled,
    then the reversal, whose journal may wait for days for an open period.
    """

    def __init__(self) -> None:
        self._until = Spilled[datetime]()
        self._with: dict[str, str] = {}

    def take(self, _: PastEvent, event: Event) -> None:
        """Keep the latest deadline of a workflow, and which workflow is reversed by which."""
        match event:
            case ApprovalRequested() | GrantIssued():
                self._until[event.workflow_id] = event.expires_at
            case ReversalStarted():
                self._with[event.workflow_id] = event.reversal
                self._with[event.reversal] = event.workflow_id
            case _:
                return

    def findings(self, waiting: Waiting, unfinished: Sequence[Unfinished], now: datetime) -> tuple[str, ...]:
        """Return everything that is still under way, as sentences."""
        return tuple(self._all(waiting, unfinished, now))

    def _all(self, waiting: Waiting, unfinished: Sequence[Unfinished], now: datetime) -> Iterator[str]:
        if waiting.unsealed:
            yield f"{waiting.unsealed} events are not sealed: the relay is down or behind."
        if waiting.unpublished:
            yield f"{waiting.unpublished} events are not published: the broker or the relay is down or behind."
        for row in waiting.todo:
            if row["due_at"] < now - LEFT_AFTER:
                due = row["due_at"].isoformat()
                yield f"Workflow {row['workflow_id']}: {row['task']} was due at {due} and is not done."
        with_work = {row["workflow_id"] for row in waiting.todo}
        for one in unfinished:
            until = self._until.get(one.workflow_id)
            at_work = one.workflow_id in with_work or self._with.get(one.workflow_id) in with_work
            if one.state == INTERVENTION or at_work or (until is not None and until > now):
                continue
            yield (
                f"Workflow {one.workflow_id} is {one.state} since {one.since.isoformat()} and cannot continue: "
                "it has no deadline and no task."
            )
