"""The public contract with dashboards (topic hawk.progress). Stream `progress-<workflow>`.

`sequence` equals the stream version, so it is dense per workflow by construction.
"""

from typing import Literal

from shared.events.base import Event, Notice, datetime

WorkflowState = Literal[
    "PROPOSED", "PLANNED", "AWAITING_APPROVAL", "APPROVED", "PREPARED", "BOOKING", "COMPLETED", "POSTED",
    "REFUSED", "REJECTED", "EXPIRED", "WITHDRAWN", "REVOKED", "SUPERSEDED", "STALE_CONTEXT",
    "FAILED", "COMPENSATING", "COMPENSATED", "NEEDS_INTERVENTION", "REVERSING", "REVERSED",
]  # fmt: skip


class ProgressReported(Event):
    """One step forward (or back) of a workflow.

    `completed` is true once, on success, on the message that enters COMPLETED; `final` on the last message.
    `reason` explains an ending that is not a success: a refusal code and a sentence. `warnings`, on the last message of
    the first transaction: what planning says as the plan is applied.
    """

    workflow_id: str
    response_id: str
    order_id: str | None
    sequence: int
    state: WorkflowState
    stage: Literal["1A", "1B", "2", "3"] | None
    operation: int | None
    status: str
    completed_operations: int
    total_operations: int
    progress: int
    completed: bool
    final: bool
    at: datetime
    stages: dict[str, Literal["PENDING", "IN_PROGRESS", "COMPLETED", "COMPENSATED", "REVERSED"]]
    reason: str | None = None
    successor: str | None = None
    warnings: tuple[Notice, ...] = ()
