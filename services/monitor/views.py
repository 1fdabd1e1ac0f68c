"""The JSON of a workflow and of a response, exactly as `hawk show` prints it (interfaces section 2). Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from services.monitor.documents import unique
from services.monitor.emergencies import emergency_of, emergency_warnings
from services.monitor.ports import Document, ResponseRow, WorkflowRow, pair_of
from shared.events import states
from shared.hedging.planning.same_day import Other, beside_others
from shared.plans.turns import waiting_now

STAGES: Final = ("1A", "1B", "2")

#: The status of a deal of the plan, by the state of its workflow; a workflow is all or nothing.
_DEAL_STATUS: Final[Mapping[str, str]] = {
    "PREPARED": "Sent",
    "BOOKING": "Sent",
    "FAILED": "Sent",
    "COMPLETED": "Booked",
    "POSTED": "Booked",
    "REVERSING": "Cancelling",
    "REVERSED": "Reversed",
    "COMPENSATING": "Cancelling",
    "COMPENSATED": "Cancelled",
    "NEEDS_INTERVENTION": "Unresolved",
}
#: The status of a deal that a reversal cancels.
_CANCEL_STATUS: Final[Mapping[str, str]] = {
    "PREPARED": "Cancelling",
    "BOOKING": "Cancelling",
    "COMPLETED": "Cancelled",
    "POSTED": "Cancelled",
    "NEEDS_INTERVENTION": "Unresolved",
}
_STAGE_STATUS: Final[Mapping[str, str]] = {
    "COMPENSATING": "COMPENSATING",
    "COMPENSATED": "COMPENSATED",
    "NEEDS_INTERVENTION": "FAILED",
    "REVERSED": "REVERSED",
}

_CODED: Final = re.compile(r"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)(?:: ?(.*))?\Z", re.DOTALL)


def workflow_view(row: WorkflowRow, others: Sequence[Other] = ()) -> dict[str, Any]:
    """Return one workflow. Every field is always present; what is not known yet is null or empty.

    Args:
        others: see `ReadModel.others`.
    """
    proposal, refusal = _one(row, "proposal"), _one(row, "refusal")
    plan = _one(row, "plan") or _record(refusal)
    known = {**proposal, **refusal, **plan}
    progress = row.progress or {}
    reason, reason_text = _reason(row)
    return {
        "workflow_id": row.workflow_id,
        "response_id": row.response_id,
        "state": row.state,
        "reason": reason,
        "reason_text": reason_text,
        "answer": plan.get("answer"),
        "risk": _risk(plan, known),
        "instruction_type": known.get("instruction_type"),
        "configuration": known.get("configuration"),
        "override": known.get("override"),
        "exposure_currency": known.get("exposure_currency"),
        "amount": known.get("amount"),
        "allocated_amount": plan.get("allocated_amount"),
        "not_allocated_amount": plan.get("not_allocated_amount"),
        "amount_usd": plan.get("amount_usd"),
        "check_status": plan.get("check_status"),
        "model": plan.get("model"),
        "nav_type": plan.get("nav_type"),
        "currency_type": plan.get("currency_type"),
        "entities": plan.get("entities", []),
        "order_id": plan.get("order_id") or progress.get("order_id"),
        "instruction_id": plan.get("instruction_id"),
        "plan_digest": known.get("plan_digest"),
        "effects_digest": known.get("effects_digest"),
        # The approval service asks for what its own policy finds; the plan's is a forecast.
        "policy": _one(row, "requested").get("policy") or known.get("policy"),
        "approval": _approval(row),
        "decisions": _decisions(row),
        "operations": _operations(row, plan),
        "operations_list": plan.get("operations_list", []),
        "deals": [{**deal, "status": _deal_status(row, known)} for deal in plan.get("deals", [])],
        "gl": plan.get("gl", _NO_LEDGER),
        "times": dict(row.times),
        "predecessor": known.get("predecessor"),
        "successor": progress.get("successor") or _one(row, "closed").get("successor"),
        "attempt": known.get("attempt"),
        **_maker(known),
        "prompt": known.get("prompt"),
        "analysis": known.get("analysis"),
        "warnings": _warnings(row, others),
        "refusals": refusal.get("refusals", []),
        "provenance": known.get("provenance", {}),
        "dates": plan.get("dates"),
        "rates": plan.get("rates", []),
        "usd_check": plan.get("usd_check"),
        "assessments": plan.get("assessments", []),
        "reversal": plan.get("reversal", []),
        "reverses": known.get("reverses"),
        "reversals": sorted(row.facts.get("reversal", ()), key=lambda each: int(each["attempt"])),
        "reversal_steps": plan.get("steps", []),
        "capacity_changes": plan.get("capacity_changes", []),
        "related": refusal.get("related", []),
        "progress": _progress(row),
    }


def _warnings(row: WorkflowRow, others: Sequence[Other]) -> list[Any]:
    """Return the warnings of proposal, plan and application; while the workflow waits, about other orders too."""
    known = (_one(row, "proposal"), _one(row, "refusal"), _one(row, "plan") or _record(_one(row, "refusal")))
    warnings = unique([each for document in (*known, _one(row, "applied")) for each in document.get("warnings", [])])
    warnings = [*emergency_warnings(_one(row, "glass"), _one(row, "granted")), *warnings]
    pair = pair_of(row)
    return warnings if pair is None else beside_others(warnings, *pair, others)


def workflow_summary(row: WorkflowRow) -> dict[str, Any]:
    """Return a line of the list: the workflow without its long parts."""
    view = workflow_view(row)
    return {name: value for name, value in view.items() if name not in _LONG_PARTS} | {"deal_count": len(view["deals"])}


def response_view(row: ResponseRow, others: Mapping[str, Sequence[Other]] = MappingProxyType({})) -> dict[str, Any]:
    """Return one response with its workflows, each as `workflow_view` gives it; `others` by workflow."""
    received = _one(row, "received")
    workflows = [workflow_view(each, others.get(each.workflow_id, ())) for each in _in_order(row, received)]
    return {
        "response_id": row.response_id,
        "outcome": outcome(row),
        "planned": is_planned(row),
        "refusals": _response_refusals(row, received, workflows),
        "warnings": unique([*received.get("warnings", []), *(w for flow in workflows for w in flow["warnings"])]),
        "repeats": max((fact["repeats"] for fact in row.facts.get("repeated", ())), default=0),
        "contradictions": len(row.facts.get("contradicted", ())),
        "analysis": received.get("analysis"),
        "prompt": received.get("prompt"),
        **_maker(received),
        "shape": received.get("shape"),
        "content_sha256": received.get("content_sha256"),
        "size_bytes": received.get("size_bytes"),
        "workflows": workflows,
    }


def outcome(row: ResponseRow) -> str | None:
    """Return the outcome after planning: REFUSED if all workflows are refused, PARTLY_REFUSED if some are.

    A workflow that another has replaced does not count. None while the response itself is unknown.
    """
    read: str | None = _one(row, "received").get("outcome")
    standing = [workflow for workflow in own_workflows(row) if workflow.state not in states.REPLACED]
    refused = [workflow for workflow in standing if workflow.state == "REFUSED" or "refusal" in workflow.facts]
    if read not in ("PROPOSED", "PARTLY_REFUSED") or not refused:
        return read
    expected = len(_one(row, "received").get("workflows", ()))
    return "REFUSED" if len(refused) == len(standing) >= expected else "PARTLY_REFUSED"


def own_workflows(row: ResponseRow) -> Sequence[WorkflowRow]:
    """Return the workflows of the response itself; a person asked for a reversal later."""
    return [
        workflow
        for workflow in row.workflows
        if not any(_one(workflow, kind).get("reverses") for kind in ("proposal", "plan", "refusal"))
    ]


def is_planned(row: ResponseRow) -> bool:
    """Return True if the response was read and every proposal of it has its plan or its refusal."""
    if "received" not in row.facts:
        return False
    known = {workflow.workflow_id: workflow for workflow in row.workflows}
    proposed: Sequence[str] = _one(row, "received").get("workflows", ())
    return all(
        workflow_id in known and not known[workflow_id].facts.keys().isdisjoint(("plan", "refusal"))
        for workflow_id in proposed
    )


_NO_LEDGER: Final = {
    "entries": 0,
    "lines": 0,
    "IFRS": {"dr": "0.00", "cr": "0.00"},
    "LOCAL": {"dr": "0.00", "cr": "0.00"},
}
_LONG_PARTS: Final = frozenset(
    {
        "operations_list",
        "deals",
        "reversal",
        "reversal_steps",
        "assessments",
        "rates",
        "analysis",
        "provenance",
        "usd_check",
    }
)


def _one(row: WorkflowRow | ResponseRow, kind: str) -> Document:
    documents = row.facts.get(kind, ())
    return documents[0] if documents else {}


def _record(refusal: Document) -> Document:
    record: Document | None = refusal.get("record")
    return record or {}


def _deal_status(row: WorkflowRow, known: Document) -> str:
    if known.get("reverses"):
        return _CANCEL_STATUS.get(row.state, "Booked")
    return _DEAL_STATUS.get(row.state, "Planned")


def _reason(row: WorkflowRow) -> tuple[str | None, str | None]:
    """Return code and sentence of an ending that is not a success; twice the sentence where there is no code."""
    reported: str | None = (row.progress or {}).get("reason")
    refusal, closed = _one(row, "refusal"), _one(row, "closed")
    if refusal:
        return refusal["code"], refusal["message"]
    if closed and closed["state"] == row.state:
        return closed["code"] or closed["reason"], closed["reason"]
    coded = _CODED.match(reported) if reported else None
    if coded is not None:
        return coded.group(1), waiting_now(coded.group(2) or "", row.before) or None
    return reported, reported


def _risk(plan: Document, known: Document) -> dict[str, Any]:
    computed: Document = plan.get("risk") or {"level": None, "reasons": []}
    return {**computed, "claimed": known.get("claimed", [])}


def _maker(known: Document) -> dict[str, Any]:
    maker: Document = known.get("maker") or {}
    return {"maker": maker.get("name"), "maker_verified": bool(maker.get("verified"))}


def _approval(row: WorkflowRow) -> dict[str, Any]:
    requested, granted = _one(row, "requested"), _one(row, "granted")
    return {
        "requested_at": requested.get("requested_at"),
        "expires_at": requested.get("expires_at"),
        "granted_at": granted.get("issued_at"),
        "grant_expires_at": granted.get("expires_at"),
        "grant_id": granted.get("jti"),
        "approvers": granted.get("approvers", []),
        "emergency": emergency_of(_one(row, "glass"), granted),
    }


def _decisions(row: WorkflowRow) -> list[Document]:
    return sorted(row.facts.get("decision", ()), key=lambda each: (each["decided_at"], each["person"]))


def _progress(row: WorkflowRow) -> dict[str, Any]:
    message = row.progress or {}
    return {
        "sequence": row.sequence,
        "stage": message.get("stage"),
        "operation": message.get("operation"),
        "status": message.get("status"),
        "progress": message.get("progress", 0),
        "completed": row.state in states.EXECUTED,
        "final": message.get("final", False),
        "at": message.get("at"),
    }


def _operations(row: WorkflowRow, plan: Document) -> dict[str, Any]:
    counts: Document = plan.get("operations") or {}
    completed = min((row.progress or {}).get("completed_operations", 0), counts.get("total", 0))
    done: Sequence[str] = counts.get("order", ())[:completed]
    totals: Mapping[str, int] = counts.get("stages", {})
    return {
        "total": counts.get("total", 0),
        "completed": completed,
        "READ": counts.get("READ", 0),
        "INSERT": counts.get("INSERT", 0),
        "UPDATE": counts.get("UPDATE", 0),
        "stages": {stage: _stage(row, stage, totals.get(stage, 0), done.count(stage)) for stage in STAGES},
    }


def _stage(row: WorkflowRow, stage: str, total: int, completed: int) -> dict[str, Any]:
    return {"total": total, "completed": completed, "status": _stage_status(row, stage, total, completed)}


def _stage_status(row: WorkflowRow, stage: str, total: int, completed: int) -> str:
    """Return what hawk.progress says of the stage; before its first message, what follows from the state."""
    if total == 0:
        return "NOT_PLANNED"
    reported: str | None = (row.progress or {}).get("stages", {}).get(stage)
    if reported is not None:
        return reported
    if row.state in _STAGE_STATUS:
        return _STAGE_STATUS[row.state]
    if completed == total:
        return "COMPLETED"
    if row.state in states.NEVER_APPLIED:
        return "NOT_RUN"
    entered = (row.progress or {}).get("stage") == stage
    return "IN_PROGRESS" if completed or entered else "PENDING"


def _in_order(row: ResponseRow, received: Document) -> Iterable[WorkflowRow]:
    """Return the proposals in the order of the response, each followed by what was planned in its place."""
    proposed: Sequence[str] = received.get("workflows", ())
    place = {workflow_id: number for number, workflow_id in enumerate(proposed)}

    def key(workflow: WorkflowRow) -> tuple[int, int, Any, str]:
        plan = _one(workflow, "plan") or _one(workflow, "refusal")
        component = _one(workflow, "proposal").get("component", 0)
        first = place.get(workflow.workflow_id, len(place) + component)
        return (first, plan.get("attempt", 0), workflow.created_at, workflow.workflow_id)

    return sorted(own_workflows(row), key=key)


def _response_refusals(
    row: ResponseRow, received: Document, workflows: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, str]]:
    """Return the refusals of the parser, of contradicting repeats and of planning."""
    of_parser = [*received.get("refusals", [])]
    for kind in ("proposal_refused", "contradicted"):
        documents = sorted(row.facts.get(kind, ()), key=lambda each: int(each.get("component", 0)))
        of_parser += [refusal for document in documents for refusal in document["refusals"]]
    return unique([*of_parser, *(refusal for flow in workflows for refusal in flow["refusals"])])
