"""Delegations and absences over HTTP: given, confirmed by another, used, ended; and what cards say of it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.approval.ports import Caller
from shared.events.approvals import DecisionRecorded, GrantIssued
from shared.events.identity import DELEGATIONS_STREAM, approval_stream
from shared.security.grants import verify_grant
from tests.support.approvals import DAY, DIGEST, World, request_for
from tests.support.units import WHEN, MemoryUnitOfWork

TODAY = "2026-11-23"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


class Talk:
    """What people say over HTTP."""

    def __init__(self, world: World, client: Any) -> None:
        self.world, self.client = world, client

    async def post(self, path: str, body: Any, person: str, *roles: str) -> Any:
        return await self.client.post(path, json=body, headers=self.world.token(person, *roles))

    async def read(self, person: str = "tom", *roles: str) -> Any:
        return (await self.client.get("/delegations", headers=self.world.token(person, *(roles or ("TRADER",))))).json()

    async def give(self, person: str = "rita", role: str = "RISK_MANAGER", **more: Any) -> Any:
        body = {"delegate": "sam", "roles": [role], "starts": TODAY, "ends": TODAY, "reason": "leave"} | more
        return await self.post("/delegations", body, person, role)

    async def given(self, **more: Any) -> dict[str, Any]:
        answer = await self.give(**more)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()["delegations"][0]
        return found

    async def confirm(self, found: dict[str, Any], person: str = "olga", role: str = "OPERATIONS") -> Any:
        path = f"/delegations/{found['delegation_id']}/confirmation"
        return await self.post(path, {"digest": found["digest"]}, person, role)

    async def approve(self, person: str, *roles: str, workflow: str = "w1") -> Any:
        body = {"decision": "APPROVE", "plan_digest": DIGEST}
        return await self.post(f"/approvals/{workflow}/decisions", body, person, *roles)

    async def card(self, person: str, *roles: str) -> Any:
        return (await self.client.get("/approvals/w1", headers=self.world.token(person, *roles))).json()


async def asked(world: World, usd: str = "120000000", **more: Any) -> None:
    await world.approvals.act("w1", request_for("w1", usd, **more), Caller("ann"))


async def test_a_delegation_is_given_confirmed_used_and_over(world: World) -> None:
    await asked(world)
    async with world.client() as client:
        talk = Talk(world, client)
        assert (await talk.approve("sam", "TRADER")).json()["code"] == "ROLE_INSUFFICIENT"
        found = await talk.given()
        assert (found["state"], found["ends_at"]) == ("WAITS", "2026-11-23T16:00:00+00:00"), (
            "a day ends at its midnight"
        )
        assert (await talk.approve("sam", "TRADER")).status_code == 403, "nobody has confirmed it"
        confirmed = (await talk.confirm(found)).json()["delegations"][0]
        assert (confirmed["state"], confirmed["starts_at"]) == ("HOLDS", WHEN.isoformat()), (
            "not before it was confirmed"
        )
        card = await talk.card("sam", "TRADER")
        assert (card["may_decide"], card["view"]["who"]["as_person"]) == (True, "rita")
        done = await talk.approve("sam", "TRADER")
        assert done.json()["decisions"][0]["on_behalf_of"] == "rita"
        events = (await MemoryUnitOfWork(world.approvals.streams).load(approval_stream("w1"))).events
        (decided,) = (each for each in events if isinstance(each, DecisionRecorded))
        (grant,) = (each for each in events if isinstance(each, GrantIssued))
        assert (decided.role, decided.on_behalf_of) == ("RISK_MANAGER", "rita")
        claims = verify_grant(grant.grant, world.grant_public, WHEN)
        assert (claims.approvers[0].on_behalf_of, claims.delegations_version) == ("rita", 2)
        world.now = WHEN + DAY
        assert (await talk.read())["delegations"][0]["state"] == "OVER"


async def test_the_delegate_of_the_maker_and_the_giver_and_the_delegate_together_are_no_four_eyes(world: World) -> None:
    await asked(world, maker="rita")
    async with world.client() as client:
        talk = Talk(world, client)
        await talk.confirm(await talk.given())
        assert (await talk.approve("sam", "RISK_MANAGER")).json()["code"] == "DELEGATE_OF_THE_MAKER"
        assert (await talk.card("sam", "RISK_MANAGER"))["why_not_code"] == "DELEGATE_OF_THE_MAKER"
        assert (await talk.approve("rosa", "RISK_MANAGER")).status_code == 201


@pytest.mark.parametrize(
    ("person", "role", "code"),
    [
        ("Rita", "RISK_MANAGER", "SAME_PERSON"),
        ("sam", "RISK_MANAGER", "DELEGATE_MAY_NOT_CONFIRM"),
        ("ann", "ANALYST", "NO_APPROVING_ROLE"),
    ],
)
async def test_another_person_confirms_who_is_neither_of_the_two(
    world: World, person: str, role: str, code: str
) -> None:
    async with world.client() as client:
        talk = Talk(world, client)
        found = await talk.given()
        refused = await talk.confirm(found, person, role)
        assert (refused.status_code, refused.json()["code"]) == (403, code)
        wrong = await talk.confirm({**found, "digest": "sha256:other"})
        assert (wrong.status_code, wrong.json()["code"]) == (409, "DIGEST_MISMATCH")


async def test_two_traders_do_not_agree_on_a_delegation_without_a_risk_manager(world: World) -> None:
    async with world.client() as client:
        talk = Talk(world, client)
        found = await talk.given(person="tom", role="TRADER")
        assert (await talk.confirm(found, "tina", "TRADER")).json()["code"] == "ROLE_INSUFFICIENT"
        assert (await talk.confirm(found, "rita", "RISK_MANAGER")).status_code == 201


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"roles": ["OPERATIONS"]}, 403, "ROLE_NOT_HELD"),
        ({"roles": []}, 422, "DELEGATION_INVALID"),
        ({"roles": ["ANALYST"]}, 422, "DELEGATION_INVALID"),
        ({"delegate": "RITA"}, 422, "DELEGATION_INVALID"),
        ({"delegate": "\u0440ita"}, 422, "DELEGATION_INVALID"),
        ({"ends": "2027-11-23"}, 422, "DELEGATION_INVALID"),
        ({"starts": "2026-11-01", "ends": "2026-11-22"}, 422, "DELEGATION_INVALID"),
        ({"starts": "2027-11-01", "ends": "2027-11-02"}, 422, "DELEGATION_INVALID"),
        ({"starts": "2026-11-31"}, 422, "INVALID_REQUEST"),
        ({"starts": "9999-12-31", "ends": "9999-12-31"}, 422, "INVALID_REQUEST"),
        ({"ends": "tomorrow"}, 422, "INVALID_REQUEST"),
        ({"reason": " "}, 422, "INVALID_REQUEST"),
    ],
)
async def test_what_cannot_be_given_is_refused(world: World, wrong: Any, status: int, code: str) -> None:
    async with world.client() as client:
        answer = await Talk(world, client).give(**wrong)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert not (await MemoryUnitOfWork(world.approvals.streams).load(DELEGATIONS_STREAM)).version


async def test_what_was_given_is_not_given_on(world: World) -> None:
    async with world.client() as client:
        talk = Talk(world, client)
        await talk.confirm(await talk.given())
        body = {"delegate": "tom", "roles": ["RISK_MANAGER"], "starts": TODAY, "ends": TODAY, "reason": "on"}
        assert (await talk.post("/delegations", body, "sam", "TRADER")).json()["code"] == "ROLE_NOT_HELD"


@pytest.mark.parametrize(("person", "role"), [("rita", "RISK_MANAGER"), ("sam", "TRADER"), ("rosa", "RISK_MANAGER")])
async def test_one_person_ends_it_at_once(world: World, person: str, role: str) -> None:
    await asked(world)
    async with world.client() as client:
        talk = Talk(world, client)
        found = await talk.given()
        await talk.confirm(found)
        path = f"/delegations/{found['delegation_id']}/end"
        assert (await talk.post(path, {}, "tom", "TRADER")).json()["code"] == "NOT_YOUR_DELEGATION"
        ended = await talk.post(path, {"reason": "back"}, person, role)
        assert ended.json()["delegations"][0]["state"] == "OVER"
        assert (await talk.approve("sam", "TRADER")).json()["code"] == "ROLE_INSUFFICIENT"
        assert (await talk.post(path, {}, person, role)).status_code == 201, "a second time changes nothing"
        unknown = await talk.post("/delegations/none/end", {}, person, role)
        assert (unknown.status_code, unknown.json()["code"]) == (404, "DELEGATION_UNKNOWN")


async def test_who_is_away_and_who_stands_in_is_on_the_card_and_a_decision_is_taken_all_the_same(world: World) -> None:
    await asked(world)
    async with world.client() as client:
        talk = Talk(world, client)
        away = {"starts": TODAY, "ends": "2026-11-25", "note": "leave"}
        assert (await talk.post("/absences", away, "rita", "RISK_MANAGER")).status_code == 201
        assert (await talk.post("/absences", away, "tom", "TRADER")).status_code == 201
        await talk.confirm(await talk.given())
        card = await talk.card("sam", "TRADER")
        (rita,) = card["away"]
        assert (rita["person"], rita["by"][0]["person"], rita["mine"]) == ("rita", "sam", False), (
            "a trader is not needed"
        )
        assert (await talk.card("rita", "RISK_MANAGER"))["away"][0]["mine"]
        shown = (await talk.read("rita", "RISK_MANAGER"))["absences"]
        mine = next(each for each in shown if each["person"] == "rita")
        assert (mine["state"], mine["may_end"]) == ("AWAY", True)
        path = f"/absences/{mine['absence_id']}/end"
        assert (await talk.post(path, {}, "sam", "TRADER")).json()["code"] == "NOT_YOUR_ABSENCE"
        assert (await talk.approve("rita", "RISK_MANAGER")).status_code == 201, "warned, not refused"
        world.now = WHEN + timedelta(minutes=1)
        back = (await talk.post(path, {}, "rita", "RISK_MANAGER")).json()["absences"]
        assert {each["person"]: each["state"] for each in back} == {"tom": "AWAY", "rita": "OVER"}


async def test_the_menu_counts_what_waits_for_a_second_person(world: World) -> None:
    async with world.client() as client:
        talk = Talk(world, client)
        await talk.given()
        for person, role, count in (("olga", "OPERATIONS", 1), ("rita", "RISK_MANAGER", 0), ("sam", "RISK_MANAGER", 0)):
            waiting = await client.get("/waiting", headers=world.token(person, role))
            assert waiting.json()["mine"]["delegations"] == count, person
