"""A client of the broker writes to the topics that only the relay should write. He has read the source and the topics.

Here: what makes people or services do something. No broker is needed for it: his messages, and those of the relay, are
handed to the real handlers of all services over a real database.
"""

import json
from dataclasses import replace

import pytest

from shared.events import approvals, identity, topics
from shared.events.responses import Maker, Origin
from shared.events.reversals import ReversalRequested
from tests.attacks.attack import Attacker, attack
from tests.support import hedges
from tests.support.attacked import CURE, REMAINS, Target, closing, proposal, usd
from tests.support.recorded import published
from tests.support.rollout import FULL, resumed, stopped, terms_set
from tests.support.without_broker import as_another, changed, forged, next_id

pytestmark = pytest.mark.integration


@attack(
    by=Attacker.BROKER,
    does="shows approvers a card of USD 1M, under the digest of a plan of USD 49M that waits in the topic",
    before="The card said USD 1M; the person who approved it set off USD 49M.",
    cure=CURE,
    remains=REMAINS,
)
async def test_forged_plan_under_the_id_of_the_true_one_is_shown_to_nobody(target: Target) -> None:
    small = await target.plan(await target.planned(usd("1000000")))
    workflow = await target.propose(usd("49000000"))
    await target.hawk.relay(before="PlanDrawn")
    drawn = await target.plan(workflow)
    kept = {name: getattr(drawn, name) for name in ("workflow_id", "response_id", "plan_digest", "effects_digest")}
    stream = identity.plan_stream(workflow)
    await target.hawk.send(forged(as_another(small, **kept), stream, topics.PLANS, identity=next_id(stream, 1)))

    await target.hawk.relay()
    card = await target.card(workflow)
    assert card.plan["amount"] == "49000000.00"
    await target.decide(workflow, card.approval.request.plan_digest)
    assert (await target.shown(workflow)).state == "PREPARED"
    await target.nothing_believed(letters=2)


@attack(
    by=Attacker.BROKER,
    does="sends junk under the predictable id of the next rollout event, so that the real stop counts as a repeat",
    before="The junk became the dead letter of that id; a person's stop was passed over, and HAWK went on executing.",
    cure=CURE + " What is not recorded never takes up an id.",
    remains=REMAINS,
)
async def test_junk_under_the_id_of_the_next_stop_does_not_take_its_place(target: Target) -> None:
    junk = forged(stopped("junk"), identity.ROLLOUT_STREAM, topics.CONTROL, version=2, identity=next_id("rollout", 2))
    await target.hawk.send(replace(junk, value=b"{}"))
    await target.hawk.send(replace(junk, value=b"no JSON"))
    await target.stop()
    assert (await target.rollout())["stopped"] is True
    assert await target.hawk.codes() == {"NOT_RECORDED", "MALFORMED_JSON"}


@attack(
    by=Attacker.BROKER,
    does="sends a message without any header of a CloudEvent but the id of the next plan",
    before="It became the dead letter of that id, and the plan was put before nobody: its message was a repeat.",
    cure=CURE + " So is what is not an event at all.",
    remains=REMAINS,
)
async def test_message_that_bears_nothing_but_the_next_id_does_not_take_its_place(target: Target) -> None:
    workflow = await target.propose(usd("1000000"))
    await target.hawk.relay(before="PlanDrawn")
    stream = identity.plan_stream(workflow)
    bare = forged(closing(await target.plan(workflow)), stream, topics.PLANS, identity=next_id(stream, 1))
    await target.hawk.send(replace(bare, headers=tuple(each for each in bare.headers if each[0] == "ce_id")))
    await target.hawk.relay()
    assert (await target.card(workflow)).approval.status == "AWAITING_APPROVAL"
    assert await target.hawk.codes() == {"NOT_A_CLOUDEVENT"}


@attack(
    by=Attacker.BROKER,
    does="stops HAWK in a person's name",
    before="The executor took the stop in; every grant after it was refused with STOPPED.",
    cure=CURE,
    remains=REMAINS,
)
async def test_forged_stop_stops_nothing(target: Target) -> None:
    panic = stopped("panic", follows=await target.decision())
    await target.hawk.send(forged(panic, identity.ROLLOUT_STREAM, topics.CONTROL, version=2))
    assert (await target.rollout())["stopped"] is False
    await target.nothing_believed(letters=5)


@attack(
    by=Attacker.BROKER,
    does="resumes a HAWK that a person has stopped",
    before="The executor went on: `stopped` became false although nobody had resumed.",
    cure=CURE,
    remains=REMAINS,
)
async def test_forged_resumption_does_not_end_a_stop(target: Target) -> None:
    await target.stop()
    go_on = resumed(await target.decision())
    await target.hawk.send(forged(go_on, identity.ROLLOUT_STREAM, topics.CONTROL, version=3))
    assert (await target.rollout())["stopped"] is True
    await target.nothing_believed(letters=5)


@attack(
    by=Attacker.BROKER,
    does="sets the rollout to FULL under a version of twelve digits, behind which no true decision can come",
    before="The executor took FULL in, and held every later decision of people for an old one.",
    cure=CURE,
    remains=REMAINS,
)
async def test_forged_terms_of_the_rollout_are_not_kept_to(target: Target) -> None:
    before = await target.rollout()
    terms = terms_set(FULL, follows=await target.decision())
    far = forged(terms, identity.ROLLOUT_STREAM, topics.CONTROL, version=10**12)
    await target.hawk.send(far)
    assert await target.rollout() == before
    await target.stop()
    assert (await target.rollout())["stopped"] is True


