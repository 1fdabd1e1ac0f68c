"""Facts of planning. Stream `plan-<workflow>`."""

from typing import Literal

from shared.events.approvals import Approver, PolicyOutcome
from shared.events.base import Amount, Event, Notice, Refusal, datetime
from shared.events.responses import Claimed, Maker
from shared.hedging.order import Claim, Order
from shared.hedging.plan import HedgePlan, PlanRefusal


class PlanDrawn(Event):
    """What would be done, computed without writing a business row. People approve it by `plan_digest`.

    `effects_digest` covers only what apply must reproduce (design section 2).
    """

    workflow_id: str
    response_id: str
    component: int
    attempt: int
    predecessor: str | None
    maker: Maker
    prompt: str
    analysis: str
    order: Order
    claims: tuple[Claim, ...]
    claimed: tuple[Claimed, ...]
    warnings: tuple[Notice, ...]
    plan: HedgePlan
    amount_usd: Amount
    largest_deal_usd: Amount
    policy: PolicyOutcome
    plan_digest: str
    effects_digest: str
    drawn_at: datetime


class PlanRefused(Event):
    """The proposal cannot be planned. With `recorded` the refused check keeps its record: the eight operations of
    stage 1A run under an automatic grant for the digests given; without it no row is written."""

    workflow_id: str
    response_id: str
    component: int
    attempt: int
    predecessor: str | None
    maker: Maker
    prompt: str
    analysis: str
    order: Order
    claims: tuple[Claim, ...]
    claimed: tuple[Claimed, ...]
    warnings: tuple[Notice, ...]
    refusal: PlanRefusal
    recorded: bool
    policy: PolicyOutcome | None
    plan_digest: str | None
    effects_digest: str | None
    refusals: tuple[Refusal, ...]
    refused_at: datetime


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
    state: Literal["REFUSED", "REJECTED", "EXPIRED", "WITHDRAWN", "SUPERSEDED", "STALE_CONTEXT"]
    code: str
    reason: str
    successor: str | None
    closed_at: datetime
