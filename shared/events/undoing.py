"""Facts of undoing an execution that failed before completion. Stream `execution-<workflow>`."""

from typing import Literal

from shared.events.base import datetime
from shared.events.execution import ExecutionEvent
from shared.hedging.operations import OperationKind


class CompensationStarted(ExecutionEvent):
    """The execution failed before completion: what was done is being undone."""

    code: str
    reason: str
    event_ids: tuple[str, ...]
    deals_to_cancel: tuple[str, ...]
    started_at: datetime


class CancelConfirmed(ExecutionEvent):
    """Murex no longer holds a deal, or never did. `in_reply_to`: the cancel message that it answered."""

    event_id: str
    deal_booking_id: str
    deal_sequence: int
    in_reply_to: int
    outcome: Literal["CANCELLED", "NOT_FOUND"]
    confirmed_at: datetime


class CancelRefused(ExecutionEvent):
    """Murex keeps a deal that HAWK wants cancelled, or does not answer any more: a person must act."""

    event_id: str
    deal_booking_id: str
    deal_sequence: int
    reason: str
    refused_at: datetime


class OperationCompensated(ExecutionEvent):
    """One operation was undone: its rows stay, carry their reversed status and point to this event."""

    operation: int
    kind: OperationKind
    table: str
    keys: tuple[str, ...]
    compensated_at: datetime


class WorkflowCompensated(ExecutionEvent):
    """The whole workflow was undone and has no effect any more."""

    code: str
    reason: str
    compensated_at: datetime


class InterventionRequired(ExecutionEvent):
    """The compensation could not finish by itself; a person must act on the deals named."""

    code: str
    reason: str
    deal_booking_ids: tuple[str, ...]
    required_at: datetime