@attack(
    by=Attacker.BROKER,
    does="closes a plan that waits for approval",
    before="The request was closed: who wanted to approve was told that the plan is not carried out any more.",
    cure=CURE,
    remains=REMAINS,
)
async def test_forged_end_of_a_plan_closes_no_request(target: Target) -> None:
    workflow = await target.planned(usd("1000000"))
    drawn = await target.plan(workflow)
    await target.hawk.send(forged(closing(drawn), identity.plan_stream(workflow), topics.PLANS, version=2))
    await target.decide(workflow, drawn.plan_digest)
    assert "ExecutionPrepared" in await target.executed(workflow)


@attack(
    by=Attacker.BROKER,
    does="rejects a plan in the name of a person",
    before="The executor closed the plan as REJECTED by that person; the approval service knew of no rejection.",
    cure=CURE,
    remains=REMAINS,
)
async def test_forged_rejection_ends_no_workflow(target: Target) -> None:
    workflow = await target.planned(usd("1000000"))
    no = approvals.ApprovalRejected(workflow_id=workflow, person="sam", reason="forged")
    await target.hawk.send(forged(no, identity.approval_stream(workflow), topics.APPROVALS, version=2))
    assert await target.hawk.types(identity.plan_stream(workflow)) == ["PlanDrawn"]
    await target.nothing_believed(letters=2)


@attack(
    by=Attacker.BROKER,
    does="lets a grant lapse that has just been issued",
    before="The executor closed the plan as EXPIRED, and refused the true grant behind it with GRANT_FOR_CLOSED_PLAN.",
    cure=CURE,
    remains=REMAINS,
)
async def test_forged_lapse_takes_no_grant_away(target: Target) -> None:
    workflow = await target.planned(usd("1000000"))
    drawn = await target.plan(workflow)
    lapse = approvals.GrantLapsed(workflow_id=workflow, jti="any", lapsed_at=hedges.NOW)
    await target.hawk.send(forged(lapse, identity.approval_stream(workflow), topics.APPROVALS, version=4))
    await target.decide(workflow, drawn.plan_digest)
    assert "ExecutionPrepared" in await target.executed(workflow)


@attack(
    by=Attacker.BROKER,
    does="proposes an order as if the parser had read it in an answer, with a maker of his choice",
    before="The executor planned it and the approval service put it before people as asked for by mira, verified.",
    cure=CURE,
    remains="Whoever may publish answers can have orders proposed, with an unverified maker.",
)
async def test_forged_proposal_is_not_planned(target: Target) -> None:
    honest = proposal(usd("61000000"), "r-forged")
    known = honest.origin.model_copy(update={"maker": Maker(name="mira", verified=True)})
    made = honest.model_copy(update={"origin": known})
    await target.hawk.send(forged(made, identity.response_stream("r-forged"), topics.PROPOSALS))
    await target.hawk.relay()
    assert await target.hawk.types(identity.plan_stream(getattr(made, "workflow_id", ""))) == []
    await target.nothing_believed(letters=3)


@attack(
    by=Attacker.BROKER,
    does="asks for the reversal of an executed workflow in the name of a person",
    before="The executor drew the reversal up as asked for by mira (and refused it: its deals were not booked yet).",
    cure=CURE,
    remains=REMAINS,
)
async def test_forged_request_plans_no_reversal(target: Target) -> None:
    workflow = await target.planned(usd("1000000"))
    await target.decide(workflow, (await target.plan(workflow)).plan_digest)
    reversal = identity.reversal_id(workflow, 1)
    ask = ReversalRequested(
        workflow_id=reversal,
        response_id="",
        origin=Origin(attempt=1, maker=Maker(name="mira", verified=True)),
        reverses=workflow,
        role="TRADER",
        reason="forged",
        requested_at=hedges.NOW,
    )
    await target.hawk.send(forged(ask, identity.approval_stream(reversal), topics.APPROVALS))
    await target.hawk.relay()
    assert await target.hawk.types(identity.plan_stream(reversal)) == []


@attack(
    by=Attacker.BROKER,
    does="changes one amount in a true plan and sends it again under its own id, before the true one is read",
    before="The monitor and the request kept the changed amount, the card beside the true one of its plan; the true "
    "message was a repeat.",
    cure=CURE + " Data are compared as values.",
    remains=REMAINS,
)
async def test_true_plan_with_one_amount_changed_is_not_kept(target: Target) -> None:
    workflow = await target.propose(usd("3000000"))
    await target.hawk.relay(before="PlanDrawn")
    (kept,) = await target.hawk.events(identity.plan_stream(workflow))
    await target.hawk.send(changed(published(kept, topics.PLANS), {"amount_usd": "1.00"}))
    await target.hawk.relay()
    shown = (await target.shown(workflow)).facts
    assert '"1.00"' not in json.dumps({kind: list(each) for kind, each in shown.items()}, default=str)
    await target.nothing_believed(letters=2)
