"""Progress of a workflow for dashboards, as events of its progress stream. Pure.

The stream's version is the message's `sequence`, so the messages of a workflow are dense and in order, whatever
happens to the process between them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from shared.events.base import Event, Notice
from shared.events.progress import ProgressReported, WorkflowState
from shared.events.states import FINAL
from shared.hedging.plan import PlanWarning

StageName = Literal["1A", "1B", "2", "3"]
StageStatus = Literal["PENDING", "IN_PROGRESS", "COMPLETED", "COMPENSATED", "REVERSED"]

_STAGES: Mapping[str, StageStatus] = MappingProxyType(
    {"1A": "PENDING", "1B": "PENDING", "2": "PENDING", "3": "PENDING"}
)


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a workflow as reported so far. A value: each report returns the next one."""

    workflow_id: str
    response_id: str = ""
    order_id: str | None = None
    version: int = 0
    state: WorkflowState = "PROPOSED"
    completed_operations: int = 0
    total_operations: int = 0
    stages: Mapping[str, StageStatus] = field(default_factory=lambda: _STAGES)
    over: bool = False
    reports: tuple[ProgressReported, ...] = ()

    @property
    def start(self) -> int:
        """The version the stream had before the reports made here."""
        return self.version - len(self.reports)

    def warned(self, warnings: Iterable[PlanWarning]) -> "Progress":
        """Return the progress with these warnings in its last new report; unchanged without a new report."""
        notices = tuple(Notice(code=each.code, message=each.message, path=each.path) for each in warnings)
        if not notices or not self.reports:
            return self
        *before, last = self.reports
        return replace(self, reports=(*before, last.model_copy(update={"warnings": notices})))

    def report(
        self,
        status: str,
        at: datetime,
        *,
        state: WorkflowState | None = None,
        stage: StageName | None = None,
        stage_status: StageStatus | None = None,
        operation: int | None = None,
        done: int | None = None,
        reason: str | None = None,
        successor: str | None = None,
        final: bool | None = None,
        completed: bool | None = None,
    ) -> "Progress":
        """Return the progress after one more report.

        Args:
            status: a sentence for people.
            done: operations in effect after this step; unchanged when not given.
            final: nothing follows; by default what `state` says.
            completed: the message that reports success, once; by default the one that enters COMPLETED.
        """
        reached = state or self.state
        stages = dict(self.stages)
        if stage is not None and stage_status is not None:
            stages[stage] = stage_status
        if reached in {"COMPENSATED", "COMPENSATING"}:
            stages = {name: "PENDING" if status_ == "PENDING" else "COMPENSATED" for name, status_ in stages.items()}
        if reached == "REVERSED":
            stages = {name: "PENDING" if status_ == "PENDING" else "REVERSED" for name, status_ in stages.items()}
        completed_operations = self.completed_operations if done is None else done
        message = ProgressReported(
            workflow_id=self.workflow_id,
            response_id=self.response_id,
            order_id=self.order_id,
            sequence=self.version + 1,
            state=reached,
            stage=stage,
            operation=operation,
            status=status,
            completed_operations=completed_operations,
            total_operations=self.total_operations,
            progress=_percent(completed_operations, self.total_operations),
            completed=reached == "COMPLETED" and self.state != "COMPLETED" if completed is None else completed,
            final=reached in FINAL if final is None else final,
            at=at,
            stages=stages,
            reason=reason,
            successor=successor,
        )
        return replace(
            self,
            version=self.version + 1,
            state=reached,
            completed_operations=completed_operations,
            stages=MappingProxyType(stages),
            over=message.final,
            reports=(*self.reports, message),
        )


def progress_of(workflow_id: str, events: Iterable[Event]) -> Progress:
    """Return the progress that a progress stream holds."""
    progress = Progress(workflow_id)
    for event in events:
        progress = evolve(progress, event)
    return progress


def evolve(progress: Progress, event: Event) -> Progress:
    """Return the progress after one more event of its stream."""
    if not isinstance(event, ProgressReported):
        return progress
    return replace(
        progress,
        response_id=event.response_id,
        order_id=event.order_id,
        version=event.sequence,
        state=event.state,
        completed_operations=event.completed_operations,
        total_operations=event.total_operations,
        stages=MappingProxyType({**_STAGES, **event.stages}),
        over=event.final,
    )


def _percent(done: int, total: int) -> int:
    """Return 0 to 100, rounded down: 100 only when everything is done."""
    return 0 if total == 0 else 100 * done // total
