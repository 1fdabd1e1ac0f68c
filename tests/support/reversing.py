"""Executed workflows and their reversals, without a database."""

from dataclasses import dataclass, replace
from decimal import Decimal

from services.executor.execution.decider import Changes
from services.executor.execution.state import ExecutionState
from services.executor.planning.workflow import Workflow
from services.executor.reversal import decider, planning
from services.executor.reversal.commands import DrawReversal, ReversalFacts, Reversing, StartReversal
from shared.events import booking, identity, reversals
from shared.events.booking import JournalPosted
from shared.events.responses import Maker, Origin
from shared.hedging.typed_rows import GlPeriod
from shared.policy.table import PRESETS
from tests.support import executions, hedges
from tests.support.executions import NOW, WORKFLOW, Execution, used_grant

POLICY = PRESETS["plan"]
REVERSAL = identity.reversal_id(WORKFLOW)
DAY = hedges.TODAY
PERIOD = GlPeriod("2026-11", DAY.replace(day=1), DAY.replace(day=30), is_open=True)
ZERO = Decimal(0)


@dataclass
class Executed:
    """An execution that is done, and what a reversal would be planned from."""

    done: Execution

    @property
    def state(self) -> ExecutionState:
        return self.done.state

    def facts(self, **changes: object) -> ReversalFacts:
        found = ReversalFacts(
            today=DAY,
            state=self.state,
            drawn=self.done.subject,
            response_id=self.done.subject.response_id,
            kind="",
            dependants=(),
            periods=(PERIOD,),
            room={},
            usd_room=None,
        )
        return replace(found, **changes)  # type: ignore[arg-type]


def executed(*, posted: bool = True) -> Executed:
    done = Execution(executions.drawn())
    done.acknowledge()
    if posted:
        plan = done.subject.plan
        postings = tuple(
            booking.EventPosting(
                event_id=child.event.event_id,
                gl_package_id=child.ids.gl_package_id,
                entity_id=child.entity_id,
                lines=child.journal,
            )
            for child in plan.children
        )
        done.events.append(JournalPosted(workflow_id=WORKFLOW, postings=postings, posted_at=NOW))
    return Executed(done)


def asked(facts: ReversalFacts, maker: Maker | None = None, **changes: object) -> DrawReversal:
    command = DrawReversal(
        workflow=Workflow(
            REVERSAL, facts.response_id, Origin(attempt=1, maker=maker or Maker(name="mira", verified=True))
        ),
        reverses=WORKFLOW,
        reason="Booked twice",
        facts=facts,
        now=NOW,
    )
    return replace(command, **changes)  # type: ignore[arg-type]


def planned(facts: ReversalFacts) -> reversals.ReversalPlanned:
    drawn = planning.decide(asked(facts), POLICY)
    if not isinstance(drawn, reversals.ReversalPlanned):
        raise AssertionError(f"refused: {drawn.refusals[0].code} {drawn.refusals[0].message}")
    return drawn


def started(of: Executed) -> tuple[reversals.ReversalPlanned, tuple[Changes, ...]]:
    subject = planned(of.facts())
    command = StartReversal(
        subject=subject,
        plan=subject.plan,
        grant=used_grant(subject),
        state=of.state,
        capacity=of.done.capacity,
        usd=of.done.usd,
        now=NOW,
    )
    return subject, decider.start(command)


def under_reversal(*, posted: bool = True) -> Execution:
    """The cancel messages of a reversal have left; nothing is answered yet."""
    of = executed(posted=posted)
    subject, changes = started(of)
    of.done.apply(changes)
    prepared = changes[0].events[0]
    if not isinstance(prepared, reversals.ReversalPrepared):
        raise AssertionError(f"the reversal begins with {type(prepared).__name__}")
    of.done.reversing = Reversing(subject, prepared, 1)
    return of.done
