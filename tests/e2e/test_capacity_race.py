"""Two orders beyond the capacity of an entity, approved at the same moment over HTTP: one is booked whole, the other is
planned anew with what is left, and nothing is given twice."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import httpx
import pytest

from tests.support.hawk import TURN_SECONDS_MAX, Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

CAPACITY = "SELECT available_amount FROM public.v_entity_capacity_complete WHERE entity_id = $1 AND nav_type = 'COI'"
USE = "SELECT reserved, hedged FROM hawk.exposure_capacity WHERE entity_id = $1"


def approve_at_once(hawk: Hawk, workflows: list[dict[str, Any]]) -> list[httpx.Response]:
    """One person each, and nobody decides before all are about to."""
    people = [hawk.token(name, "TRADER") for name in ("mira", "tom")]
    ready = Barrier(len(workflows))

    def decide(token: str, workflow: dict[str, Any]) -> httpx.Response:
        ready.wait(TURN_SECONDS_MAX)
        return hawk.decide(workflow["workflow_id"], token, digest=workflow["plan_digest"])

    with ThreadPoolExecutor(len(workflows)) as threads:
        return list(threads.map(decide, people, workflows))


@pytest.mark.parametrize(
    ("currency", "entity", "first", "second"),
    [("HKD", "ENTITY0012", "20000000", "15000000"), ("TWD", "ENTITY0036", "500000000", "375000000")],
    ids=["HKD", "TWD"],
)
def test_two_orders_approved_at_the_same_moment_share_what_there_is(
    hawk: Hawk, currency: str, entity: str, first: str, second: str
) -> None:
    """Each fits alone, both do not. The entities are treasury units that no other test trades for."""
    (room,) = (Decimal(row["available_amount"]) for row in hawk.query(CAPACITY, entity))
    assert max(Decimal(first), Decimal(second)) <= room < Decimal(first) + Decimal(second)
    orders = [order(currency, first, entity, user="mira"), order(currency, second, entity, user="tom")]
    workflows = [hawk.planned(each) for each in orders]

    answers = approve_at_once(hawk, workflows)

    assert [answer.status_code for answer in answers] == [httpx.codes.CREATED] * 2
    ended = [hawk.in_state(each["workflow_id"], "POSTED", "STALE_CONTEXT") for each in workflows]
    assert sorted(each["state"] for each in ended) == ["POSTED", "STALE_CONTEXT"]
    (booked,) = [each for each in ended if each["state"] == "POSTED"]
    (stale,) = [each for each in ended if each["state"] == "STALE_CONTEXT"]
    assert Decimal(booked["allocated_amount"]) == Decimal(booked["amount"])
    assert hawk.query("SELECT FROM hawk.hedge_instructions WHERE workflow_id = $1", stale["workflow_id"]) == []

    successor = hawk.in_state(stale["successor"], "AWAITING_APPROVAL")
    left = room - Decimal(booked["amount"])
    assert (successor["predecessor"], Decimal(successor["allocated_amount"])) == (stale["workflow_id"], left)
    assert "PARTIAL_CAPACITY" in {warning["code"] for warning in successor["warnings"]}
    hawk.approve(successor["workflow_id"], stale["maker"])
    hawk.in_state(successor["workflow_id"], "POSTED")
    (use,) = hawk.query(USE, entity)
    assert (use["reserved"], use["hedged"]) == (Decimal(0), room)
    assert [row["available_amount"] for row in hawk.query(CAPACITY, entity)] == [Decimal(0)]
