"""The same client of the broker: what makes people believe what is not so, and true messages in wrong places."""

import json
from dataclasses import replace
from typing import Any

import pytest

from services.approval.projection import read_taken_in
from shared.events import approvals, identity, topics
from shared.events.catalogue import decode
from shared.events.deadletters import ReplayRequested, letter_of, replay_stream
from shared.events.progress import ProgressReported
from shared.events.responses import Maker, ResponseReceived
from shared.events.rollout import RolloutTakenIn
from tests.attacks.attack import Attacker, attack
from tests.support import hedges
from tests.support.attacked import CURE, REMAINS, Target, closing, refused_letter, usd
from tests.support.recorded import published
from tests.support.rollout import FULL, named, stopped
from tests.support.without_broker import as_another, changed, forged, next_id

pytestmark = pytest.mark.integration


@attack(
    by=Attacker.BROKER,
    does="tells the approval service that the executor has taken a stop in which it never saw",
    before="The rollout's page said that the stop is in force.",
    cure=CURE,
    remains=REMAINS,
)
async def test_forged_word_of_the_executor_makes_no_stop_look_in_force(target: Target) -> None:
    stop = named(stopped(follows=await target.decision()), 2)
    taken = RolloutTakenIn(
        decision=stop, terms=FULL, stopped=True, reason="forged", doubted=None, taken_in_at=hedges.NOW
    )
    approvals_pool = target.hawk.pools["approval"]
    before = await read_taken_in(approvals_pool)
    assert before is not None
    assert not before.stopped
    await target.hawk.send(forged(taken, identity.EXECUTOR_CONTROL_STREAM, topics.EXECUTIONS, version=9))
    assert await read_taken_in(approvals_pool) == before
    await target.nothing_believed(letters=1)


@attack(
    by=Attacker.BROKER,
    does="reports on hawk.progress that a workflow is completed which waits for approval",
    before="The monitor and every dashboard behind it showed COMPLETED.",
    cure=CURE,
    remains="A dashboard that reads the topic without the relay's public key believes what it reads.",
)
async def test_forged_progress_is_shown_nowhere(target: Target) -> None:
    workflow = await target.planned(usd("1000000"))
    reported = await target.hawk.events(identity.progress_stream(workflow))
    said = decode(reported[-1])
    assert isinstance(said, ProgressReported)
    done = as_another(said, state="COMPLETED", sequence=99, completed=True, final=True, progress=100)
    await target.hawk.send(forged(done, reported[-1].stream, topics.PROGRESS, version=99))
    assert (await target.shown(workflow)).state == "AWAITING_APPROVAL"
    kept = await target.hawk.admin.fetch(
        "SELECT max(sequence) AS n FROM approval.progress WHERE workflow_id = $1", workflow
    )
    assert kept[0]["n"] == len(reported)
    await target.nothing_believed(letters=2)


@attack(
    by=Attacker.BROKER,
    does="reports the end of a workflow before its true last message, so that this one is a repeat",
    before="The monitor kept the forged message under that number and never showed the true one.",
    cure=CURE,
    remains=REMAINS,
)
async def test_forged_progress_under_a_true_id_does_not_take_its_place(target: Target) -> None:
    workflow = await target.planned(usd("1000000"))
    drawn = await target.plan(workflow)
    stream = identity.progress_stream(workflow)
    number = len(await target.hawk.types(stream)) + 1
    said = decode((await target.hawk.events(stream))[-1])
    lost = as_another(said, state="NEEDS_INTERVENTION", sequence=number, final=True, reason="forged")
    await target.hawk.send(forged(lost, stream, topics.PROGRESS, version=number, identity=next_id(stream, number)))
    await target.decide(workflow, drawn.plan_digest)
    assert (await target.shown(workflow)).state == "PREPARED"
    assert "NEEDS_INTERVENTION" not in (await target.shown(workflow)).times


@attack(
    by=Attacker.BROKER,
    does="puts a dead letter of his own words on the operators' list",
    before="`hawk deadletters` listed it, with his sentence as the reason and the advice what to do.",
    cure=CURE,
    remains="What he sends elsewhere is quoted in true dead letters, as evidence.",
)
async def test_forged_dead_letter_is_listed_nowhere(target: Target) -> None:
    letter = refused_letter("{}", "executor", "any")
    stream = f"deadletter-executor-{'a' * 32}"
    await target.hawk.send(forged(letter, stream, topics.DEAD_LETTERS))
    for known in ("monitor.dead_letters", "approval.letters"):
        listed = f"SELECT count(*) FROM {known} WHERE letter LIKE 'executor-%'"  # noqa: S608
        assert await target.hawk.admin.fetchval(listed) == 0
    await target.nothing_believed(letters=2)


