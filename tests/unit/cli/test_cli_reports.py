"""`hawk report`: what is printed for which rows, without a database."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console, RenderableType

from cli import report_documents as documents
from cli import reports

D = Decimal
AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
CAPACITY = {
    "entity_id": "ENTITY0025", "entity_name": "South Korea Entity Branch1", "entity_type": "Branch",
    "currency_code": "KRW", "nav_type": "COI", "as_of_date": date(2026, 11, 20), "sfx": D("250000000000"),
    "car": D("50000000000"), "overlay": D(0), "buffer_percentage": D("5.00"), "buffer_amount": D("12500000000.000"),
    "hedged_snapshot": D(0), "available_before": D("187500000000"), "reserved": D("12000000000"), "hedged_own": D(0),
    "available_after": D("175500000000"),
}  # fmt: skip
LIMIT = {
    "currency_code": "KRW", "threshold_warning": D(50_000_000), "threshold_critical": D(60_000_000),
    "threshold_maximum": D(70_000_000), "stated_usd": D(0), "own_usd": D(0), "reserved_usd": D(9_600_000),
    "current_hedge_exposure": D(9_600_000), "available_capacity": D(60_400_000), "breach_status": "WITHIN",
}  # fmt: skip
STUCK = {
    "kind": "POSTING", "order_id": "ORD-1", "workflow_id": "wf-1", "event_id": "EVENT_1", "entity_id": "ENTITY0037",
    "exposure_currency": "USD", "notional_amount": D(25_000_000), "since": AT, "code": "PERIOD_CLOSED",
    "reason": "2026-11 is closed", "retries": 1, "missing_deals": None,
}  # fmt: skip


def text_of(part: RenderableType) -> str:
    console = Console(width=120, color_system=None, force_terminal=False, highlight=False)
    with console.capture() as capture:
        console.print(part)
    return capture.get()


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the database will give, and a HAWK to ask."""

    def give(*lists: list[dict[str, Any]]) -> list[tuple[object, ...]]:
        asked: list[tuple[object, ...]] = []

        async def read(dsn: str, queries: object, *arguments: object) -> Any:
            asked.append((dsn, *arguments))
            return lists

        monkeypatch.setattr(documents, "read", read)
        monkeypatch.setattr(reports, "connect", lambda _: SimpleNamespace(dsn=lambda role: f"dsn of {role}"))
        return asked

    return give


def test_capacity_shows_before_and_after_in_the_currencys_own_decimals(
    found: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = found([CAPACITY], [LIMIT])
    reports.capacity(currency="krw", as_json=True)
    document = json.loads(capsys.readouterr().out, parse_float=pytest.fail)
    (entity,) = document["entities"]
    assert (entity["available_before"], entity["used"], entity["available_after"]) == (
        "187500000000", "12000000000", "175500000000",
    )  # fmt: skip
    assert (entity["as_of_date"], entity["buffer_percentage"]) == ("2026-11-20", "5")
    assert document["usd_limits"][0]["available"] == "60400000.00"
    assert asked == [("dsn of hawk_reader", "KRW")]


def test_capacity_page_has_a_line_for_each_entity_and_each_limit() -> None:
    document = documents.capacity_document([CAPACITY], [LIMIT])
    shown = text_of(reports.capacity_page(document["entities"]))
    for part in ("ENTITY0025 South Korea Entity Branch1", "187,500,000,000", "12,000,000,000", "175,500,000,000", "–"):
        assert part in shown
    limits = text_of(reports.limits_page(document["usd_limits"]))
    for part in ("KRW", "9,600,000.00", "70,000,000.00", "60,400,000.00", "WITHIN"):
        assert part in limits


def test_booking_page_counts_the_answers_of_murex() -> None:
    row = {
        "order_id": "ORD-1", "workflow_id": "wf-1", "event_id": "EVENT_1", "entity_id": "ENTITY0037",
        "nav_type": "COI", "exposure_currency": "USD", "notional_amount": D(25_000_000),
        "business_event_type": "Initiation", "assigned_booking_model": "A-COI", "value_date": date(2026, 11, 25),
        "since": AT, "expected_deals": 6, "acked_deals": 4, "declined_deals": 0, "missing_deals": 2,
    }  # fmt: skip
    (document,) = documents.booking_document([row])
    assert document["deals"] == {"expected": 6, "acked": 4, "declined": 0, "missing": 2}
    assert (document["amount"], document["since"]) == ("25000000.00", "2026-11-23T03:00:00+00:00")
    shown = text_of(reports.booking_page([document]))
    assert "4 of 6" in shown
    assert "25,000,000.00" in shown


def test_stuck_page_says_why_and_commands_no_terminal() -> None:
    rows = [STUCK | {"kind": "INTERVENTION", "notional_amount": None, "reason": "\x1b[2Jcleared", "code": None},
            STUCK | {"kind": "BOOKING", "code": None, "reason": None, "missing_deals": 2}, STUCK]  # fmt: skip
    shown = text_of(reports.stuck_page(documents.stuck_document(rows)))
    assert "\x1b" not in shown
    for part in ("intervention", "cleared", "no reply from Murex", "PERIOD_CLOSED: 2026-11 is closed"):
        assert part in shown


def test_stuck_asks_with_the_age_that_was_given(found: Any, capsys: pytest.CaptureFixture[str]) -> None:
    asked = found([STUCK])
    reports.stuck(older_than=5, as_json=True)
    (document,) = json.loads(capsys.readouterr().out)
    assert (document["kind"], document["code"], document["amount"]) == ("POSTING", "PERIOD_CLOSED", "25000000.00")
    assert asked == [("dsn of hawk_reader", None, 5)]


def test_export_totals_are_of_each_ledger() -> None:
    line = {
        "journal_id": "EVENT_1", "accounting_date": date(2026, 11, 23), "period_id": "2026-11", "base_ccy": "SGD",
        "txn_ccy": "USD", "event_id": "EVENT_1", "entity_id": "ENTITY0037", "workflow_id": "wf-1", "posted_at": AT,
    }  # fmt: skip
    sides = [("IFRS", "15001000", D("375000"), D(0)), ("IFRS", "21001000", D(0), D("375000"))]
    rows = [
        {**line, "line_no": place, "ledger": ledger, "account_code": account, "dr_amt": dr, "cr_amt": cr}
        for place, (ledger, account, dr, cr) in enumerate(sides, start=1)
    ]
    document = documents.export_document(rows)
    assert document["totals"] == {"IFRS": {"dr": "375000.00", "cr": "375000.00"}}
    shown = text_of(reports.export_page(document))
    assert shown.count("375,000.00") == 4
    assert "2 lines" in shown


@pytest.mark.parametrize(
    ("command", "lists", "sentence"),
    [
        ("capacity", ([], []), "No position is loaded."),
        ("booking", ([],), "Nothing waits for booking."),
        ("stuck", ([],), "Nothing is stuck."),
        ("export", ([],), "No journal line waits for export."),
    ],
)
def test_nothing_to_report_is_said_and_stdout_stays_empty(
    found: Any, capsys: pytest.CaptureFixture[str], command: str, lists: tuple[list[Any], ...], sentence: str
) -> None:
    found(*lists)
    getattr(reports, command)()
    told = capsys.readouterr()
    assert told.out == ""
    assert sentence in told.err
