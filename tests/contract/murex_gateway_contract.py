"""What every gateway to Murex promises (`murex/gateway/port.py`), run against each adapter.

An adapter's test is a subclass of `MurexGatewayContract` with the fixture `exchange`, an `ExchangeUnderTest`.
"""

import asyncio
import json
from dataclasses import replace
from itertools import count

import pytest

from murex.gateway.port import REPLIES_MAX, REQUESTS_MAX, MurexGateway, Reply, Request, Taken
from murex.gateway.recorded import Recorder
from murex.gateway.recording import Line, Recording, parse, render
from murex.gateway.replay import Conversation, RequestDiffers, reply_as_recorded
from shared.errors import InvalidInput
from shared.events.murex import ANSWER_BYTES_MAX, MurexReceipted
from shared.events.routing import OutMessage
from tests.support.conversations import BOOKED
from tests.support.murex_exchange import (
    LIMIT_SECONDS,
    TRACE,
    WHEN,
    ExchangeUnderTest,
    answered,
    cancel,
    deal_id,
    enquired,
    published,
    sent,
)

WAIT_MS = 500


async def taken(gateway: MurexGateway, number: int) -> Taken:
    """Takes until so many messages have come, and no more than those."""
    found = Taken()
    async with asyncio.timeout(LIMIT_SECONDS):
        while len(found.requests) + len(found.unreadable) < number:
            more = await gateway.take(WAIT_MS)
            found = Taken(found.requests + more.requests, found.unreadable + more.unreadable)
    assert len(found.requests) + len(found.unreadable) == number
    return found


def changed(message: OutMessage, *, value: bytes | None = None, **headers: str) -> OutMessage:
    """A message with another value or other headers; an empty header is left out."""
    kept = {name: text for name, text in message.headers if name not in headers}
    kept |= {name: text.encode() for name, text in headers.items() if text}
    return replace(message, value=message.value if value is None else value, headers=tuple(kept.items()))


