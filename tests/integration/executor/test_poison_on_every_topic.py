"""What can never be handled, on every topic that any service reads: a dead letter, and the partition goes on."""

import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from demo.reference.load import demo_rows
from shared.events import identity, topics
from shared.events.deadletters import MessageReplayed, ReplayRequested, letter_of, letter_stream, replay_stream
from shared.events.murex import MurexAnswered
from shared.events.plans import PlanClosed, PlanDrawn
from shared.events.routing import WRITTEN_BY_RELAY, messages
from shared.messaging.database import to_json
from tests.support import executions, hedges
from tests.support.desk import Desk
from tests.support.eventually import eventually_async
from tests.support.poison import LIMIT_SECONDS, Place, Poisoned, poisoned
from tests.support.stack import TestDatabase
from tests.support.units import message_for

pytestmark = pytest.mark.integration

USD_25M = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI")


@dataclass(frozen=True)
class Poison:
    """What is sent; `type` is a `ce_type` in which {name} is an event the place handles, None: no headers at all."""

    value: bytes
    type: str | None
    code: str


EVENTS = (
    Poison(b"{", "hawk.{name}.v1", "MALFORMED_JSON"),
    Poison(b"\xff\xfe", "hawk.{name}.v1", "MALFORMED_JSON"),
    Poison(b"{}", "hawk.{name}.v99", "EVENT_VERSION_UNKNOWN"),
    Poison(b"{}", "hawk.NobodyKnowsThis.v1", "EVENT_TYPE_UNKNOWN"),
    Poison(b"{}", "hawk.{name}.v1", "EVENT_MALFORMED"),
    Poison(b"{}", None, "NOT_A_CLOUDEVENT"),
)
ROWS = (
    Poison(b"{", None, "MALFORMED_JSON"),
    Poison(b"[]", None, "MALFORMED_JSON"),
    Poison(b'{"table":"users","operation":"UPSERT","row":{}}', None, "REFERENCE_TABLE_UNKNOWN"),
)
#: An answer of the AI is never a dead letter: what cannot be taken is a refused response, which its publisher sees.
ANSWERS = (Poison(b"{", None, "INCOMPLETE"), Poison(b"", None, "EMPTY"), Poison(b"\xff", None, "NOT_UTF8"))


def poisons(place: Place) -> tuple[Poison, ...]:
    return {topics.REFERENCE: ROWS, topics.AI_RESPONSES: ANSWERS}.get(place.topic, EVENTS)


def code_at(place: Place, poison: Poison) -> str:
    """Where only the relay writes, what has the form of an event is asked for before anything is made of it."""
    form_of_an_event = poison.code.startswith("EVENT_")
    return "NOT_RECORDED" if form_of_an_event and place.topic in WRITTEN_BY_RELAY else poison.code


def headers(type_: str | None) -> dict[str, str]:
    if type_ is None:
        return {}
    event = PlanClosed.model_construct(workflow_id="wf")
    return dict(message_for(event).headers) | {"ce_type": type_, "ce_id": str(uuid.uuid4())}


@pytest.fixture
async def executor_at_work(
    kafka_bootstrap: str, desk: Desk, desk_database: TestDatabase, tmp_path: Path
) -> AsyncIterator[Poisoned]:
    async with poisoned(kafka_bootstrap, desk_database, desk.keys, tmp_path, only="executor") as running:
        yield running


def place_of(running: Poisoned, service: str, topic: str, event: str) -> Place:
    (place,) = (
        each for each in running.places if (each.service, each.topic) == (service, topic) and event in each.events
    )
    return place


