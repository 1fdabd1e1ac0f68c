"""The documents that tests of pages are given have the members that the routes give."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.approval.held.state import Held, State
from services.approval.letters.letter import Letter
from services.approval.publication.decider import Listed
from shared.events.publication import Cause
from tests.support import control_documents as canned
from tests.support.approvals import World
from tests.support.units import WHEN

LETTER = Letter("executor-" + "0" * 32, WHEN, code="EVENT_MALFORMED", refused=1)
LIMITED = {
    "mode": "LIMITED",
    "limits": {"action_types": ["I", "R"], "order_cap_usd": "10000000.00", "day_cap_usd": "50000000.00"},
    "comment": "small orders first",
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def shape(document: Any) -> Any:
    """The members of a document, without what they say; of a list, its first element."""
    if isinstance(document, dict):
        return {name: shape(value) for name, value in document.items()}
    if isinstance(document, list):
        return [shape(each) for each in document[:1]]
    return None


async def read(world: World, path: str, person: str = "otto", role: str = "RISK_MANAGER") -> Any:
    async with world.client() as client:
        answer = await client.get(path, headers=world.token(person, role))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def write(world: World, path: str, body: dict[str, Any], person: str = "olga", role: str = "OPERATIONS") -> None:
    async with world.client() as client:
        answer = await client.post(path, json=body, headers=world.token(person, role))
    assert answer.status_code == 201, answer.text


async def test_canned_rollout_has_the_members_of_the_real_one(world: World) -> None:
    assert shape(await read(world, "/rollout")) == shape(canned.rollout(set_by=None, executor=None))
    await write(world, "/rollout", LIMITED | {"expected_version": 1}, "rita", "RISK_MANAGER")
    await write(world, "/stop", {"reason": "the feed looks wrong"})
    version = (await read(world, "/rollout"))["version"]
    await write(world, "/resume", {"reason": "right again", "expected_version": version})
    found = await read(world, "/rollout")
    wanted = canned.stopped(set_by=None, executor=None, pending_resumption=canned.pending_resumption())
    assert shape(found) == shape(wanted | {"pending": canned.pending_change() if found["pending"] else None})
    assert found["pending"] is None or shape(found["pending"]) == shape(canned.pending_change())


async def test_canned_letters_have_the_members_of_the_real_ones(world: World) -> None:
    world.letters.kept = [LETTER]
    assert shape(await read(world, "/letters")) == shape(canned.letters(canned.letter()))
    asked = {"at": (WHEN + timedelta(1)).isoformat(), "by": "olga", "role": "OPERATIONS", "reason": "fixed"}
    world.letters.kept = [replace(LETTER, asked=asked)]
    (found,) = (await read(world, "/letters"))["letters"]
    assert (shape(found["asked"]), found["state"]) == (shape(asked), "ASKED")


async def test_canned_proposals_have_the_members_of_the_real_ones(world: World) -> None:
    place = {"group": "hawk-executor-murex", "topic": "hawk.murex.answers", "partition": 2, "offset": 41_207}
    await write(world, "/deadletters/set-aside", place | {"reason": "1.9 comes tonight"})
    found = await read(world, "/deadletters/set-aside")
    assert shape(found) == shape(canned.set_asides(canned.set_aside()))
    world.publications.listed = {
        7: Listed(7, UUID(int=1), "plan-1", 2, "PlanDrawn", Cause.TOO_LARGE, "Too large.", WHEN, 0, None)
    }
    assert shape(await read(world, "/events/unpublishable")) == shape(canned.events(canned.event()))
    await write(world, "/events/unpublishable/7/publication", {"reason": "the limit was raised"})
    (event,) = (await read(world, "/events/unpublishable"))["events"]
    waits = canned.pending(reason="")
    assert shape(event["pending"]) == shape({name: waits[name] for name in event["pending"]})


async def test_canned_held_rows_have_the_members_of_the_real_ones(world: World) -> None:
    digest = "sha256:" + "1c" * 32
    kept = {name: canned.held()[name] for name in ("feed", "load_id", "place", "rows", "doubts", "found", "persons")}
    document = kept | {"held_id": "h1", "held_at": WHEN.isoformat(), "changes": canned.held()["changes"]}
    world.held.rows = {"h1": Held("h1", "held-x", digest, 2, document, State.WAITING, "", ())}
    assert shape(await read(world, "/reference/held")) == shape({"held": [canned.held()]})