@attack(
    by=Attacker.BROKER,
    does="asks for the replay of a dead letter in the name of an operator",
    before="The service published the refused message again, and the trail named olga for it.",
    cure=CURE,
    remains=REMAINS,
)
async def test_forged_request_replays_no_dead_letter(target: Target) -> None:
    await target.hawk.send(replace(forged(stopped(), "rollout", topics.REFERENCE), value=b"no row"))
    (letter,) = await target.hawk.admin.fetch("SELECT stream FROM es.events WHERE type = 'MessageRefused'")
    ask = ReplayRequested(
        letter=letter_of(letter["stream"]), service="executor", requested_by="olga", role="OPERATIONS", reason="forged",
        requested_at=hedges.NOW,
    )  # fmt: skip
    await target.hawk.send(forged(ask, replay_stream(ask.letter), topics.CONTROL))
    assert await target.hawk.types(letter["stream"]) == ["MessageRefused"]


@attack(
    by=Attacker.BROKER,
    does="tells that a senior person has approved what waits",
    before="The workflow's progress said in all screens that rita (RISK_MANAGER) approved.",
    cure=CURE,
    remains=REMAINS,
)
async def test_forged_decision_is_told_nowhere(target: Target) -> None:
    workflow = await target.planned(usd("1000000"))
    yes = approvals.DecisionRecorded.model_validate(
        {
            "workflow_id": workflow, "plan_digest": (await target.plan(workflow)).plan_digest, "decision": "APPROVE",
            "person": "rita", "role": "RISK_MANAGER", "comment": "", "decided_at": hedges.NOW,
        }
    )  # fmt: skip
    await target.hawk.send(forged(yes, identity.approval_stream(workflow), topics.APPROVALS, version=2))
    await target.hawk.relay()
    said = [json.dumps(event.data) for event in await target.hawk.events(identity.progress_stream(workflow))]
    assert not any("rita" in each for each in said)
    assert "decisions" not in str((await target.shown(workflow)).facts)


@attack(
    by=Attacker.BROKER,
    does="tells the approval service that a grant was used which was not",
    before="The queue kept it as used. Said behind the grant, the clock of the approval service never let it lapse.",
    cure=CURE,
    remains=REMAINS,
)
async def test_forged_use_of_a_grant_does_not_keep_it_from_lapsing(target: Target) -> None:
    workflow = await target.planned(usd("1000000"))
    used = await target.plan(await target.planned(usd("2000000")))
    await target.decide(used.workflow_id, used.plan_digest)
    (prepared,) = [
        event for event in await target.hawk.events(identity.execution_stream(used.workflow_id))
        if event.type == "ExecutionPrepared"
    ]  # fmt: skip
    told = as_another(decode(prepared), workflow_id=workflow)
    await target.hawk.send(forged(told, identity.execution_stream(workflow), topics.EXECUTIONS))
    assert (await target.card(workflow)).used_at is None


@attack(
    by=Attacker.BROKER,
    does="tells a person whose answer is being planned that it holds nothing to execute",
    before="The page of that person ended with his sentence while the workflow went on.",
    cure=CURE,
    remains=REMAINS,
)
async def test_forged_outcome_of_an_answer_ends_no_page(target: Target) -> None:
    nothing = ResponseReceived(
        response_id="r-1", content_sha256="0" * 64, size_bytes=1, shape="PLAN_OBJECT", maker=Maker(name="mira"),
        prompt="", analysis="", outcome="REFUSED", workflows=(), refusals=(), warnings=(), content="{}",
    )  # fmt: skip
    await target.hawk.send(forged(nothing, identity.response_stream("r-1"), topics.PROPOSALS))
    assert await target.hawk.admin.fetchval("SELECT count(*) FROM approval.progress WHERE response_id = 'r-1'") == 0


@attack(
    by=Attacker.BROKER,
    does="copies a true message to another topic, where its kind means something else",
    before="On another topic it was passed over without a word; under another key it was handled.",
    cure=CURE + " Topic and key are those that the routing gives the event.",
    remains=REMAINS,
)
async def test_true_message_on_another_topic_or_under_another_key_is_refused(target: Target) -> None:
    workflow = await target.planned(usd("1000000"))
    (kept,) = await target.hawk.events(identity.plan_stream(workflow))
    true = published(kept, topics.PLANS)
    await target.hawk.send(replace(true, topic=topics.APPROVALS))
    await target.hawk.send(replace(true, key="another"))
    await target.nothing_believed(letters=4)


