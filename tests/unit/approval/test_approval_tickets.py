"""Tickets for streams: taken with a token, good for one stream, once, for a minute."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from services.approval.http.tickets import TICKETS_MAX
from tests.support.approvals import World

ROUTE, STREAM = "/stream-tickets", "/hawk-agent/execute-actions"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    await world.request()
    yield world
    await world.feed.close()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    # Not of this machine: there, the demo lets everybody watch.
    async with world.client("192.0.2.7") as client:
        yield client


async def given(world: World, client: httpx.AsyncClient, **scope: str) -> str:
    answer = await client.post(ROUTE, json=scope, headers=world.token("ann", "TRADER"))
    assert answer.status_code == 201, answer.text
    assert answer.json()["expires_at"] == (world.now + timedelta(seconds=60)).isoformat()
    return str(answer.json()["ticket"])


async def opened(client: httpx.AsyncClient, ticket: str, **scope: str) -> tuple[int, str]:
    """Status and code; a stream that opens is closed at once."""
    async with client.stream("GET", STREAM, params={**scope, "ticket": ticket}) as answer:
        if answer.status_code == 200:
            return 200, ""
        return answer.status_code, str((await answer.aread()) and answer.json()["code"])


async def test_ticket_opens_its_stream_once(world: World, client: httpx.AsyncClient) -> None:
    await world.feed.close()  # streams end at once
    ticket = await given(world, client, workflow_id="w1")
    assert await opened(client, ticket, workflow_id="w1") == (200, "")
    assert await opened(client, ticket, workflow_id="w1") == (401, "TICKET_INVALID")


async def test_ticket_opens_no_other_stream(world: World, client: httpx.AsyncClient) -> None:
    await world.request("w2")
    ticket = await given(world, client, workflow_id="w1")
    assert await opened(client, ticket, workflow_id="w2") == (401, "TICKET_INVALID")
    assert await opened(client, ticket, workflow_id="w1", response_id="resp-w1") == (401, "TICKET_INVALID")
    assert await opened(client, ticket) == (401, "TICKET_INVALID")


async def test_ticket_is_good_for_a_minute(world: World, client: httpx.AsyncClient) -> None:
    ticket = await given(world, client, workflow_id="w1")
    world.now += timedelta(seconds=60)
    assert await opened(client, ticket, workflow_id="w1") == (401, "TICKET_INVALID")


async def test_ticket_needs_a_token_and_one_scope(world: World, client: httpx.AsyncClient) -> None:
    assert (await client.post(ROUTE, json={"workflow_id": "w1"})).status_code == 401
    for scope in ({}, {"workflow_id": "w1", "response_id": "r1"}):
        assert (await client.post(ROUTE, json=scope, headers=world.token("ann", "TRADER"))).status_code == 422


async def test_one_person_takes_so_many_tickets_a_minute(world: World, client: httpx.AsyncClient) -> None:
    headers = world.token("ann", "TRADER")
    for _ in range(TICKETS_MAX):
        assert (await client.post(ROUTE, json={"workflow_id": "w1"}, headers=headers)).status_code == 201
    refused = await client.post(ROUTE, json={"workflow_id": "w1"}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_TICKETS")
    assert (
        await client.post(ROUTE, json={"workflow_id": "w1"}, headers=world.token("bob", "TRADER"))
    ).status_code == 201
