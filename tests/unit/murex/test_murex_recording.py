"""A recording is read strictly and reads as it was written; a replay answers in its order, or says why not."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from murex.gateway import files, recording
from murex.gateway.files import RecordingFile, load_recording
from murex.gateway.port import Reply, Request
from murex.gateway.recorded import RecordedGateway, Recorder, Tape
from murex.gateway.recording import Line, Recording, Speaker, flat, head, parse, render, written
from murex.gateway.replay import Conversation, RequestDiffers
from shared.errors import InvalidInput
from tests.support.murex_exchange import TRACE, WHEN, answered, cancel, enquired, published, sent


def asked(event: object, message_id: str = "r-1") -> Request:
    return Request(message_id, event, TRACE)  # type: ignore[arg-type]


FIRST = asked(sent("wf-1", 1), "r-1")
SECOND = asked(sent("wf-1", 2), "r-2")
LATER = asked(enquired("wf-1", 2), "r-3")
TALK = Recording((
    Line(0, FIRST), Line(0, SECOND), Line(40, answered(FIRST)), Line(15_000, LATER), Line(20, answered(SECOND)),
))  # fmt: skip


def test_a_recording_reads_as_it_was_written() -> None:
    text = render(TALK)
    assert parse(text) == TALK
    assert render(parse(text)) == text
    assert [json.loads(line).get("from") for line in text.splitlines()] == [
        None, "HAWK", "HAWK", "MUREX", "HAWK", "MUREX",
    ]  # fmt: skip


def test_recordings_put_one_after_another_are_one() -> None:
    assert parse(render(TALK) + render(TALK)).lines == TALK.lines * 2


GOOD = json.loads(written(Line(0, FIRST)))
GOOD_ANSWER = json.loads(written(Line(0, answered(FIRST))))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("", "not JSON"),
        ("[]", "expected an object"),
        (json.dumps(GOOD | {"after_ms": -1}), "after_ms"),
        (json.dumps(GOOD | {"after_ms": 1.5}), "not an exact value"),
        (json.dumps(GOOD | {"from": "BANK"}), "at from"),
        (json.dumps(GOOD | {"from": "MUREX"}), "not a reply of Murex"),
        (json.dumps(GOOD_ANSWER | {"from": "HAWK"}), "which HAWK does not ask"),
        (json.dumps(GOOD | {"comment": "?"}), "at comment"),
        (json.dumps(GOOD | {"type": "DealSent"}), "expected hawk.<EventName>.v<version>"),
        (json.dumps(GOOD | {"type": "hawk.DealTorn.v1"}), "DealTorn"),
        (json.dumps(GOOD | {"data": GOOD["data"] | {"attempt": 0}}), "at attempt"),
        (json.dumps({"format": "hawk-murex-recording", "version": 2}), "at version"),
    ],
)
def test_a_line_that_is_no_message_is_refused_with_its_number(line: str, what: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse(render(Recording(TALK.lines[:1])) + line + "\n", "talk.jsonl")
    assert raised.value.code == "MUREX_RECORDING_INVALID"
    assert "talk.jsonl: line 3" in raised.value.reason
    assert what in raised.value.reason


@pytest.mark.parametrize("text", ["", written(Line(0, FIRST))])
def test_a_recording_without_its_head_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="line 1"):
        parse(text)


def test_a_recording_beyond_the_limits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "LINES_MAX", 6)
    assert parse(render(TALK)) == TALK
    with pytest.raises(InvalidInput, match="at most 6"):
        parse(render(TALK) + head())
    monkeypatch.setattr(recording, "LINE_CHARACTERS_MAX", 100)
    with pytest.raises(InvalidInput, match="at most 100"):
        parse(render(TALK)[:-1])


def test_one_workflow_of_many_is_taken_out_with_its_time() -> None:
    other = Line(30, asked(sent("wf-2"), "r-9"))
    mixed = Recording((*TALK.lines[:2], other, *TALK.lines[2:]))
    assert mixed.workflows == ("wf-1", "wf-2")
    assert mixed.of("wf-2") == Recording((other,))
    assert [line.after_ms for line in mixed.of("wf-1").lines] == [0, 0, 70, 15_000, 20]
    assert [line.after_ms for line in TALK.half(Speaker.HAWK).lines] == [0, 0, 15_040]
    assert [line.after_ms for line in TALK.half(Speaker.MUREX).lines] == [40, 15_020]


def test_values_are_named_by_their_places() -> None:
    found = flat({"deal": {"leg": None, "ids": ["a", {"b": 1}], "none": []}, "x": {}})
    assert found == {"deal.leg": None, "deal.ids[0]": "a", "deal.ids[1].b": 1, "deal.none": [], "x": {}}


def test_an_answer_is_due_once_everything_asked_before_it_was_asked_again() -> None:
    replay = Conversation(TALK)
    assert replay.due() == ()
    replay.hear(SECOND)
    assert replay.due() == ()
    assert replay.silence_ms == 0
    replay.hear(FIRST)
    (due,) = replay.due()
    assert (due.after_ms, due.reply) == (40, answered(FIRST))
    assert replay.due() == ()
    assert (replay.over, replay.silence_ms, replay.missing) == (
        False, 15_000, (f"DealStatusEnquired 2 about deal {LATER.correlation_id}",),
    )  # fmt: skip
    replay.hear(FIRST)
    assert replay.due() == ()
    replay.hear(LATER)
    (due,) = replay.due()
    assert (due.after_ms, due.reply) == (20, answered(SECOND))
    assert (replay.over, replay.silence_ms, replay.missing) == (True, None, ())


def test_when_hawk_asked_makes_no_difference() -> None:
    later = sent("wf-1", 1).model_copy(update={"sent_at": WHEN + timedelta(days=3)})
    replay = Conversation(TALK)
    replay.hear(asked(later, "another message"))
    assert replay.missing[0].startswith("DealSent 1 about deal DEAL_wf-1_02")


@pytest.mark.parametrize(
    ("request_", "differences"),
    [
        (
            asked(sent("wf-1", 1, attempt=2).model_copy(update={"entity_id": "ENTITY0038"})),
            ("attempt is 2; recorded: 1", "entity_id is 'ENTITY0038'; recorded: 'ENTITY0037'"),
        ),
        (asked(cancel("wf-1", 1, sequence=1)), ("it is a DealCancelSent; the recorded one is a DealSent",)),
        (
            asked(cancel("wf-1", 2)),
            ("it is a DealCancelSent; only 2 requests about the deal were recorded",),
        ),
        (asked(sent("wf-1", 3)), ("no request about this deal of workflow wf-1 was recorded",)),
        (asked(sent("wf-2", 1)), ("no request about this deal of workflow wf-2 was recorded",)),
    ],
)
def test_a_request_that_differs_is_refused_with_what_differs(request_: Request, differences: tuple[str, ...]) -> None:
    replay = Conversation(TALK)
    with pytest.raises(RequestDiffers) as raised:
        replay.hear(request_)
    assert raised.value.differences == differences
    assert all(difference in str(raised.value) for difference in differences)
    assert replay.missing == Conversation(TALK).missing


def test_a_refusal_names_the_first_differences_and_counts_the_rest() -> None:
    other = sent("wf-1", 2).model_copy(update={"deal_booking_id": FIRST.correlation_id})
    with pytest.raises(RequestDiffers) as raised:
        Conversation(TALK).hear(asked(other))
    differences = raised.value.differences
    assert len(differences) > 5
    assert str(raised.value).count("; recorded: ") == 5
    assert f"and {len(differences) - 5} more" in str(raised.value)


def test_a_recording_that_contradicts_itself_or_holds_several_workflows_is_not_replayed() -> None:
    twice = Recording((*TALK.lines, Line(0, asked(enquired("wf-1", 1, sequence=1)))))
    with pytest.raises(InvalidInput, match="have the same number but differ"):
        Conversation(twice)
    with pytest.raises(InvalidInput, match="2 workflows"):
        Conversation(Recording((*TALK.lines, Line(0, asked(sent("wf-2"))))))


def test_a_request_that_was_delivered_twice_when_it_was_recorded_is_asked_once() -> None:
    replay = Conversation(Recording((Line(0, FIRST), Line(0, FIRST), Line(5, answered(FIRST)))))
    replay.hear(FIRST)
    assert len(replay.due()) == 1
    assert replay.over


async def test_a_tape_says_how_much_time_passed_between_messages() -> None:
    moments = iter((WHEN, WHEN + timedelta(milliseconds=40), WHEN + timedelta(milliseconds=30)))
    tape = Tape(clock=lambda: next(moments))
    tape.send(published(sent("wf-1"), 1))
    gateway = RecordedGateway(tape)
    (request,) = (await gateway.take(0)).requests
    await gateway.reply([answered(request), answered(request)])
    # The clock was put back: no time is negative.
    assert [line.after_ms for line in tape.recording.lines] == [0, 40, 0]


async def test_a_tape_hands_out_the_requests_of_a_recording_it_was_given() -> None:
    """So a translator to a real Murex can be tried with what HAWK asked, without a broker."""
    tape = Tape(TALK.half(Speaker.HAWK))
    gateway = RecordedGateway(tape)
    requests = (await gateway.take(0)).requests
    assert requests == (FIRST, SECOND, LATER)
    await gateway.reply([answered(FIRST)])
    assert tape.replies == (answered(FIRST),)


async def test_a_file_holds_what_passed_also_when_a_kill_has_torn_its_last_line(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "talk.jsonl"
    with RecordingFile(path) as file:
        recorder = Recorder(RecordedGateway(Tape(TALK)), file.keep, clock=lambda: WHEN)
        await recorder.take(0)
    with path.open("a", encoding="utf-8") as torn:
        torn.write('{"from":"HAWK","after')
    with RecordingFile(path) as file:
        file.keep(Line(0, answered(FIRST)))
    assert [line.message for line in load_recording(path).lines] == [FIRST, SECOND, LATER, answered(FIRST)]


def test_a_full_file_takes_no_more_and_can_still_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LINES_MAX", 4)
    path = tmp_path / "talk.jsonl"
    for _ in range(2):
        with RecordingFile(path) as file:
            for line in TALK.lines[:2]:
                file.keep(line)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 4
    assert load_recording(path).lines == TALK.lines[:2]


def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_recording(tmp_path / "none.jsonl")
    path = tmp_path / "talk.jsonl"
    path.write_bytes(b"\xff")
    with pytest.raises(InvalidInput, match="not UTF-8 at byte 0"):
        load_recording(path)
    monkeypatch.setattr(files, "FILE_BYTES_MAX", 10)
    path.write_text(render(TALK), encoding="utf-8")
    with pytest.raises(InvalidInput, match="larger than 10 bytes"):
        load_recording(path)


def test_both_sides_tell_their_messages_apart() -> None:
    assert TALK.requests == (FIRST, SECOND, LATER)
    assert all(isinstance(answer, Reply) for answer in TALK.replies)
