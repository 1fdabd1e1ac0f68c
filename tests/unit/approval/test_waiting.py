"""What waits for me, as the console's menu counts it."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.approval.console.queue.rows import Listed
from services.approval.held.state import Held, State
from services.approval.http.waiting import LatelyRead
from services.approval.publication.decider import Listed as PassedOver
from shared.events.publication import Cause
from tests.support.approvals import World
from tests.support.units import WHEN

BLOCKED = {
    "group": "hawk-executor-murex",
    "topic": "hawk.murex.answers",
    "partition": 2,
    "offset": 7,
    "reason": "a bug",
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def counted(world: World, person: str, *roles: str) -> dict[str, int]:
    async with world.client() as client:
        answer = await client.get("/waiting", headers=world.token(person, *roles))
    assert answer.status_code == 200, answer.text
    mine: dict[str, int] = answer.json()["mine"]
    assert answer.json()["dashboard"] == "http://127.0.0.1:9999"
    return mine


async def test_requests_count_for_whom_they_wait(world: World) -> None:
    await world.request("w1", "25000000")
    await world.request("w2", "75000000")
    assert await counted(world, "tom", "TRADER") == {
        "all": 1,
        "hedge": 1,
        "rollout": 0,
        "policy": 0,
        "delegations": 0,
        "passkeys": 0,
        "held": 0,
        "messages": 0,
        "reviews": 0,
    }
    assert (await counted(world, "sara", "SENIOR_TRADER"))["all"] == 2
    assert (await counted(world, "vic", "VIEWER"))["all"] == 0


async def test_proposals_count_for_the_second_person_and_not_for_the_first(world: World) -> None:
    world.publications.listed = {
        7: PassedOver(7, UUID(int=1), "plan-1", 2, "PlanDrawn", Cause.TOO_LARGE, "Too large.", WHEN, 0, None)
    }
    digest = "sha256:" + "1" * 64
    world.held.rows = {"h1": Held("h1", "held-x", digest, 2, {"doubts": []}, State.WAITING, "", ())}
    olga = world.token("olga", "OPERATIONS")
    async with world.client() as client:
        for path, body in (
            ("/stop", {"reason": "the feed looks wrong"}),
            ("/resume", {"reason": "put right", "expected_version": 2}),
            ("/deadletters/set-aside", BLOCKED),
            ("/events/unpublishable/7/publication", {"reason": "limit raised"}),
            ("/reference/held", {"held_id": "h1", "digest": digest, "decision": "CONFIRM"}),
        ):
            answer = await client.post(path, json=body, headers=olga)
            assert answer.status_code == 201, (path, answer.text)
    assert set((await counted(world, "olga", "OPERATIONS")).values()) == {0}
    assert await counted(world, "rita", "RISK_MANAGER") == {
        "all": 0,
        "rollout": 1,
        "policy": 0,
        "delegations": 0,
        "passkeys": 0,
        "held": 1,
        "messages": 2,
        "reviews": 0,
    }


async def test_the_queue_is_read_once_for_all_who_ask_within_seconds() -> None:
    now, reads = WHEN, 0

    async def read() -> list[Listed]:
        nonlocal reads
        reads += 1
        return []

    lately = LatelyRead(read, lambda: now, timedelta(seconds=5))
    for seconds, wanted in ((0, 1), (4, 1), (5, 2), (6, 2), (11, 3)):
        now = WHEN + timedelta(seconds=seconds)
        await lately.waiting()
        assert reads == wanted


async def test_who_may_be_the_first_person_is_said_with_the_reason(world: World) -> None:
    async with world.client() as client:
        for person, role, allowed in (("olga", "OPERATIONS", True), ("vic", "VIEWER", False)):
            headers = world.token(person, role)
            rollout = (await client.get("/rollout", headers=headers)).json()["may"]
            aside = (await client.get("/deadletters/set-aside", headers=headers)).json()
            events = (await client.get("/events/unpublishable", headers=headers)).json()
            said = [
                rollout["stop"]["allowed"],
                rollout["resume"]["allowed"],
                aside["may_propose"],
                events["may_propose"],
            ]
            assert said == [allowed] * 4
            assert [bool(each["why"]) for each in (rollout["stop"], aside, events)] == [not allowed] * 3
