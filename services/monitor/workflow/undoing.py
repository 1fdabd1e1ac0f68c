"""How a workflow is undone: deals cancelled in Murex first, then every operation, the last one first. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.monitor.workflow.dealings import standing_of
from services.monitor.workflow.groups import deals_in
from services.monitor.workflow.history import Document
from services.monitor.workflow.operations import done_by, undone_by
from services.monitor.workflow.timed import OfDeal, Timed, Told
from shared.events import murex, overrides, reversals, undoing
from shared.hedging.reversal import KEEP

_BY_HAND: Final = (overrides.DealBookedByHand, overrides.DealCancelledByHand)
_ENDED: Final = (undoing.WorkflowCompensated, reversals.ExecutionReversed)


def undoing_of(view: Mapping[str, Any], told: Told) -> Document | None:
    """Return what is or was undone, and how far that is; None where nothing is.

    A reversal undoes another workflow; a workflow that is reversed shows the same of itself.

    Args:
        view: the workflow as the monitor shows it.
    """
    began = next((each for each in told.timed if _begins(each)), None)
    if began is None:
        return None
    after = [each for each in told.timed if each.number >= began.number]
    cancels, steps = _cancels(began, after, view["deals"]), _steps(view, told)
    ended = next((each.number for each in after if isinstance(each.event, _ENDED)), None)
    return {
        "kind": _kind(began, told),
        "reversal": getattr(began.event, "reversal", None),
        "reverses": view["reverses"],
        "code": getattr(began.event, "code", None),
        "reason": getattr(began.event, "reason", None),
        "began": began.number,
        "ended": ended,
        "needs_person": any(isinstance(each.event, undoing.InterventionRequired) for each in after) and ended is None,
        "cancels": {
            "total": len(cancels),
            "confirmed": sum(each["state"] == "cancelled" for each in cancels),
            "by_hand": sum(each["state"].endswith("_by_hand") for each in cancels),
            "refused": sum(each["state"] == "cancel_refused" for each in cancels),
            "list": cancels,
        },
        "operations": {
            "total": len(steps),
            "never": sum(each["never"] for each in steps),
            **{state: sum(each["state"] == state for each in steps) for state in ("undone", "kept", "waits")},
            "list": steps,
        },
    }


def undo_plan(view: Mapping[str, Any]) -> Document:
    """Return how the plan would be undone, as the shared elements show it: by what is done, and step by step."""
    steps = view["reversal"]
    names = dict.fromkeys(each["action"] for each in steps)
    own = {name: [each for each in steps if each["action"] == name] for name in names}
    return {
        "total": len(steps),
        "steps": [
            {
                "action": _capital(name),
                "count": len(each),
                "alone": all(step["reversible"] or name == KEEP for step in each),
                "note": _capital("; ".join(dict.fromkeys(step["note"] for step in each))),
            }
            for name, each in own.items()
        ],
        "list": [
            {
                "number": each["number"],
                "undoes": each["undoes"],
                "table": each["table"],
                "action": _capital(each["action"]),
                "entity": each["entity_id"],
                "note": _capital(each["note"]),
            }
            for each in steps
        ],
    }


def _begins(timed: Timed) -> bool:
    return isinstance(timed.event, undoing.CompensationStarted | reversals.ReversalStarted)


def _kind(began: Timed, told: Told) -> str:
    if isinstance(began.event, undoing.CompensationStarted):
        return "compensation"
    return "reversal" if began.number in told.foreign else "reversed"


def _cancels(began: Timed, after: Sequence[Timed], deals: Sequence[Mapping[str, Any]]) -> list[Document]:
    """Return each deal that Murex is to give up, with what has become of it."""
    named: tuple[str, ...] = getattr(began.event, "deals_to_cancel", ())
    wanted = dict.fromkeys([*named, *deals_in(after, murex.DealCancelSent), *deals_in(after, _BY_HAND)])
    planned = {each["deal_booking_id"]: each for each in deals}
    found: list[Document] = []
    for deal in wanted:
        own = [each for each in after if isinstance(each.event, OfDeal) and each.event.deal_booking_id == deal]
        standing = standing_of(own) if own else None
        known = planned.get(deal, {})
        found.append(
            {
                "deal_booking_id": deal,
                "sequence": known.get("deal_sequence"),
                "entity_id": known.get("entity_id"),
                "state": "waits" if standing is None else standing.kind,
                "reason": None if standing is None else standing.said.get("reason"),
                "event": own[-1].number if own else None,
            }
        )
    return found


def _steps(view: Mapping[str, Any], told: Told) -> list[Document]:
    """Return each operation that was done and wrote something, the last one first, with what has become of it."""
    reversal = view["reverses"] is not None
    done = done_by(told)
    undone = {**done} if reversal else undone_by(told)
    steps = view["reversal_steps"] if reversal else view["reversal"]
    listed = {each["number"]: each for each in view["operations_list"]}
    found: list[Document] = []
    for each in steps:
        number = each["number"] if reversal else each["undoes"]
        if not reversal and number not in done:
            continue
        event = undone.get(number)
        kept = each["action"] == KEEP
        found.append(
            {
                "operation": each["undoes"],
                "table": each["table"],
                "purpose": listed.get(number, {}).get("purpose"),
                "entity_id": each["entity_id"],
                "action": _capital(each["action"]),
                "alone": each["reversible"] or kept,
                "never": kept,
                "state": "waits" if event is None else "kept" if kept else "undone",
                "event": event,
            }
        )
    return found


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
