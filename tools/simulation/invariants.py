"""The invariants, judged from the events alone and from Murex's book: nothing here asks the code under test."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from services.executor.execution.slots import holds_slot
from services.executor.execution.state import ExecutionState, Status
from services.executor.execution.state import fold as fold_execution
from services.executor.execution.transitions import unlisted
from services.executor.planning.state import fold as fold_plan
from services.executor.progress.reporting import progress_of
from shared.events import booking, identity, murex, undoing
from shared.events import execution as facts
from shared.events.base import Event
from shared.events.plans import PlanClosed, PlanDrawn, PlanRefused
from shared.events.progress import ProgressReported
from shared.events.revocations import GrantRevoked
from shared.hedging.operations import OperationKind, Phase
from shared.hedging.plan import ChildPlan, HedgePlan
from shared.security.grants import GrantClaims
from tools.simulation.deputies import fault
from tools.simulation.world import ANSWERS, ZERO, Stored, World

#: How long Murex says nothing before HAWK asks.
SILENCE = timedelta(seconds=15)


class Broken(Exception):
    """An invariant does not hold."""

    def __init__(self, invariant: str, what: str) -> None:
        self.invariant = invariant
        self.what = what
        super().__init__(f"{invariant}: {what}")


@dataclass
class DealHistory:
    """The record of one deal."""

    attempts: int = 0
    asked_up: timedelta = timedelta(0)
    asked_at: datetime | None = None
    enquired: bool = False
    acknowledged: list[str] = field(default_factory=list)
    cancels: int = 0
    asked: dict[int, type[Event]] = field(default_factory=dict)
    """HAWK's messages about it, by their numbers."""


@dataclass
class History:
    """The record of one execution."""

    plan: HedgePlan | None = None
    deals: dict[str, DealHistory] = field(default_factory=lambda: defaultdict(DealHistory))
    done: Counter[int] = field(default_factory=Counter)
    undone: list[int] = field(default_factory=list)
    completed: int = 0
    compensated: int = 0
    posted: int = 0
    interventions: int = 0


