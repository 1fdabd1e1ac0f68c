"""The executor's turns over the parts in memory: load, let the same pure code decide, collect. No turn decides itself.

These are the counterparts of the handlers `proposals`, `grants`, `revocations`, `murex` and `posting`.
"""

from datetime import datetime

from services.executor.execution.commands import (
    CheckDeadlines,
    MurexCommand,
    Prepare,
    Reply,
    command_of,
)
from services.executor.execution.freshness import ATTEMPTS_MAX, RETRY_SECONDS, applicable, setting
from services.executor.execution.grant import (
    Ending,
    Judge,
    Wait,
    granted_subject,
    lapsed,
    obstacle,
    refuse_second,
    used_grant,
)
from services.executor.execution.holding_back import sends_deals
from services.executor.execution.slots import Place, Waiting, needs_slot, place_in
from services.executor.execution.state import ExecutionState, Status
from services.executor.exposure.usage import uses_of
from services.executor.planning.state import PlanState
from services.executor.progress import messages
from services.executor.rollout.checking import stop_sentence, work_of_order
from services.executor.workflow import saga
from services.executor.workflow.due import Due, Task
from services.executor.workflow.revoking import REVOKED, revoke
from shared.errors import Defect, InvalidInput
from shared.events import identity
from shared.events.approvals import GrantIssued
from shared.events.base import Event
from shared.events.plans import PlanDrawn, PlanRefused
from shared.events.responses import Maker, Originated, ProposalMade
from shared.events.revocations import RevocationRequested
from shared.eventstore.port import NO_STREAM
from shared.hedging.plan import HedgePlan
from shared.plans.digests import Planned
from shared.security.grants import GrantClaims
from tools.simulation.deputies import TOLD
from tools.simulation.desk import Desk, Drawn, Use
from tools.simulation.world import Transaction, World, workflow_of


