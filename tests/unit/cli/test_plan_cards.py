"""The card of `hawk plan`, at the widths of a small and a wide terminal."""

import copy
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.plan_cards import plan_page
from cli.planning import plan_response
from cli.plans import reference_rows
from shared.hedging.facts import SINGAPORE
from shared.policy.table import DEFAULT_POLICY
from tests.support.hedges import TODAY

ANSWERS = Path(__file__).resolve().parents[3] / "demo" / "answers"
NOW = datetime.combine(TODAY, time(10), SINGAPORE).astimezone(UTC)


@cache
def _response(name: str) -> dict[str, Any]:
    return plan_response((ANSWERS / name).read_bytes(), reference_rows(None, TODAY), NOW, DEFAULT_POLICY)


def response(name: str) -> dict[str, Any]:
    return copy.deepcopy(_response(name))


def shown(document: dict[str, Any], width: int = 100) -> str:
    console = Console(width=width, color_system=None, force_terminal=False, highlight=False)
    with console.capture() as capture:
        console.print(plan_page(document))
    return capture.get()


@pytest.mark.parametrize(
    "part",
    [
        "USD 25,000,000.00 COI inception, order ORD-",
        "PLANNED",
        "187,500,000.00  25,000,000.00  162,500,000.00",  # capacity before, taken, after
        "stage 1B, hedge event and allocation     1       8       3     12",
        "all                                      9      30       8     47",
        "EXTERNAL → CO_FX",
        "8 ledger entries",
        "P2 swap points to reserve (swapped)  IFRS    33231008  55401015    112,500.00",
        "diff_base        IFRS    15001000  375,000.00",
        "total            LOCAL             375,000.00  375,000.00",
        "TRADER, SENIOR_TRADER or RISK_MANAGER; the person who asked as well",
        "hedge method        COH                   default of the desk",
        "tenor or maturity   3M                    default of the desk",
        "40–32  post the mirrored entry  gl_entries_detail, gl_entries (8)",
        "keep: the audit trail keeps both the act and its reversal – not by HAWK alone",
        "47  2      UPDATE  hedge_business_events",
    ],
)
def test_card_shows_what_the_plan_would_do_when_it_is_planned(part: str) -> None:
    assert part in shown(response("01-usd-25m-coi.json"))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "name", ["01-usd-25m-coi.json", "03-dify-blocking-fenced.json", "07-hkd-400m-waterfall.json", "32-usd-limit.json"]
)
def test_card_cuts_nothing_off_when_the_terminal_is_narrow(name: str, width: int) -> None:
    text = shown(response(name), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for workflow in response(name)["workflows"]:
        for table in {each["table"] for each in workflow["operations_list"]}:
            assert table in text


def test_card_names_each_entity_when_the_order_is_spread() -> None:
    text = shown(response("07-hkd-400m-waterfall.json"))
    for entity in ("ENTITY0009", "ENTITY0011", "ENTITY0010"):
        assert text.count(f"  {entity}  ") >= 3  # deals, ledger entries, journal lines
    assert "chosen by the waterfall" in text
    assert "SENIOR_TRADER or RISK_MANAGER; not the person who asked" in text


def test_card_names_the_event_and_gives_capacity_back_when_a_hedge_is_closed() -> None:
    document = response("01-usd-25m-coi.json")
    (workflow,) = document["workflows"]
    (opened,) = workflow["entities"]
    closed = opened | {"event_id": "EVT-OLD", "event_type": "Termination", "net_amount": "-30000000.00"}
    workflow["entities"] = [closed, opened]
    workflow["deals"] += [deal | {"event_id": "EVT-OLD"} for deal in workflow["deals"]]
    text = shown(document)
    assert "termination" in text
    assert "187,500,000.00  -30,000,000.00  217,500,000.00" in text
    assert "217,500,000.00   25,000,000.00  192,500,000.00" in text
    assert text.count("ENTITY0037, termination") >= 1


def test_card_names_code_sentence_and_place_when_planning_refuses() -> None:
    text = " ".join(shown(response("30-unknown-entity.json")).split())
    assert "UNKNOWN_ENTITY: Entity ENTITY9999: not in entity_master or not active." in text
    assert "[entity_id]" in text


def test_card_names_code_sentence_and_place_when_the_answer_is_refused() -> None:
    text = shown(response("25-table-users.json"), 200)
    assert "refused     TABLE_NOT_ALLOWED: " in text
    assert "[$.recommended_actions[0].table]" in text


def test_card_tells_a_claim_that_differs_from_what_is_planned() -> None:
    answer = (ANSWERS / "01-usd-25m-coi.json").read_text().replace('"deal_count": 6', '"deal_count": 7')
    document = plan_response(answer.encode(), reference_rows(None, TODAY), NOW, DEFAULT_POLICY)
    assert "CLAIM_DIFFERS: The answer claims deal_count 7; the plan has 6." in shown(document, 120)


def test_card_shows_commands_to_a_terminal_as_text_when_the_answer_is_hostile() -> None:
    document = response("01-usd-25m-coi.json")
    document["workflows"][0]["order"]["entity_id"] = "[bold]E[/bold]\x1b]0;title\x07"
    document["workflows"][0]["gl_entries"][0]["entry_type"] = "[red]\x1b[2J"
    text = shown(document)
    assert "[bold]E[/bold]" in text
    assert "\x1b" not in text