async def test_poison_is_a_dead_letter_and_the_partition_goes_on_at_every_topic(hawk_at_work: Poisoned) -> None:
    read = {(place.service, place.topic) for place in hawk_at_work.places}
    assert {topic for _, topic in read} >= {
        topics.AI_RESPONSES, topics.PROPOSALS, topics.PLANS, topics.APPROVALS, topics.CONTROL, topics.MUREX_ANSWERS,
        topics.EXECUTIONS, topics.PROGRESS, topics.REFERENCE, topics.DEAD_LETTERS,
    }  # fmt: skip
    for place in hawk_at_work.places:
        for poison in poisons(place):
            type_ = None if poison.type is None else poison.type.format(name=place.events[0])
            await hawk_at_work.send(place, poison.value, headers(type_))
    await hawk_at_work.all_done()
    for place in hawk_at_work.places:
        letters = await hawk_at_work.letters(place)
        if place.topic == topics.AI_RESPONSES:
            assert letters == []
            continue
        assert [letter["code"] for letter in letters] == [code_at(place, poison) for poison in poisons(place)], place
        assert all(letter["reason"] and letter["group"] == place.group for letter in letters)
        assert [letter["offset"] for letter in letters] == list(range(len(letters)))
    rows = await hawk_at_work.pools["parser"].fetch(
        "SELECT data FROM es.events WHERE type = 'ResponseReceived' ORDER BY id"
    )
    assert [row["data"]["refusals"][0]["code"] for row in rows] == [poison.code for poison in ANSWERS]


async def test_messages_of_a_finished_workflow_change_nothing_and_hold_nothing_up(
    hawk_at_work: Poisoned, desk: Desk
) -> None:
    desk.recorder = None  # the approval service itself is at work here and keeps its own stream
    workflow = await desk.run(USD_25M)
    drawn = await desk.plan(workflow)
    grant = desk.granted(drawn)
    first = (await desk.sent(workflow))[0]
    contradiction = executions.answer_of(first, "NOK")
    closed = PlanClosed.model_validate(
        {
            "workflow_id": workflow,
            "response_id": drawn.response_id,
            "state": "EXPIRED",
            "code": "GRANT_EXPIRED",
            "reason": "late",
            "successor": None,
            "closed_at": hedges.NOW,
        }
    )
    plans = place_of(hawk_at_work, "approval", topics.PLANS, "PlanDrawn")
    grants = place_of(hawk_at_work, "executor", topics.APPROVALS, "GrantIssued")
    answers = place_of(hawk_at_work, "executor", topics.MUREX_ANSWERS, "MurexAnswered")
    shown = place_of(hawk_at_work, "monitor", topics.PLANS, "PlanDrawn")
    (planned, *_) = await hawk_at_work.events("executor", identity.plan_stream(workflow))
    await hawk_at_work.publish(plans, planned)
    await hawk_at_work.tell(plans, identity.plan_stream(workflow), closed)
    await hawk_at_work.publish(plans, planned)
    await hawk_at_work.all_done()
    approval = await hawk_at_work.events("approval", identity.approval_stream(workflow))
    assert [event.type for event in approval] == ["ApprovalRequested", "ApprovalClosed"]

    streams = (identity.execution_stream(workflow), identity.plan_stream(workflow))
    before = await _types(desk, *streams)
    await hawk_at_work.tell(grants, identity.approval_stream(workflow), grant)
    await _send(hawk_at_work, answers, contradiction)
    await hawk_at_work.publish(shown, planned)
    await hawk_at_work.all_done()
    places = (plans, grants, answers, shown)
    codes = {str(place): [each["code"] for each in await hawk_at_work.letters(place)] for place in places}
    assert codes == {
        "approval of hawk.plans": [],
        "executor of hawk.approvals": ["GRANT_ALREADY_USED"],
        "executor of hawk.murex.answers": [],
        "monitor of hawk.plans": [],
    }
    after = await _types(desk, *streams)
    assert after[: len(before)] == before
    # Murex contradicts itself about a booked deal: recorded, and its book is asked (docs/execution.md).
    assert after[len(before) :] == ["AnswerIgnored", "DealStatusEnquired"]


