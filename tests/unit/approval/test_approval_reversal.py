"""Who may ask for a reversal, under which id, and how often: over the real routes, with streams in memory."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from services.approval.ports import Caller
from services.approval.requests.commands import CloseRequest, RecordDecision
from services.approval.requests.reversal import ATTEMPTS_MAX, AskReversal, decide
from services.approval.requests.state import Approval, Status
from shared.events.identity import approval_stream, reversal_id
from shared.events.reversals import ReversalRequested
from tests.support.approvals import DAY, DIGEST, World, request_for
from tests.support.units import WHEN, MemoryUnitOfWork

CALLER = Caller("test")


@pytest.fixture
async def world(tmp_path: Path) -> World:
    """One workflow that ann asked for and bob approved."""
    made = World(tmp_path)
    await made.approvals.act("w1", request_for(), CALLER)
    await approve(made, "w1")
    return made


async def approve(world: World, workflow: str) -> None:
    command = RecordDecision("bob", ("TRADER",), "APPROVE", DIGEST, "", WHEN, DAY)
    await world.approvals.act(workflow, command, CALLER)


async def ask(
    world: World, person: str = "bob", *roles: str, workflow: str = "w1", reason: str = "x"
) -> httpx.Response:
    async with world.client() as client:
        path = f"/workflows/{workflow}/reversal"
        return await client.post(path, json={"reason": reason}, headers=world.token(person, *roles))


async def events_of(world: World, attempt: int = 1) -> list[Any]:
    stream = approval_stream(reversal_id("w1", attempt))
    return list((await MemoryUnitOfWork(world.approvals.streams).load(stream)).events)


async def test_first_request_is_recorded_and_repeated_ones_find_it(world: World) -> None:
    first = await ask(world, "bob", "TRADER", reason=" Booked twice ")
    again = await ask(world, "carol", "RISK_MANAGER")
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["workflow_id"] == again.json()["workflow_id"] == reversal_id("w1")
    assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)
    (event,) = await events_of(world)
    assert isinstance(event, ReversalRequested)
    assert (event.origin.maker.name, event.origin.maker.verified, event.reason, event.role) == (
        "bob",
        True,
        "Booked twice",
        "TRADER",
    )


async def test_maker_without_a_role_may_ask_and_others_without_one_may_not(world: World) -> None:
    refused = await ask(world, "zoe", "VIEWER")
    assert (refused.status_code, refused.json()["code"]) == (403, "NO_APPROVING_ROLE")
    assert (await ask(world, "ann", "VIEWER")).status_code == 202


async def test_workflow_that_is_unknown_or_not_granted_is_refused_at_once(world: World) -> None:
    unknown = await ask(world, "bob", "TRADER", workflow="nobody-knows")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "WORKFLOW_UNKNOWN")
    await world.approvals.act("w2", request_for("w2"), CALLER)
    waiting = await ask(world, "bob", "TRADER", workflow="w2")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "NOT_EXECUTED")


async def test_refused_attempt_makes_room_for_the_next_one(world: World) -> None:
    await ask(world, "bob", "TRADER")
    await world.approvals.act(
        reversal_id("w1"), CloseRequest(reversal_id("w1"), "REFUSED", "HAS_DEPENDANTS: w9"), CALLER
    )
    second = await ask(world, "bob", "TRADER")
    assert (second.status_code, second.json()["attempt"]) == (202, 2)
    assert second.json()["workflow_id"] == reversal_id("w1", 2) != reversal_id("w1")


async def test_granted_reversal_refuses_another_and_is_named(world: World) -> None:
    await ask(world, "bob", "TRADER")
    reversal = reversal_id("w1")
    await world.approvals.act(reversal, request_for(reversal), CALLER)
    assert (await ask(world, "bob", "TRADER")).status_code == 200
    await approve(world, reversal)
    refused = await ask(world, "bob", "TRADER")
    assert (refused.status_code, refused.json()["code"]) == (409, "ALREADY_REVERSED")
    assert reversal in refused.json()["detail"]
    assert await events_of(world, 2) == []


@pytest.mark.parametrize("reason", ["", "   ", "x" * 2_001])
async def test_request_without_a_reason_or_with_a_long_one_is_no_request(world: World, reason: str) -> None:
    assert (await ask(world, "bob", "TRADER", reason=reason)).status_code == 422
    assert await events_of(world) == []


def test_attempts_are_bounded() -> None:
    original = Approval(status=Status.APPROVED, request=_requested())
    refused = decide(original, [Approval(status=Status.CLOSED)] * ATTEMPTS_MAX, _asked())
    assert getattr(refused, "code", None) == "TOO_MANY_ATTEMPTS"


def _asked() -> AskReversal:
    return AskReversal("w1", "bob", ("TRADER",), "x", WHEN)


def _requested() -> Any:
    from services.approval.requests.decider import decide as decide_approval

    (event, *_) = decide_approval(Approval(), request_for())  # type: ignore[misc]
    return event
