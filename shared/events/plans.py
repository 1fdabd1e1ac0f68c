"""Facts of planning. Stream `plan-<workflow>`."""

from typing import Any, Literal

from shared.events.approvals import Approver, PolicyOutcome
from shared.events.base import Amount, Event, Refusal, datetime
from shared.events.responses import Originated
from shared.hedging.order import Order
from shared.hedging.plan import HedgePlan, PlanRefusal


class WorkflowPlanned(Originated):
    """The planned work, before any is done: computed without writing a business row. People approve `plan_digest`.

    `effects_digest` covers only what apply must reproduce (design section 2).
    """

    plan: Any
    policy: PolicyOutcome
    plan_digest: str
    effects_digest: str
    planned_at: datetime


class WorkflowRefused(Originated):
    """The proposal cannot be planned, for these reasons. No row is written."""

    refusals: tuple[Refusal, ...]
    refused_at: datetime


class PlanDrawn(WorkflowPlanned):
    """The plan of an order."""

    order: Order
    plan: HedgePlan
    amount_usd: Amount
    largest_deal_usd: Amount


class PlanRefused(WorkflowRefused):
    """The order cannot be planned. With `recorded` the refused check keeps its record: the eight operations of
    stage 1A run under an automatic grant for the digests given; without it no row is written."""

    order: Order
    refusal: PlanRefusal
    recorded: bool
    policy: PolicyOutcome | None
    plan_digest: str | None
    effects_digest: str | None


class TurnAwaited(Event):
    """The grant permits the plan, and as many workflows as may be in flight are in flight: this one waits for its turn.

    `grant` is the text of the grant, checked again when the turn comes. Turns come in the order of `granted_at`, which
    the grant says. `before` workflows waited before it then; `about_seconds` is a guess for people.
    """

    workflow_id: str
    response_id: str
    jti: str
    grant: str
    approvers: tuple[Approver, ...]
    granted_at: datetime
    before: int
    about_seconds: int
    awaited_at: datetime


class PlanClosed(Event):
    """The plan will not be applied any more. `successor` is the workflow planned in its place."""

    workflow_id: str
    response_id: str
    state: Literal["REFUSED", "REJECTED", "EXPIRED", "WITHDRAWN", "REVOKED", "SUPERSEDED", "STALE_CONTEXT"]
    code: str
    reason: str
    successor: str | None
    closed_at: datetime
