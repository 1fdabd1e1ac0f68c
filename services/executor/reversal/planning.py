"""Checks that a workflow can be reversed, and the plan of it with its digests. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from services.executor.execution.state import ExecutionState, Status
from services.executor.reversal.commands import DrawReversal, ReversalFacts
from shared.errors import Defect
from shared.events.base import Notice, Refusal
from shared.events.reversals import ReversalPlanned, ReversalRefused
from shared.hedging.changes.reversing import (
    Executed,
    ReversalCode,
    ReversalPlan,
    accounting_day,
    draw_reversal_plan,
)
from shared.money.amounts import ZERO, text_of
from shared.plans.digests import sealed
from shared.policy.table import Policy

_EXECUTED = frozenset({Status.COMPLETED, Status.POSTED})
_PATH = "reverses"


def decide(command: DrawReversal, policy: Policy) -> ReversalPlanned | ReversalRefused:
    """Plan a reversal under a policy; a business "no" is a fact with its code and the workflows it names."""
    drawn = draw(command)
    if isinstance(drawn, Refused):
        return _refused(command, drawn)
    warnings = tuple(_warnings(drawn, command.facts))
    workflow = replace(command.workflow, origin=command.workflow.origin.model_copy(update={"warnings": warnings}))
    planned = workflow.planned(drawn, policy, command.now)
    return sealed(ReversalPlanned(**planned, reverses=command.reverses, reason=command.reason))


class Refused:
    """The reason against a reversal: code, sentence, and the workflows it names."""

    def __init__(self, code: ReversalCode, message: str, related: Iterable[str] = ()) -> None:
        self.code = code
        self.message = message
        self.related = tuple(dict.fromkeys(related))


def draw(command: DrawReversal) -> ReversalPlan | Refused:
    """Draw the plan alone, or return the first reason against it, in the order of `ReversalCode`.

    Raises:
        Defect: the workflow is executed but has no plan.
    """
    facts, reverses = command.facts, command.reverses
    refused = _standing(facts, reverses) or _dependants(facts, reverses)
    if refused is not None:
        return refused
    if facts.drawn is None:
        raise Defect(f"Workflow {reverses} is executed but has no plan.")
    day = accounting_day(facts.periods, facts.today, command.pinned)
    if day is None:
        message = f"No accounting period is open on {facts.today} or later. Open one in gl_periods."
        return Refused(ReversalCode.PERIOD_CLOSED, message)
    executed = Executed(facts.drawn.plan, _contracts(facts.state), facts.state.posted)
    plan = draw_reversal_plan(executed, command.workflow.identity, facts.today, day)
    return no_room(plan, facts) or plan


def _standing(facts: ReversalFacts, reverses: str) -> Refused | None:
    """Return the reason against a reversal that the execution itself gives."""
    state = facts.state
    if state.reversal is not None:
        done = "was reversed" if state.status is Status.REVERSED else "is being reversed"
        message = f"Workflow {reverses} {done} by workflow {state.reversal.reversal}; a workflow is reversed once."
        return Refused(ReversalCode.ALREADY_REVERSED, message, (state.reversal.reversal,))
    if facts.kind:
        message = f"Workflow {reverses} is {facts.kind}. It hedged nothing that could be reversed."
        return Refused(ReversalCode.NOT_REVERSIBLE, message)
    if state.status not in _EXECUTED:
        found = "not executed" if state.status is Status.NONE else str(state.status)
        message = f"Workflow {reverses} is {found}; only a workflow that is COMPLETED or POSTED can be reversed."
        return Refused(ReversalCode.NOT_EXECUTED, message)
    if not state.deals:
        message = f"Workflow {reverses} booked nothing: it is the record of a check."
        return Refused(ReversalCode.NOT_REVERSIBLE, message)
    return None


def _dependants(facts: ReversalFacts, reverses: str) -> Refused | None:
    if not facts.dependants:
        return None
    names = {
        each.workflow_id: f"{each.workflow_id} ({each.event_type}, order {each.order_id})" for each in facts.dependants
    }
    named = "; ".join(names.values())
    message = f"Later workflows build on {reverses}: {named}. Reverse them first, the last one before the others."
    return Refused(ReversalCode.HAS_DEPENDANTS, message, (each.workflow_id for each in facts.dependants))


def no_room(plan: ReversalPlan, facts: ReversalFacts) -> Refused | None:
    """Return why a closed hedge cannot be open again: it needs the room that it held. None while there is room."""
    currency = plan.exposure_currency
    if plan.usd > ZERO and facts.usd_room is not None and plan.usd > facts.usd_room:
        message = (
            f"USD {text_of(plan.usd, 'USD')} of {currency} would be hedged again, {text_of(facts.usd_room, 'USD')} is "
            "left of its USD limit."
        )
        return Refused(ReversalCode.USD_PB_LIMIT_EXCEEDED, message)
    for each in plan.exposures:
        room = facts.room.get(each.stream, ZERO)
        if each.amount > room:
            message = (
                f"{currency} {text_of(each.amount, currency)} of {each.entity_id} {each.nav_type} would be hedged "
                f"again, {text_of(room, currency)} is left there."
            )
            return Refused(ReversalCode.CAPACITY_EXHAUSTED, message)
    return None


def _warnings(plan: ReversalPlan, facts: ReversalFacts) -> Iterable[Notice]:
    if plan.accounting_date > facts.today:
        message = f"Posted in period {plan.period_id} on {plan.accounting_date}: no period is open before."
        yield Notice(code="NEXT_OPEN_PERIOD", message=message, path="accounting_date")
    if not facts.state.posted:
        message = "The journal was not posted: nothing of it is to be reversed, and it will not be posted."
        yield Notice(code="JOURNAL_NOT_POSTED", message=message, path="journal")


def _contracts(state: ExecutionState) -> dict[str, str]:
    return {booking_id: deal.contract_id or "" for booking_id, deal in state.deals.items()}


def _refused(command: DrawReversal, refused: Refused) -> ReversalRefused:
    refusal = Refusal(code=refused.code.value, message=refused.message, path=_PATH)
    return ReversalRefused(
        **command.workflow.refused((refusal,), command.now),
        reverses=command.reverses,
        reason=command.reason,
        order_id=None if command.facts.drawn is None else command.facts.drawn.plan.order.order_id,
        related=refused.related,
    )