class MurexGatewayContract:
    async def test_take_gives_what_hawk_asked_with_its_correlation_and_sequence(
        self, exchange: ExchangeUnderTest
    ) -> None:
        asked = (sent("wf-1"), enquired("wf-1"), cancel("wf-1"))
        messages = [published(event, version) for version, event in enumerate(asked, 1)]
        await exchange.send(*messages)
        async with exchange.gateway() as gateway:
            requests = (await taken(gateway, 3)).requests
        assert tuple(each.event for each in requests) == asked
        assert [each.correlation_id for each in requests] == [deal_id("wf-1", 1)] * 3
        assert [each.sequence for each in requests] == [1, 2, 3]
        assert [each.message_id for each in requests] == [dict(each.headers)["ce_id"].decode() for each in messages]
        assert {each.traceparent for each in requests} == {TRACE}

    async def test_take_keeps_the_order_of_each_deal_when_many_are_mixed(self, exchange: ExchangeUnderTest) -> None:
        version = count(1)
        await exchange.send(*(
            published(sent(workflow, number, sequence=sequence), next(version))
            for sequence in range(1, 6) for workflow in ("wf-1", "wf-2", "wf-3") for number in (1, 2)
        ))  # fmt: skip
        async with exchange.gateway() as gateway:
            requests = (await taken(gateway, 30)).requests
        by_deal: dict[str, list[int]] = {}
        for request in requests:
            by_deal.setdefault(request.correlation_id, []).append(request.sequence)
        assert len(by_deal) == 6
        assert all(sequences == [1, 2, 3, 4, 5] for sequences in by_deal.values())

    async def test_take_gives_nothing_when_nothing_was_sent(self, exchange: ExchangeUnderTest) -> None:
        async with exchange.gateway() as gateway:
            assert not await gateway.take(1)
            await gateway.acknowledge()

    async def test_requests_come_again_when_a_reader_ends_before_it_acknowledges(
        self, exchange: ExchangeUnderTest
    ) -> None:
        await exchange.send(*(published(sent("wf-1", number), number) for number in (1, 2)))
        async with exchange.gateway() as gateway:
            first = (await taken(gateway, 2)).requests
            await gateway.reply([answered(each) for each in first])
        async with exchange.gateway() as gateway:
            again = (await taken(gateway, 2)).requests
            await gateway.reply([answered(each) for each in again])
            await gateway.acknowledge()
        assert again == first
        # The answer to the same request is the same message, however often a crash has it sent.
        once, twice = [(await exchange.heard(4))[at : at + 2] for at in (0, 2)]
        assert once == twice

    async def test_requests_come_again_from_the_first_that_was_not_acknowledged(
        self, exchange: ExchangeUnderTest
    ) -> None:
        await exchange.send(published(sent("wf-1", 1), 1))
        async with exchange.gateway() as gateway:
            await taken(gateway, 1)
            await gateway.acknowledge()
            await exchange.send(published(sent("wf-1", 2), 2))
            await taken(gateway, 1)
        await exchange.send(published(sent("wf-1", 3), 3))
        async with exchange.gateway() as gateway:
            requests = (await taken(gateway, 2)).requests
        assert [each.event.deal_sequence for each in requests] == [2, 3]

    async def test_an_answer_may_be_sent_any_number_of_times(self, exchange: ExchangeUnderTest) -> None:
        await exchange.send(published(sent("wf-1"), 1))
        async with exchange.gateway() as gateway:
            (request,) = (await taken(gateway, 1)).requests
            answer, other = answered(request), answered(request, "another-id")
            await gateway.reply([answer, answer])
            await gateway.reply([answer, other])
        assert await exchange.heard(4) == [answer, answer, answer, other]

    async def test_answers_of_a_deal_arrive_as_they_were_said_in_the_order_in_which_they_were_sent(
        self, exchange: ExchangeUnderTest
    ) -> None:
        await exchange.send(published(sent("wf-1", sequence=7), 1))
        async with exchange.gateway() as gateway:
            (request,) = (await taken(gateway, 1)).requests
            receipt = MurexReceipted(
                workflow_id="wf-1", event_id="EVENT_1", deal_booking_id=request.correlation_id, deal_sequence=1,
                attempt=1, in_reply_to=request.sequence, received_at=WHEN,
            )  # fmt: skip
            said = [
                Reply("receipt", receipt, request.message_id, TRACE, 1),
                replace(answered(request, "ack"), number=2),
                replace(
                    answered(
                        request, "correction", answer="NOK", level="FATAL", correction=True, contract_id=None,
                        reason="Gebucht für das falsche Buch – 誤り", reason_code="WRONG_BOOK",
                    ), number=3,
                ),
                replace(
                    answered(request, "fault", answer="NOK", level="ABORT", technical=True, contract_id=None), number=4
                ),
            ]  # fmt: skip
            await gateway.reply(said)
        heard = await exchange.heard(4)
        assert heard == said
        assert [getattr(each.event, "correction", False) for each in heard] == [False, False, True, False]
        assert {each.event.in_reply_to for each in heard} == {7}
        assert {each.event.deal_booking_id for each in heard} == {request.correlation_id}

    async def test_a_message_that_is_no_request_is_told_and_holds_nothing_up(self, exchange: ExchangeUnderTest) -> None:
        good = published(sent("wf-1", 1), 1)
        terms = json.loads(good.value)
        fraction = good.value.replace(b'"25000000.00"', b"25000000.5")
        unknown = json.dumps(terms | {"priority": "high"}).encode()
        bad = (
            (OutMessage(good.topic, "wf-1", b"no headers at all", ()), "NOT_A_CLOUDEVENT"),
            (OutMessage(good.topic, None, b"\xff\x00", (("ce_id", b"\xff"),)), "NOT_A_CLOUDEVENT"),
            (changed(good, ce_specversion=""), "NOT_A_CLOUDEVENT"),
            (changed(good, value=b"{"), "MALFORMED_JSON"),
            (changed(good, value=b""), "MALFORMED_JSON"),
            (changed(good, value=fraction), "MALFORMED_JSON"),
            (changed(good, value=unknown), "EVENT_MALFORMED"),
            (changed(good, ce_type="hawk.DealSent.v9"), "EVENT_VERSION_UNKNOWN"),
            (changed(good, ce_type="hawk.DealTorn.v1"), "EVENT_TYPE_UNKNOWN"),
            (_receipt_of(good), "NOT_A_MUREX_REQUEST"),
        )
        for number, (message, _) in enumerate(bad, 2):
            await exchange.send(message, published(sent("wf-1", 1, sequence=number), number))
        async with exchange.gateway() as gateway:
            found = await taken(gateway, 2 * len(bad))
            assert [each.sequence for each in found.requests] == list(range(2, 2 + len(bad)))
            assert sorted(each.code for each in found.unreadable) == sorted(code for _, code in bad)
            assert all(each.place and each.reason for each in found.unreadable)
            await gateway.acknowledge()
        await exchange.send(published(sent("wf-1", 2), 99))
        async with exchange.gateway() as gateway:
            (after,) = (await taken(gateway, 1)).requests
        assert after.event.deal_sequence == 2

    async def test_one_take_gives_no_more_than_the_limit(self, exchange: ExchangeUnderTest) -> None:
        number = REQUESTS_MAX + 5
        await exchange.send(*(published(enquired("wf-1", sequence=at), at) for at in range(1, number + 1)))
        sizes, sequences = [], []
        async with exchange.gateway() as gateway, asyncio.timeout(LIMIT_SECONDS):
            while len(sequences) < number:
                found = await gateway.take(WAIT_MS)
                sizes.append(len(found.requests))
                sequences += [each.sequence for each in found.requests]
        assert max(sizes) <= REQUESTS_MAX
        assert sequences == list(range(1, number + 1))

    @pytest.mark.parametrize("message_id", ["", "two words", "é", "a\x00b", "x" * 201])
    async def test_an_answer_with_an_unusable_message_id_is_refused(
        self, exchange: ExchangeUnderTest, message_id: str
    ) -> None:
        answer = replace(answered(REQUEST), message_id=message_id)
        await self._refused(exchange, "MESSAGE_ID_INVALID", answer)

    @pytest.mark.parametrize("number", [-1, 10**20])
    async def test_an_answer_with_an_unusable_number_is_refused(self, exchange: ExchangeUnderTest, number: int) -> None:
        await self._refused(exchange, "NUMBER_INVALID", replace(answered(REQUEST), number=number))

    async def test_an_answer_that_is_too_long_is_refused(self, exchange: ExchangeUnderTest) -> None:
        await self._refused(exchange, "ANSWER_TOO_LARGE", answered(REQUEST, reason="x" * ANSWER_BYTES_MAX))

    async def test_more_answers_than_the_limit_are_refused(self, exchange: ExchangeUnderTest) -> None:
        many = [answered(REQUEST, f"answer-{number}") for number in range(REPLIES_MAX + 1)]
        await self._refused(exchange, "TOO_MANY_ANSWERS", *many[:-1], many[-1])

    async def test_as_many_answers_as_the_limit_arrive_in_order(self, exchange: ExchangeUnderTest) -> None:
        many = [answered(REQUEST, f"answer-{number}") for number in range(REPLIES_MAX)]
        async with exchange.gateway() as gateway:
            await gateway.reply(many)
        assert await exchange.heard(REPLIES_MAX) == many

    async def test_a_recorded_conversation_is_answered_over_the_gateway_as_it_was(
        self, exchange: ExchangeUnderTest
    ) -> None:
        recording = parse(BOOKED.path.read_text(encoding="utf-8"))
        await exchange.send(*_as_published(recording))
        async with exchange.gateway() as gateway:
            answers = await _answered_until_over(gateway, Conversation(recording))
        assert await exchange.heard(len(answers)) == answers == list(recording.replies)

    async def test_a_request_that_differs_from_the_recorded_one_is_neither_answered_nor_acknowledged(
        self, exchange: ExchangeUnderTest
    ) -> None:
        recording = Recording((Line(0, _request(sent("wf-1"))), Line(40, answered(_request(sent("wf-1"))))))
        other = sent("wf-1").model_copy(update={"entity_id": "ENTITY0038"})
        await exchange.send(published(other, 1))
        async with exchange.gateway() as gateway:
            with pytest.raises(RequestDiffers, match="entity_id is 'ENTITY0038'; recorded: 'ENTITY0037'"):
                await _answered_until_over(gateway, Conversation(recording))
        async with exchange.gateway() as gateway:
            (again,) = (await taken(gateway, 1)).requests
        assert again.event == other

    async def test_what_passes_through_a_gateway_can_be_recorded(self, exchange: ExchangeUnderTest) -> None:
        lines: list[Line] = []
        await exchange.send(*(published(sent("wf-1", number), number) for number in (1, 2)))
        async with exchange.gateway() as gateway:
            recorder = Recorder(gateway, lines.append, clock=lambda: WHEN)
            requests = (await taken(recorder, 2)).requests
            said = [answered(each) for each in requests]
            await recorder.reply(said)
            await recorder.acknowledge()
        assert [line.message for line in lines] == [*requests, *said]
        assert parse(render(Recording(tuple(lines)))) == Recording(tuple(lines))
        await exchange.send(published(sent("wf-1", 3), 3))
        async with exchange.gateway() as gateway:
            (after,) = (await taken(gateway, 1)).requests
        assert after.event.deal_sequence == 3

    @staticmethod
    async def _refused(exchange: ExchangeUnderTest, code: str, *answers: Reply) -> None:
        """Refused as a whole: a good answer that stands beside it does not leave either."""
        good, marker = answered(REQUEST, "beside"), answered(REQUEST, "marker")
        async with exchange.gateway() as gateway:
            with pytest.raises(InvalidInput) as raised:
                await gateway.reply([good, *answers])
            assert raised.value.code == code
            assert raised.value.reason
            await gateway.reply([marker])
        assert await exchange.heard(1) == [marker]


async def _answered_until_over(gateway: MurexGateway, replay: Conversation) -> list[Reply]:
    answers: list[Reply] = []
    async with asyncio.timeout(LIMIT_SECONDS):
        while not replay.over:
            answers += [each.reply for each in await reply_as_recorded(gateway, replay, WAIT_MS)]
    return answers


def _request(event: object) -> Request:
    return Request("request-1", event, TRACE)  # type: ignore[arg-type]


REQUEST = _request(sent("wf-1"))


def _receipt_of(good: OutMessage) -> OutMessage:
    """An answer, where requests belong."""
    asked = json.loads(good.value)
    head = {name: asked[name] for name in ("workflow_id", "event_id", "deal_booking_id", "deal_sequence", "attempt")}
    value = json.dumps(head | {"in_reply_to": 1, "received_at": WHEN.isoformat()}).encode()
    return changed(good, value=value, ce_type="hawk.MurexReceipted.v1")


def _as_published(recording: Recording) -> list[OutMessage]:
    return [published(request.event, version) for version, request in enumerate(recording.requests, 1)]
