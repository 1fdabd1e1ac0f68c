"""The routes of rollout, stop and resume, as a person's client sees them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.approval.rollout.state import TakenIn, after_new
from services.approval.rollout.view import notice
from shared.events.decisions import DecisionName
from tests.support.approvals import DAY, World
from tests.support.rollout import FULL, opened_state, stopped
from tests.support.units import WHEN

LIMITED = {
    "mode": "LIMITED",
    "limits": {"action_types": ["I", "T"], "order_cap_usd": "30000000", "day_cap_usd": "60000000.00"},
    "expected_version": 1,
    "comment": "the first desk",
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client() as opened:
        yield opened


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    document: dict[str, Any] = answer.json()
    assert (answer.status_code, document["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return document


async def test_a_change_is_shown_waiting_then_in_force(world: World, client: httpx.AsyncClient) -> None:
    rita, tom = world.token("rita", "RISK_MANAGER"), world.token("tom", "TRADER")
    proposed = await client.post("/rollout", json=LIMITED, headers=rita)
    assert proposed.status_code == 201, proposed.text
    told = (await client.get("/rollout", headers=tom)).json()
    pending = told["pending"]
    assert (told["mode"], told["limits"], told["version"]) == ("FULL", {}, 2)
    assert (pending["mode"], pending["limits"]["order_cap_usd"], pending["comment"], pending["may_confirm"]) == (
        "LIMITED", "30000000", "the first desk", True,
    )  # fmt: skip
    assert (await client.get("/rollout", headers=rita)).json()["pending"]["may_confirm"] is False
    confirmed = await client.post("/rollout", json={"digest": pending["digest"]}, headers=tom)
    assert confirmed.status_code == 201, confirmed.text
    after = confirmed.json()
    assert (after["mode"], after["limits"]["action_types"], after["pending"]) == ("LIMITED", ["I", "T"], None)
    assert [each["person"] for each in after["set_by"]] == ["rita", "tom"]


async def test_refusals_of_a_change_name_their_reason(world: World, client: httpx.AsyncClient) -> None:
    rita, tom = world.token("rita", "RISK_MANAGER"), world.token("tom", "TRADER")
    problem(await client.post("/rollout", json=LIMITED, headers=world.token("vic", "VIEWER")), 403, "NO_APPROVING_ROLE")
    problem(
        await client.post("/rollout", json=LIMITED | {"expected_version": 7}, headers=rita), 409, "VERSION_CONFLICT"
    )
    problem(await client.post("/rollout", json={"digest": "sha256:1"}, headers=tom), 409, "NOTHING_PROPOSED")
    digest = (await client.post("/rollout", json=LIMITED, headers=rita)).json()["pending"]["digest"]
    problem(await client.post("/rollout", json={"digest": digest}, headers=rita), 403, "SAME_PERSON")
    problem(await client.post("/rollout", json={"digest": "sha256:1"}, headers=tom), 409, "DIGEST_MISMATCH")
    world.now += DAY
    late_tom = world.token("tom", "TRADER")
    assert (await client.get("/rollout", headers=late_tom)).json()["pending"] is None
    problem(await client.post("/rollout", json={"digest": digest}, headers=late_tom), 409, "EXPIRED")


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/rollout", {"mode": "LIMITED", "expected_version": 1}, "LIMITS_INVALID"),
        ("/rollout", LIMITED | {"mode": "FULL"}, "LIMITS_INVALID"),
        ("/rollout", {"mode": "SOMETIMES", "expected_version": 1}, "INVALID_REQUEST"),
        ("/rollout", {"mode": "OBSERVE"}, "INVALID_REQUEST"),
        ("/rollout", LIMITED | {"limits": {**LIMITED["limits"], "order_cap_usd": 30}}, "INVALID_REQUEST"),  # type: ignore[dict-item]
        ("/rollout", LIMITED | {"limits": {**LIMITED["limits"], "order_cap_usd": "1e9"}}, "INVALID_REQUEST"),  # type: ignore[dict-item]
        ("/rollout", LIMITED | {"limits": {**LIMITED["limits"], "action_types": ["M"]}}, "INVALID_REQUEST"),  # type: ignore[dict-item]
        ("/rollout", LIMITED | {"limits": {**LIMITED["limits"], "action_types": []}}, "INVALID_REQUEST"),  # type: ignore[dict-item]
        ("/rollout", LIMITED | {"expected_version": "1"}, "INVALID_REQUEST"),
        ("/rollout", LIMITED | {"digest": "sha256:1"}, "INVALID_REQUEST"),
        ("/stop", {}, "INVALID_REQUEST"),
        ("/stop", {"reason": "  "}, "INVALID_REQUEST"),
        ("/stop", {"reason": "x" * 3_000}, "INVALID_REQUEST"),
        ("/resume", {}, "INVALID_REQUEST"),
    ],
)  # fmt: skip
async def test_a_body_is_refused_that_does_not_say_what_it_means(
    world: World, client: httpx.AsyncClient, path: str, body: Any, code: str
) -> None:
    problem(await client.post(path, json=body, headers=world.token("rita", "RISK_MANAGER")), 422, code)
    assert (await client.get("/rollout", headers=world.token("rita"))).json()["version"] == 1


async def test_one_person_stops_and_two_resume(world: World, client: httpx.AsyncClient) -> None:
    tom, olga = world.token("tom", "TRADER"), world.token("olga", "OPERATIONS")
    problem(await client.post("/stop", json={"reason": "x"}, headers=world.token("vic")), 403, "NO_APPROVING_ROLE")
    problem(await client.post("/resume", json={"expected_version": 1}, headers=tom), 409, "NOT_STOPPED")
    stopped = await client.post("/stop", json={"reason": "rates look odd"}, headers=tom)
    assert stopped.status_code == 201, stopped.text
    told = stopped.json()
    assert (told["stopped"], told["stop"]["reason"], told["stop"]["stopped_by"]["person"]) == (
        True, "rates look odd", "tom",
    )  # fmt: skip
    assert (told["in_force"], told["executor"]) == (False, None)
    decided = (await world.rollouts.read()).decided
    other = DecisionName(version=decided.version, digest="sha256:" + "0" * 64)
    world.rollouts.executor = TakenIn(other, world.now, stopped=True)
    assert (await client.get("/rollout", headers=tom)).json()["in_force"] is False
    world.rollouts.executor = TakenIn(decided, world.now, stopped=True)
    taken_in = (await client.get("/rollout", headers=tom)).json()
    assert (taken_in["in_force"], taken_in["executor"]["version"]) == (True, told["version"])
    body = {"expected_version": told["version"], "reason": "checked"}
    proposed = (await client.post("/resume", json=body, headers=tom)).json()
    assert proposed["in_force"], "a proposal changes nothing that the executor could keep to"
    digest = proposed["pending_resumption"]["digest"]
    problem(await client.post("/resume", json={"digest": digest}, headers=tom), 403, "SAME_PERSON")
    resumed = await client.post("/resume", json={"digest": digest}, headers=olga)
    assert resumed.status_code == 201, resumed.text
    assert (resumed.json()["stopped"], resumed.json()["pending_resumption"]) == (False, None)


SECONDS = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("changes", "after", "told"),
    [
        ({}, 4 * SECONDS, None),
        ({}, 42 * SECONDS, "THE STOP of 2026-11-23 09:00:00 UTC IS NOT IN FORCE: the executor has"),
        ({"kept": True}, 42 * SECONDS, None),
        ({"kept": True, "stopped": False}, 42 * SECONDS, "IS NOT IN FORCE"),
        ({"kept": True, "doubted": 9}, 0 * SECONDS, "given decision 9 without the one before it"),
        ({"kept": True, "behind_since": WHEN}, 0 * SECONDS, "does not read hawk.control to its end since 2026-11-23"),
    ],
)  # fmt: skip
def test_people_are_told_in_words_when_the_executor_does_not_keep_to_a_stop(
    changes: dict[str, Any], after: timedelta, told: str | None
) -> None:
    state = after_new(opened_state(FULL), stopped())
    given = {"stopped": True, "since": WHEN, **changes}
    decision = state.decided if given.pop("kept", False) else opened_state(FULL).decided
    said = notice(state, TakenIn(decision, **given), WHEN + after)
    assert (said is None) is (told is None)
    assert told is None or told in (said or "")


def test_an_executor_that_a_late_stop_has_stopped_is_told_of() -> None:
    state = opened_state(FULL)
    said = notice(state, TakenIn(state.decided, WHEN, stopped=True), WHEN)
    assert "an earlier stop that came to it late" in (said or "")
