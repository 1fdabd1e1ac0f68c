"""From an order and the facts to a plan with its digests, or to a refusal. Pure."""

from dataclasses import replace
from typing import Final

from services.executor.planning.commands import DrawPlan
from services.executor.rollout.checking import Bar, WorkItem, bar_to_planning, work_of_plan
from services.executor.rollout.checking import Kind as WorkKind
from shared.events.base import Refusal
from shared.events.plans import PlanDrawn, PlanRefused
from shared.hedging.order import InstructionType
from shared.hedging.plan import PlanRefusal
from shared.hedging.planning.drawing import draw_plan
from shared.hedging.planning.risk import contradicted
from shared.hedging.refusals import PlanningCode
from shared.plans.digests import effects_digest, sealed
from shared.plans.subjects import subject_of
from shared.policy.evaluation import evaluate
from shared.policy.table import Policy

#: The parser's warnings that the words say otherwise than the action, or may take it back.
SPOKEN_AGAINST: Final = frozenset({"TEXT_CONTRADICTS", "TAKEN_BACK"})


def decide(command: DrawPlan, policy: Policy) -> PlanDrawn | PlanRefused:
    """Plan an order under a policy; a business "no" is a fact with its code."""
    stopped = bar_to_planning(command.rollout, WorkItem(WorkKind.CHECK, command.order.instruction_type.value))
    if stopped is not None:
        return _refused(command, barred(stopped), policy)
    if command.msg_uid_taken:
        return _refused(command, duplicate(command.order.msg_uid or ""), policy)
    workflow = command.workflow
    drawn = draw_plan(command.order, workflow.origin.claims, command.facts, workflow.identity)
    if isinstance(drawn, PlanRefusal):
        return _refused(command, drawn, policy)
    bar = bar_to_planning(command.rollout, work_of_plan(drawn))
    if bar is not None:
        return _refused(command, barred(bar), policy)
    if any(warning.code in SPOKEN_AGAINST for warning in workflow.origin.warnings):
        drawn = replace(drawn, risk=contradicted(drawn.risk))
    return sealed(
        PlanDrawn(
            **workflow.planned(drawn, policy, command.now),
            order=command.order,
            amount_usd=drawn.usd_equivalent,
            largest_deal_usd=drawn.deal_usd_max,
        )
    )


def duplicate(msg_uid: str) -> PlanRefusal:
    """Refuse a second order with a msg_uid: it is the idempotency key of an instruction (domain facts 3.2)."""
    message = f"Another instruction in effect has msg_uid {msg_uid}. If this is another order, send a new msg_uid."
    return PlanRefusal(PlanningCode.DUPLICATE_MSG_UID, message, "order.msg_uid")


def barred(bar: Bar) -> PlanRefusal:
    """Refuse what the rollout does not admit; no record is kept, as nothing of it may be written."""
    return PlanRefusal(bar.code, f"{bar.reason}.", "rollout")


def _refused(command: DrawPlan, refusal: PlanRefusal, policy: Policy) -> PlanRefused:
    """Refuse an order. A refused check keeps its record, which the policy grants itself; other refusals write no row.

    A utilisation is different: its "no" is an answer and takes the form of a plan (see `draw_plan`).
    """
    workflow = command.workflow
    record = refusal.record if command.order.instruction_type is not InstructionType.U else None
    outcome = effects = None
    if record is not None:
        outcome = evaluate(policy, subject_of(record, maker_verified=workflow.origin.maker.verified))
        effects = effects_digest(record, outcome.tier)
    stated = Refusal(code=refusal.code.value, message=refusal.message, path=refusal.path)
    event = PlanRefused(
        **workflow.refused((stated,), command.now),
        order=command.order,
        refusal=refusal,
        recorded=record is not None,
        policy=outcome,
        plan_digest=None,
        effects_digest=effects,
    )
    return event if record is None else sealed(event)
