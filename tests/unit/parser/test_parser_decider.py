"""What is recorded of an answer: once, repeated, contradicted."""

import json

from services.parser.decider import ResponseState, decide, state_of
from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.identity import workflow_id
from shared.events.responses import (
    ProposalMade,
    ProposalRefused,
    ResponseContradicted,
    ResponseReceived,
    ResponseRepeated,
)
from shared.eventstore.codec import encode as stored
from shared.eventstore.port import EVENT_BYTES_MAX
from tests.support.parser_answers import envelope, instruction, plan_text, read


def after(*texts: str | bytes) -> tuple[Event, ...]:
    """All events of a stream to which these answers came."""
    events: tuple[Event, ...] = ()
    for text in texts:
        events += decide(state_of(events), read(text, ce_id="r-1"))
    return events


PARTLY = plan_text(
    instruction({"id": "a", "risk_score": "LOW"}, hedge_amount_order=-1),
    instruction({"id": "b", "approval_required": False}),
)


def test_answer_is_recorded_with_its_proposals_in_one_decision() -> None:
    received, refused, made = after(PARTLY)
    assert isinstance(received, ResponseReceived)
    assert isinstance(refused, ProposalRefused)
    assert isinstance(made, ProposalMade)
    assert (received.outcome, received.content, received.size_bytes) == ("PARTLY_REFUSED", PARTLY, len(PARTLY))
    assert received.workflows == (made.workflow_id,) == (workflow_id("r-1", 2, 1),)
    assert [refusal.code for refusal in received.refusals] == ["INVALID_AMOUNT"]
    assert (refused.component, made.origin.component, made.origin.attempt) == (1, 2, 1)
    assert refused.refusals == received.refusals
    assert refused.actions[0]["data"]["hedge_amount_order"] == "-1"
    assert made.origin.claimed[0].approval_required is False


def test_refused_answer_is_recorded_without_proposals() -> None:
    (received,) = after("{not json")
    assert isinstance(received, ResponseReceived)
    assert (received.outcome, received.workflows, received.shape) == ("REFUSED", (), "unreadable")


def test_same_answer_again_only_counts() -> None:
    first, _, _, second, third = after(PARTLY, PARTLY, PARTLY)
    assert isinstance(first, ResponseReceived)
    assert isinstance(second, ResponseRepeated)
    assert isinstance(third, ResponseRepeated)
    assert (second.repeats, third.repeats) == (1, 2)


def test_refused_answer_again_only_counts() -> None:
    _, again = after(b"\xff", b"\xff")
    assert isinstance(again, ResponseRepeated)


def test_other_answer_under_the_same_id_is_refused_and_kept_once() -> None:
    other = plan_text(instruction(hedge_amount_order=1))
    *_, first, second, repeat = after(PARTLY, other, other, PARTLY)
    assert isinstance(first, ResponseContradicted)
    assert isinstance(second, ResponseContradicted)
    assert isinstance(repeat, ResponseRepeated)
    assert (first.content, second.content) == (other, "")
    assert [refusal.code for refusal in first.refusals] == ["DUPLICATE_RESPONSE"]


def test_state_of_an_empty_stream_is_unknown() -> None:
    assert state_of(()) == ResponseState()


def test_events_of_the_largest_and_strangest_answers_can_be_stored() -> None:
    million = 1024 * 1024
    quotes = plan_text(instruction(), analysis='"' * (million // 2 - 1000))
    claims = [{"action_type": "GENERATE_GL_ENTRIES", "data": {"entries": [{"a": "é\u0000\n" * 10_000}] * 5}}]
    odd = {"action_type": "X\ud800", "\u0000": ["\u0000"], "data": "x" * 500_000}
    for text in (
        "\x01" * million,
        "\x00" * million,
        b"\xff" * (3 * million),
        quotes,
        plan_text(instruction(), *claims),
        plan_text(odd, 3, None, instruction(**{"\u0000\ud800": 1})),
        envelope("words \u0000 \ud800", prompt="\u0000", user_id="\u0000"),
        json.dumps({"analysis": "\ud800\u0000"}),
    ):
        for event in after(text):
            assert len(stored(encode(event).data).encode()) <= EVENT_BYTES_MAX
