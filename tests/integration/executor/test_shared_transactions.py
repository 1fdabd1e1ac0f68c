"""Many workflows in shared transactions leave behind what they leave one by one: each sees those before it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.executor.handlers.posting import post_journal
from services.executor.handlers.subscriptions import HANDLERS
from services.executor.tables.catalogue import TABLES
from shared.events import identity
from shared.events.approvals import GrantIssued
from shared.events.base import Event
from shared.events.plans import PlanDrawn
from shared.events.responses import Maker, Origin, ProposalMade
from shared.hedging.order import InstructionType, Order
from shared.messaging.unit_of_work import UnitOfWork, Work
from tests.support import executions, hedges
from tests.support.desk import Desk
from tests.support.units import message_for

pytestmark = pytest.mark.integration

#: A time of the database's own clock: the desk's has no fractions.
CLOCK = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+00")
USD = hedges.order("USD", "5000000", entity_id="ENTITY0037")
HKD = hedges.order("HKD", "40000000", entity_id="ENTITY0009")
#: The first two and the fourth are of one exposure and one USD limit, and instructions of one day and currency.
ORDERS: tuple[Order, ...] = (
    USD,
    USD,
    HKD,
    replace(USD, msg_uid="MSG-1"),
    replace(HKD, entity_id="ENTITY0010"),
    hedges.order("USD", "7000000", entity_id="ENTITY0038", instruction_type=InstructionType.U),
    replace(USD, msg_uid="MSG-1"),
)


def handling(desk: Desk, topic: str, event: Event, stream: str) -> Work[None]:
    message = message_for(event, topic=topic, stream=stream)

    async def work(uow: UnitOfWork) -> None:
        await HANDLERS[topic][type(event)](desk.ports, uow, message)

    return work


async def all_done(desk: Desk, works: Sequence[Work[None]], together: int) -> int:
    """So many works at a time; gives the number of transactions."""
    transactions = 0
    left = list(works)
    while left:
        done = await desk.units(left[:together])
        left, transactions = left[done:], transactions + 1
    return transactions


def proposals_of(desk: Desk, orders: Sequence[Order]) -> tuple[list[str], list[Work[None]]]:
    """The workflows of these orders, and the work of each proposal."""
    ids = [identity.workflow_id(f"r{number}", 1, 1) for number in range(len(orders))]
    proposals = [
        handling(
            desk,
            "hawk.proposals",
            ProposalMade(
                workflow_id=workflow_id,
                response_id=f"r{number}",
                origin=Origin(component=1, attempt=1, maker=Maker(name="mira")),
                order=order,
            ),
            identity.response_stream(f"r{number}"),
        )
        for number, (workflow_id, order) in enumerate(zip(ids, orders, strict=True))
    ]
    return ids, proposals


async def carried_out(desk: Desk, together: int, grants_of: dict[str, GrantIssued]) -> dict[str, int]:
    """Every order from its proposal to its posted journal; gives the transactions of each step.

    A grant that was given before is given again: no two signatures are alike.
    """
    used: dict[str, int] = {}
    ids, proposals = proposals_of(desk, ORDERS)
    used["proposals"] = await all_done(desk, proposals, together)
    drawn = [(await desk.events(identity.plan_stream(each)))[0] for each in ids]
    granted = [each for each in drawn if isinstance(each, PlanDrawn)]
    grants = [
        handling(
            desk,
            "hawk.approvals",
            grants_of.setdefault(each.workflow_id, desk.granted(each)),
            identity.approval_stream(each.workflow_id),
        )
        for each in granted
    ]
    used["grants"] = await all_done(desk, grants, together)
    replies = [
        handling(desk, "hawk.murex.answers", executions.answer_of(sent, "ACK"), f"murex-{sent.deal_booking_id}")
        for each in granted
        for sent in await desk.sent(each.workflow_id)
    ]
    used["replies"] = await all_done(desk, replies, together)

    def posting(workflow_id: str) -> Work[None]:
        return lambda uow: post_journal(desk.ports, uow, workflow_id)

    used["posted"] = await all_done(desk, [posting(each.workflow_id) for each in granted], together)
    return used


async def left_behind(desk: Desk) -> dict[str, list[Any]]:
    """All events and all rows, but for what the database's own clock wrote."""
    found: dict[str, list[Any]] = {
        "events": [
            (row["stream"], row["version"], row["type"], row["data"])
            for row in await desk.rows("SELECT stream, version, type, data FROM es.events ORDER BY stream, version")
        ]
    }
    for name in TABLES:
        rows = await desk.rows(f'SELECT t::text AS row FROM hawk."{name}" t')  # noqa: S608 - names of the catalogue
        found[name] = sorted(CLOCK.sub("then", row["row"]) for row in rows)
    for name in ("todo", "day_use"):
        rows = await desk.rows(f"SELECT t::text AS row FROM executor.{name} t")  # noqa: S608 - two constants
        found[name] = sorted(CLOCK.sub("then", row["row"]) for row in rows)
    return found


async def test_orders_of_shared_transactions_leave_behind_what_they_leave_one_by_one(
    desk: Desk, other_desk: Desk
) -> None:
    grants: dict[str, GrantIssued] = {}
    one_by_one = await carried_out(other_desk, 1, grants)
    together = await carried_out(desk, 50, grants)
    assert min(one_by_one.values()) > 1
    assert together == {"proposals": 1, "grants": 1, "replies": 1, "posted": 1}
    expected, found = await left_behind(other_desk), await left_behind(desk)
    assert found.keys() == expected.keys()
    for name in expected:
        assert found[name] == expected[name], name


async def test_grants_of_one_transaction_take_no_more_slots_than_there_are(desk: Desk) -> None:
    desk.slots = 2
    amounts = ("1000000", "2000000", "3000000", "4000000")
    orders = [hedges.order("USD", amount, entity_id="ENTITY0037") for amount in amounts]
    plans = [await desk.plan(await desk.propose(order)) for order in orders]
    works = [
        handling(desk, "hawk.approvals", desk.granted(plan), identity.approval_stream(plan.workflow_id))
        for plan in plans
    ]
    assert await all_done(desk, works, 50) == 1
    assert [await desk.state(plan.workflow_id) for plan in plans] == ["PREPARED", "PREPARED", "APPROVED", "APPROVED"]
    assert await desk.rows("SELECT count(*) AS held FROM executor.slots") == [{"held": 2}]
    for plan in plans[:2]:
        await desk.acknowledge(plan.workflow_id)
    assert await desk.take_turns([plan.workflow_id for plan in plans[2:]]) == 2
    assert [await desk.state(plan.workflow_id) for plan in plans[2:]] == ["PREPARED", "PREPARED"]


async def test_capacity_that_one_order_takes_is_gone_for_the_next_in_its_transaction(desk: Desk) -> None:
    """Two that fit alone and not together: the second is planned anew, whoever shares its transaction."""
    large = hedges.order("USD", "60000000", entity_id="ENTITY0037")
    plans = [await desk.plan(await desk.propose(large)) for _ in range(2)]
    works = [
        handling(desk, "hawk.approvals", desk.granted(plan), identity.approval_stream(plan.workflow_id))
        for plan in plans
    ]
    assert await all_done(desk, works, 50) == 1
    first, second = [await desk.state(plan.workflow_id) for plan in plans]
    assert first == "PREPARED"
    assert second == "STALE_CONTEXT"
