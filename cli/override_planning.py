"""Settling a deal by hand, planned with no server: where nothing was booked, there is no deal to settle. Pure."""

from datetime import datetime

from services.executor.override import decider, narration
from services.executor.override.checking import Standing
from services.executor.override.decider import DrawOverride
from services.executor.planning.workflow import Workflow
from shared.events.base import Event
from shared.events.overrides import OverrideProposed
from shared.policy.table import Policy


def plan_override(proposal: OverrideProposed, now: datetime, policy: Policy) -> tuple[Event, ...]:
    """Its refusal, and what is told of it: `hawk plan` knows reference data alone, no executions."""
    standing = Standing(proposal.override, None, None)
    drawn = decider.decide(DrawOverride(Workflow.of(proposal), proposal.override, standing, now), policy)
    return (drawn, *narration.opening(drawn).reports)
