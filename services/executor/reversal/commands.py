"""The commands of a reversal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.executor.execution.state import ExecutionState
from services.executor.exposure.usage import CapacityUse, UsdUsage
from services.executor.planning.workflow import Workflow
from shared.events.approvals import UsedGrant
from shared.events.plans import PlanDrawn
from shared.events.reversals import ReversalPlanned, ReversalPrepared
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
    """The facts that a reversal is planned from, as of one transaction.

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
    """Plan a reversal from these facts. `pinned` is the accounting day of the plan drawn before."""

    workflow: Workflow
    reverses: str
    reason: str
    facts: ReversalFacts
    now: datetime
    pinned: date | None = None


@dataclass(frozen=True, slots=True)
class StartReversal:
    """Use the grant: the deals are cancelled, the capacity that is taken again is reserved."""

    subject: ReversalPlanned
    plan: ReversalPlan
    grant: UsedGrant
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
