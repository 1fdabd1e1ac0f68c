"""Whether each plan is the one its digests name: both are computed again from what the event holds. Pure."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from services.executor.configuration import decider as configuration
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
from shared.hedging.effects import effects_of, json_value

#: What the digest of a plan covers besides the plan itself, of an answer's plan and of a reversal's.
_SHOWN = ("maker", "prompt", "analysis", "claimed", "warnings", "policy", "predecessor")
_SHOWN_OF_REVERSAL = ("maker", "reason", "warnings", "policy", "predecessor")


class DigestFold:
    """Looks at each plan as it passes."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def take(self, past: PastEvent, event: Event) -> None:
        plan: Any = event
        if type(event).__name__ not in PLANS or plan.plan_digest is None:
            return
        if not _is_digest(plan.plan_digest, shown := covered_by(plan, past.event.data)):
            self._add(past, f"the plan of workflow {plan.workflow_id} has digest {digest(shown)}", plan.plan_digest)
        if (found := effects_digest(event)) != plan.effects_digest:
            self._add(past, f"the effects of workflow {plan.workflow_id} have digest {found}", plan.effects_digest)

    def _add(self, past: PastEvent, found: str, named: str) -> None:
        self._findings.add(f"{past.place}: {found}, it names {named}.")


def covered_by(event: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the plan digest of an event covers."""
    names = _SHOWN_OF_REVERSAL if isinstance(event, ReversalPlanned) else _SHOWN
    plan = event.refusal.record if isinstance(event, PlanRefused) else event.plan
    return {"plan": json_value(plan), **{name: data[name] for name in names}}


def effects_digest(event: Event) -> str | None:
    """The digest of a plan's effects, computed anew; None for an event without a plan."""
    match event:
        case PlanDrawn():
            return digest(effects_of(event.plan, event.policy.tier))
        case PlanRefused():
            record, policy = event.refusal.record, event.policy
            return None if record is None or policy is None else digest(effects_of(record, policy.tier))
        case ConfigurationPlanned():
            return configuration.effects_digest(event.plan, event.policy.tier)
        case OverridePlanned():
            return overriding.effects_digest(event.plan, event.policy.tier)
        case ReversalPlanned():
            return reversal.effects_digest(event.plan, event.policy.tier)
        case _:
            return None


def _is_digest(named: str, value: Any) -> bool:
    """Whether a digest is that of a value. Canonical JSON is slow, and of values like ours it gives the bytes that the
    standard library gives; so that is tried first, and only where it does not agree the rule itself is asked."""
    quick = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if f"sha256:{hashlib.sha256(quick.encode('utf-8', 'surrogatepass')).hexdigest()}" == named:
        return True
    return digest(value) == named
