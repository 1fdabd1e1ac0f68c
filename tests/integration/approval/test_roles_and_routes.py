"""Every route of the approval service with every role, without a token, and with a role that is limited to an entity.

One table. A route that is not in it fails: whoever adds one says here who may use it.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from services.approval.policy.view import written
from shared.passkeys.challenge import written as written_bytes
from shared.policy.recorded import table_of
from shared.policy.table import ANALYST, DEFAULT_POLICY, LADDER, OPERATIONS
from tests.integration.approval.test_approval_postgres import Running, planned, proven
from tests.support.authenticators import Authenticator
from tests.support.stack import TestDatabase
from tests.support.story import Story

pytestmark = pytest.mark.integration

#: Nobody has a power by it; an issuer may give it all the same.
READER = "AUDITOR"
#: A role for one entity: it decides nothing about orders of others, nor about what is of no entity.
OF_AN_ENTITY = "TRADER@ENTITY0009"
NOBODY = "no token"
ROLES: Final = (READER, ANALYST, *LADDER, OPERATIONS, OF_AN_ENTITY)
WHO: Final = (NOBODY, *ROLES)

SIGNED_IN: Final = frozenset(ROLES)
SUBMITTERS: Final = frozenset({ANALYST, *LADDER, OPERATIONS})
#: Who decides about something: also who does so for one entity.
DECIDERS: Final = frozenset({*LADDER, OPERATIONS, OF_AN_ENTITY})
APPROVERS: Final = frozenset({*LADDER, OPERATIONS})
TRADERS: Final = frozenset(LADDER)
CONTROL: Final = frozenset({"RISK_MANAGER", OPERATIONS})
EVERYBODY: Final = frozenset(WHO)
NO_ONE: Final[frozenset[str]] = frozenset()

LETTER = f"executor-{'0' * 32}"
NOTIFICATION = "00000000-0000-4000-8000-000000000000"
ANSWER = {"ai_response": {"analysis": "fits", "recommended_actions": []}}
STRICTER = written(table_of(replace(DEFAULT_POLICY, four_eyes_from=Decimal(0))))
PLACE = {"group": "hawk-executor-murex", "topic": "hawk.murex.answers", "partition": 0, "offset": 1}

#: Who gets past the door; what the request then comes to is the matter of other tests.
MAY: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("GET", "/health/live"): EVERYBODY,
    ("GET", "/health/ready"): EVERYBODY,
    ("GET", "/metrics"): EVERYBODY,
    ("GET", "/approvals"): SIGNED_IN,
    ("GET", "/approvals/{workflow_id}"): SIGNED_IN,
    ("POST", "/approvals/{workflow_id}/decisions"): TRADERS,
    ("POST", "/approvals/{workflow_id}/break-glass"): APPROVERS,
    ("GET", "/reviews"): SIGNED_IN,
    ("POST", "/reviews/{workflow_id}"): frozenset({READER, *APPROVERS}),
    ("POST", "/approvals/{workflow_id}/withdrawal"): NO_ONE,  # the maker alone, whatever the role
    ("POST", "/approvals/{workflow_id}/amendment"): NO_ONE,  # the maker alone
    ("POST", "/approvals/{workflow_id}/questions"): APPROVERS | {OF_AN_ENTITY},
    ("POST", "/approvals/{workflow_id}/questions/{number}/answer"): NO_ONE,  # the maker alone
    ("POST", "/approvals/{workflow_id}/revocation"): TRADERS,
    ("POST", "/workflows/{workflow_id}/reversal"): APPROVERS,
    ("POST", "/hawk-agent/execute-actions"): SUBMITTERS,
    ("POST", "/hawk-agent/previews"): SUBMITTERS,
    ("GET", "/hawk-agent/previews/{preview_id}"): SIGNED_IN,
    ("POST", "/stream-tickets"): SIGNED_IN,
    ("GET", "/session"): NO_ONE,  # sessions of browsers, not tokens
    ("POST", "/session"): SIGNED_IN,
    ("DELETE", "/session"): EVERYBODY,
    ("GET", "/login"): EVERYBODY,
    ("POST", "/logout"): NO_ONE,  # from a page of HAWK alone
    ("POST", "/demo/sign-in"): NO_ONE,  # likewise
    ("GET", "/rollout"): SIGNED_IN,
    ("POST", "/rollout"): APPROVERS,  # as one of two
    ("POST", "/stop"): APPROVERS,
    ("POST", "/resume"): APPROVERS,  # as one of two
    ("GET", "/policy"): SIGNED_IN,
    ("POST", "/policy"): APPROVERS,  # as one of three
    ("POST", "/policy/rejection"): APPROVERS,
    ("POST", "/policy/simulation"): SIGNED_IN,
    ("GET", "/delegations"): SIGNED_IN,
    ("POST", "/delegations"): APPROVERS,  # a role of one's own
    ("POST", "/delegations/{delegation_id}/confirmation"): APPROVERS,  # as one of two
    ("POST", "/delegations/{delegation_id}/end"): frozenset({"RISK_MANAGER"}),  # and the two whom it concerns
    ("POST", "/absences"): DECIDERS,
    ("POST", "/absences/{absence_id}/end"): NO_ONE,  # who said to be away, whatever the role
    ("GET", "/signals"): frozenset({READER, "RISK_MANAGER"}),
    ("GET", "/passkeys"): SIGNED_IN,
    ("POST", "/passkeys/registration"): APPROVERS,
    ("POST", "/passkeys"): APPROVERS,
    ("POST", "/passkeys/confirmation"): APPROVERS,  # as one of two
    ("POST", "/passkeys/rejection"): APPROVERS,
    ("POST", "/passkeys/removal"): APPROVERS,  # as one of two
    ("POST", "/approvals/{workflow_id}/signing"): SIGNED_IN,  # who has no passkey is told so
    ("GET", "/waiting"): SIGNED_IN,
    ("GET", "/letters"): SIGNED_IN,
    ("GET", "/notifications"): CONTROL,
    ("POST", "/notifications/{notification_id}/again"): frozenset({OPERATIONS}),
    ("GET", "/reference/held"): SIGNED_IN,
    ("POST", "/reference/held"): CONTROL,
    ("POST", "/deadletters/{letter}/replay"): CONTROL,
    ("GET", "/deadletters/set-aside"): SIGNED_IN,
    ("POST", "/deadletters/set-aside"): APPROVERS,
    ("GET", "/events/unpublishable"): SIGNED_IN,
    ("POST", "/events/unpublishable/{position}/publication"): CONTROL,
}
#: Streams end with the process; their door is that of the routes beside them, tested where they are.
STREAMS: Final = {("GET", "/approvals/stream"), ("GET", "/hawk-agent/execute-actions")}
#: Sent from elsewhere, as a page of another site or a program would.
STATUS_OF_THE_DOOR: Final = (401, 403)


@pytest.fixture
async def running(tmp_path: Path, database: TestDatabase) -> AsyncIterator[Running]:
    made = Running(tmp_path, database)
    await made.service.database.open()
    for step in made.service.first_steps:
        await step()
    yield made
    await made.service.database.close(2)


def _days() -> dict[str, str]:
    """Return days that are not over."""
    today = datetime.now(UTC).date()
    return {"starts": today.isoformat(), "ends": (today + timedelta(days=2)).isoformat()}


class Requests:
    """A request for each route that somebody with the right role could make with success."""

    def __init__(self, running: Running, client: httpx.AsyncClient, *, signed_in_ago: timedelta = timedelta(0)) -> None:
        self._running, self._client, self._ago = running, client, signed_in_ago
        self._plans, self._keys, self._digest = 0, 0, ""

    async def status(self, method: str, path: str, who: str) -> int:
        """Send it as somebody; return the status."""
        plan = await self._plan()
        names = {"preview_id": "hawk-preview-1", "letter": LETTER, "position": "1", "notification_id": NOTIFICATION}
        names["number"] = "1"
        if "{delegation_id}" in path or "{absence_id}" in path:
            names |= await self._given()
        url = path.format(workflow_id=plan.workflow_id, **names)
        headers = {} if who == NOBODY else self._running.token(f"p-{who.replace('@', '-')}", who, ago=self._ago)
        body = await self._body(path, plan) if method == "POST" else None
        answer = await self._client.request(method, url, headers=headers, json=body)
        return answer.status_code

    async def _plan(self) -> Any:
        self._plans += 1
        plan = planned(Story(f"resp-{self._plans}", currency="USD", amount="5000000", entity="ENTITY0037"))
        await self._running.deliver(plan)
        return plan

    async def _body(self, path: str, plan: Any) -> dict[str, Any]:
        reason = {"reason": "tried"}
        bodies: dict[str, dict[str, Any]] = {
            "/approvals/{workflow_id}/decisions": {"decision": "APPROVE", "plan_digest": plan.plan_digest},
            "/approvals/{workflow_id}/break-glass": {"plan_digest": plan.plan_digest, **reason},
            "/reviews/{workflow_id}": {"finding": "JUSTIFIED"},
            "/hawk-agent/execute-actions": ANSWER,
            "/hawk-agent/previews": ANSWER,
            "/approvals/{workflow_id}/amendment": {"amount": "6000000", **reason},
            "/approvals/{workflow_id}/questions": {"question": "Why?"},
            "/approvals/{workflow_id}/questions/{number}/answer": {"answer": "So."},
            "/stream-tickets": {"workflow_id": plan.workflow_id},
            "/delegations": _days() | {"delegate": "dora", "roles": [], **reason},
            "/delegations/{delegation_id}/confirmation": {"digest": self._digest},
            "/absences": _days(),
            "/absences/{absence_id}/end": {},
            "/rollout": {"mode": "OBSERVE", "expected_version": await self._version()},
            "/policy": {"table": STRICTER, "expected_version": "plan-1"},
            "/policy/simulation": {"table": STRICTER},
            "/policy/rejection": {"digest": await self._proposed(), **reason} if path == "/policy/rejection" else {},
            "/passkeys": {"name": "x", "nonce": "n" * 43, "client_data": "AA", "attestation": "AA"},
            "/passkeys/confirmation": await self._proposed_key() if path == "/passkeys/confirmation" else {},
            "/passkeys/rejection": {**await self._proposed_key(), **reason} if path == "/passkeys/rejection" else {},
            "/passkeys/removal": {**await self._key(), **reason} if path == "/passkeys/removal" else {},
            "/approvals/{workflow_id}/signing": {"decision": "APPROVE", "plan_digest": plan.plan_digest},
            "/resume": {"expected_version": await self._stopped(), **reason} if path == "/resume" else {},
            "/reference/held": {"held_id": "h-1", "digest": "d", "decision": "REJECT"},
            "/deadletters/set-aside": PLACE | reason,
            "/demo/sign-in": {"person": "tom"},
            "/session": {},
        }
        return bodies.get(path, reason)

    async def _proposed(self) -> str:
        """Return the digest of a policy that waits for people."""
        body = {"table": STRICTER, "expected_version": "plan-1"}
        answer = await self._client.post("/policy", json=body, headers=self._running.token("mira", "SENIOR_TRADER"))
        return str(answer.json()["pending"]["digest"])

    async def _given(self) -> dict[str, str]:
        """Return the ids of a delegation that waits and of an absence, both of a person who asks for nothing else."""
        headers, days = self._running.token("rosa", "RISK_MANAGER"), _days()
        body = days | {"delegate": "dora", "roles": ["RISK_MANAGER"], "reason": "leave"}
        before = (await self._client.get("/delegations", headers=headers)).json()
        for known in before["absences"]:
            await self._client.post(f"/absences/{known['absence_id']}/end", json={}, headers=headers)
        for known in before["delegations"]:
            await self._client.post(f"/delegations/{known['delegation_id']}/end", json={}, headers=headers)
        await self._client.post("/absences", json=days, headers=headers)
        found = (await self._client.post("/delegations", json=body, headers=headers)).json()
        self._digest = found["delegations"][0]["digest"]
        away = next(each for each in found["absences"] if each["person"] == "rosa" and each["may_end"])
        return {"delegation_id": found["delegations"][0]["delegation_id"], "absence_id": away["absence_id"]}

    async def _proposed_key(self) -> dict[str, str]:
        """Let somebody new propose a passkey; return the name and the digest."""
        self._keys += 1
        owner = f"owner-{self._keys}"
        headers = self._running.token(owner, "RISK_MANAGER")
        asked = (await self._client.post("/passkeys/registration", headers=headers)).json()
        device = Authenticator(credential=owner.encode(), origin=self._running.site)
        body = {"name": "key", "nonce": asked["nonce"], **device.registration(owner, asked["nonce"])}
        answer = await self._client.post("/passkeys", json=body, headers=headers)
        (waiting,) = [each for each in answer.json()["waiting"] if each["mine"]]
        return {"person": owner, "digest": waiting["digest"]}

    async def _key(self) -> dict[str, str]:
        """Return a passkey that nobody asked to have removed."""
        proposed = await self._proposed_key()
        headers = self._running.token("olga", "OPERATIONS")
        await self._client.post("/passkeys/confirmation", json=proposed, headers=headers)
        credential = written_bytes(proposed["person"].encode())
        return {"person": proposed["person"], "credential_id": credential}

    async def _rollout(self) -> dict[str, Any]:
        document: dict[str, Any] = (
            await self._client.get("/rollout", headers=self._running.token("rita", "RISK_MANAGER"))
        ).json()
        return document

    async def _version(self) -> int:
        return int((await self._rollout())["version"])

    async def _stopped(self) -> int:
        await self._client.post("/stop", json={"reason": "tried"}, headers=self._running.token("rita", "RISK_MANAGER"))
        return await self._version()


async def test_table_has_every_route_and_no_other(running: Running) -> None:
    described = {
        (method.upper(), path) for path, methods in running.service.app.openapi()["paths"].items() for method in methods
    }
    assert described - STREAMS == set(MAY)


async def test_each_role_gets_past_the_doors_that_the_table_says_and_no_other(running: Running) -> None:
    found: dict[tuple[str, str], frozenset[str]] = {}
    async with running.client() as client:
        requests = Requests(running, client)
        for method, path in MAY:
            statuses = {who: await requests.status(method, path, who) for who in WHO}
            assert not [who for who, status in statuses.items() if status >= 500 and path != "/health/ready"]
            found[method, path] = frozenset(w for w, status in statuses.items() if status not in STATUS_OF_THE_DOOR)
    assert {route: sorted(who) for route, who in found.items()} == {route: sorted(who) for route, who in MAY.items()}


#: By which people decide: their roles have to be minutes old. To stop is always allowed, and to take back one's own.
DECIDING: Final = {
    "/approvals/{workflow_id}/decisions", "/approvals/{workflow_id}/revocation",
    "/rollout", "/resume", "/policy", "/policy/rejection",
    "/passkeys/registration", "/passkeys", "/passkeys/confirmation", "/passkeys/rejection", "/passkeys/removal",
    "/reference/held", "/deadletters/{letter}/replay",
    "/delegations", "/delegations/{delegation_id}/confirmation", "/delegations/{delegation_id}/end",
    "/deadletters/set-aside", "/events/unpublishable/{position}/publication",
    "/approvals/{workflow_id}/break-glass", "/reviews/{workflow_id}",
}  # fmt: skip


async def test_who_signed_in_an_hour_ago_decides_nothing_and_stops_everything(running: Running) -> None:
    async with running.client() as client:
        requests = Requests(running, client, signed_in_ago=timedelta(hours=1))
        posted = [path for method, path in MAY if method == "POST" and MAY[method, path] & APPROVERS]
        again = {path for path in posted if await requests.status("POST", path, "RISK_MANAGER") == 401}
    assert again == DECIDING


async def test_maker_alone_takes_a_request_back(running: Running) -> None:
    plan = proven(running, Story("resp-mine", currency="USD", amount="5000000", entity="ENTITY0037"))
    await running.deliver(plan)
    async with running.client() as client:
        url = f"/approvals/{plan.workflow_id}/withdrawal"
        for person, role, status in (("rita", "RISK_MANAGER", 403), ("alice", READER, 201)):
            answer = await client.post(url, json={"reason": "twice"}, headers=running.token(person, role))
            assert answer.status_code == status, (person, answer.text)
