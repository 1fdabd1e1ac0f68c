"""How people decide, as figures: who approves 20 cards in 20 s is seen, and by whom."""

from datetime import timedelta

import httpx
import pytest

from services.approval.ports import Caller
from tests.support.approvals import DIGEST, World, request_for
from tests.support.units import WHEN

SECOND = timedelta(seconds=1)


async def decide(world: World, client: httpx.AsyncClient, number: int, seconds: int, **body: object) -> None:
    """Tom opens a card and decides so many seconds later."""
    name, headers = f"w{number}", world.token("tom", "TRADER")
    await world.approvals.act(name, request_for(name, "5000000", at=world.now), Caller("ann"))
    assert (await client.get(f"/approvals/{name}", headers=headers)).status_code == 200
    world.now += seconds * SECOND
    assert (await client.get(f"/approvals/{name}", headers=headers)).status_code == 200, "the first time counts"
    said = {"decision": "APPROVE", "plan_digest": DIGEST, **body}
    answer = await client.post(f"/approvals/{name}/decisions", json=said, headers=headers)
    assert answer.status_code == 201, answer.text


async def test_who_approves_20_cards_in_20_seconds_is_seen(world: World) -> None:
    async with world.client() as client:
        for number in range(20):
            await decide(world, client, number, 1)
        assert world.now == WHEN + 20 * SECOND
        found = (await client.get("/signals", headers=world.token("rita", "RISK_MANAGER"))).json()
    (tom,) = found["approvers"]
    assert {key: tom[key] for key in ("person", "decisions", "yes_percent", "seconds_p50", "sections_mean")} == {
        "person": "tom", "decisions": 20, "yes_percent": 100, "seconds_p50": "1.0", "sections_mean": "0.0",
    }  # fmt: skip
    assert tom["signs"] == [
        "Half of the decisions came within 1.0 s of the card, less than it takes to read one.",
        "100% are a yes, and no section of a card was ever ticked as read.",
    ]


async def test_who_reads_and_says_no_now_and_then_shows_no_sign(world: World) -> None:
    async with world.client() as client:
        for number in range(12):
            decision = "REJECT" if number % 4 == 0 else "APPROVE"
            await decide(world, client, number, 90, decision=decision, viewed=["risk", "deals"])
        found = (await client.get("/signals", headers=world.token("ada", "AUDITOR"))).json()
    (tom,) = found["approvers"]
    assert (tom["yes_percent"], tom["seconds_p50"], tom["sections_mean"], tom["signs"]) == (75, "90.0", "2.0", [])


async def test_a_handful_of_decisions_says_nothing(world: World) -> None:
    async with world.client() as client:
        for number in range(9):
            await decide(world, client, number, 1)
        found = (await client.get("/signals", headers=world.token("rita", "RISK_MANAGER"))).json()
    assert found["approvers"][0]["signs"] == []


@pytest.mark.parametrize("role", ["TRADER", "SENIOR_TRADER", "OPERATIONS", "ANALYST"])
async def test_how_colleagues_decide_is_not_for_everybody(world: World, role: str) -> None:
    async with world.client() as client:
        refused = await client.get("/signals", headers=world.token("tom", role))
    assert (refused.status_code, refused.json()["code"]) == (403, "ROLE_INSUFFICIENT")
