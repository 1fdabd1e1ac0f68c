"""The document of a workflow's page: who, how far, by which events, and whether everybody counts the same. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from services.monitor.documents import BASE_CURRENCY
from services.monitor.overview.document import line as line_of
from services.monitor.overview.wanted import Line
from services.monitor.ports import WorkflowRow
from services.monitor.views import workflow_view
from services.monitor.workflow.groups import Plan, deals_in, groups
from services.monitor.workflow.history import SHOWN_MAX, Document, Kept, Sought
from services.monitor.workflow.journal import journal
from services.monitor.workflow.operations import operations
from services.monitor.workflow.stages import stages
from services.monitor.workflow.timed import Timed, Told, told
from services.monitor.workflow.undoing import undo_plan, undoing_of
from shared.events import booking, murex, overrides, reversals, states, undoing
from shared.events import execution as facts
from shared.money.amounts import ZERO, text_of

#: From the approval until every operation is in effect: what the bank asked for.
OBJECTIVE_MS: Final = 2_000
_LEDGERS: Final = ("IFRS", "LOCAL")
_STAGES: Final = ("1A", "1B", "2")


@dataclass(frozen=True, slots=True)
class Page:
    """All that one answer is made of. `history` may have one event more than is shown: then the rest is named."""

    row: WorkflowRow
    line: Line
    history: Sequence[Kept]


def sought(row: WorkflowRow) -> Sought:
    """Return whose history a workflow's page shows."""
    kinds = ("plan", "refusal", "proposal")
    reverses = next(
        (each["reverses"] for kind in kinds for each in row.facts.get(kind, ()) if "reverses" in each), None
    )
    return Sought(row.workflow_id, row.response_id, reverses)


def page(of: Page, at: datetime, console: str) -> Document:
    """Return the document.

    Args:
        console: where the console is; empty if that is not known here.
    """
    view, line = workflow_view(of.row), line_of(of.line)
    events = told(of.history[:SHOWN_MAX], sought(of.row))
    over = of.row.state in states.FINAL or (of.row.state == "COMPLETED" and view["progress"]["final"])
    plan = Plan(view["operations_list"], view["deals"], over=over, reverses=view["reverses"] is not None)
    return {
        **{name: line[name] for name in _OF_LINE},
        **{name: view[name] for name in _OF_VIEW},
        "over": over,
        "stages": stages(view, line),
        "operations": {
            **line["operations"],
            "list": operations(view["operations_list"], events, over=over),
        },
        "reconciliation": reconciliation(view, line, events),
        "execution_status": execution_status(of.row),
        "timeline": {
            "zero": None if events.zero is None else events.zero.isoformat(),
            "completed_ms": _completed(events),
            "objective_ms": OBJECTIVE_MS,
            "groups": groups(events.timed, plan),
        },
        "deals": [{name: each.get(name) for name in _OF_DEAL} for each in view["deals"]],
        "journal": journal(of.history[:SHOWN_MAX], events),
        "undoing": undoing_of(view, events),
        "undo": undo_plan(view),
        "events": list(events.lines),
        "events_more": len(of.history) > SHOWN_MAX,
        "console": console.rstrip("/") or None,
        "as_of": at.isoformat(),
    }


_OF_LINE: Final = (
    "workflow_id", "response_id", "order_id", "kind", "title", "model", "entities", "currency", "amount", "maker",
    "approvers", "state", "status", "turn", "created_at", "changed_at",
)  # fmt: skip
_OF_DEAL: Final = (
    "deal_booking_id", "event_id", "entity_id", "deal_sequence", "deal_type", "portfolio_from", "portfolio_to",
    "sell_currency", "sell_amount", "buy_currency", "buy_amount", "fx_rate", "rate_type", "contract_id",
)  # fmt: skip
_OF_VIEW: Final = (
    "reason", "reason_text", "amount_usd", "maker_verified", "approval", "decisions", "times", "plan_digest",
    "predecessor", "successor", "reverses", "reversals",
)  # fmt: skip


def execution_status(row: WorkflowRow) -> Document | None:
    """Return the row of the plan's table of that name, by its own names; None before anything is reported."""
    message = row.progress
    if message is None:
        return None
    reported = message.get("stages", {})
    return {
        "transaction_id": row.workflow_id,
        "total_operations": message["total_operations"],
        "completed_operations": message["completed_operations"],
        "status": row.state if row.state in states.ENDED else "IN_PROGRESS",
        **{f"stage_{stage.lower()}_status": reported.get(stage, "PENDING") for stage in _STAGES},
    }


def reconciliation(view: Mapping[str, Any], line: Mapping[str, Any], events: Told) -> Document:
    """Return how many deals are planned, sent, acknowledged, booked and cancelled by the events, and the ledgers' sums.

    A reversal books nothing: what it has to count are cancels.
    """
    own = [each for each in events.timed if (each.number in events.foreign) == (view["reverses"] is not None)]
    planned = line["murex"]["planned"]
    sent = [each for each in own if isinstance(each.event, murex.DealSent)]
    settled = {*deals_in(own, (booking.DealAcknowledged, overrides.DealBookedByHand))}
    booked = {
        each.deal_booking_id for one in own if isinstance(one.event, booking.DealsBooked) for each in one.event.deals
    }
    cancels = {*deals_in(own, murex.DealCancelSent)}
    gone = {*deals_in(own, (undoing.CancelConfirmed, overrides.DealCancelledByHand))}
    figures = {
        "planned": planned,
        "sent": len({*deals_in(sent, murex.DealSent)}),
        "attempts": len(sent),
        "acknowledged": len(settled),
        "booked": len(booked),
        "cancels": len(cancels),
        "cancelled": len(gone),
    }
    ledgers = [_ledger(name, line, events.timed) for name in _LEDGERS if line["ledger"].get(name)]
    return {**figures, "ledgers": ledgers, "equal": _equal(view, figures, ledgers)}


def _ledger(name: str, line: Mapping[str, Any], events: Sequence[Timed]) -> Document:
    """Return the sums of what was posted, by the event that posted it; before that, of what is planned."""
    lines = [each for posted in _posted(events) for each in posted if each.ledger == name]
    sums = line["ledger"][name]
    if lines:
        sums = {
            "dr": text_of(sum((each.dr_amt for each in lines), ZERO), BASE_CURRENCY),
            "cr": text_of(sum((each.cr_amt for each in lines), ZERO), BASE_CURRENCY),
        }
    return {"ledger": name, "currency": BASE_CURRENCY, **sums, "posted": bool(lines)}


def _posted(events: Sequence[Timed]) -> Sequence[Sequence[Any]]:
    return [
        each.lines
        for timed in events
        if isinstance(timed.event, booking.JournalPosted | reversals.ReversalPosted)
        for each in timed.event.postings
    ]


def _equal(view: Mapping[str, Any], figures: Mapping[str, int], ledgers: Sequence[Document]) -> bool | None:
    """Return whether deals and ledgers agree, once a workflow is posted; None while more is to come."""
    if any(Decimal(each["dr"]) != Decimal(each["cr"]) for each in ledgers):
        return False
    if view["state"] != "POSTED" or not figures["planned"]:
        return None
    counted = ("cancels", "cancelled") if view["reverses"] is not None else ("sent", "acknowledged", "booked")
    return all(figures[name] == figures["planned"] for name in counted) and all(each["posted"] for each in ledgers)


def _completed(events: Told) -> int | None:
    kinds = facts.ExecutionCompleted | reversals.ReversalCompleted
    return next((each.ms for each in events.timed if isinstance(each.event, kinds)), None)
