"""One approval, as its events tell it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from shared.events.approvals import (
    ApprovalAmended,
    ApprovalClosed,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalRequested,
    ApprovalWithdrawn,
    DecisionRecorded,
    GrantIssued,
    GrantLapsed,
    QuestionAnswered,
    QuestionAsked,
    RequestEscalated,
)
from shared.events.base import Event
from shared.events.reversals import ReversalRequested


class Status(StrEnum):
    """The status of a request. The names are those of the workflow's states wherever both have one.

    `REQUESTED`: a reversal was asked for and has no plan yet.
    """

    UNKNOWN = "UNKNOWN"
    REQUESTED = "REQUESTED"
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"
    REVOKED = "REVOKED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Question:
    """A question to who asked for the request, and the answer; None: not yet."""

    asked: QuestionAsked
    answered: QuestionAnswered | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """State of one stream `approval-<workflow>`. `reason` says why it ended without a grant in force."""

    status: Status = Status.UNKNOWN
    request: ApprovalRequested | None = None
    decisions: tuple[DecisionRecorded, ...] = ()
    grant: GrantIssued | None = None
    reason: str = ""
    reversal: ReversalRequested | None = None
    escalated: RequestEscalated | None = None
    questions: tuple[Question, ...] = ()

    @property
    def approvals(self) -> tuple[DecisionRecorded, ...]:
        """The decisions that said yes."""
        return tuple(decision for decision in self.decisions if decision.decision == "APPROVE")


NOTHING: Final = Approval()


def evolve(state: Approval, event: Event) -> Approval:
    """Return the state after an event. Never refuses; an event of another kind changes nothing."""
    match event:
        case ApprovalRequested():
            return replace(state, status=Status.AWAITING_APPROVAL, request=event)
        case ReversalRequested():
            return replace(state, status=Status.REQUESTED, reversal=event)
        case DecisionRecorded():
            return replace(state, decisions=(*state.decisions, event))
        case GrantIssued():
            return replace(state, status=Status.APPROVED, grant=event)
        case ApprovalRejected():
            return replace(state, status=Status.REJECTED, reason=f"{event.person} rejected it: {event.reason}")
        case ApprovalExpired():
            return replace(state, status=Status.EXPIRED, reason="Nobody decided in time.")
        case ApprovalWithdrawn():
            return replace(state, status=Status.WITHDRAWN, reason=f"{event.person} withdrew it: {event.reason}")
        case ApprovalClosed():
            revoked = event.state == Status.REVOKED
            return replace(state, status=Status.REVOKED if revoked else Status.CLOSED, reason=event.reason)
        case ApprovalAmended():
            return replace(state, status=Status.CLOSED, reason=f"SUPERSEDED: {event.person} amended it: {event.reason}")
        case GrantLapsed():
            return replace(state, status=Status.EXPIRED, reason="The grant was not used in time.")
        case _:
            return _while_it_waits(state, event)


def _while_it_waits(state: Approval, event: Event) -> Approval:
    match event:
        case RequestEscalated():
            return replace(state, escalated=event)
        case QuestionAsked():
            return replace(state, questions=(*state.questions, Question(event)))
        case QuestionAnswered():
            return replace(state, questions=tuple(_answered(each, event) for each in state.questions))
        case _:
            return state


def _answered(question: Question, answer: QuestionAnswered) -> Question:
    return replace(question, answered=answer) if question.asked.number == answer.number else question


def approval_of(events: Iterable[Event]) -> Approval:
    """Return the state after all events of a stream."""
    state = NOTHING
    for event in events:
        state = evolve(state, event)
    return state