async def test_an_answer_with_megabytes_of_reason_is_set_aside_and_the_next_one_counts(
    executor_at_work: Poisoned, desk: Desk
) -> None:
    workflow = await desk.propose(USD_25M)
    assert await desk.grant(await desk.plan(workflow)) is None
    first, second, *_ = await desk.sent(workflow)
    place = place_of(executor_at_work, "executor", topics.MUREX_ANSWERS, "MurexAnswered")
    await _send(executor_at_work, place, executions.answer_of(first, "NOK", reason="x" * 5 * 1024 * 1024))
    await _send(executor_at_work, place, executions.answer_of(second, "ACK"))
    await executor_at_work.all_done()
    (letter,) = await executor_at_work.letters(place)
    assert letter["code"] == "MUREX_ANSWER_TOO_LARGE"
    executed = await _types(desk, identity.execution_stream(workflow))
    assert executed[-1] == "DealAcknowledged"
    assert "DealDeclined" not in executed


async def test_an_answer_that_came_too_early_counts_once_when_it_is_replayed(
    executor_at_work: Poisoned, desk: Desk
) -> None:
    workflow = await desk.propose(USD_25M)
    drawn = await desk.plan(workflow)
    place = place_of(executor_at_work, "executor", topics.MUREX_ANSWERS, "MurexAnswered")
    await _send(executor_at_work, place, early_answer(drawn))
    await executor_at_work.all_done()
    (letter,) = await executor_at_work.letters(place)
    assert letter["code"] == "MUREX_ANSWER_UNKNOWN_WORKFLOW"

    assert await desk.grant(drawn) is None
    again = await _replay(executor_at_work, letter)
    for _ in range(3):
        await executor_at_work.send(place, again.value, _text(again.headers), key=again.key)
    await executor_at_work.all_done()
    executed = await _types(desk, identity.execution_stream(workflow))
    assert executed.count("DealAcknowledged") == 1
    assert "AnswerIgnored" not in executed, "the second and third did not come to the handler"
    stream = await _stream_of(executor_at_work, letter)
    await _ask(executor_at_work, letter_of(stream))
    await executor_at_work.all_done()
    assert await _types(desk, stream) == ["MessageRefused", "MessageReplayed", "ReplayDeclined"]


async def test_a_replay_that_is_refused_again_stands_in_the_same_dead_letter(
    executor_at_work: Poisoned, desk: Desk
) -> None:
    drawn = await desk.plan(await desk.propose(USD_25M))
    place = place_of(executor_at_work, "executor", topics.MUREX_ANSWERS, "MurexAnswered")
    await _send(executor_at_work, place, early_answer(drawn))
    await executor_at_work.all_done()
    (letter,) = await executor_at_work.letters(place)
    for _ in range(2):
        again = await _replay(executor_at_work, letter)
        for _ in range(2):
            await executor_at_work.send(place, again.value, _text(again.headers), key=again.key)
        await executor_at_work.all_done()
    assert await _types(desk, await _stream_of(executor_at_work, letter)) == [
        "MessageRefused", "MessageReplayed", "MessageRefused", "MessageReplayed", "MessageRefused",
    ]  # fmt: skip


async def test_an_answer_that_nobody_signed_is_refused_however_often_it_is_replayed(
    executor_at_work: Poisoned, desk: Desk
) -> None:
    workflow = await desk.propose(USD_25M)
    drawn = await desk.plan(workflow)
    assert await desk.grant(drawn) is None
    place = place_of(executor_at_work, "executor", topics.MUREX_ANSWERS, "MurexAnswered")
    forged = message_for(early_answer(drawn), topic=place.name)
    await executor_at_work.send(place, forged.value, {**forged.headers, "ce_id": "forged-1"}, sign=False)
    await executor_at_work.all_done()
    (letter,) = await executor_at_work.letters(place)
    assert letter["code"] == "SIGNATURE_INVALID"
    again = await _replay(executor_at_work, letter)
    assert not again.sign
    await executor_at_work.send(place, again.value, _text(again.headers), key=again.key, sign=False)
    await executor_at_work.all_done()
    assert [each["code"] for each in await executor_at_work.letters(place)] == ["SIGNATURE_INVALID"] * 2
    assert "DealAcknowledged" not in await _types(desk, identity.execution_stream(workflow))


