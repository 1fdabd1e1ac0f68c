"""The plan of a preview: drawn from the tables as ever, and then a document that no grant, event or row refers to."""

import pytest

from shared.events import identity
from shared.events.catalogue import decode_message, draft_of
from shared.events.identity import PREVIEW_PREFIX, preview_plan_stream
from shared.events.plans import PlanDrawn, PlanRefused
from shared.events.previews import PlanPreviewed, ProposalPreviewed
from shared.events.responses import Maker, Origin, ProposalMade
from shared.hedging.order import Order
from tests.support import hedges
from tests.support.desk import Desk

pytestmark = pytest.mark.integration

ID = f"{PREVIEW_PREFIX}1"
TOPIC = "hawk.proposals"
USD_25M = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI")


def proposal(order: Order, workflow_id: str = "") -> ProposalMade:
    return ProposalMade(
        workflow_id=workflow_id or identity.workflow_id(ID, 1, 1),
        response_id=ID,
        origin=Origin(component=1, attempt=1, maker=Maker(name="mira")),
        order=order,
    )


async def previewed(desk: Desk, made: ProposalMade) -> str | None:
    event = ProposalPreviewed(response_id=ID, component=1, draft=draft_of(made))
    return await desk.take(event, stream=identity.preview_stream(ID), topic=TOPIC, version=2)


async def plan(desk: Desk) -> PlanDrawn | PlanRefused:
    (event,) = await desk.events(preview_plan_stream(ID, 1))
    assert isinstance(event, PlanPreviewed)
    drawn = decode_message(event.draft.type, event.draft.schema_version, event.draft.data)
    assert isinstance(drawn, PlanDrawn | PlanRefused)
    return drawn


async def test_preview_shows_the_plan_that_the_order_would_get(desk: Desk) -> None:
    assert await previewed(desk, proposal(USD_25M)) is None
    shown = await plan(desk)
    assert isinstance(shown, PlanDrawn)
    ordinary = await desk.plan(await desk.propose(USD_25M))
    for each in ("counts", "usd_equivalent", "dates", "risk", "model"):
        assert getattr(shown.plan, each) == getattr(ordinary.plan, each)
    assert shown.policy == ordinary.policy


async def test_preview_leaves_no_workflow_and_a_grant_for_it_permits_nothing(desk: Desk) -> None:
    await previewed(desk, proposal(USD_25M))
    shown = await plan(desk)
    before = await desk.pool.fetchval("SELECT count(*) FROM es.events")
    assert await desk.grant(shown) is not None
    workflow_id = shown.workflow_id
    for stream in (identity.plan_stream, identity.progress_stream, identity.execution_stream):
        assert await desk.events(stream(workflow_id)) == []
    assert await desk.pool.fetchval("SELECT count(*) FROM es.events") == before
    assert await desk.pool.fetchval("SELECT count(*) FROM public.hedge_instructions") == 0


async def test_refused_preview_names_its_reasons(desk: Desk) -> None:
    await previewed(desk, proposal(hedges.order("VND", "900000000000", entity_id="ENTITY0041", nav_type="COI")))
    shown = await plan(desk)
    assert isinstance(shown, PlanRefused)
    assert shown.refusals


async def test_repeated_preview_keeps_its_first_plan(desk: Desk) -> None:
    await previewed(desk, proposal(USD_25M))
    first = await plan(desk)
    await previewed(desk, proposal(USD_25M))
    assert await plan(desk) == first


async def test_draft_of_another_workflow_and_one_that_is_no_proposal_are_refused(desk: Desk) -> None:
    assert await previewed(desk, proposal(USD_25M, workflow_id="w-1")) == "WORKFLOW_ID_FORGED"
    drawn = await desk.plan(await desk.propose(USD_25M))
    event = ProposalPreviewed(response_id=ID, component=1, draft=draft_of(drawn))
    code = await desk.take(event, stream=identity.preview_stream(ID), topic=TOPIC, version=2)
    assert code == "EVENT_MALFORMED"
    assert await desk.events(preview_plan_stream(ID, 1)) == []
