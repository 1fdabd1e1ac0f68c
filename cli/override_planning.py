"""Settling a deal by hand, planned with no server: where nothing was booked, there is no deal to settle. Pure."""

from datetime import datetime

from services.executor.override import decider, narration
from services.executor.override.checking import Standing
from services.executor.override.decider import DrawOverride
from shared.events.base import Event
from shared.events.overrides import OverrideProposed, OverrideRefused
from shared.policy.table import Policy


def plan_override(proposal: OverrideProposed, now: datetime, policy: Policy) -> tuple[Event, ...]:
    """Its refusal, and what is told of it: `hawk plan` knows reference data alone, no executions."""
    drawn = decider.decide(DrawOverride.of(proposal, Standing(proposal.override, None, None), now), policy)
    told = narration.refused(drawn) if isinstance(drawn, OverrideRefused) else narration.planned(drawn)
    return (drawn, *told.reports)