class Turns:
    """The executor's handling of messages and to-do entries; nothing is written before the commit.

    Args:
        grants: claims of every grant that was signed, by its text.
    """

    def __init__(self, world: World, desk: Desk, grants: dict[str, GrantClaims]) -> None:
        self.world = world
        self.desk = desk
        self.grants = grants
        self._judge = Judge(desk.policy, _unproved, delegated=TOLD)

    def take(self, event: Event, unit: Transaction) -> None:
        """Handle a message; one that is refused becomes a dead letter."""
        try:
            match event:
                case ProposalMade():
                    self._propose(event, unit)
                case GrantIssued():
                    self._granted(event, unit)
                case RevocationRequested():
                    self._revoked(event, unit)
                case _:
                    self._answered(event, unit)
        except InvalidInput as refusal:
            unit.appends.clear()
            unit.due.clear()
            unit.slots.clear()
            unit.refused = refusal.code

    def perform(self, workflow_id: str, task: Task, unit: Transaction, listening_since: datetime) -> None:
        """Perform an entry of the to-do list that is due.

        Raises:
            Defect: a deadline is due of a workflow that is not executed.
        """
        now = self.world.now
        if task is Task.POST:
            self._post(workflow_id, unit)
        elif task is Task.APPLY:
            self._take_turn(workflow_id, unit)
        elif not self._advance(workflow_id, CheckDeadlines(now, listening_since, self.world.heard_until()), unit):
            raise Defect(f"To-do entry of {workflow_id}, which is not executed.")

    def _propose(self, proposal: ProposalMade, unit: Transaction) -> None:
        if self.world.plan(proposal.workflow_id).version:
            return
        use = self._use_of(proposal.order.exposure_currency or "")
        self._plan(self.desk.plan(proposal, proposal.workflow_id, use, self.world.now), unit)

    def _plan(self, planned: PlanDrawn | PlanRefused, unit: Transaction) -> None:
        progress = messages.order_opening(planned)
        unit.appends.append((identity.plan_stream(planned.workflow_id), NO_STREAM, (planned,)))
        unit.appends.append((identity.progress_stream(planned.workflow_id), progress.start, progress.reports))

    def _granted(self, event: GrantIssued, unit: Transaction) -> None:
        world, workflow_id = self.world, event.workflow_id
        claims = self.grants[event.grant]
        state = world.plan(workflow_id)
        if state.closed is not None and state.closed.state == REVOKED:
            return
        applied = world.execution(workflow_id).version > 0
        subject = granted_subject(claims, workflow_id, state, self._judge, applied=applied)
        refuse_second(state)
        if (lapse := lapsed(claims, world.now)) is not None:
            unit.refused = lapse.code
            self._close(state, lapse, unit)
        else:
            self._use(state, subject, claims, unit)

    def _revoked(self, asked: RevocationRequested, unit: Transaction) -> None:
        world, workflow_id = self.world, asked.workflow_id
        executed = world.execution(workflow_id).version
        turn = revoke(world.plan(workflow_id), executed, asked, world.progress(workflow_id), world.now)
        if turn is not None:
            self._collect(workflow_id, turn, unit)

    def _take_turn(self, workflow_id: str, unit: Transaction) -> None:
        world = self.world
        state = world.plan(workflow_id)
        awaited = state.awaited
        if awaited is None or state.closed is not None or world.execution(workflow_id).version:
            unit.due.append((workflow_id, Due(Task.APPLY, None)))
            return
        claims = self.grants[awaited.grant]
        subject = granted_subject(claims, workflow_id, state, self._judge, applied=False)
        if (lapse := lapsed(claims, world.now)) is not None:
            self._close(state, lapse, unit)
        else:
            self._use(state, subject, claims, unit)

    def _use(self, state: PlanState, subject: Planned, claims: GrantClaims, unit: Transaction) -> None:
        world = self.world
        if not isinstance(subject, PlanDrawn | PlanRefused) or state.plan is None:
            raise Defect(f"A simulation applies plans of orders only, no {type(subject).__name__}.")
        match obstacle(world.hold_rollout(unit), work_of_order(subject)):
            case Wait():
                unit.waits = True
            case Ending() as ending:
                self._close(state, ending, unit)
            case None:
                self._apply(state, subject, state.plan, claims, unit)

    def _apply(
        self, state: PlanState, subject: PlanDrawn | PlanRefused, approved: HedgePlan, claims: GrantClaims,
        unit: Transaction,
    ) -> None:  # fmt: skip
        world, workflow_id = self.world, subject.workflow_id
        if needs_slot(approved):
            room = world.room(claims.iat, workflow_id)
            place = place_in(room, waited=state.awaited is not None)
            if place is Place.QUEUE:
                waiting = Waiting(claims.jti, claims.jti, claims.iat, room)
                turn = saga.await_turn(state, waiting, claims.approvers, world.progress(workflow_id), world.now)
                self._collect(workflow_id, turn, unit)
            if place is not Place.BEGIN:
                return
        use = self._use_of(approved.order.exposure_currency)
        again = self.desk.again(subject, approved, use, world.now)
        plan = applicable(again.drawn)
        if again.why is not None or plan is None:
            successor = identity.workflow_id(subject.response_id, subject.origin.component, subject.origin.attempt + 1)
            self._plan(self.desk.plan(subject, successor, use, world.now), unit)
            self._close(state, Ending("STALE_CONTEXT", "STALE_CONTEXT", again.why or "", successor), unit)
            return
        command = self._command(subject, plan, claims, again)
        turn = saga.prepare(command, world.progress(workflow_id), waited=state.awaited is not None)
        self._collect(workflow_id, turn, unit)

    def _command(self, subject: PlanDrawn | PlanRefused, plan: HedgePlan, claims: GrantClaims, again: Drawn) -> Prepare:
        return Prepare(
            subject=subject,
            plan=plan,
            grant=used_grant(claims, subject),
            capacity=uses_of(plan, self.world.uses),
            usd=self.world.usd_use(plan.order.exposure_currency),
            attempts_max=int(setting(again.settings, ATTEMPTS_MAX)),
            retry_seconds=int(setting(again.settings, RETRY_SECONDS)),
            now=self.world.now,
        )

    def _close(self, state: PlanState, ending: Ending, unit: Transaction) -> None:
        workflow_id = workflow_of(state.granted) if state.granted is not None else ""
        turn = saga.close(state, ending, self.world.progress(workflow_id), self.world.now)
        self._collect(workflow_id, turn, unit)

    def _answered(self, event: Event, unit: Transaction) -> None:
        if not isinstance(event, Reply):
            raise Defect(f"{type(event).__name__} is not a reply of Murex.")
        if not self._advance(event.workflow_id, command_of(event, self.world.now), unit):
            raise InvalidInput(code="MUREX_ANSWER_UNKNOWN_WORKFLOW", reason=event.workflow_id)

    def _advance(self, workflow_id: str, command: MurexCommand, unit: Transaction) -> bool:
        world = self.world
        state = world.execution(workflow_id)
        if not state.version or state.status is Status.REVOKED:
            return False
        turn = self._decide(state, command, None)
        if sends_deals(event for changes in turn.changes for event in changes.events):
            rollout = world.hold_rollout(unit)
            stop = stop_sentence(rollout.in_force) if rollout.in_force.stopped else None
            if stop is not None or rollout.waits:
                turn = self._decide(state, command, stop, rollout.waits)
        self._collect(workflow_id, turn, unit)
        return True

    def _decide(self, state: ExecutionState, command: MurexCommand, stop: str | None, waits: str = "") -> saga.Turn:
        """Decide a command by the saga, with plan and capacity where it asks for them."""
        world, workflow_id = self.world, state.prepared.workflow_id if state.prepared is not None else ""
        progress = world.progress(workflow_id)
        turn = saga.advance(state, command, progress, world.now, stop=stop, waits=waits)
        if turn is None:
            drawn = world.plan(workflow_id).drawn
            if drawn is None:
                raise Defect(f"Workflow {workflow_id} is executed but has no plan.")
            usd = world.usd_use(drawn.plan.order.exposure_currency)
            resources = saga.Resources(drawn, uses_of(drawn.plan, world.uses), usd)
            turn = saga.advance(state, command, progress, world.now, resources, stop=stop, waits=waits)
        if turn is None:
            raise Defect(f"Workflow {workflow_id}: a decision stayed open with everything it needs.")
        return turn

    def _post(self, workflow_id: str, unit: Transaction) -> None:
        world = self.world
        state = world.execution(workflow_id)
        if state.status is not Status.COMPLETED:
            unit.due.append((workflow_id, Due(Task.POST, None)))
            return
        plan = world.plan(workflow_id).plan
        if plan is None:
            raise Defect(f"Workflow {workflow_id} is completed but has no plan.")
        books = self.desk.books(period_open=world.period_open)
        events = world.streams[identity.execution_stream(workflow_id)]
        turn = saga.posting(state, events, plan, books, world.progress(workflow_id), world.now)
        self._collect(workflow_id, turn, unit)

    def _collect(self, workflow_id: str, turn: saga.Turn, unit: Transaction) -> None:
        unit.appends += [(each.stream, each.expected, each.events) for each in turn.changes]
        unit.due += [(workflow_id, due) for due in turn.due]
        if turn.slot is not None:
            unit.slots.append((workflow_id, turn.slot))
        if turn.progress is not None and turn.progress.reports:
            stream = identity.progress_stream(workflow_id)
            unit.appends.append((stream, turn.progress.start, turn.progress.reports))

    def _use_of(self, currency: str) -> Use:
        exposures = [use for _, use in sorted(self.world.uses.items()) if use.currency == currency]
        return Use(tuple(exposures), self.world.usd_use(currency))


def _unproved(subject: Originated) -> Maker:
    """Nobody signs proofs in a simulation: every maker is only claimed."""
    return subject.origin.maker.model_copy(update={"verified": False})
