"""Why a command about a request is refused: in general, and because the request does not wait any more. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.approval.requests.state import Approval, Status
from shared.events.approvals import ApprovalRequested


class Fault(StrEnum):
    """Why a command is refused: which HTTP status it becomes."""

    UNKNOWN = "UNKNOWN"
    FORBIDDEN = "FORBIDDEN"
    CONFLICT = "CONFLICT"
    INVALID = "INVALID"


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing happens. `code` is stable, `reason` a sentence for the person who asked."""

    fault: Fault
    code: str
    reason: str


UNKNOWN = Refused(Fault.UNKNOWN, "WORKFLOW_UNKNOWN", "No plan of this workflow waits, or ever waited, here.")

_ENDED = {
    Status.REQUESTED: ("NOT_PLANNED", "This has no plan to decide on yet; look again in a moment."),
    Status.APPROVED: ("ALREADY_DECIDED", "This was approved already; a decision is made once."),
    Status.REJECTED: ("ALREADY_DECIDED", "This was rejected already; a decision is made once."),
    Status.EXPIRED: ("EXPIRED", "This has expired. Ask for a new plan."),
    Status.WITHDRAWN: ("WITHDRAWN", "The person who asked has withdrawn this."),
    Status.REVOKED: ("REVOKED", "The approval was taken back before it was executed."),
    Status.CLOSED: ("CLOSED", "This plan will not be carried out any more."),
}


def not_open(state: Approval, at: datetime) -> Refused | None:
    """Return why nothing can be decided any more; also when the time is over and nobody has noted it yet."""
    if state.status is Status.AWAITING_APPROVAL:
        if state.request is not None and at >= state.request.expires_at:
            code, sentence = _ENDED[Status.EXPIRED]
            return Refused(Fault.CONFLICT, code, sentence)
        return None
    code, sentence = _ENDED[state.status]
    return Refused(Fault.CONFLICT, code, f"{sentence} {state.reason}".strip())


def named(state: Approval, digest: str, at: datetime, *, before: str) -> ApprovalRequested | Refused:
    """Return the request that waits, if it is the one that a person was shown.

    Args:
        digest: of the plan that the person names.
        before: the act for which the plan is to be read again, such as "you decide".
    """
    request = state.request
    if request is None:
        return UNKNOWN
    closed = not_open(state, at)
    if closed is not None:
        return closed
    if digest != request.plan_digest:
        return Refused(
            Fault.CONFLICT,
            "DIGEST_MISMATCH",
            f"The plan that waits here has the digest {request.plan_digest}, another one than you named. "
            f"Read it again before {before}.",
        )
    return request
