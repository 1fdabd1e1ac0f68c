"""The kind of workflow that hedges: an order, a utilisation, a question, the record of a refused check."""

from dataclasses import dataclass
from datetime import datetime

from services.executor.execution.commands import Prepare
from services.executor.execution.freshness import ATTEMPTS_MAX, RETRY_SECONDS, applicable, outdated, setting
from services.executor.execution.grant import Ending
from services.executor.execution.slots import Place, Waiting, needs_slot, place_in
from services.executor.handlers.hedge.facts import Loaded, load_facts, msg_uid_taken, read_open_hedges
from services.executor.handlers.kinds import Circumstances, Grant, WorkflowKind
from services.executor.handlers.reading import reading_for
from services.executor.handlers.rollout.reading import note_use
from services.executor.handlers.streams import load_progress, write
from services.executor.handlers.turn_queue import read_room
from services.executor.planning import decider
from services.executor.planning.commands import DrawPlan
from services.executor.planning.state import PlanState
from services.executor.planning.workflow import Workflow
from services.executor.ports import Ports
from services.executor.progress import messages
from services.executor.progress.reporting import Progress
from services.executor.rollout.checking import WorkItem, work_of_order, work_of_plan
from services.executor.workflow import saga
from shared.errors import Defect
from shared.events.plans import PlanDrawn, PlanRefused
from shared.events.responses import Originated, ProposalMade
from shared.hedging.plan import HedgePlan
from shared.hedging.planning.drawing import draw_plan
from shared.messaging.unit_of_work import UnitOfWork

HedgePlanned = PlanDrawn | PlanRefused


@dataclass(frozen=True, slots=True)
class HedgeFacts:
    """The facts of an order; `msg_uid_taken`: another instruction in effect has its msg_uid."""

    loaded: Loaded
    msg_uid_taken: bool


class Hedge(WorkflowKind[ProposalMade, HedgePlanned, HedgeFacts]):
    """Hedges; see the module."""

    proposal = ProposalMade
    planned = (PlanDrawn, PlanRefused)

    async def load(self, uow: UnitOfWork, asked: ProposalMade | HedgePlanned, now: datetime) -> HedgeFacts:
        """Read the facts; those of a plan that is drawn again have its dates and rates pinned."""
        approved = None if isinstance(asked, ProposalMade) else _plan_of(asked)
        pins = None if approved is None else approved.pins
        reading = reading_for(uow, asked.order.instruction_type)
        loaded = await load_facts(reading, asked.order, now, asked.workflow_id, pins)
        # Also a msg_uid that HAWK issued: the card shows it, and another response may have stated it since.
        msg_uid = asked.order.msg_uid if approved is None else approved.order.msg_uid
        return HedgeFacts(loaded, await msg_uid_taken(reading, msg_uid))

    def draw(
        self, workflow: Workflow, asked: ProposalMade | HedgePlanned, facts: HedgeFacts, under: Circumstances
    ) -> HedgePlanned:
        """Draw the plan from the facts of today: a successor has no pins."""
        taken = facts.msg_uid_taken and asked.order.msg_uid is not None
        command = DrawPlan(workflow, asked.order, facts.loaded.today, under.now, under.rollout, taken)
        return decider.decide(command, under.policy)

    def opening(self, event: Originated) -> Progress:
        """Report the plan with its deals, or the refusal.

        Raises:
            Defect: the event is neither.
        """
        return messages.order_opening(event)

    def work(self, subject: HedgePlanned) -> WorkItem:
        """Return the amount that counts against the caps; the record of a refused check moves no money."""
        return work_of_order(subject)

    async def admit(self, ports: Ports, uow: UnitOfWork, state: PlanState, subject: HedgePlanned, grant: Grant) -> bool:
        """Give a plan with deals a slot, or let it wait for its turn."""
        if not needs_slot(_plan_of(subject)):
            return True
        claims = grant.claims
        room = await read_room(uow, ports.slots, claims.iat, subject.workflow_id)
        place = place_in(room, waited=state.awaited is not None)
        if place is Place.QUEUE:
            waiting = Waiting(claims.jti, grant.text, claims.iat, room)
            progress = await load_progress(uow, subject.workflow_id)
            write(uow, subject.workflow_id, saga.await_turn(state, waiting, claims.approvers, progress, grant.now))
        return place is Place.BEGIN

    def compare(self, subject: HedgePlanned, facts: HedgeFacts, now: datetime) -> HedgePlan | Ending:
        """Draw the order again with the approved dates and rates."""
        approved, loaded = _plan_of(subject), facts.loaded
        if facts.msg_uid_taken:
            return Ending.stale(decider.duplicate(approved.order.msg_uid).message)
        drawn = draw_plan(subject.order, subject.origin.claims, loaded.facts, Workflow.of(subject).identity)
        why, plan = outdated(subject, approved, drawn, loaded.today, now), applicable(drawn)
        return Ending.stale(why or "") if why is not None or plan is None else plan

    async def apply(
        self, ports: Ports, uow: UnitOfWork, state: PlanState, subject: HedgePlanned, plan: HedgePlan,
        facts: HedgeFacts, grant: Grant,
    ) -> None:  # fmt: skip
        """Take the capacity, write stages 1A and 1B, send the deals to Murex."""
        await note_use(uow, grant.rollout, work_of_plan(plan), subject.workflow_id, grant.now)
        progress = await load_progress(uow, subject.workflow_id)
        if plan.children:
            entities = [child.entity_id for child in plan.children]
            await read_open_hedges(uow, plan.order.exposure_currency, entities)
        loaded = facts.loaded
        command = Prepare(
            subject=subject,
            plan=plan,
            grant=grant.used_for(subject),
            capacity=loaded.capacity_of(plan),
            usd=loaded.usd,
            attempts_max=int(setting(loaded.facts.settings, ATTEMPTS_MAX)),
            retry_seconds=int(setting(loaded.facts.settings, RETRY_SECONDS)),
            now=grant.now,
        )
        write(uow, subject.workflow_id, saga.prepare(command, progress, waited=state.awaited is not None), ports.slots)


def _plan_of(subject: HedgePlanned) -> HedgePlan:
    """Return the plan that a grant applies: of a refused check its record.

    Raises:
        Defect: a refusal without a record was granted.
    """
    plan = subject.plan if isinstance(subject, PlanDrawn) else subject.refusal.record
    if not isinstance(plan, HedgePlan):
        raise Defect(f"Workflow {subject.workflow_id} was granted without a plan or a record.")
    return plan