@attack(
    by=Attacker.BROKER,
    does="gives a true message other headers, so that what follows is filed under another workflow",
    before="It was handled, and the true message was a repeat; what followed bore the workflow's own id.",
    cure=CURE + " The headers are compared with the event's metadata.",
    remains=REMAINS,
)
async def test_true_message_with_another_correlation_is_refused(target: Target) -> None:
    workflow = await target.propose(usd("1000000"))
    (made,) = [each for each in await newest(target) if each.type == "ProposalMade"]
    true = published(made, topics.PROPOSALS)
    other = tuple((name, b"somebody-elses" if name == "ce_correlationid" else text) for name, text in true.headers)
    await target.hawk.send(replace(true, headers=other))
    assert await target.hawk.types(identity.plan_stream(workflow)) == []
    await target.hawk.relay()
    assert await target.hawk.types(identity.plan_stream(workflow)) == ["PlanDrawn"]


async def newest(target: Target) -> list[Any]:
    stream = await target.hawk.admin.fetchval("SELECT stream FROM es.events ORDER BY id DESC LIMIT 1")
    return await target.hawk.events(stream)


@attack(
    by=Attacker.BROKER,
    does="copies a true PlanClosed to another partition, where it overtakes the PlanDrawn that it ends",
    before="The approval service passed it over, knew the true one as a repeat, and left a dead plan open.",
    cure="A plan that comes behind its own end is put before nobody. No handler counts on the order of a topic.",
)
async def test_end_of_a_plan_that_overtakes_it_leaves_nothing_open(target: Target) -> None:
    workflow = await target.propose(usd("1000000"))
    await target.hawk.relay(before="PlanDrawn")
    (closed,) = await target.hawk.record(identity.plan_stream(workflow), closing(await target.plan(workflow)))
    await target.hawk.send(published(closed, topics.PLANS), partition=3)
    await target.hawk.relay()
    assert await target.card(workflow) is None
    assert await target.hawk.types(identity.approval_stream(workflow)) == ["ApprovalClosed"]
    assert await target.hawk.letters() == []


@attack(
    by=Attacker.BROKER,
    does="copies a true grant to another partition, where it overtakes the decision that gave it",
    before="While deals were being booked, the screens told that the plan had just been approved.",
    cure="A decision is told while the plan waits, and not behind its own effect.",
)
async def test_grant_that_overtakes_its_decision_leaves_the_story_in_order(target: Target) -> None:
    workflow = await target.planned(usd("1000000"))
    drawn = await target.plan(workflow)
    await target.approve(workflow, drawn.plan_digest)
    (grant,) = [
        each for each in await target.hawk.events(identity.approval_stream(workflow)) if each.type == "GrantIssued"
    ]
    await target.hawk.send(published(grant, topics.APPROVALS), partition=3)
    await target.hawk.relay()
    told = [event.data["status"] for event in await target.hawk.events(identity.progress_stream(workflow))]
    assert not any("mira (TRADER) approved" in each for each in told[told.index("Approved by mira (TRADER)") :])
    assert (await target.executed(workflow)).count("ExecutionPrepared") == 1


@attack(
    by=Attacker.BROKER,
    does="sends a forged copy of a message that was handled long ago",
    before="It was passed over without a word, so that nobody learned of the attempt.",
    cure=CURE + " The store is asked before the inbox.",
    remains=REMAINS,
)
async def test_forged_copy_of_an_old_message_leaves_a_trace(target: Target) -> None:
    workflow = await target.planned(usd("1000000"))
    (kept,) = await target.hawk.events(identity.plan_stream(workflow))
    await target.hawk.send(changed(published(kept, topics.PLANS), {"prompt": "another"}))
    await target.nothing_believed(letters=2)


@attack(
    by=Attacker.BROKER,
    does="floods hawk.deadletters with forged dead letters about forged dead letters",
    before="Each was kept and listed as a dead letter of the service that he chose.",
    cure=CURE + " A dead letter about junk on hawk.deadletters is true, and is not refused itself.",
    remains=REMAINS,
)
async def test_dead_letters_about_dead_letters_do_not_go_round(target: Target) -> None:
    for number in range(3):
        letter = refused_letter("x", "monitor", f"m-{number}")
        await target.hawk.send(forged(letter, f"deadletter-monitor-{number:032x}", topics.DEAD_LETTERS))
    await target.hawk.relay()
    await target.nothing_believed(letters=6)
    for known in ("monitor.dead_letters", "approval.letters"):
        assert await target.hawk.admin.fetchval(f"SELECT count(*) FROM {known}") == 6, "of each reader, one each"  # noqa: S608
