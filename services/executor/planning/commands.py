"""What may be asked of planning."""

from dataclasses import dataclass
from datetime import datetime

from services.executor.rollout.checking import Standing
from shared.events.base import Notice
from shared.events.plans import PlanDrawn, PlanRefused
from shared.events.responses import Claimed, Maker, ProposalMade
from shared.hedging.facts import Facts
from shared.hedging.order import Claim, Order


@dataclass(frozen=True, slots=True)
class DrawPlan:
    """Plan an order from these facts, as this workflow. `predecessor` is the plan that went stale, if any.

    `msg_uid_taken`: another instruction in effect bears the order's own msg_uid.
    `rollout`: what HAWK may do at this moment.
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
    facts: Facts
    now: datetime
    rollout: Standing
    msg_uid_taken: bool = False

    @classmethod
    def of(
        cls, proposal: ProposalMade, facts: Facts, now: datetime, rollout: Standing, *, msg_uid_taken: bool
    ) -> "DrawPlan":
        """The first plan of a proposal."""
        return cls(
            workflow_id=proposal.workflow_id,
            response_id=proposal.response_id,
            component=proposal.component,
            attempt=proposal.attempt,
            predecessor=None,
            maker=proposal.maker,
            prompt=proposal.prompt,
            analysis=proposal.analysis,
            order=proposal.order,
            claims=proposal.claims,
            claimed=proposal.claimed,
            warnings=proposal.warnings,
            facts=facts,
            now=now,
            rollout=rollout,
            msg_uid_taken=msg_uid_taken,
        )

    @classmethod
    def again(
        cls,
        stale: PlanDrawn | PlanRefused,
        workflow_id: str,
        facts: Facts,
        now: datetime,
        rollout: Standing,
        *,
        msg_uid_taken: bool,
    ) -> "DrawPlan":
        """The successor of a plan whose effects are no longer what was approved."""
        return cls(
            workflow_id=workflow_id,
            response_id=stale.response_id,
            component=stale.component,
            attempt=stale.attempt + 1,
            predecessor=stale.workflow_id,
            maker=stale.maker,
            prompt=stale.prompt,
            analysis=stale.analysis,
            order=stale.order,
            claims=stale.claims,
            claimed=stale.claimed,
            warnings=stale.warnings,
            facts=facts,
            now=now,
            rollout=rollout,
            msg_uid_taken=msg_uid_taken,
        )
