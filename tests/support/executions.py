"""An execution without a database: a plan of the demo reference data, prepared, and Murex's answers to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.executor.execution import decider
from services.executor.execution.commands import (
    CheckDeadlines,
    MurexCommand,
    Prepare,
    RecordAnswer,
    RecordCancel,
)
from services.executor.execution.decider import Changes
from services.executor.execution.state import ExecutionState, evolve
from services.executor.exposure.usage import CapacityUse, UsdUsage, uses_of
from services.executor.planning import decider as planning
from services.executor.planning.commands import DrawPlan
from services.executor.planning.workflow import Workflow
from services.executor.progress.reporting import Progress
from services.executor.reversal.commands import Reversing
from services.executor.rollout.checking import EVERYTHING
from services.executor.workflow import saga
from services.executor.workflow.saga import Resources
from shared.events import identity, murex
from shared.events.approvals import Approver, UsedGrant
from shared.events.base import Event
from shared.events.capacity import CapacityHedged, CapacityReleased, CapacityReserved
from shared.events.plans import PlanDrawn, PlanRefused
from shared.events.responses import Maker, Origin
from shared.policy.table import PRESETS
from tests.support import hedges

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
WORKFLOW = hedges.IDENTITY.workflow_id
APPROVERS = (Approver(person="mira", role="TRADER", at=NOW),)
ZERO = Decimal(0)


def used_grant(subject: Any, jti: str = "grant-1", approvers: tuple[Approver, ...] = APPROVERS) -> UsedGrant:
    """The grant of a planned event, verified."""
    return UsedGrant(
        jti=jti, plan_digest=subject.plan_digest or "", effects_digest=subject.effects_digest or "", tier="TRADER",
        policy_version="plan-1", maker=subject.origin.maker.name, approvers=approvers,
    )  # fmt: skip


def all_heard(now: datetime, listening_since: datetime) -> CheckDeadlines:
    """Time has passed, and all that Murex has said until now was read."""
    return CheckDeadlines(now, listening_since, heard_until=now)


def planned(currency: str = "USD", amount: str = "25000000", **fields: object) -> PlanDrawn | PlanRefused:
    """What planning says to an order under the demo reference data and the default policy."""
    return planning.decide(draw_command(currency, amount, **fields), PRESETS["plan"])


def draw_command(currency: str = "USD", amount: str = "25000000", **fields: object) -> DrawPlan:
    """What planning is asked."""
    fields.setdefault("entity_id", "ENTITY0037" if currency == "USD" else None)
    return DrawPlan(
        workflow=Workflow(
            WORKFLOW,
            hedges.IDENTITY.response_id,
            Origin(
                component=1,
                attempt=1,
                maker=Maker(name="mira"),
                prompt="Create USD 25M COI hedge",
                analysis="fits",
            ),
        ),
        order=hedges.order(currency, amount, **fields),
        facts=hedges.facts(currency),
        rollout=EVERYTHING,
        now=NOW,
    )


def drawn(currency: str = "USD", amount: str = "25000000", **fields: object) -> PlanDrawn:
    plan = planned(currency, amount, **fields)
    if not isinstance(plan, PlanDrawn):
        raise AssertionError(f"refused: {plan.refusal.code} {plan.refusal.message}")
    return plan


@dataclass
class Execution:
    """A prepared execution as it moves: events so far, capacity and USD use as their streams would hold them."""

    subject: PlanDrawn
    now: datetime = NOW
    events: list[Event] = field(default_factory=list)
    capacity: dict[str, CapacityUse] = field(default_factory=dict)
    usd: UsdUsage = field(default_factory=lambda: UsdUsage("usdpb-USD", 0, "USD", ZERO, ZERO))
    attempts_max: int = 3
    retry_seconds: int = 15
    reversing: Reversing | None = None
    """The reversal that is under way, if any (`tests.support.reversing`)."""
    _folded: ExecutionState = field(default_factory=ExecutionState)

    def __post_init__(self) -> None:
        self.capacity = dict(uses_of(self.subject.plan, {}))
        self.usd = replace(self.usd, stream=f"usdpb-{self.subject.plan.order.exposure_currency}")
        self.apply(decider.prepare(self.command()))

    def command(self) -> Prepare:
        return Prepare(
            subject=self.subject,
            plan=self.subject.plan,
            grant=used_grant(self.subject),
            capacity=self.capacity,
            usd=self.usd,
            attempts_max=self.attempts_max,
            retry_seconds=self.retry_seconds,
            now=self.now,
        )

    @property
    def state(self) -> ExecutionState:
        for event in self.events[self._folded.version :]:
            self._folded = evolve(self._folded, event)
        return self._folded

    @property
    def sent(self) -> list[murex.DealSent]:
        return [event for event in self.events if isinstance(event, murex.DealSent)]

    def enquiry(self, deal: murex.DealSent) -> murex.DealStatusEnquired:
        """The latest enquiry about a deal."""
        return latest_enquiry(self.events, deal)

    @property
    def reserved(self) -> Decimal:
        return sum((use.reserved for use in self.capacity.values()), ZERO)

    @property
    def hedged(self) -> Decimal:
        return sum((use.hedged for use in self.capacity.values()), ZERO)

    def take(self, command: MurexCommand, *, stop: str | None = None) -> tuple[Event, ...]:
        """Decide a command and everything that follows from it; gives the execution's new events.

        Args:
            stop: HAWK is stopped, and why.
        """
        before = len(self.events)
        resources = Resources(self.subject, self.capacity, self.usd, self.reversing)
        turn = saga.advance(self.state, command, Progress(WORKFLOW), self.now, resources, stop=stop)
        if turn is None:
            raise AssertionError("a decision stayed open with everything it needs")
        self.apply(turn.changes)
        return tuple(self.events[before:])

    def acknowledge(self, *sequences: int) -> None:
        """Murex books these deals (all without arguments)."""
        for sent in self.sent:
            if not sequences or sent.deal_sequence in sequences:
                self.take(RecordAnswer(answer_of(sent, "ACK"), self.now))

    def cancel_all(self, outcome: str = "CANCELLED") -> None:
        """Murex answers every open cancel message."""
        for event in [event for event in self.events if isinstance(event, murex.DealCancelSent)]:
            self.take(RecordCancel(cancelled(event, outcome), self.now))

    def answer_cancels(self, cancelled: tuple[int, ...]) -> None:
        """Murex confirms the cancel messages of these deals (by sequence) and refuses the others."""
        for event in [event for event in self.events if isinstance(event, murex.DealCancelSent)]:
            outcome = "CANCELLED" if event.deal_sequence in cancelled else "REFUSED"
            self.take(RecordCancel(_cancel_answer(event, outcome), self.now))

    def later(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def apply(self, changes: tuple[Changes, ...]) -> None:
        """Append what a decision gives, but for the streams of other workflows."""
        for change in changes:
            if change.stream == identity.execution_stream(WORKFLOW):
                if change.expected != len(self.events):
                    raise AssertionError(f"expected version {change.expected}, the stream has {len(self.events)}")
                self.events += change.events
            elif change.stream in self.capacity:
                self._use(change)
            elif change.stream == self.usd.stream:
                self.usd = replace(self.usd, version=self.usd.version + len(change.events))

    def _use(self, change: Changes) -> None:
        use = self.capacity[change.stream]
        if change.expected != use.version:
            raise AssertionError(f"{change.stream}: expected {change.expected}, at {use.version}")
        for event in change.events:
            if not isinstance(event, CapacityReserved | CapacityHedged | CapacityReleased):
                raise AssertionError(f"{change.stream}: unexpected {type(event).__name__}")
            use = replace(use, version=use.version + 1, reserved=event.reserved_total, hedged=event.hedged_total)
        self.capacity[change.stream] = use


def latest_enquiry(events: Sequence[Event], deal: murex.DealSent) -> murex.DealStatusEnquired:
    """The latest enquiry about a deal, of an execution's events."""
    asked = [each for each in events if isinstance(each, murex.DealStatusEnquired)]
    return next(each for each in reversed(asked) if each.deal_booking_id == deal.deal_booking_id)