async def test_a_signed_reference_row_changes_its_table_once_when_it_is_replayed(
    executor_at_work: Poisoned, desk: Desk
) -> None:
    place = next(each for each in executor_at_work.places if each.topic == topics.REFERENCE)
    (position, *_) = [each for each in demo_rows(hedges.TODAY) if each.table == "position_nav_master"]
    row = dict(position.row) | {"entity_id": "ENTITY0099"}
    value = to_json({"table": position.table, "operation": "UPSERT", "row": row}).encode()
    await executor_at_work.send(place, value, {})
    await executor_at_work.all_done()
    (letter,) = await executor_at_work.letters(place)
    assert letter["code"] == "REFERENCE_ROW_INVALID"

    (entity, *_) = [each for each in demo_rows(hedges.TODAY) if each.table == "entity_master"]
    await desk.set_row("entity_master", dict(entity.row) | {"entity_id": "ENTITY0099", "entity_name": "New"})
    again = await _replay(executor_at_work, letter)
    for _ in range(2):
        await executor_at_work.send(place, again.value, _text(again.headers), key=again.key)
    await executor_at_work.all_done()
    assert await _types(desk, await _stream_of(executor_at_work, letter)) == ["MessageRefused", "MessageReplayed"]
    found = await desk.rows("SELECT count(*) AS n FROM position_nav_master WHERE entity_id = 'ENTITY0099'")
    assert found[0]["n"] == 1
    assert [
        row["n"]
        for row in await desk.rows("SELECT count(*) AS n FROM executor.inbox WHERE message_id LIKE '%#replay-2'")
    ] == [1]


def early_answer(drawn: PlanDrawn) -> MurexAnswered:
    """Murex's answer to the first deal of a plan, as it will be asked for."""
    child = drawn.plan.children[0]
    deal = child.deals[0]
    return MurexAnswered(
        workflow_id=drawn.workflow_id,
        event_id=child.event.event_id,
        deal_booking_id=deal.deal_booking_id,
        deal_sequence=deal.deal_sequence,
        attempt=1,
        in_reply_to=1,
        answer="ACK",
        level="OK",
        contract_id="MX-1",
        booking_reference="BR-1",
        answered_at=hedges.NOW,
    )


async def _send(running: Poisoned, place: Place, event: Any) -> None:
    made = message_for(event, topic=place.name)
    await running.send(place, made.value, {**made.headers, "ce_id": str(uuid.uuid4())})


async def _ask(running: Poisoned, letter: str) -> None:
    request = ReplayRequested(
        letter=letter,
        service="executor",
        requested_by="olga",
        role="OPERATIONS",
        reason="fixed",
        requested_at=hedges.NOW,
    )
    control = place_of(running, "executor", topics.CONTROL, "ReplayRequested")
    await running.tell(control, replay_stream(letter), request)


async def _replay(running: Poisoned, letter: Mapping[str, Any]) -> Any:
    """Ask for a replay; gives the message that the relay publishes for it, on HAWK's topic of that place."""
    stream = await _stream_of(running, letter)
    known = len(await running.events("executor", stream))
    await _ask(running, letter_of(stream))
    found = await eventually_async(
        lambda: running.events("executor", stream),
        LIMIT_SECONDS,
        until=lambda events: len(events) > known,
        what="the executor answers",
    )
    replayed = found[known]
    assert replayed.type == MessageReplayed.__name__
    (topic,) = {place.topic for place in running.places if place.name == replayed.data["topic"]}
    return messages(replace(replayed, data={**replayed.data, "topic": topic}))[1]


async def _stream_of(running: Poisoned, letter: Mapping[str, Any]) -> str:
    stream = await running.pools["executor"].fetchval(
        "SELECT stream FROM es.events WHERE type = 'MessageRefused' AND data ->> 'message_id' = $1",
        letter["message_id"],
    )
    assert letter_stream(letter_of(stream)) == stream
    return str(stream)


def _text(headers: tuple[tuple[str, bytes], ...]) -> dict[str, str]:
    return {name: value.decode() for name, value in headers}


async def _types(desk: Desk, *streams: str) -> list[str]:
    rows = await desk.rows("SELECT type FROM es.events WHERE stream = ANY($1) ORDER BY id", list(streams))
    return [row["type"] for row in rows]
