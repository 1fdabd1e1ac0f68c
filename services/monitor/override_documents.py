"""What is shown of settling a deal by hand: JSON values under the names that every workflow has. Pure."""

from services.monitor.configuration_documents import operation_counts, operation_document
from services.monitor.documents import Document
from shared.events.overrides import OverridePlanned, OverrideProposed, OverrideRefused
from shared.hedging.changes.override import DealOverride, OverridePlan
from shared.hedging.effects import json_value


def override_proposal_document(event: OverrideProposed) -> Document:
    """What was asked for, before anything was planned."""
    return _asked(event) | {"override": _stated(event.override)}


def override_plan_document(event: OverridePlanned) -> Document:
    """The card: the deal as it stands, what becomes of its workflow, the four operations, policy and digests."""
    plan = event.plan
    return _asked(event) | {
        "predecessor": event.origin.predecessor,
        "override": _planned(plan),
        "operations": operation_counts(plan.counts, plan.operations),
        "operations_list": [operation_document(operation) for operation in json_value(plan.operations)],
        "reversal": [],
        "policy": event.policy.model_dump(mode="json"),
        "plan_digest": event.plan_digest,
        "effects_digest": event.effects_digest,
        "drawn_at": event.planned_at.isoformat(),
    }


def override_refusal_document(event: OverrideRefused) -> Document:
    """Why there is no plan."""
    refusals = [each.model_dump(mode="json") for each in event.refusals]
    return _asked(event) | {
        "predecessor": event.origin.predecessor,
        "override": _stated(event.override),
        "code": refusals[0]["code"],
        "message": refusals[0]["message"],
        "refusals": refusals,
        "recorded": False,
        "refused_at": event.refused_at.isoformat(),
        "record": None,
    }


def _asked(event: OverrideProposed | OverridePlanned | OverrideRefused) -> Document:
    return {
        "component": event.origin.component,
        "attempt": event.origin.attempt,
        "maker": event.origin.maker.model_dump(mode="json"),
        "prompt": event.origin.prompt,
        "analysis": event.origin.analysis,
        "claimed": [claimed.model_dump(mode="json") for claimed in event.origin.claimed],
        "warnings": [notice.model_dump(mode="json") for notice in event.origin.warnings],
    }


def _stated(override: DealOverride) -> Document:
    """As the answer states it; how the deal stands is known once it is planned."""
    return {
        "deal_booking_id": override.deal_booking_id,
        "resolution": override.resolution,
        "external_reference": override.external_reference,
        "reason": override.reason,
        "overridden_workflow": None,
        "workflow_status": None,
        "why": None,
        "deal": None,
        "deals": [],
        "outcome": None,
    }


def _planned(plan: OverridePlan) -> Document:
    return _stated(plan.override) | {
        "overridden_workflow": plan.overridden_workflow,
        "workflow_status": plan.workflow_status,
        "why": plan.why,
        "deal": json_value(plan.deal),
        "deals": json_value(plan.deals),
        "outcome": plan.outcome,
    }
