"""A real plan of every kind that people, or the policy alone, approve by its digest."""

from functools import cache
from typing import Any

from services.executor.override import decider as overriding
from services.executor.override.checking import Standing
from services.executor.planning.workflow import Workflow
from shared.events.overrides import OverridePlanned
from shared.events.plans import PlanDrawn, PlanRefused
from shared.events.reversals import ReversalPlanned
from shared.policy.table import DEFAULT_POLICY
from tests.support import configuration, executions, reversing
from tests.support import overriding as needing
from tests.support.executions import NOW, WORKFLOW


@cache
def hedge(usd: str = "49000000") -> PlanDrawn:
    return executions.drawn("USD", usd)


@cache
def refused_check() -> PlanRefused:
    event = executions.planned("VND", "900000000000", entity_id="ENTITY0041")
    if not isinstance(event, PlanRefused):
        raise AssertionError("this order is over the USD limit")
    return event


@cache
def reversal() -> ReversalPlanned:
    return reversing.planned(reversing.executed().facts())


@cache
def override() -> OverridePlanned:
    execution = needing.in_need()
    deal = next(each for each in execution.state.deals.values() if each.status.value == "CANCEL_REFUSED")
    asked = needing.asked(deal.deal.deal_booking_id, "CANCELLED")
    standing = Standing(asked, WORKFLOW, execution.state)
    command = overriding.DrawOverride(Workflow.of(needing.proposal(asked)), asked, standing, NOW)
    event = overriding.decide(command, DEFAULT_POLICY)
    if not isinstance(event, OverridePlanned):
        raise AssertionError(f"refused: {event.refusals}")
    return event


@cache
def each_kind() -> tuple[Any, ...]:
    return (hedge(), refused_check(), configuration.planned(), reversal(), override())
