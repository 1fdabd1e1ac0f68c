"""Whether each plan is the one its digests name: both are computed again from what the event holds. Pure."""

from typing import Any

from services.executor.configuration import decider as configuration
from services.executor.digests import plan_digest
from services.executor.overriding import decider as overriding
from services.executor.reversal import planning as reversal
from shared.audit.grants import PLANS
from shared.audit.history import Findings, PastEvent
from shared.canonical import digest
from shared.events.base import Event
from shared.events.configuration import ConfigurationPlanned
from shared.events.overrides import OverridePlanned
from shared.events.plans import PlanDrawn, PlanRefused
from shared.events.reversals import ReversalPlanned
from shared.hedging.effects import effects_of, json_value, shown_of
from shared.hedging.plan import HedgePlan

Digests = tuple[str | None, str | None]


class DigestFold:
    """Looks at each plan as it passes."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def take(self, past: PastEvent, event: Event) -> None:
        plan: Any = event
        if type(event).__name__ not in PLANS or (named := (plan.plan_digest, plan.effects_digest)) == (None, None):
            return
        for what, said, found in zip(("plan", "effects"), named, digests_of(event), strict=True):
            if said != found:
                self._findings.add(
                    f"{past.place}: the {what} of workflow {plan.workflow_id} has digest {found}, it names {said}."
                )


def digests_of(event: Event) -> Digests:
    """The digests of plan and effects, computed anew; None for an event without a plan."""
    match event:
        case PlanDrawn():
            return _of_hedge(event, event.plan)
        case PlanRefused():
            return (None, None) if event.refusal.record is None else _of_hedge(event, event.refusal.record)
        case ConfigurationPlanned():
            effects = configuration.effects_digest(event.plan, event.policy.tier)
            return plan_digest(event, json_value(event.plan), event.policy), effects
        case OverridePlanned():
            effects = overriding.effects_digest(event.plan, event.policy.tier)
            return plan_digest(event, json_value(event.plan), event.policy), effects
        case ReversalPlanned():
            return _of_reversal(event), reversal.effects_digest(event.plan, event.policy.tier)
        case _:
            return None, None


def _of_hedge(event: PlanDrawn | PlanRefused, plan: HedgePlan) -> Digests:
    if event.policy is None:
        return None, None
    return plan_digest(event, shown_of(plan), event.policy), digest(effects_of(plan, event.policy.tier))


def _of_reversal(event: ReversalPlanned) -> str:
    return digest(
        {
            "plan": json_value(event.plan),
            "maker": event.maker.model_dump(mode="json"),
            "reason": event.reason,
            "warnings": [warning.model_dump(mode="json") for warning in event.warnings],
            "policy": event.policy.model_dump(mode="json"),
            "predecessor": event.predecessor,
        }
    )