def answer_of(sent: murex.DealSent, answer: str, **fields: object) -> murex.MurexAnswered:
    """Murex's business answer to a request."""
    said: dict[str, object] = {
        "workflow_id": sent.workflow_id,
        "event_id": sent.event_id,
        "deal_booking_id": sent.deal_booking_id,
        "deal_sequence": sent.deal_sequence,
        "attempt": sent.attempt,
        "in_reply_to": sent.message_sequence,
        "answer": answer,
        "level": "OK" if answer == "ACK" else "ABORT",
        "contract_id": f"MX-{sent.deal_booking_id}" if answer == "ACK" else None,
        "booking_reference": f"BR-{sent.deal_booking_id}" if answer == "ACK" else None,
        "reason": None if answer == "ACK" else "unknown portfolio",
        "answered_at": NOW,
    }
    return murex.MurexAnswered.model_validate(said | fields)


def status_of(enquiry: murex.DealStatusEnquired, status: str, **fields: object) -> murex.MurexStatusReported:
    """What Murex's book says, in reply to an enquiry."""
    said: dict[str, object] = {
        "workflow_id": enquiry.workflow_id,
        "event_id": enquiry.event_id,
        "deal_booking_id": enquiry.deal_booking_id,
        "deal_sequence": enquiry.deal_sequence,
        "attempt": enquiry.attempt,
        "in_reply_to": enquiry.message_sequence,
        "status": status,
        "contract_id": f"MX-{enquiry.deal_booking_id}" if status == "BOOKED" else None,
        "reported_at": NOW,
    }
    return murex.MurexStatusReported.model_validate(said | fields)


def cancelled(sent: murex.DealCancelSent, outcome: str = "CANCELLED", **fields: object) -> murex.MurexCancelled:
    said: dict[str, object] = {
        "workflow_id": sent.workflow_id,
        "event_id": sent.event_id,
        "deal_booking_id": sent.deal_booking_id,
        "deal_sequence": sent.deal_sequence,
        "attempt": sent.attempt,
        "in_reply_to": sent.message_sequence,
        "outcome": outcome,
        "contract_id": sent.contract_id,
        "answered_at": NOW,
    }
    return murex.MurexCancelled.model_validate(said | fields)


_cancel_answer = cancelled
