"""What may be asked of a reversal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.executor.execution.commands import VerifiedGrant
from services.executor.execution.state import ExecutionState
from services.executor.exposure.usage import CapacityUse, UsdUsage
from shared.events.plans import PlanDrawn
from shared.events.responses import Maker
from shared.events.reversals import ReversalPlanned, ReversalPrepared, ReversalRequested
from shared.hedging.changes.reversing import ReversalPlan
from shared.hedging.typed_rows import GlPeriod


@dataclass(frozen=True, slots=True)
class Dependant:
    """A later workflow in effect that took something off a hedge of the one that is to be reversed."""

    workflow_id: str
    order_id: str
    event_type: str
    event_id: str


@dataclass(frozen=True, slots=True)
class ReversalFacts:
    """What a reversal is planned from, as of one transaction.

    Args:
        today: the day in Singapore.
        state: of the execution that is to be reversed; `drawn` its plan, None for a workflow of another kind.
        response_id: of the workflow that is to be reversed; empty where it is not executed.
        kind: what the first event of the execution says of a workflow that is not a hedge, for the refusal.
        room: by exposure stream, what it may still hedge; in its currency, never below zero.
        usd_room: what is left of the USD limit of the currency; None where it has no limit.
    """

    today: date
    state: ExecutionState
    drawn: PlanDrawn | None
    response_id: str
    kind: str
    dependants: Sequence[Dependant]
    periods: Sequence[GlPeriod]
    room: Mapping[str, Decimal]
    usd_room: Decimal | None


@dataclass(frozen=True, slots=True)
class DrawReversal:
    """Plan a reversal from these facts, as this workflow. `pinned` is the accounting day of the plan drawn before."""

    workflow_id: str
    response_id: str
    reverses: str
    attempt: int
    predecessor: str | None
    maker: Maker
    reason: str
    facts: ReversalFacts
    now: datetime
    pinned: date | None = None

    @classmethod
    def of(cls, request: ReversalRequested, facts: ReversalFacts, now: datetime) -> "DrawReversal":
        """The first plan of a request."""
        return cls(
            workflow_id=request.workflow_id,
            response_id=facts.response_id,
            reverses=request.reverses,
            attempt=request.attempt,
            predecessor=None,
            maker=request.maker,
            reason=request.reason,
            facts=facts,
            now=now,
        )

    @classmethod
    def again(
        cls, approved: ReversalPlanned, facts: ReversalFacts, now: datetime, *, successor: str | None = None
    ) -> "DrawReversal":
        """The same reversal from the facts of now; as `successor` when its effects are not those approved any more."""
        return cls(
            workflow_id=successor or approved.workflow_id,
            response_id=approved.response_id,
            reverses=approved.plan.reverses,
            attempt=approved.attempt + (successor is not None),
            predecessor=approved.workflow_id if successor else approved.predecessor,
            maker=approved.maker,
            reason=approved.reason,
            facts=facts,
            now=now,
            pinned=approved.plan.accounting_date,
        )


@dataclass(frozen=True, slots=True)
class StartReversal:
    """Use the grant: the deals are cancelled, the capacity that is taken again is reserved."""

    subject: ReversalPlanned
    plan: ReversalPlan
    grant: VerifiedGrant
    state: ExecutionState
    capacity: Mapping[str, CapacityUse]
    usd: UsdUsage
    now: datetime


@dataclass(frozen=True, slots=True)
class Reversing:
    """A reversal under way: what was approved, and its own execution so far, at `version`."""

    subject: ReversalPlanned
    prepared: ReversalPrepared
    version: int


@dataclass(frozen=True, slots=True)
class FinishReversal:
    """Murex holds no deal any more: take every operation back."""

    subject: ReversalPlanned
    prepared: ReversalPrepared
    version: int
    state: ExecutionState
    capacity: Mapping[str, CapacityUse]
    usd: UsdUsage
    now: datetime
