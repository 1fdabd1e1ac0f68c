"""The queue of a person: whose a request is, search, filters, order, pages, counts."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.approval.console.queue.listing import (
    Counted,
    Decided,
    Queue,
    Waiting,
    decided_slice,
    document,
    found,
    parted,
)
from services.approval.console.queue.rows import Listed, row
from services.approval.console.queue.wanted import PAGE_ROWS, Sort, Tab, Wanted
from services.approval.requests.state import Status
from tests.support import configuration, plans_of_each_kind
from tests.support.cards import approved, card, short, viewer
from tests.support.executions import NOW, drawn

NOTHING = Counted(0, more=False)


def listed(workflow: str, currency: str = "USD", amount: str = "25000000", **given: Any) -> Listed:
    event = drawn(currency, amount)
    return Listed(short(card(event, workflow, **given), order_id=f"ORD-{workflow}"))


def page(waiting: list[Listed], wanted: Wanted | None = None, *, who: Any = None) -> dict[str, Any]:
    asked, person = wanted or Wanted(), who or viewer()
    mine = parted(waiting, person)
    return document(asked, Queue(mine, found(mine.of(asked.tab), asked, person.at), Decided(), NOTHING), person)


def ids(document: dict[str, Any]) -> list[str]:
    return [each["workflow_id"] for each in document["approvals"]]


def test_mine_and_others_are_parted_by_the_decider() -> None:
    rows = [
        listed("mine"),
        listed("own", maker="sara", currency="HKD", amount="400000000"),
        listed("big", "HKD", "400000000"),
    ]
    trader, senior = viewer("tom", "TRADER"), viewer("sara", "SENIOR_TRADER")
    assert ids(page(rows, Wanted(tab=Tab.OTHERS), who=trader)) == ["big", "own"]
    assert set(ids(page(rows, Wanted(tab=Tab.MINE), who=senior))) == {"mine", "big"}
    (own,) = page(rows, Wanted(tab=Tab.OTHERS), who=senior)["approvals"]
    assert own["why_not_code"] == "MAKER_IS_CHECKER"
    assert own["why_not"].startswith("You asked for this")


def test_counts_sum_and_next_expiry_are_of_all_that_waits_for_me() -> None:
    rows = [listed("a"), listed("b", asked=NOW - timedelta(hours=3)), listed("c", "HKD", "400000000")]
    made = page(rows, Wanted(currency="HKD"), who=viewer("tom", "TRADER"))
    assert made["counts"] == {"mine": 2, "others": 1, "decided": 0, "all": 3}
    assert made["mine_usd"] == "50000000.00"
    assert made["next_expiry"] == (NOW + timedelta(hours=21)).isoformat()
    assert made["matching"] == 0


def test_filters_offer_what_waits_also_where_the_tab_or_the_search_leaves_it_out() -> None:
    made = page([listed("a"), listed("b", "HKD", "400000000", maker="tom")], Wanted(search="nothing"))
    assert made["approvals"] == []
    assert [each["value"] for each in made["choices"]["currency"]] == ["HKD", "USD"]
    assert [each["value"] for each in made["choices"]["maker"]] == ["mira", "tom"]
    assert {"value": "ENTITY0011", "name": "Hong Kong Entity Subsidiary1"} in made["choices"]["entity"]


def test_what_expired_a_moment_ago_waits_for_nobody() -> None:
    over = listed("over", asked=NOW - timedelta(days=1))
    assert page([over], Wanted(tab=Tab.ALL))["counts"]["all"] == 0


def test_rows_that_need_attention_come_first_whatever_the_order() -> None:
    urgent = listed("urgent", amount="1000000", asked=NOW - timedelta(hours=23, minutes=49))
    renewed = Listed(short(card(drawn(), "renewed", predecessor="w0")), before="STALE_CONTEXT: rates moved")
    rows = [listed("plain"), renewed, urgent]
    for sort in Sort:
        made = page(rows, Wanted(sort=sort))
        assert set(ids(made)[:2]) == {"urgent", "renewed"}
        assert ids(made)[2] == "plain"
        assert made["attention"] == 2
    texts = {each["workflow_id"]: [one["text"] for one in each["attention"]] for each in page(rows)["approvals"]}
    assert texts["urgent"] == ["Expires soon and nobody has decided"]
    assert texts["renewed"] == ["New plan in place of an earlier one: rates moved"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (Sort.DEADLINE, ["old", "big", "small"]),
        (Sort.AMOUNT, ["big", "old", "small"]),
        (Sort.RISK, ["big", "old", "small"]),
        (Sort.NEWEST, ["small", "big", "old"]),
        (Sort.OLDEST, ["old", "big", "small"]),
    ],
)
def test_sorting_is_by_one_thing_and_then_by_id(sort: Sort, order: list[str]) -> None:
    rows = [
        listed("small", amount="1000000", asked=NOW - timedelta(minutes=1)),
        listed("old", asked=NOW - timedelta(hours=5)),
        listed("big", amount="99000000", asked=NOW - timedelta(hours=1)),
    ]
    assert ids(page(rows, Wanted(tab=Tab.ALL, sort=sort))) == order


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(currency="HKD"),
        Wanted(risk="HIGH"),
        Wanted(entity="ENTITY0011"),
        Wanted(tier="SENIOR_TRADER"),
        Wanted(search="subsidiary1"),
        Wanted(search="ord-HK"),
        Wanted(search="400,000,000"),
        Wanted(search="hong kong, 3 entities"),
        Wanted(maker="TOM", kind="hedge"),
    ],
)
def test_search_and_filters_leave_what_they_name(wanted: Wanted) -> None:
    rows = [
        listed("us"),
        listed("hk", "HKD", "400000000", maker="tom"),
        Listed(short(card(configuration.planned(), "cf"))),
    ]
    assert ids(page(rows, replace(wanted, tab=Tab.ALL))) == ["hk"]


def test_other_kinds_have_their_own_two_lines() -> None:
    change, override = (
        row(Listed(short(card(configuration.planned()))), viewer()),
        row(Listed(short(card(plans_of_each_kind.override()))), viewer()),
    )
    reversal = row(Listed(short(card(plans_of_each_kind.reversal()))), viewer())
    assert (change["title"], change["amount_usd"]) == ("Configuration: buffer_percentage of BUF_USD_001", None)
    assert change["subtitle"] == "5 → 7.5 · buffer_configuration · 4 operations"
    assert override["subtitle"] == "deal 2 of EVENT_0F8FAD5BD9CB469F_01 · CANCEL_REFUSED"
    assert (reversal["title"], reversal["subtitle"]) == (
        "Reversal of ORD-0F8FAD5BD9CB469F",
        "“Booked twice” · 6 deals to cancel",
    )


def test_needs_says_the_rule_that_asked_and_decided_says_who_is_missing() -> None:
    small, big = row(listed("a", amount="5000000"), viewer()), row(listed("b", "HKD", "400000000"), viewer())
    assert (small["needs"]["role"], small["needs"]["text"]) == ("TRADER", "below USD 10M")
    assert big["needs"]["role"] == "SENIOR_TRADER"
    assert big["needs"]["text"].startswith("from USD 50M, ")
    change = card(configuration.planned(), decisions=[approved("rita", "RISK_MANAGER")])
    decided = row(Listed(short(change)), viewer())["decided"]
    assert decided["given"] == 1
    assert decided["marks"][0] is True
    assert decided["text"] in {"needs any approver", "needs two approvers"}
    assert row(listed("c"), viewer())["decided"]["text"] == "nobody yet"


def test_partial_order_says_in_its_second_line_what_fits() -> None:
    partial = Listed(short(card(drawn("HKD", "20000000", nav_type="RE", entity_id="ENTITY0012"))))
    made = row(partial, viewer())
    assert made["title"].endswith(", partial")
    assert " of 20,000,000.00 fits · " in made["subtitle"]


def test_decided_row_says_who_decided_and_when() -> None:
    done = card(drawn(), status=Status.APPROVED, decisions=[approved("rita", "TRADER")])
    made = row(Listed(short(done), decided_at=NOW), viewer())
    assert (made["decided"]["text"], made["decided_at"], made["mine"]) == ("rita", NOW.isoformat(), False)


@given(waiting=st.integers(0, 230), decided=st.integers(0, 230), tab=st.sampled_from((Tab.ALL, Tab.DECIDED)))
def test_pages_show_every_row_once_in_order(waiting: int, decided: int, tab: Tab) -> None:
    shown = waiting if tab is Tab.ALL else 0
    seen: list[int] = []
    for number in range(1, max(1, -(-(shown + decided) // PAGE_ROWS)) + 1):
        wanted = Wanted(tab=tab, page=number)
        first = (number - 1) * PAGE_ROWS
        begin, rows = decided_slice(wanted, shown)
        own = [
            *range(shown)[first : first + PAGE_ROWS],
            *(shown + each for each in range(decided)[begin : begin + rows]),
        ]
        assert len(own) <= PAGE_ROWS
        seen += own
    assert seen == list(range(shown + decided))


def test_page_of_the_queue_has_fifty_rows_and_says_how_many_pages_there_are() -> None:
    one = listed("w")
    request = one.card.approval.request
    assert request is not None
    rows = [
        Listed(
            replace(
                one.card,
                approval=replace(one.card.approval, request=request.model_copy(update={"workflow_id": f"w{n:04}"})),
            )
        )
        for n in range(101)
    ]
    first, last = page(rows), page(rows, Wanted(page=3))
    assert (len(first["approvals"]), first["pages"], len(last["approvals"])) == (50, 3, 1)
    assert Decimal(first["mine_usd"]) == 101 * Decimal("25000000.00")


def test_nothing_waits_for_an_auditor() -> None:
    made = parted([listed("a")], viewer("max", "AUDITOR"))
    assert made == Waiting([], made.others)
    assert len(made.others) == 1
