"""Reference rows that wait for people, as a person's client sees them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.approval.held.state import Held, State
from tests.support.approvals import World

DIGEST = "sha256:" + "1" * 64
DOUBT = {
    "table": "currency_rates", "key": "USD/SGD:prevailing", "column": "rate_value", "before": "1.3500",
    "after": "1350", "bound": "at most 1000 basis points", "message": "currency_rates USD/SGD:prevailing moves.",
}  # fmt: skip


def held(held_id: str = "h1", persons: int = 1, state: State = State.WAITING) -> Held:
    document = {"feed": "rates", "load_id": "", "rows": 1, "doubts": [DOUBT], "found": 1, "persons": persons}
    return Held(held_id, "held-currency_rates-USD/SGD:prevailing", DIGEST, persons, document, state, "", ())


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.held.rows = {"h1": held(), "h2": held("h2", persons=2)}
    return made


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client() as opened:
        yield opened


def body(held_id: str = "h1", decision: str = "CONFIRM", **more: str) -> dict[str, Any]:
    return {"held_id": held_id, "digest": DIGEST, "decision": decision, **more}


def problem(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_what_waits_is_listed_with_its_doubts_and_whether_this_person_may_decide(
    world: World, client: httpx.AsyncClient
) -> None:
    found = (await client.get("/reference/held", headers=world.token("olga", "OPERATIONS"))).json()["held"]
    assert [(each["held_id"], each["state"], each["may_confirm"]) for each in found] == [
        ("h1", "WAITING", True), ("h2", "WAITING", True),
    ]  # fmt: skip
    assert (found[0]["doubts"], found[0]["digest"], found[0]["confirmed_by"]) == ([DOUBT], DIGEST, [])
    (one,) = (await client.get("/reference/held?held_id=h2", headers=world.token("tom", "TRADER"))).json()["held"]
    assert (one["may_confirm"], "OPERATIONS" in one["why"]) == (False, True)
    assert (await client.get("/reference/held")).status_code == 401


async def test_one_person_confirms_a_rate_and_two_a_period(world: World, client: httpx.AsyncClient) -> None:
    olga, raj = world.token("olga", "OPERATIONS"), world.token("raj", "RISK_MANAGER")
    confirmed = await client.post("/reference/held", json=body(comment="asked the desk"), headers=olga)
    assert confirmed.status_code == 201, confirmed.text
    assert confirmed.json()["held"][0]["state"] == "CONFIRMED"
    first = (await client.post("/reference/held", json=body("h2"), headers=olga)).json()["held"][0]
    assert (first["state"], [each["person"] for each in first["confirmed_by"]]) == ("WAITING", ["olga"])
    assert not first["may_confirm"]
    problem(await client.post("/reference/held", json=body("h2"), headers=olga), 403, "SAME_PERSON")
    second = (await client.post("/reference/held", json=body("h2"), headers=raj)).json()["held"][0]
    assert second["state"] == "CONFIRMED"
    problem(await client.post("/reference/held", json=body("h2"), headers=raj), 409, "ALREADY_DECIDED")


async def test_one_person_rejects_whatever_it_is(world: World, client: httpx.AsyncClient) -> None:
    answer = await client.post("/reference/held", json=body("h2", "REJECT"), headers=world.token("raj", "RISK_MANAGER"))
    assert answer.json()["held"][0]["state"] == "REJECTED"


async def test_refusals_name_their_reason(world: World, client: httpx.AsyncClient) -> None:
    olga = world.token("olga", "OPERATIONS")
    problem(await client.post("/reference/held", json=body("h9"), headers=olga), 404, "HELD_UNKNOWN")
    problem(await client.post("/reference/held", json=body(digest="sha256:0"), headers=olga), 409, "DIGEST_MISMATCH")
    trader = world.token("tom", "TRADER", "SENIOR_TRADER")
    problem(await client.post("/reference/held", json=body(), headers=trader), 403, "ROLE_INSUFFICIENT")
    for wrong in ({}, body(decision="MAYBE"), body() | {"more": 1}, body(held_id="two words")):
        problem(await client.post("/reference/held", json=wrong, headers=olga), 422, "INVALID_REQUEST")
    world.held.rows["h1"] = held(state=State.DROPPED)
    assert world.held.said.get("h1", []) == []
