"""A dead letter published again: handled once more and once only, whoever claims what."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInput
from shared.events.base import Event
from shared.events.deadletters import (
    HEAD_BYTES_MAX,
    MessageRefused,
    MessageReplayed,
    ReplayDeclined,
    ReplayRequested,
    letter_of,
    letter_stream,
)
from shared.events.routing import REPLAY_HEADER, messages
from shared.messaging.deadletters import dead_letter_stream, message_refused
from shared.messaging.message import Message
from shared.messaging.replays import claim_of, decide_replay, on_replay_requested, replayed_entry
from shared.messaging.unit_of_work import InboxEntry
from tests.support.units import WHEN, MemoryStreams, message_for, run_handler

ENTRY = InboxEntry("executor", "hawk-executor-approvals", "m-1")
STREAM = dead_letter_stream("executor", "m-1")
LETTER = letter_of(STREAM)


def message(value: bytes = b'{"amount":"1"}', key: str | None = "wf", **headers: str) -> Message:
    return Message("hawk.approvals", 2, 7, key, value, {"ce_id": "m-1", **headers}, WHEN)


def refused(made: Message | None = None, entry: InboxEntry = ENTRY) -> MessageRefused:
    return message_refused(entry, made or message(), InvalidInput(code="NOPE", reason="no"))


def request() -> ReplayRequested:
    return ReplayRequested(
        letter=LETTER,
        service="executor",
        requested_by="olga",
        role="OPERATIONS",
        reason="fixed",
        requested_at=WHEN,
    )


def replayed(letters: Sequence[Event]) -> MessageReplayed:
    made = decide_replay(letters, request())
    assert isinstance(made, MessageReplayed)
    return made


def again(version: int, made: Message | None = None) -> Message:
    """The message as the relay publishes it, at another place."""
    original = made or message()
    headers = {**original.headers, REPLAY_HEADER: f"{LETTER}@{version}"}
    return replace(original, headers=headers, offset=99)


def entry_of(letters: Sequence[Event], made: Message, entry: InboxEntry = ENTRY) -> InboxEntry:
    claim = claim_of(made, entry.schema)
    return entry if claim is None else replayed_entry(entry, claim, letters, made)


async def test_a_replay_is_published_on_its_topic_with_key_value_and_headers_as_they_were() -> None:
    streams = MemoryStreams({STREAM: [refused(message(ce_type="hawk.GrantIssued.v1"))]})
    unit = await run_handler(
        partial(on_replay_requested, "executor"), message_for(request(), topic="hawk.control"), streams
    )
    (recorded,) = unit.recorded
    told, itself = messages(recorded)
    assert told.topic == "hawk.deadletters"
    # The relay vouches for its own event, never for the bytes of whoever published the message first.
    assert (told.sign, itself.sign) == (True, False)
    assert (itself.topic, itself.key, itself.value) == ("hawk.approvals", "wf", b'{"amount":"1"}')
    assert dict(itself.headers) == {
        "ce_id": b"m-1",
        "ce_type": b"hawk.GrantIssued.v1",
        REPLAY_HEADER: f"{LETTER}@2".encode(),
    }


async def test_a_message_without_a_key_is_published_again_without_one() -> None:
    streams = MemoryStreams({STREAM: [refused(message(key=None))]})
    unit = await run_handler(
        partial(on_replay_requested, "executor"), message_for(request(), topic="hawk.control"), streams
    )
    assert messages(unit.recorded[0])[1].key is None


async def test_another_services_dead_letter_is_left_to_it() -> None:
    asked = message_for(request(), topic="hawk.control")
    assert (await run_handler(partial(on_replay_requested, "monitor"), asked)).recorded == ()


def test_an_unknown_dead_letter_is_refused() -> None:
    with pytest.raises(InvalidInput, match="hawk deadletters") as refusal:
        decide_replay([], request())
    assert refusal.value.code == "DEAD_LETTER_UNKNOWN"


def test_a_second_replay_is_declined_until_the_message_is_refused_again() -> None:
    letters: list[Event] = [refused()]
    letters.append(replayed(letters))
    declined = decide_replay(letters, request())
    assert isinstance(declined, ReplayDeclined)
    assert declined.code == "ALREADY_REPLAYED"
    letters += [declined, refused(again(2), replace(ENTRY, replay=2))]
    assert replayed(letters).headers == {"ce_id": "m-1"}


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (message(b"x" * (HEAD_BYTES_MAX + 1)), "VALUE_TRUNCATED"),
        (message(b"\xff"), "VALUE_NOT_TEXT"),
        (message(b"a\x00b"), "VALUE_NOT_TEXT"),
        (message(long="v" * 2_000), "HEADERS_NOT_KEPT"),
        (message(key="k" * 2_000), "HEADERS_NOT_KEPT"),
        (message(key="\\xff"), "HEADERS_NOT_KEPT"),
    ],
)
def test_what_is_not_kept_whole_is_declined_with_what_to_do(made: Message, code: str) -> None:
    declined = decide_replay([refused(made)], request())
    assert isinstance(declined, ReplayDeclined)
    assert declined.code == code
    assert "publish it again" in declined.reason


def test_the_largest_value_that_is_kept_can_be_replayed() -> None:
    value = b"x" * HEAD_BYTES_MAX
    assert replayed([refused(message(value))]).value.encode() == value


def test_a_replay_is_another_message_for_the_inbox_and_the_same_whenever_it_arrives() -> None:
    letters: list[Event] = [refused()]
    letters.append(replayed(letters))
    first = entry_of(letters, again(2))
    assert first.key not in {ENTRY.key}
    assert first.message_id == ENTRY.message_id
    assert entry_of(letters, replace(again(2), offset=1234)).key == first.key


def test_a_replay_of_a_message_known_by_its_place_is_the_same_wherever_it_arrives() -> None:
    by_place = replace(ENTRY, message_id="hawk.reference:0:7@then")
    letters: list[Event] = [refused(entry=by_place)]
    letters.append(replayed(letters))
    arrived = replace(ENTRY, message_id="hawk.reference:0:99@now")
    assert entry_of(letters, again(2), arrived).key == f"{by_place.message_id}#replay-2"


def test_a_replay_of_what_was_not_proved_is_known_by_its_id_once_it_is() -> None:
    """It was never known by that id, so the true message under it may have been handled meanwhile."""
    place = "hawk.approvals:2:7@2026-11-23T09:00:00+00:00"
    letters = [refused(entry=replace(ENTRY, message_id=place))]
    letters.append(replayed(letters))
    assert entry_of(letters, again(2)) == ENTRY
    still_unproved = replace(ENTRY, message_id=f"hawk.approvals:2:99@{WHEN.isoformat()}")
    assert entry_of(letters, again(2), still_unproved).key == f"{place}#replay-2"


def test_a_forged_copy_of_a_replay_does_not_use_it_up() -> None:
    letters: list[Event] = [refused()]
    letters.append(replayed(letters))
    unproved = replace(ENTRY, message_id=f"hawk.approvals:2:99@{WHEN.isoformat()}")
    assert entry_of(letters, again(2), unproved) == unproved
    assert entry_of(letters, again(2)).key == "m-1#replay-2"


def test_a_claim_that_nothing_stands_behind_is_no_replay() -> None:
    letters: list[Event] = [refused()]
    letters.append(replayed(letters))
    others = replace(ENTRY, consumer="another-group")
    for made, entry in (
        (again(1), ENTRY),  # a refusal, no replay
        (again(3), ENTRY),  # not there
        (replace(again(2), value=b"{}"), ENTRY),  # other content
        (replace(again(2), topic="hawk.plans"), ENTRY),  # another topic
        (again(2), others),  # a group that did not refuse it
    ):
        assert entry_of(letters, made, entry) == entry


@pytest.mark.parametrize(
    "claim",
    ["", "executor", f"{LETTER}@0", f"{LETTER}@x", f"{LETTER}@1\n", LETTER.replace("executor", "monitor") + "@2"],
)
def test_a_claim_of_another_shape_or_service_is_none(claim: str) -> None:
    assert claim_of(message(**{REPLAY_HEADER: claim}), "executor") is None


@given(st.lists(st.sampled_from(["refuse-a", "refuse-b", "ask"]), max_size=12))
def test_each_group_handles_a_replay_at_most_once_for_each_time_it_refused(steps: list[str]) -> None:
    """Whatever is refused and asked for in whatever order, no group handles more replays than it refused messages."""
    letters: list[Event] = []
    handled: dict[str, set[str]] = {"a": set(), "b": set()}
    refusals = {"a": 0, "b": 0}
    for step in steps:
        if step == "ask":
            if letters:
                letters.append(decide_replay(letters, request()))
        else:
            group = step[-1]
            letters.append(refused(entry=replace(ENTRY, consumer=group)))
            refusals[group] += 1
        for version in range(1, len(letters) + 1):
            for group in ("a", "b"):
                known = entry_of(letters, again(version), replace(ENTRY, consumer=group))
                if known.replay is not None:
                    handled[group].add(known.key)
    assert all(len(handled[group]) <= refusals[group] for group in handled)


def test_ids_of_letters_and_streams_belong_together() -> None:
    assert letter_stream(LETTER) == STREAM
    assert "executor-" + sha256(b"m-1").hexdigest()[:32] == LETTER
