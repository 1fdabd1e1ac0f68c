"""Canned documents of the pages of control, of the shape that the routes have. People and times are invented."""

from datetime import timedelta
from typing import Any

from tests.support.queue_documents import NOW

Document = dict[str, Any]

MAY: Document = {"allowed": True, "why": ""}
NO_ROLE: Document = {"allowed": False, "why": "You may read this, but none of your roles approves or rejects."}
LIMITS: Document = {"action_types": ["I", "R"], "order_cap_usd": "10000000.00", "day_cap_usd": "50000000.00"}


def at(minutes: float) -> str:
    """The moment so many minutes after what the pages take for now."""
    return (NOW + timedelta(minutes=minutes)).isoformat()


def person(name: str, role: str, minutes: float = -30) -> Document:
    return {"person": name, "role": role, "at": at(minutes)}


def rollout(**more: Any) -> Document:
    """What `GET /rollout` answers: FULL, not stopped, nothing waits."""
    return {
        "version": 7,
        "mode": "FULL",
        "limits": {},
        "set_by": [person("rita", "RISK_MANAGER", -5_000), person("tom", "TRADER", -4_990)],
        "stopped": False,
        "stop": None,
        "in_force": True,
        "executor": {"version": 7, "since": at(-4_990), "behind_since": None},
        "notice": None,
        "pending": None,
        "pending_resumption": None,
        "may": {"stop": MAY, "resume": MAY, "propose": MAY},
    } | more


def stopped(**more: Any) -> Document:
    """The same after a stop by olga."""
    stop = {"reason": "price feed looks wrong", "stopped_by": person("olga", "OPERATIONS", -66)}
    executor = {"version": 8, "since": at(-66), "behind_since": None}
    return rollout(stopped=True, stop=stop, version=8, executor=executor) | more


def pending(**more: Any) -> Document:
    """What waits for a second person."""
    return {
        "digest": "sha256:" + "ab" * 32,
        "based_on": 7,
        "proposed_by": person("rita", "RISK_MANAGER", -12),
        "expires_at": at(23 * 60),
        "may_confirm": True,
        "why": "You may confirm this.",
    } | more


def pending_change(**more: Any) -> Document:
    return pending(mode="LIMITED", limits=LIMITS, comment="the first desk begins with small orders", **more)


def pending_resumption(**more: Any) -> Document:
    return pending(reason="the feed is right again", proposed_by=person("olga", "OPERATIONS", -2), based_on=8, **more)


DOUBT: Document = {
    "table": "currency_rates",
    "key": "USD/SGD:prevailing",
    "column": "rate_value",
    "before": "1.3500",
    "after": "13.5000",
    "bound": "at most 1,000 basis points from 1.3500",
    "message": "currency_rates USD/SGD:prevailing moves by 90,000 basis points.",
}


def held(**more: Any) -> Document:
    """One row that waits for two persons."""
    return {
        "held_id": "h1",
        "feed": "rates",
        "load_id": "",
        "place": "hawk.reference:0:412",
        "rows": 1,
        "doubts": [DOUBT],
        "found": 1,
        "persons": 2,
        "held_at": at(-8),
        "changes": [
            {
                "table": "currency_rates",
                "key": "USD/SGD:prevailing",
                "operation": "UPSERT",
                "row": {"currency_pair": "USD/SGD", "rate_type": "prevailing", "rate_value": "13.5000", "note": None},
                "based_on": 3,
            }
        ],
        "digest": "sha256:" + "1c" * 32,
        "state": "WAITING",
        "reason": "",
        "confirmed_by": [],
        "may_confirm": True,
        "why": "You may confirm or reject this.",
    } | more


def letter(number: int = 1, **more: Any) -> Document:
    """One dead letter."""
    return {
        "letter": f"executor-{number:032x}",
        "state": "REFUSED",
        "refused_at": at(-16 * number),
        "refusals": 1,
        "service": "executor",
        "group": "hawk-executor-reference",
        "topic": "hawk.reference",
        "partition": 0,
        "offset": 400 + number,
        "last_offset": 400 + number,
        "messages": 1,
        "size_bytes": 812,
        "code": "REFERENCE_COLUMN_UNKNOWN",
        "reason": "entity_master has no column entity_nick.",
        "what_to_do": "Nothing was changed. Have the corrected row published, or correct the rows it depends on.",
        "not_replayable": None,
        "asked": None,
        "answer": None,
        "may_replay": True,
        "why": "",
    } | more


def letters(*rows: Document, next: str | None = None) -> Document:
    return {"letters": list(rows), "next": next, "as_of": NOW.isoformat()}


def set_aside(**more: Any) -> Document:
    """A proposal to set a blocked message aside."""
    return {
        "status": "PROPOSED",
        "group": "hawk-executor-murex",
        "topic": "hawk.murex.answers",
        "partition": 2,
        "offset": 41_207,
        "reason": "release 1.8 cannot read the new field; 1.9 comes tonight",
        "digest": "sha256:" + "5e" * 32,
        "proposed_by": person("olga", "OPERATIONS", -4),
        "expires_at": at(11 * 60),
        "may_confirm": True,
        "why": "You may approve this.",
    } | more


def set_asides(*rows: Document, **more: Any) -> Document:
    return {"proposals": list(rows), "may_propose": True, "why": ""} | more


def event(**more: Any) -> Document:
    """An event that the relay passed over."""
    return {
        "position": 120_477,
        "event_id": "00000000-0000-0000-0000-000000000001",
        "stream": "plan-0f8fad5b-d9cb-469f-a165-70867728950e",
        "version": 2,
        "type": "PlanDrawn",
        "cause": "TOO_LARGE",
        "reason": "The message has 1,310,720 bytes; hawk.plans takes 1,048,576.",
        "listed_at": at(-40),
        "ordered": False,
        "tried": False,
        "pending": None,
    } | more


def events(*rows: Document, **more: Any) -> Document:
    return {"count": len(rows), "events": list(rows), "may_propose": True, "why": ""} | more
