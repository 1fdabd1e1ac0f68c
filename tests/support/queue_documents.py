"""Canned documents of the queue, of the shape that `GET /approvals` has. People and times are invented."""

from datetime import UTC, datetime, timedelta
from typing import Any

Document = dict[str, Any]

NOBODY: Document = {
    "given": 0,
    "needed": 1,
    "marks": [False],
    "people": [],
    "missing": ["TRADER"],
    "text": "nobody yet",
}
NOW = datetime(2026, 11, 27, 9, 8, 41, tzinfo=UTC)

SESSION: Document = {
    "person": "sara",
    "name": "sara",
    "roles": ["SENIOR_TRADER"],
    "expires_at": (NOW + timedelta(hours=8)).isoformat(),
    "csrf": "c5rf",
    "environment": {"simulator": True, "profile": "demo", "policy": "plan-1"},
    "sign_in": {"demo": False, "people": []},
}
ROLLOUT: Document = {"version": 1, "mode": "FULL", "stopped": False, "stop": None}


def request(number: int, title: str, money: tuple[str | None, str | None, str | None], **more: Any) -> Document:
    """One row. `money`: currency, amount, amount in USD."""
    currency, amount, usd = money
    order = f"ORD-{number:04X}22D16551FA00"
    row = {
        "workflow_id": f"wf-{number}",
        "kind": "hedge",
        "title": title,
        "subtitle": f"{order} · A-COI · 6 deals",
        "order_id": order,
        "amount": amount,
        "currency": currency,
        "amount_usd": usd,
        "entities": ["ENTITY0009"],
        "risk": "MEDIUM",
        "needs": {"role": "TRADER", "text": "from USD 10M", "rules": []},
        "decided": NOBODY,
        "maker": {"name": "mira", "verified": True},
        "requested_at": (NOW - timedelta(minutes=26)).isoformat(),
        "expires_at": (NOW + timedelta(hours=23, minutes=34)).isoformat(),
        "decided_at": None,
        "state": "AWAITING_APPROVAL",
        "plan_digest": f"sha256:{number:064x}",
        "attention": [],
        "mine": True,
        "why_not": None,
        "why_not_code": None,
    }
    return row | more


def due(minutes: int) -> Document:
    """When a request was asked for and expires, so that so much of a day is left."""
    expires = NOW + timedelta(minutes=minutes, seconds=40)
    return {"expires_at": expires.isoformat(), "requested_at": (expires - timedelta(days=1)).isoformat()}


def attention(code: str, text: str) -> Document:
    return {"attention": [{"code": code, "text": text}]}


MINE = [
    request(
        1,
        "COI inception, India Branch1",
        ("INR", "1800000000.00", "21428571.43"),
        **due(11),
        **attention("EXPIRES_SOON", "Expires soon and nobody has decided"),
    ),
    request(
        2,
        "COI inception, South Korea Branch1",
        ("KRW", "12000000000", "9600000.00"),
        risk="LOW",
        maker={"name": "tom", "verified": False},
        **due(22 * 60 + 32),
        **attention("ESCALATED", "Escalated to you: no TRADER in 60 min"),
    ),
    request(
        3,
        "COI inception, China Branch1",
        ("CNY", "150000000.00", "20888888.89"),
        **due(23 * 60 + 51),
        **attention("NEW_PLAN", "New plan in place of an earlier one: rates moved"),
    ),
    request(
        4,
        "Configuration: buffer of BUF_HKD_001",
        (None, None, None),
        kind="configuration",
        subtitle="5 → 7.5 % · Hong Kong Branch1 · 4 ops",
        risk=None,
        needs={"role": "RISK_MANAGER", "text": "and a second person", "rules": []},
        decided={
            "given": 1,
            "needed": 2,
            "marks": [True, False],
            "people": ["rita"],
            "missing": ["ANY_APPROVER"],
            "text": "needs any approver",
        },
        **due(20 * 60 + 40),
    ),
    request(
        5,
        "COI inception, Hong Kong, 3 entities",
        ("HKD", "400000000.00", "51851851.85"),
        risk="HIGH",
        subtitle="ORD-0217AE958D3150E0 · A-COI · 18 deals",
        needs={"role": "SENIOR_TRADER", "text": "from USD 50M, four eyes", "rules": []},
        **due(23 * 60 + 34),
    ),
    request(6, "RE inception, Australia Branch1", ("AUD", "5000000.00", "3518518.52"), **due(23 * 60 + 54)),
]


def queue_of(rows: list[Document], tab: str = "mine", **more: Any) -> Document:
    """A document of the queue with these rows."""
    waiting = [row for row in rows if row["state"] == "AWAITING_APPROVAL"]
    document = {
        "tab": tab,
        "approvals": rows,
        "counts": {"mine": len(waiting), "others": 4, "decided": 212, "all": 216 + len(waiting)},
        "decided_more": False,
        "attention": sum(1 for row in rows if row["attention"]),
        "matching": len(rows),
        "mine_usd": "107287830.69",
        "next_expiry": min((row["expires_at"] for row in waiting), default=None),
        "page": 1,
        "pages": 1,
        "page_rows": 50,
        "as_of": NOW.isoformat(),
    }
    return document | more
