"""Previews over HTTP: published like any answer under an id of their own, read by the person who asked, then gone."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.approval.previews.preview import Preview
from shared.errors import InvalidInput
from shared.events.catalogue import draft_of
from shared.events.identity import PREVIEW_PREFIX
from shared.events.previews import PlanPreviewed, PreviewRead
from shared.events.responses import Maker
from shared.security.maker_proof import verify_maker_proof
from tests.support.approvals import World
from tests.support.executions import planned
from tests.support.units import WHEN

ANSWER = {"analysis": "fits", "recommended_actions": []}
ID = f"{PREVIEW_PREFIX}1"
ROUTE = "/hawk-agent/previews"


def reading(drafts: int, **fields: Any) -> PreviewRead:
    known: dict[str, Any] = {
        "response_id": ID, "shape": "plan", "maker": Maker(name="ann"), "prompt": "Hedge it", "analysis": "fits",
        "outcome": "PROPOSED", "drafts": drafts, "refusals": (), "warnings": (),
    }  # fmt: skip
    return PreviewRead.model_validate(known | fields)


def drawn(currency: str = "USD", amount: str = "25000000", **fields: object) -> PlanPreviewed:
    draft = draft_of(planned(currency, amount, **fields))
    return PlanPreviewed(response_id=ID, component=1, draft=draft, drawn_at=WHEN)


async def shown(world: World, client: httpx.AsyncClient, person: str = "ann") -> httpx.Response:
    return await client.get(f"{ROUTE}/{ID}", headers=world.token(person, "TRADER"))


def keep(world: World, read: PreviewRead | None, *plans: PlanPreviewed) -> None:
    world.previews.kept[ID] = Preview(ID, "ann", world.now + timedelta(minutes=15), read, plans)


async def test_answer_to_preview_is_published_under_an_id_that_the_proof_covers(
    world: World, client: httpx.AsyncClient
) -> None:
    headers = world.token("ann", "TRADER")
    answer = await client.post(ROUTE, json={"ai_response": ANSWER, "prompt": "Hedge it"}, headers=headers)
    assert answer.status_code == 202, answer.text
    preview_id = answer.json()["preview_id"]
    assert preview_id.startswith(PREVIEW_PREFIX)
    assert answer.headers["Location"] == f"{ROUTE}/{preview_id}"
    event = await world.approvals.submitted(preview_id)
    pem, said = world.grant_public, {"answer": event.answer, "prompt": "Hedge it"}
    assert verify_maker_proof(event.maker_proof, pem, response_id=preview_id, **said) == "ann"
    with pytest.raises(InvalidInput, match="MAKER_PROOF_INVALID"):
        verify_maker_proof(event.maker_proof, pem, response_id=preview_id.removeprefix(PREVIEW_PREFIX), **said)


async def test_preview_goes_from_reading_to_planning_to_done(world: World, client: httpx.AsyncClient) -> None:
    states = []
    for read, plans in ((None, ()), (reading(1), ()), (reading(1), (drawn(),))):
        keep(world, read, *plans)
        states.append((await shown(world, client)).json()["state"])
    assert states == ["READING", "PLANNING", "DONE"]


async def test_plan_is_shown_by_the_sections_of_its_card(world: World, client: httpx.AsyncClient) -> None:
    keep(world, reading(1), drawn())
    (plan,) = (await shown(world, client)).json()["plans"]
    assert plan["refusals"] == []
    assert plan["view"]["lines"][0]["text"] == "Create hedge instruction (USD 25M)"
    assert plan["view"]["who"]["needed"] == 1


async def test_refused_plan_has_its_reasons_and_no_card(world: World, client: httpx.AsyncClient) -> None:
    keep(world, reading(1), drawn(entity_id="ENTITY9999"))
    (plan,) = (await shown(world, client)).json()["plans"]
    assert plan["view"] is None
    assert [each["code"] for each in plan["refusals"]] == ["UNKNOWN_ENTITY"]


async def test_preview_is_its_makers_alone_and_goes_when_its_time_is_over(
    world: World, client: httpx.AsyncClient
) -> None:
    keep(world, reading(0))
    assert (await shown(world, client, "bob")).json()["code"] == "PREVIEW_UNKNOWN"
    assert (await shown(world, client)).status_code == 200
    world.now += timedelta(minutes=15)
    assert (await shown(world, client)).json()["code"] == "PREVIEW_UNKNOWN"


async def test_who_may_not_hand_in_may_not_preview(world: World, client: httpx.AsyncClient) -> None:
    body = {"ai_response": ANSWER}
    assert (await client.post(ROUTE, json=body)).status_code == 401
    refused = await client.post(ROUTE, json=body, headers=world.token("olga", "AUDITOR"))
    assert refused.json()["code"] == "ROLE_INSUFFICIENT"
