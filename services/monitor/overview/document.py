"""The overview as a document: for each workflow, how far it is, and what Murex and the ledger have of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from services.monitor.overview.lines import Attention
from services.monitor.overview.wanted import PAGE_LINES, STATES, Line
from shared.events import states
from shared.hedging.order import INSTRUCTION_NAMES
from shared.plans.turns import WAITING_FOR_TURN, waiting_now

Document = dict[str, Any]

#: Deals of a workflow in one of these states were sent to Murex.
_SENT: Final = frozenset({
    "PREPARED", "BOOKING", "COMPLETED", "POSTED", "FAILED", "COMPENSATING", "COMPENSATED", "NEEDS_INTERVENTION",
    "REVERSING", "REVERSED",
})  # fmt: skip
_LEDGERS: Final = ("IFRS", "LOCAL")


@dataclass(frozen=True, slots=True)
class Overview:
    """All that one answer is made of. `lines` may have one more than a page: then there is a next one."""

    counts: Mapping[str, int]
    attention: Sequence[Line]
    lines: Sequence[Line]
    attention_max: int


def overview(shown: Overview, at: datetime, console: str) -> Document:
    """Return one page of the overview.

    Args:
        console: where the console is; empty if that is not known here.
    """
    page = shown.lines[:PAGE_LINES]
    urgent = shown.attention[: shown.attention_max]
    return {
        "counts": {
            "all": sum(shown.counts.values()),
            **{str(group): sum(shown.counts.get(state, 0) for state in of) for group, of in STATES.items()},
        },
        "attention": [line(each) | {"attention": _attention(each)} for each in urgent],
        "attention_more": len(shown.attention) > shown.attention_max,
        "workflows": [line(each) for each in page],
        "next": page[-1].workflow_id if len(shown.lines) > PAGE_LINES else None,
        "console": console.rstrip("/") or None,
        "as_of": at.isoformat(),
    }


def line(of: Line) -> Document:
    """Return a workflow as one line. What is not known yet is null."""
    subject, message = of.subject, of.progress or {}
    total = subject.get("operations") or message.get("total_operations", 0)
    return {
        "workflow_id": of.workflow_id,
        "response_id": of.response_id,
        "order_id": subject.get("order_id") or message.get("order_id"),
        "kind": subject.get("kind"),
        "title": _title(subject),
        "model": subject.get("model"),
        "entities": list(_entities(subject)),
        "currency": subject.get("currency"),
        "amount": subject.get("amount"),
        "maker": _short(subject.get("maker")),
        "approvers": [_short(each["person"]) for each in (of.granted or {}).get("approvers", ())],
        "reverses": subject.get("reverses"),
        "state": of.state,
        "reason": message.get("reason"),
        "status": message.get("status"),
        "turn": _turn(of, message),
        "operations": {
            "completed": min(message.get("completed_operations", 0), total),
            "total": total,
            "stage": message.get("stage"),
            "stages": _stages(of, message),
        },
        "murex": _murex(of),
        "ledger": _ledger(of),
        "created_at": of.created_at.isoformat(),
        "changed_at": None if of.changed_at is None else of.changed_at.isoformat(),
    }


def _title(subject: Mapping[str, Any]) -> str | None:
    """Return what it is about: "COI inception", or the table or deal that is changed."""
    if subject.get("table") or subject.get("deal"):
        return str(subject.get("table") or subject.get("deal"))
    kind = subject.get("instruction_type")
    name = INSTRUCTION_NAMES.get(kind, kind) if isinstance(kind, str) else None
    return " ".join(part for part in (subject.get("nav_type"), name) if part) or None


def _entities(subject: Mapping[str, Any]) -> Iterable[Document]:
    names = subject.get("entity_names") or ()
    for place, entity in enumerate(subject.get("entity_ids") or ()):
        yield {"entity_id": entity, "name": names[place] if place < len(names) else None}


def _short(person: str | None) -> str | None:
    """Return a person as screens name them: without the address behind the name."""
    return None if person is None else person.partition(" <")[0]


def _turn(of: Line, message: Mapping[str, Any]) -> str | None:
    """Return the place in line and the expected time of what is approved and waits for its turn."""
    code, _, sentence = str(message.get("reason") or "").partition(": ")
    waits = of.state == "APPROVED" and code == WAITING_FOR_TURN
    return waiting_now(sentence, of.before) or None if waits else None


def _stages(of: Line, message: Mapping[str, Any]) -> Document:
    """Return the stages that are planned, each with how it stands: as reported, and failed where it broke off."""
    planned = of.subject.get("stages") or {}
    reported = dict(message.get("stages") or {})
    broken = message.get("stage") if of.state in ("FAILED", "NEEDS_INTERVENTION") else None
    shown = {name: reported.get(name, "PENDING") for name in ("1A", "1B", "2") if planned.get(name, 0)}
    if (of.subject.get("ledger") or {}).get("lines"):
        shown["3"] = reported.get("3", "PENDING")
    return shown if broken not in shown else {**shown, broken: "FAILED"}


def _murex(of: Line) -> Document:
    """Return how many deals are planned, sent, acknowledged and booked.

    `cancelled` is known once all that were booked are; `held`, what Murex may still hold, once it is nothing.
    """
    planned = int(of.subject.get("deals") or 0)
    sent = planned if of.state in _SENT else 0
    reverses = of.subject.get("reverses") is not None
    done = of.state in states.EXECUTED
    booked = 0 if reverses else planned if done else min(of.acknowledged, planned) if of.state == "BOOKING" else 0
    cancelled = of.state == "REVERSED" or (reverses and of.state in states.SUCCESSFUL)
    gone = cancelled or of.state in states.TAKEN_BACK or not sent
    return {
        "planned": planned,
        "sent": sent,
        "acknowledged": planned if done else min(of.acknowledged, planned),
        "booked": 0 if gone else booked,
        "cancelled": planned if cancelled else 0,
        "held": 0 if gone else None,
    }


def _ledger(of: Line) -> Document:
    """Return the entries, whether debit and credit are equal in both ledgers, and whether they are posted."""
    planned = of.subject.get("ledger") or {}
    return {
        "entries": planned.get("entries", 0),
        "lines": planned.get("lines", 0),
        "equal": all(_equal(planned[name]) for name in _LEDGERS) if planned else None,
        "posted": of.state in ("POSTED", "REVERSED"),
        "waits": of.attention == Attention.POSTING,
        **{name: planned.get(name) for name in _LEDGERS},
    }


def _equal(ledger: Mapping[str, str]) -> bool:
    return Decimal(ledger["dr"]) == Decimal(ledger["cr"])


def _attention(of: Line) -> str:
    return Attention(of.attention or Attention.MUREX).name
