"""The handler: appends, refuses, counts repeats, and never gives an answer to the dead letters."""

import hashlib
from datetime import UTC, datetime

import pytest

from services.parser.app import build
from services.parser.handlers import KEEP_RESPONSE, Parser
from services.parser.reading import HEAD_BYTES_MAX, RESPONSE_BYTES_MAX
from services.parser.settings import ParserSettings
from shared.errors import VersionConflict
from shared.events import topics
from shared.events.base import Event
from shared.events.identity import response_stream
from shared.events.responses import ProposalMade, ResponseContradicted, ResponseReceived, ResponseRepeated
from shared.messaging.message import Message, message_of
from tests.support.parser_answers import instruction, plan_text
from tests.support.units import MemoryStreams, MemoryUnitOfWork, run_handler

PLAN = plan_text(instruction())
HANDLER = Parser(None).on_response_published


class NullRecord:
    """What a Kafka client gives for a message without value."""

    topic, partition, offset, key, value, timestamp = topics.AI_RESPONSES, 0, 0, None, None, 0
    headers: tuple[tuple[str, bytes | None], ...] = ()


class Answers:
    """In place of the connection: takes the statement that keeps an answer, and no other."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, int, bytes]] = []

    async def execute(self, statement: str, sha256: str, size_bytes: int, value: bytes) -> None:
        assert statement == KEEP_RESPONSE
        self.kept.append((sha256, size_bytes, value))


async def handled(each: Message, streams: MemoryStreams | None = None) -> MemoryUnitOfWork:
    return await run_handler(HANDLER, each, streams, connection=Answers())


def message(value: bytes | str, offset: int = 0, **headers: str) -> Message:
    data = value.encode() if isinstance(value, str) else value
    return Message(topics.AI_RESPONSES, 0, offset, None, data, headers, datetime(2026, 11, 23, tzinfo=UTC))


async def names_after(*messages: Message) -> list[str]:
    streams = MemoryStreams()
    names: list[str] = []
    for each in messages:
        unit = await handled(each, streams)
        names += [recorded.type for recorded in unit.recorded]
    return names


async def test_answer_appends_response_and_proposal_each_with_its_story() -> None:
    unit = await handled(message(PLAN, ce_id="r-1"))
    assert set(unit.appended) == {response_stream("r-1")}
    received, made = unit.appended[response_stream("r-1")]
    assert isinstance(received, ResponseReceived)
    assert isinstance(made, ProposalMade)
    assert [event.metadata["correlation_id"] for event in unit.recorded] == ["r-1", made.workflow_id]
    assert [event.version for event in unit.recorded] == [1, 2]


@pytest.mark.parametrize("value", [b"", b"\xff\x00", b"{not json", b"\x00" * (2 * 1024 * 1024), b"[" * 100_000])
async def test_broken_answer_appends_a_refused_response(value: bytes) -> None:
    unit = await handled(message(value))
    ((received,),) = unit.appended.values()
    assert isinstance(received, ResponseReceived)
    assert received.outcome == "REFUSED"


async def test_message_without_value_appends_a_refused_response() -> None:
    unit = await handled(message_of(NullRecord()))
    ((received,),) = unit.appended.values()
    assert isinstance(received, ResponseReceived)
    assert [refusal.code for refusal in received.refusals] == ["EMPTY"]


async def test_repeats_and_contradictions_append_no_second_proposal() -> None:
    other = plan_text(instruction(hedge_amount_order=1))
    assert await names_after(*(message(text, ce_id="r-1") for text in (PLAN, PLAN, PLAN, other, PLAN))) == [
        ResponseReceived.__name__,
        ProposalMade.__name__,
        ResponseRepeated.__name__,
        ResponseRepeated.__name__,
        ResponseContradicted.__name__,
        ResponseRepeated.__name__,
    ]


async def test_version_conflict_appends_nothing_and_the_next_try_counts_a_repeat() -> None:
    streams = MemoryStreams()
    slow = MemoryUnitOfWork(streams)
    await HANDLER(slow, message(PLAN))
    await handled(message(PLAN), streams)
    with pytest.raises(VersionConflict):
        await slow.commit()
    unit = await handled(message(PLAN), streams)
    events: list[Event] = [event for events in unit.appended.values() for event in events]
    assert [type(event) for event in events] == [ResponseRepeated]


@pytest.mark.parametrize("value", [PLAN.encode(), b"", b"\xff\x00\xfe", "\ufeff{}".encode(), b"x" * RESPONSE_BYTES_MAX])
async def test_bytes_of_an_answer_are_kept_as_they_came_under_their_digest(value: bytes) -> None:
    answers = Answers()
    await run_handler(HANDLER, message(value), connection=answers)
    assert answers.kept == [(hashlib.sha256(value).hexdigest(), len(value), value)]


async def test_only_the_head_is_kept_when_an_answer_is_too_large_to_be_read() -> None:
    answers, value = Answers(), b"y" * (RESPONSE_BYTES_MAX + 1)
    await run_handler(HANDLER, message(value), connection=answers)
    assert answers.kept == [(hashlib.sha256(value).hexdigest(), len(value), value[:HEAD_BYTES_MAX])]


async def test_bytes_of_a_contradicting_answer_are_kept_too() -> None:
    answers, streams = Answers(), MemoryStreams()
    for text in (PLAN, "other"):
        await run_handler(HANDLER, message(text, ce_id="r-1"), streams, connection=answers)
    assert [value for _, _, value in answers.kept] == [PLAN.encode(), b"other"]


def test_service_consumes_the_open_topic_raw() -> None:
    service = build(ParserSettings(http_port=0))
    subscription, replays = service.subscriptions
    assert (replays.topic, replays.group) == (topics.CONTROL, "hawk-parser-replays")
    assert (subscription.topic, subscription.group, subscription.raw) == (
        topics.AI_RESPONSES,
        "hawk-parser-responses",
        True,
    )
    assert topics.AI_RESPONSES in {each.topic for each in build(ParserSettings()).subscriptions}
