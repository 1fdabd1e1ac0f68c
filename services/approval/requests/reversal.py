"""Somebody asks for the reversal of an executed workflow: whether it is asked for, or was, and under which id. Pure.

The id follows from the workflow and the attempt. An attempt that ended without effect (rejected, withdrawn, expired,
refused, stale) makes room for the next one; as long as one is open or done, a repeated request is that reversal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.approval.requests.decider import Fault, Refused
from services.approval.requests.state import Approval, Status
from shared.events.identity import reversal_id
from shared.events.responses import Maker, Origin
from shared.events.reversals import ReversalRequested
from shared.people.identity import same_person
from shared.policy.table import APPROVING_ROLES

#: Attempts at reversing one workflow; each was ended by a person or by the facts, so a few are many.
ATTEMPTS_MAX: Final = 50

_WITHOUT_EFFECT: Final = frozenset({Status.REJECTED, Status.EXPIRED, Status.WITHDRAWN, Status.REVOKED, Status.CLOSED})


@dataclass(frozen=True, slots=True)
class AskReversal:
    """A person asks; `person` and `roles` are of a verified token, and the request goes out with that proved."""

    reverses: str
    person: str
    roles: tuple[str, ...]
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """The reversal that is open or done. `repeated`: it was asked for before; else `event` is to be recorded."""

    workflow_id: str
    attempt: int
    event: ReversalRequested | None

    @property
    def repeated(self) -> bool:
        """A repetition: the reversal was asked for before, and there is no event to record."""
        return self.event is None


def decide(original: Approval, attempts: Sequence[Approval], command: AskReversal) -> Asked | Refused:
    """Return whether a reversal may be asked for now.

    Args:
        original: the approval of the workflow that is to be reversed.
        attempts: of its reversals, the first one first; the last of them is open or done, or not begun.
    """
    if original.request is None:
        return Refused(Fault.UNKNOWN, "WORKFLOW_UNKNOWN", "No plan of this workflow waits, or ever waited, here.")
    may = [role for role in command.roles if role in APPROVING_ROLES]
    if not may and not same_person(command.person, original.request.maker.name):
        reason = "Who asks for a reversal holds an approving role, or has asked for the workflow itself."
        return Refused(Fault.FORBIDDEN, "NO_APPROVING_ROLE", reason)
    if original.status is not Status.APPROVED:
        reason = f"This workflow is {original.status}: nothing of it was executed that could be reversed."
        return Refused(Fault.CONFLICT, "NOT_EXECUTED", reason)
    number, last = len(attempts), attempts[-1]
    workflow_id = reversal_id(command.reverses, number)
    if last.status is Status.APPROVED:
        reason = f"Workflow {command.reverses} is reversed by workflow {workflow_id}; a workflow is reversed once."
        return Refused(Fault.CONFLICT, "ALREADY_REVERSED", reason)
    if last.status in _WITHOUT_EFFECT:
        reason = f"{number} reversals of this workflow ended without effect; look at the last, {workflow_id}."
        return Refused(Fault.CONFLICT, "TOO_MANY_ATTEMPTS", reason)
    if last.status is not Status.UNKNOWN:
        return Asked(workflow_id, number, None)
    return Asked(
        workflow_id,
        number,
        ReversalRequested(
            workflow_id=workflow_id,
            response_id=original.request.response_id,
            origin=Origin(attempt=number, maker=Maker(name=command.person, verified=True)),
            reverses=command.reverses,
            role=may[0] if may else "",
            reason=command.reason,
            requested_at=command.at,
        ),
    )


def stands(attempt: Approval) -> bool:
    """Return whether no further attempt is to be looked at: this one is open, was granted, or does not exist yet."""
    return attempt.status not in _WITHOUT_EFFECT
