"""The routes as people and programs meet them, over streams in memory."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.security.grants import verify_grant
from shared.security.maker_proof import verify_maker_proof
from tests.support.approvals import DAY, DIGEST, OTHER_DIGEST, World

PROBLEM = "application/problem+json"


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    document = answer.json()
    assert (answer.status_code, document.get("code")) == (status, code), document
    assert answer.headers["content-type"] == PROBLEM
    assert set(document) >= {"type", "title", "status", "detail", "code", "instance"}
    assert document["detail"]
    return document


def approve(digest: str = DIGEST, **changes: Any) -> dict[str, Any]:
    return {"decision": "APPROVE", "plan_digest": digest, **changes}


async def test_approval_is_taken_and_a_grant_signed_when_a_trader_approves(
    world: World, client: httpx.AsyncClient
) -> None:
    await world.request()
    answer = await client.post(
        "/approvals/w1/decisions", json=approve(comment="fine"), headers=world.token("ann", "TRADER")
    )
    assert answer.status_code == 201, answer.text
    card = answer.json()
    assert card["state"] == "APPROVED"
    assert [(d["person"], d["role"], d["comment"]) for d in card["decisions"]] == [("ann", "TRADER", "fine")]
    assert "grant" not in json.dumps(card["grant"])
    grant = (await world.approvals.approval("w1")).grant
    assert grant is not None
    claims = verify_grant(grant.grant, world.grant_public, world.now)
    assert (claims.plan_digest, claims.tier, claims.maker) == (DIGEST, "TRADER", "ann")


@pytest.mark.parametrize(
    ("usd", "person", "role", "status", "code"),
    [
        ("60000000", "bob", "TRADER", 403, "ROLE_INSUFFICIENT"),
        ("60000000", "ann", "SENIOR_TRADER", 403, "MAKER_IS_CHECKER"),
        ("60000000", "bob", "VIEWER", 403, "NO_APPROVING_ROLE"),
        ("60000000", "bob", "SENIOR_TRADER", 201, ""),
        ("25000000", "ann", "SENIOR_TRADER", 201, ""),
        ("25000000", "ann", "TRADER", 201, ""),
        ("100000000", "bob", "SENIOR_TRADER", 403, "ROLE_INSUFFICIENT"),
        ("100000000", "bob", "RISK_MANAGER", 201, ""),
    ],
)
async def test_decision_follows_role_amount_and_who_asked(
    world: World, client: httpx.AsyncClient, usd: str, person: str, role: str, status: int, code: str
) -> None:
    await world.request(usd=usd)
    headers = world.token(person, role)
    card = (await client.get("/approvals/w1", headers=headers)).json()
    answer = await client.post("/approvals/w1/decisions", json=approve(), headers=headers)
    assert card["may_decide"] is (status == 201)
    if status == 201:
        assert answer.status_code == 201
        assert card["why_not"] is None
    else:
        document = problem(answer, status, code)
        assert (card["why_not"], card["why_not_code"]) == (document["detail"], code)


async def test_decision_is_refused_when_it_names_another_digest(world: World, client: httpx.AsyncClient) -> None:
    await world.request()
    answer = await client.post(
        "/approvals/w1/decisions", json=approve(OTHER_DIGEST), headers=world.token("ann", "TRADER")
    )
    assert DIGEST in problem(answer, 409, "DIGEST_MISMATCH")["detail"]


async def test_second_decision_is_refused_when_one_stands(world: World, client: httpx.AsyncClient) -> None:
    await world.request()
    headers = world.token("ann", "TRADER")
    await client.post("/approvals/w1/decisions", json=approve(), headers=headers)
    again = await client.post("/approvals/w1/decisions", json=approve(), headers=headers)
    problem(again, 409, "ALREADY_DECIDED")
    other = world.token("bob", "RISK_MANAGER")
    rejection = {"decision": "REJECT", "plan_digest": DIGEST}
    problem(await client.post("/approvals/w1/decisions", json=rejection, headers=other), 409, "ALREADY_DECIDED")


async def test_decision_is_refused_when_the_request_has_expired_though_nobody_noted_it(
    world: World, client: httpx.AsyncClient
) -> None:
    await world.request()
    world.now += DAY
    headers = world.token("ann", "TRADER")
    assert (await client.get("/approvals/w1", headers=headers)).json()["state"] == "EXPIRED"
    problem(await client.post("/approvals/w1/decisions", json=approve(), headers=headers), 409, "EXPIRED")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/approvals"),
        ("GET", "/approvals/w1"),
        ("POST", "/approvals/w1/decisions"),
        ("POST", "/approvals/w1/withdrawal"),
        ("POST", "/hawk-agent/execute-actions"),
        ("GET", "/hawk-agent/execute-actions"),
        ("POST", "/session"),
        ("GET", "/rollout"),
        ("POST", "/rollout"),
        ("POST", "/stop"),
        ("POST", "/resume"),
    ],
)
async def test_every_route_needs_a_good_token(world: World, client: httpx.AsyncClient, method: str, path: str) -> None:
    await world.request()
    body = {"json": approve()} if method == "POST" else {}
    answer = await client.request(method, path, **body)
    problem(answer, 401, "TOKEN_MISSING")
    bad = {"Authorization": world.token("ann", "TRADER")["Authorization"][:-4] + "AAAA"}
    problem(await client.request(method, path, headers=bad, **body), 401, "TOKEN_SIGNATURE_INVALID")


async def test_every_token_is_refused_when_no_issuer_is_configured(tmp_path: Path) -> None:
    world = World(tmp_path, issuer=False)
    async with world.client() as client:
        problem(await client.get("/approvals", headers=world.token("ann", "TRADER")), 401, "NO_ISSUER")


@pytest.mark.parametrize(
    "body",
    [
        {"decision": "APPROVE"},
        {"decision": "MAYBE", "plan_digest": DIGEST},
        {**approve(), "decided_by": "bob"},
        {**approve(), "role": "RISK_MANAGER"},
        approve(comment="x" * 3_000),
        approve(digest=""),
        [],
    ],
)
async def test_decision_is_refused_when_its_body_is_not_of_the_form(
    world: World, client: httpx.AsyncClient, body: Any
) -> None:
    await world.request()
    answer = await client.post("/approvals/w1/decisions", json=body, headers=world.token("ann", "TRADER"))
    problem(answer, 422, "INVALID_REQUEST")
    assert (await world.approvals.approval("w1")).decisions == ()


async def test_unknown_workflow_is_a_404(world: World, client: httpx.AsyncClient) -> None:
    headers = world.token("ann", "TRADER")
    problem(await client.get("/approvals/none", headers=headers), 404, "WORKFLOW_UNKNOWN")
    answer = await client.post("/approvals/none/decisions", json=approve(), headers=headers)
    problem(answer, 404, "WORKFLOW_UNKNOWN")


async def test_queue_lists_by_state(world: World, client: httpx.AsyncClient) -> None:
    headers = world.token("bob", "TRADER")
    await world.request("w1")
    await world.request("w2")
    await client.post("/approvals/w2/decisions", json={"decision": "REJECT", "plan_digest": DIGEST}, headers=headers)

    async def listed(query: str) -> list[str]:
        answer = await client.get(f"/approvals{query}", headers=headers)
        return [card["workflow_id"] for card in answer.json()["approvals"]]

    assert await listed("") == ["w1", "w2"]
    assert await listed("?state=AWAITING_APPROVAL") == await listed("?state=pending") == ["w1"]
    assert await listed("?state=REJECTED") == ["w2"]
    problem(await client.get("/approvals?state=NONE", headers=headers), 422, "INVALID_REQUEST")


async def test_only_the_asker_withdraws(world: World, client: httpx.AsyncClient) -> None:
    await world.request(usd="60000000")
    other = await client.post("/approvals/w1/withdrawal", json={}, headers=world.token("bob", "RISK_MANAGER"))
    problem(other, 403, "NOT_THE_MAKER")
    answer = await client.post("/approvals/w1/withdrawal", headers=world.token("ann"))
    assert (answer.status_code, answer.json()["state"]) == (201, "WITHDRAWN")
    again = await client.post("/approvals/w1/withdrawal", headers=world.token("ann"))
    problem(again, 409, "WITHDRAWN")


# --- answers handed in ---


async def test_answer_is_published_as_it_came_with_its_maker_proven(world: World, client: httpx.AsyncClient) -> None:
    body = '{"prompt": "hedge", "ai_response": {"analysis": "x", "hedge_amount_order": 25000000.10, "n": 1e3} }'
    headers = {**world.token("ann", "ANALYST"), "Content-Type": "application/json"}
    answer = await client.post("/hawk-agent/execute-actions", content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    document = answer.json()
    event = await world.approvals.submitted(document["response_id"])
    assert event.answer == '{"analysis": "x", "hedge_amount_order": 25000000.10, "n": 1e3}'
    assert (event.maker, event.prompt) == ("ann", "hedge")
    maker = verify_maker_proof(
        event.maker_proof, world.grant_public, response_id=event.response_id, answer=event.answer, prompt="hedge"
    )
    assert maker == "ann"
    assert document["links"] == {
        "status": f"http://127.0.0.1:9999/responses/{event.response_id}",
        "progress": f"/hawk-agent/execute-actions?response_id={event.response_id}",
    }
    assert answer.headers["location"] == document["links"]["status"]


async def test_answer_is_one_response_when_its_idempotency_key_comes_again(
    world: World, client: httpx.AsyncClient
) -> None:
    async def send(answer: str, person: str = "ann") -> httpx.Response:
        headers = {**world.token(person, "TRADER"), "Idempotency-Key": "k 1"}
        return await client.post("/hawk-agent/execute-actions", json={"ai_response": answer}, headers=headers)

    first, again = await send("words"), await send("words")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert len(world.approvals.submissions) == 1
    problem(await send("other words"), 409, "IDEMPOTENCY_KEY_REUSED")
    assert (await send("words", "bob")).json()["response_id"] != first.json()["response_id"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"ai_response": {"a": 1, "a": 2}}', 422, "DUPLICATE_KEY"),
        (b'{"ai_response": NaN}', 422, "MALFORMED_JSON"),
        (b'{"ai_response": "x", "maker": "bob"}', 422, "INVALID_REQUEST"),
        (b"{}", 422, "INVALID_REQUEST"),
        (b'{"ai_response": "' + b"x" * (2 * 1024 * 1024) + b'"}', 413, "TOO_LARGE"),
    ],
)
async def test_answer_is_refused_when_its_body_cannot_be_taken(
    world: World, client: httpx.AsyncClient, body: bytes, status: int, code: str
) -> None:
    headers = {**world.token("ann", "TRADER"), "Content-Type": "application/json"}
    problem(await client.post("/hawk-agent/execute-actions", content=body, headers=headers), status, code)


async def test_session_cookie_reads_the_queue_and_decides_nothing(world: World, client: httpx.AsyncClient) -> None:
    await world.request()
    assert (await client.post("/session", headers=world.token("ann", "TRADER"))).status_code == 204
    assert (await client.get("/approvals/w1")).json()["may_decide"] is True
    problem(await client.post("/approvals/w1/decisions", json=approve()), 401, "TOKEN_MISSING")
    assert (await client.delete("/session")).status_code == 204
    problem(await client.get("/approvals/w1"), 401, "TOKEN_MISSING")


async def test_token_is_refused_when_it_expires_during_the_session(world: World, client: httpx.AsyncClient) -> None:
    await client.post("/session", headers=world.token("ann", "TRADER"))
    world.now += timedelta(hours=11)
    problem(await client.get("/approvals"), 401, "TOKEN_EXPIRED")


async def test_concurrent_approvals_give_one_grant(world: World, client: httpx.AsyncClient) -> None:
    await world.request()
    answers = await asyncio.gather(
        *(
            client.post("/approvals/w1/decisions", json=approve(), headers=world.token(name, "TRADER"))
            for name in ("ann", "bob", "cem")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
