"""A kind of workflow that writes one note. It exists in these tests alone: one folder, one row of a registry."""

from dataclasses import dataclass
from datetime import datetime

from services.executor.execution.grant import Ending
from services.executor.handlers.kinds import Circumstances, Grant, WorkflowKind
from services.executor.handlers.streams import load_progress, report
from services.executor.planning.state import PlanState
from services.executor.planning.workflow import Workflow
from services.executor.ports import Ports
from services.executor.progress.reporting import Progress
from services.executor.rollout.checking import Kind, WorkItem
from shared.events import identity
from shared.events.execution import ExecutionBegun
from shared.events.plans import WorkflowPlanned
from shared.events.responses import Originated
from shared.eventstore.port import NO_STREAM
from shared.messaging.unit_of_work import UnitOfWork
from shared.plans.digests import UNSEALED, effects, effects_digest, sealed
from shared.plans.subjects import subject_of, without_amount
from shared.policy.evaluation import PolicySubject, evaluate
from shared.policy.table import SubjectKind


@dataclass(frozen=True, slots=True)
class NotePlan:
    """The note, and how many were written before it."""

    text: str
    before: int


class NoteProposed(Originated):
    """Somebody recommends to write a note."""

    text: str


class NotePlanned(WorkflowPlanned):
    """The note that would be written."""

    plan: NotePlan


class NoteWritten(ExecutionBegun):
    """The note is written."""

    text: str


@effects.register
def _note_effects(plan: NotePlan, tier: str) -> dict[str, str]:
    return {"text": plan.text, "before": str(plan.before), "tier": tier}


@subject_of.register
def _note_subject(_: NotePlan, *, maker_verified: bool) -> PolicySubject:
    return without_amount(SubjectKind.CHECK, maker_verified=maker_verified)


class Note(WorkflowKind[NoteProposed, NotePlanned, int]):
    """Notes; each is planned from how many there are in the stream `notes`."""

    proposal = NoteProposed
    planned = (NotePlanned,)

    async def load(self, uow: UnitOfWork, asked: NoteProposed | NotePlanned, now: datetime) -> int:
        return (await uow.load("notes")).version

    def draw(
        self, workflow: Workflow, asked: NoteProposed | NotePlanned, facts: int, under: Circumstances
    ) -> NotePlanned:
        plan = NotePlan(asked.text if isinstance(asked, NoteProposed) else asked.plan.text, facts)
        policy = evaluate(under.policy, subject_of(plan, maker_verified=False))
        return sealed(NotePlanned(
            workflow_id=workflow.workflow_id, response_id=workflow.response_id, origin=workflow.origin, plan=plan,
            policy=policy, plan_digest=UNSEALED, effects_digest=effects_digest(plan, policy.tier), planned_at=under.now,
        ))  # fmt: skip

    def opening(self, event: Originated) -> Progress:
        assert isinstance(event, NotePlanned)
        progress = Progress(event.workflow_id, response_id=event.response_id, total_operations=1)
        return progress.report(f"Planned: the note {event.plan.text}", event.planned_at, state="PLANNED")

    def work(self, subject: NotePlanned) -> WorkItem:
        return WorkItem(Kind.CHECK, "NOTE")

    def compare(self, subject: NotePlanned, facts: int, now: datetime) -> NotePlan | Ending:
        moved = facts != subject.plan.before
        return Ending.stale("Another note was written since") if moved else subject.plan

    async def apply(
        self, ports: Ports, uow: UnitOfWork, state: PlanState, subject: NotePlanned, plan: NotePlan, facts: int,
        grant: Grant,
    ) -> None:  # fmt: skip
        written = NoteWritten(
            workflow_id=subject.workflow_id, response_id=subject.response_id, attempt=subject.origin.attempt,
            grant=grant.used_for(subject), begun_at=grant.now, text=plan.text,
        )  # fmt: skip
        uow.append(identity.execution_stream(subject.workflow_id), NO_STREAM, written)
        uow.append("notes", facts, written)
        progress = await load_progress(uow, subject.workflow_id)
        report(uow, progress.report(f"Wrote {plan.text}", grant.now, state="COMPLETED", done=1, final=True))