class Watch:
    """Sees every event as it is recorded, and everything at the end.

    Args:
        grants: claims by the text of the grant; `permitted` are the ids of those that permit what they name.
    """

    def __init__(self, world: World, grants: dict[str, GrantClaims], permitted: set[str]) -> None:
        self.world = world
        self.grants = grants
        self.permitted = permitted
        self.used, self.revoked, self.begun = set[str](), set[str](), set[str]()
        self.histories: dict[str, History] = defaultdict(History)

    def __call__(self, stored: Stored) -> None:
        """Judge one event."""
        event, (kind, _, rest) = stored.event, stored.stream.partition("-")
        match kind:
            case "execution" if isinstance(event, GrantRevoked):
                self._taken_back(rest)
            case "execution":
                self._goes_on(rest)
                self._execution(self.histories[rest], rest, event)
            case "exposure" | "usdpb":
                self._capacity(stored.stream, event)
            case "plan" if isinstance(event, PlanDrawn | PlanRefused):
                plan = event.plan if isinstance(event, PlanDrawn) else event.refusal.record
                self.histories[rest].plan = plan
            case "plan" if isinstance(event, PlanClosed) and event.state == Status.REVOKED:
                self._taken_back(rest)

    def _taken_back(self, workflow: str) -> None:
        self.revoked.add(workflow)
        if workflow in self.begun:
            raise Broken("REVOKED_IS_NEVER_USED", f"workflow {workflow} had begun and was revoked")

    def _goes_on(self, workflow: str) -> None:
        self.begun.add(workflow)
        if workflow in self.revoked:
            raise Broken("REVOKED_IS_NEVER_USED", f"workflow {workflow} was revoked and goes on")

    def _execution(self, history: History, workflow: str, event: Event) -> None:
        self._operations(history, event)
        self._answered(history, event)
        match event:
            case facts.ExecutionPrepared():
                self._prepared(event)
            case murex.DealSent():
                self._sent(history, event)
            case murex.DealStatusEnquired():
                self._silence_lasted(history.deals[event.deal_booking_id], event.deal_booking_id, event.enquired_at)
                history.deals[event.deal_booking_id].enquired = True
            case murex.DealCancelSent():
                history.deals[event.deal_booking_id].cancels += 1
            case booking.DealAcknowledged():
                contracts = history.deals[event.deal_booking_id].acknowledged
                contracts.append(event.contract_id)
                if len(contracts) > 1:
                    raise Broken("FIRST_ANSWER_STANDS", f"deal {event.deal_booking_id}: contracts {contracts}")
            case facts.ExecutionCompleted():
                self._completed(history, workflow)
            case undoing.WorkflowCompensated():
                history.compensated += 1
            case undoing.InterventionRequired():
                history.interventions += 1
            case booking.JournalPosted():
                self._posted(history, workflow, event)
        if history.completed + history.compensated > 1:
            raise Broken("ONE_OUTCOME", f"workflow {workflow} ended twice")

    def _operations(self, history: History, event: Event) -> None:
        if isinstance(event, undoing.OperationCompensated):
            if history.undone and history.undone[-1] <= event.operation:
                raise Broken("UNDONE_IN_REVERSE", f"operation {event.operation} after {history.undone[-1]}")
            history.undone.append(event.operation)
            return
        number = getattr(event, "operation", None)
        history.done.update(getattr(event, "operations", ()) if number is None else (number,))

    def _answered(self, history: History, event: Event) -> None:
        """Check that what settles a deal answers a message of HAWK's about that deal, of the right kind."""
        match event:
            case murex.DealSent() | murex.DealStatusEnquired() | murex.DealCancelSent():
                history.deals[event.deal_booking_id].asked[event.message_sequence] = type(event)
                return
            case booking.DealAcknowledged() | booking.DealDeclined(in_reply_to=int()):
                kinds: tuple[type[Event], ...] = (murex.DealSent, murex.DealStatusEnquired)
            case undoing.CancelConfirmed():
                kinds = (murex.DealCancelSent,)
            case _:
                return
        number = event.in_reply_to or 0
        if history.deals[event.deal_booking_id].asked.get(number) not in kinds:
            name = type(event).__name__
            raise Broken("ANSWERS_A_REQUEST", f"{name} of deal {event.deal_booking_id} answers message {number}")

    def _prepared(self, event: facts.ExecutionPrepared) -> None:
        if event.grant.jti in self.used:
            raise Broken("GRANT_USED_ONCE", f"grant {event.grant.jti} of workflow {event.workflow_id}")
        self.used.add(event.grant.jti)
        claims = self.grants[event.grant.jti]
        if (broken := fault(claims)) is not None:
            raise Broken(*broken)
        if event.grant.jti not in self.permitted or claims.workflow_id != event.workflow_id:
            raise Broken("VALID_GRANT", f"grant {event.grant.jti} does not permit workflow {event.workflow_id}")
        if event.begun_at >= claims.exp:
            raise Broken("VALID_GRANT", f"grant {event.grant.jti} had expired at {claims.exp.isoformat()}")

    def _within_slots(self) -> None:
        """Judged by the streams: those that have begun, and neither ended nor ask for a person."""
        in_flight = sum(holds_slot(state.status) and bool(state.deals) for state in self.world.executions.values())
        if in_flight > self.world.slots:
            raise Broken("WORK_IS_BOUNDED", f"{in_flight} are in flight; {self.world.slots} may be")

    def _sent(self, history: History, event: murex.DealSent) -> None:
        if self.world.behind:
            raise Broken("NOTHING_BEGINS_UNREAD", f"deal {event.deal_booking_id} was sent with hawk.control unread")
        if self.world.stopped:
            raise Broken("STOP_IS_KEPT", f"deal {event.deal_booking_id} was sent while HAWK is stopped")
        planned = {deal.deal_booking_id for child in _children(history) for deal in child.deals}
        if event.deal_booking_id not in planned:
            raise Broken("DEAL_PLANNED", f"deal {event.deal_booking_id} was sent and never planned")
        deal = history.deals[event.deal_booking_id]
        if event.attempt != deal.attempts + 1 or event.attempt > 3:
            raise Broken("ATTEMPTS_BOUNDED", f"attempt {event.attempt} after {deal.attempts}")
        if event.attempt == 1:
            self._within_slots()
        if event.attempt > 1 and not deal.enquired:
            raise Broken("ASKED_BEFORE_RETRY", f"deal {event.deal_booking_id} sent again without an enquiry")
        deal.attempts, deal.enquired, deal.asked_up = event.attempt, False, self.world.up_at[event.sent_at]
        deal.asked_at = event.sent_at

    def _silence_lasted(self, deal: DealHistory, booking_id: str, at: datetime) -> None:
        """Count as Murex's silence only time in which HAWK and the broker were up. HAWK asks about an acknowledged deal
        for another reason: Murex contradicts itself."""
        if deal.acknowledged:
            return
        self._heard(deal, booking_id)
        lasted = self.world.up_at[at] - deal.asked_up
        if lasted < SILENCE:
            raise Broken("ABSENCE_COSTS_NOTHING", f"deal {booking_id} given {lasted} of the time HAWK was there")
        deal.asked_up, deal.asked_at = self.world.up_at[at], at

    def _heard(self, deal: DealHistory, booking_id: str) -> None:
        """Check that no reply that came in time lies unread."""
        for (topic, _), messages in self.world.topics.items():
            for message in messages if topic == ANSWERS else ():
                about = getattr(message.event, "deal_booking_id", "") == booking_id
                in_time = deal.asked_at is None or self.world.told_at[message.id] < deal.asked_at + SILENCE
                if about and in_time and message.id not in self.world.inbox:
                    raise Broken("SILENCE_IS_HEARD", f"{message.id} about deal {booking_id} was sent and not read")

    def _completed(self, history: History, workflow: str) -> None:
        planned = {deal.deal_booking_id for child in _children(history) for deal in child.deals}
        acknowledged = {booking_id for booking_id, deal in history.deals.items() if deal.acknowledged}
        if planned != acknowledged:
            missing = len(planned - acknowledged)
            raise Broken("SET_EQUALITY", f"workflow {workflow} completed, {missing} of {len(planned)} deals missing")
        history.completed += 1

    def _posted(self, history: History, workflow: str, event: booking.JournalPosted) -> None:
        history.posted += 1
        if history.posted > 1:
            raise Broken("POSTED_ONCE", f"workflow {workflow}")
        totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for posting in event.postings:
            for line in posting.lines:
                totals[line.journal_id, line.ledger.value] += line.dr_amt - line.cr_amt
        if any(totals.values()):
            raise Broken("BALANCED", f"workflow {workflow}: {[key for key, total in totals.items() if total]}")

    def _capacity(self, stream: str, event: Event) -> None:
        totals = [
            getattr(event, name)
            for name in ("reserved_total", "hedged_total", "reserved_total_usd", "hedged_total_usd")
            if hasattr(event, name)
        ]
        if min(totals) < ZERO:
            raise Broken("CAPACITY", f"{stream}: {totals}")
        limit = self._limit(stream)
        if limit is not None and sum(totals) > limit:
            raise Broken("CAPACITY", f"{stream}: {sum(totals)} of {limit}")

    def _limit(self, stream: str) -> Decimal | None:
        """Return the size of an exposure or a USD limit, as any drawn plan states it."""
        for history in self.histories.values():
            if history.plan is None:
                continue
            for assessment in history.plan.assessments:
                if assessment.stream == stream:
                    return assessment.available + assessment.reserved + assessment.hedged
            check = history.plan.usd_check
            if check is not None and check.stream == stream:
                return check.maximum_usd
        return None

    # At the end, when everything is quiet.

    def at_the_end(self, contracts: dict[str, str], proposals: list[str]) -> None:
        """Judge the whole.

        Args:
            contracts: booking id -> contract of every deal that Murex holds.
            proposals: the workflows that were proposed.
        Raises:
            Broken: an invariant does not hold.
        """
        for check in (self._folds, self._nothing_lost, self._all_or_nothing, self._usage):
            for broken in check():
                raise broken
        for broken in (*self._ends(proposals), *self._murex_agrees(contracts), *self._told_as_listed()):
            raise broken

    def _folds(self) -> Iterator[Broken]:
        world = self.world
        for stream, events in world.streams.items():
            kind, _, rest = stream.partition("-")
            same = (
                world.executions[rest] == fold_execution(events)
                if kind == "execution"
                else world.plans[rest] == fold_plan(events)
                if kind == "plan"
                else world.progresses[rest] == progress_of(rest, events)
                if kind == "progress"
                else True
            )
            if not same:
                yield Broken("PROJECTION_IS_FOLD", stream)
            if kind == "progress" and [getattr(event, "sequence", 0) for event in events] != [
                *range(1, len(events) + 1)
            ]:
                yield Broken("PROGRESS_DENSE", stream)

    def _nothing_lost(self) -> Iterator[Broken]:
        world = self.world
        for (topic, number), messages in world.topics.items():
            lag = len(messages) - world.offsets[topic, number]
            if lag:
                yield Broken("NO_LAG", f"{lag} messages of {topic} {number}")
            for message in messages:
                if message.id not in world.inbox:
                    yield Broken("NOTHING_LOST", f"{message.id} ({type(message.event).__name__}) was never handled")
        if world.published < len(world.feed):
            yield Broken("NO_LAG", f"{len(world.feed) - world.published} events are not published")
        for message_id, times in world.inbox.items():
            if times > 1:
                yield Broken("HANDLED_ONCE", f"message {message_id} was handled {times} times")

    def _all_or_nothing(self) -> Iterator[Broken]:
        for workflow, history in sorted(self.histories.items()):
            if workflow not in self.begun or history.plan is None:
                continue
            writes = {each.number for each in history.plan.operations if each.kind is not OperationKind.READ}
            done = {number for number in history.done if number in writes}
            if any(times > 1 for times in history.done.values()):
                yield Broken("ALL_OR_NOTHING", f"workflow {workflow}: an operation took effect twice")
            if history.completed and (done != writes or history.undone):
                yield Broken("ALL_OR_NOTHING", f"workflow {workflow} completed with {len(done)} of {len(writes)}")
            if history.compensated and set(history.undone) != done:
                yield Broken("ALL_OR_NOTHING", f"workflow {workflow}: {len(done)} done, {len(history.undone)} undone")
            first = {each.number for each in history.plan.operations if each.phase is Phase.PREPARE} & writes
            if not first <= done:
                yield Broken("ALL_OR_NOTHING", f"workflow {workflow} was prepared in part")

    def _usage(self) -> Iterator[Broken]:
        """Totals are what the workflows hold: all of those that are booked, none of those that are undone."""
        expected: dict[str, Decimal] = defaultdict(Decimal)
        for workflow, history in self.histories.items():
            if workflow not in self.begun or history.plan is None or history.compensated:
                continue
            for child in history.plan.children:
                expected[child.assessment.stream] += child.net
            expected[identity.usd_limit_stream(history.plan.order.exposure_currency)] += history.plan.net_usd
        found = {stream: use.reserved + use.hedged for stream, use in self.world.uses.items()}
        found |= {use.stream: use.reserved_usd + use.hedged_usd for use in self.world.usd.values()}
        for stream in sorted(found.keys() | expected.keys()):
            if found.get(stream, ZERO) != expected.get(stream, ZERO):
                held = f"{found.get(stream, ZERO)} is held, {expected.get(stream, ZERO)} is in use"
                yield Broken("CAPACITY_SETTLED", f"{stream}: {held}")

    def _ends(self, proposals: list[str]) -> Iterator[Broken]:
        world = self.world
        waiting = list(proposals)
        while waiting:
            workflow = waiting.pop()
            state, plan = world.execution(workflow), world.plan(workflow)
            if plan.closed is not None:
                if workflow in self.begun:
                    yield Broken("ONE_OUTCOME", f"workflow {workflow} was closed and executed")
                waiting += [plan.closed.successor] if plan.closed.successor is not None else []
            elif not _over(state, plan.planned):
                yield Broken("EVERY_WORKFLOW_ENDS", f"workflow {workflow} is left {state.status}")
            progress = world.progress(workflow)
            if not progress.over:
                yield Broken("EVERY_WORKFLOW_ENDS", f"workflow {workflow} was last reported {progress.state}")
        for workflow in world.in_flight:
            yield Broken("SLOTS_COME_BACK", f"{workflow} holds a slot and is {world.execution(workflow).status}")
        for workflow, task in world.todo:
            yield Broken("EVERY_WORKFLOW_ENDS", f"{task} of {workflow} is still to be done")

    def _murex_agrees(self, contracts: dict[str, str]) -> Iterator[Broken]:
        held = set(contracts)
        for workflow, history in sorted(self.histories.items()):
            own = {deal.deal_booking_id for child in _children(history) for deal in child.deals} & held
            held -= own
            if self.world.execution(workflow).status is Status.NEEDS_INTERVENTION:
                continue
            booked = set(history.deals) if history.completed else set()
            if own != booked:
                count = f"Murex holds {len(own)} deals, the ledger {len(booked)}"
                yield Broken("MUREX_AGREES", f"workflow {workflow}: {count}")
        if held:
            yield Broken("MUREX_AGREES", f"Murex holds deals nobody knows: {sorted(held)}")

    def _told_as_listed(self) -> Iterator[Broken]:
        for stream, events in self.world.streams.items():
            moves = unlisted(event.state for event in events if isinstance(event, ProgressReported))
            if moves:
                yield Broken("PROGRESS_LISTED", f"{stream} reports {moves}")


def _children(history: History) -> tuple[ChildPlan, ...]:
    return history.plan.children if history.plan is not None else ()


def _over(state: ExecutionState, planned: Event | None) -> bool:
    if state.version:
        return state.status in {Status.POSTED, Status.COMPENSATED, Status.NEEDS_INTERVENTION} or (
            state.status is Status.COMPLETED and not state.deals
        )
    return isinstance(planned, PlanRefused) and not planned.recorded
