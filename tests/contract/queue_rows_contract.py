"""What everything that lists requests promises (`services/approval/console/queue/port.py`), run against each adapter.

An adapter's test is a subclass of `QueueRowsContract` with the fixture `stored`, which keeps cards and gives the rows.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import pytest

from services.approval.console.queue.listing import matches
from services.approval.console.queue.port import QueueRows
from services.approval.console.queue.rows import Listed
from services.approval.console.queue.wanted import Tab, Wanted
from services.approval.requests.cards import Card
from services.approval.requests.state import Status
from tests.support import configuration, plans_of_each_kind
from tests.support.cards import NOT_IN_LISTS, approved, card
from tests.support.executions import NOW, drawn


class StoredRows(Protocol):
    """An adapter that a test fills."""

    @property
    def rows(self) -> QueueRows:
        """The adapter."""

    async def keep(self, listed: Sequence[Listed]) -> None:
        """Keep requests with the time at which they were decided, if they were."""


def _order(of: Card, order_id: str) -> Card:
    return replace(of, plan=of.plan | {"order_id": order_id})


def _many() -> list[Listed]:
    """Decided requests of every kind, the latest first."""
    hong_kong = _order(card(drawn("HKD", "400000000"), "wf-hk", maker="tom", status=Status.APPROVED), "ORD-HK")
    cards = [
        _order(card(drawn("USD", "25000000"), "wf-us", status=Status.REJECTED), "ORD-US"),
        hong_kong,
        card(configuration.planned(), "wf-cf", status=Status.WITHDRAWN),
        card(plans_of_each_kind.override(), "wf-ov", status=Status.EXPIRED),
        card(plans_of_each_kind.reversal(), "wf-rv", status=Status.APPROVED),
        card(plans_of_each_kind.refused_check(), "wf-ch", usd="36000000", status=Status.APPROVED),
    ]
    return [Listed(each, NOW - timedelta(minutes=number)) for number, each in enumerate(cards)]


def ids(found: Sequence[Listed]) -> list[str]:
    return [each.card.approval.request.workflow_id for each in found if each.card.approval.request is not None]


class QueueRowsContract:
    """Each sentence of the port."""

    async def test_what_waits_comes_by_its_deadline_in_the_short_form(self, stored: StoredRows) -> None:
        one, two = card(drawn(), "w1", asked=NOW), card(drawn(), "w2", asked=NOW - timedelta(hours=2))
        done = card(drawn(), "w3", status=Status.APPROVED)
        await stored.keep([Listed(one), Listed(two), Listed(done, NOW)])
        found = await stored.rows.waiting()
        assert ids(found) == ["w2", "w1"]
        assert not set(NOT_IN_LISTS) & found[0].card.plan.keys()
        assert found[0].card.detail == {}
        assert found[0].decided_at is None

    async def test_decisions_so_far_come_along(self, stored: StoredRows) -> None:
        half = card(drawn("HKD", "400000000"), "w1", verified=False, decisions=[approved("rita", "RISK_MANAGER")])
        await stored.keep([Listed(half)])
        (found,) = await stored.rows.waiting()
        assert found.card.approval == half.approval

    async def test_reason_why_the_predecessor_ended_comes_along(self, stored: StoredRows) -> None:
        before = card(drawn(), "w0", status=Status.CLOSED)
        before = replace(before, approval=replace(before.approval, reason="STALE_CONTEXT: rates moved"))
        await stored.keep([Listed(before, NOW), Listed(card(drawn(), "w1", predecessor="w0"))])
        (found,) = await stored.rows.waiting()
        assert found.before == "STALE_CONTEXT: rates moved"

    async def test_decided_comes_by_the_time_of_its_decision_in_slices(self, stored: StoredRows) -> None:
        await stored.keep(_many())
        everything = await stored.rows.decided(Wanted(tab=Tab.DECIDED), 0, 50)
        assert ids(everything.rows) == ["wf-us", "wf-hk", "wf-cf", "wf-ov", "wf-rv", "wf-ch"]
        assert everything.matching == 6
        part = await stored.rows.decided(Wanted(tab=Tab.DECIDED), 2, 3)
        assert (ids(part.rows), part.matching) == (["wf-cf", "wf-ov", "wf-rv"], 6)
        assert everything.rows[0].decided_at == NOW
        counted = await stored.rows.counted()
        assert (counted.total, counted.more) == (6, False)

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            (Wanted(search="ord-hk"), ["wf-hk"]),
            (Wanted(search="WF-US"), ["wf-us"]),
            (Wanted(search="subsidiary1"), ["wf-hk"]),
            (Wanted(search="entity0011"), ["wf-hk"]),
            (Wanted(search="tom"), ["wf-hk"]),
            (Wanted(search="buf_usd_001"), ["wf-cf"]),
            (Wanted(search="booked twice"), ["wf-rv"]),
            (Wanted(search="%"), []),
            (Wanted(search="COI inception", currency="HKD"), ["wf-hk"]),
            (Wanted(kind="override"), ["wf-ov"]),
            (Wanted(kind="check"), ["wf-ch"]),
            (Wanted(kind="hedge"), ["wf-us", "wf-hk"]),
            (Wanted(currency="HKD"), ["wf-hk"]),
            (Wanted(risk="HIGH"), ["wf-hk"]),
            (Wanted(entity="ENTITY0011"), ["wf-hk"]),
            (Wanted(tier="OPERATIONS"), ["wf-ov"]),
            (Wanted(maker="Tom"), ["wf-hk"]),
            (Wanted(maker="Tom", currency="USD"), []),
        ],
        ids=lambda value: str(value) if isinstance(value, Wanted) else "",
    )
    async def test_search_and_filters_find(self, stored: StoredRows, wanted: Wanted, expected: list[str]) -> None:
        await stored.keep(_many())
        wanted = replace(wanted, tab=Tab.DECIDED)
        found = await stored.rows.decided(wanted, 0, 50)
        assert (ids(found.rows), found.matching) == (expected, len(expected))
        assert all(matches(each, replace(wanted, search="")) for each in found.rows)

    async def test_page_behind_the_end_is_empty_and_still_counts(self, stored: StoredRows) -> None:
        await stored.keep(_many())
        found = await stored.rows.decided(Wanted(tab=Tab.DECIDED, kind="hedge"), 50, 50)
        assert (list(found.rows), found.matching) == ([], 2)
