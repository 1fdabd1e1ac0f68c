"""A flood of junk: some dead letters, then one that tells of many; and no offset is committed that nobody told of."""

from dataclasses import replace
from datetime import UTC, datetime

from shared.errors import InvalidInput
from shared.events.deadletters import MessageRefused
from shared.messaging.deadletters import message_refused, set_aside_many
from shared.messaging.message import Message
from shared.messaging.offsets import Partition
from shared.messaging.refusals import COUNTING_SECONDS_MAX, LETTERS_A_MINUTE, LETTERS_AT_ONCE, Refusals
from shared.messaging.subscription import place_and_time
from shared.messaging.unit_of_work import InboxEntry
from tests.support.damage import assert_told
from tests.support.units import MemoryStreams, MemoryUnitOfWork

HERE = Partition("hawk.plans", 0)
CODE = "NOT_RECORDED"
UNREADABLE = "RECORD_UNREADABLE"


def junk(offset: int, value: bytes = b"junk", partition: int = 0) -> Message:
    return Message("hawk.plans", partition, offset, None, value, {}, datetime(2026, 11, 23, tzinfo=UTC))


def unreadable(first: int, last: int) -> Message:
    return replace(junk(last, b""), first_offset=first, unreadable="its checksum is not that of its bytes")


def letter(message: Message, code: str = CODE) -> MessageRefused:
    inbox = InboxEntry("executor", "executor-plans", place_and_time(message))
    return message_refused(inbox, message, InvalidInput(code=code, reason="no event of the store"))


def pour(refusals: Refusals, offsets: range, now: float, code: str = CODE) -> int:
    """Refuse messages; gives how many got a dead letter of their own."""
    alone = 0
    for offset in offsets:
        message = junk(offset)
        if refusals.alone(message, code, now):
            alone += 1
        else:
            refusals.count(message, code, now, lambda message=message: letter(message, code))
        refusals.done(message)
    return alone


def test_first_ones_are_told_of_one_by_one_and_the_rest_by_one_letter() -> None:
    refusals = Refusals()
    assert pour(refusals, range(200_000), 0.0) < LETTERS_AT_ONCE
    (many,) = refusals.due(1.0)
    told = many.dead_letter
    assert (told.offset, told.last_offset) == (many.first, 199_999)
    assert told.count == 200_000 - many.first
    assert str(told.count) in told.reason
    assert len(told.model_dump_json()) < 2_000


def test_letter_of_many_names_the_first_and_the_last_whatever_their_order() -> None:
    refusals = Refusals(letters_at_once=0.0)
    for offset in (7, 3, 9, 5):
        message = junk(offset)
        refusals.count(message, CODE, 0.0, lambda message=message: letter(message))
    assert refusals.first_counted(HERE) == 3
    (many,) = refusals.of([HERE], 0.0)
    assert (many.dead_letter.offset, many.dead_letter.last_offset, many.dead_letter.count) == (3, 9, 4)


def test_answer_about_a_message_stays_until_it_is_done() -> None:
    refusals = Refusals()
    answers = [refusals.alone(junk(1), CODE, 0.0) for _ in range(10 * LETTERS_AT_ONCE)]
    assert all(answers)
    assert refusals.alone(junk(2), CODE, 0.0)


def test_each_cause_and_each_minute_have_letters_of_their_own() -> None:
    refusals = Refusals()
    first = pour(refusals, range(1_000), 0.0)
    assert pour(refusals, range(1_000, 2_000), 0.0, "NOT_A_CLOUDEVENT") == first
    assert pour(refusals, range(2_000, 3_000), 61.0) in (LETTERS_A_MINUTE, LETTERS_A_MINUTE + 1)


def test_letters_that_keep_much_are_fewer() -> None:
    refusals = Refusals()
    large = [refusals.alone(junk(offset, b"x" * 8_000_000), CODE, 0.0) for offset in range(1_000)]
    assert sum(large) == LETTERS_AT_ONCE // 2


def test_longer_a_flood_lasts_the_rarer_it_is_told_of_and_no_message_is_left_out() -> None:
    refusals, told, alone = Refusals(), [], 0
    for second in range(1, 3_600):
        alone += pour(refusals, range(second * 100, second * 100 + 100), float(second))
        for many in refusals.due(float(second)):
            told.append(many.dead_letter)
            refusals.written(many)
    for many in refusals.of([HERE], 3_600.0):
        told.append(many.dead_letter)
        refusals.written(many)
    assert sum(each.count for each in told) + alone == 3_599 * 100
    assert len(told) < 3_600 / COUNTING_SECONDS_MAX + 10


def test_no_offset_may_be_committed_that_nothing_tells_of() -> None:
    refusals = Refusals()
    alone = pour(refusals, range(100), 0.0)
    assert refusals.first_counted(HERE) == alone
    assert refusals.first_counted(Partition("hawk.plans", 1)) is None
    (many,) = refusals.due(5.0)
    pour(refusals, range(100, 110), 0.0)
    assert refusals.first_counted(HERE) == alone, "its dead letter is being written, and not durable yet"
    refusals.written(many)
    assert refusals.first_counted(HERE) == 100
    refusals.forget([HERE])
    assert refusals.first_counted(HERE) is None


def test_what_could_not_be_told_is_told_the_next_time() -> None:
    refusals = Refusals()
    pour(refusals, range(100), 0.0)
    assert refusals.due(5.0) == refusals.due(5.1) != ()


async def test_letter_of_many_is_told_once_and_further_when_more_came_after_a_crash() -> None:
    streams = MemoryStreams()
    first = letter(junk(60)).model_copy(update={"last_offset": 99, "count": 40})
    for again in (first, first, first.model_copy(update={"last_offset": 150, "count": 91})):
        unit = MemoryUnitOfWork(streams)
        await set_aside_many(unit, again)
        await unit.commit()
    unit = MemoryUnitOfWork(streams)
    await set_aside_many(unit, first)
    assert not unit.collected
    (stream,) = {name for name in streams._streams if name.startswith("deadletter-executor-")}
    assert [event.data["last_offset"] for event in streams._streams[stream]] == [99, 150]


def test_unreadable_records_count_as_many_as_they_are() -> None:
    refusals = Refusals()
    pour(refusals, range(100), 0.0)
    place = replace(junk(300), first_offset=200, unreadable="packed")
    refusals.count(place, CODE, 0.0, lambda: letter(place))
    (many,) = refusals.due(9.0)
    assert many.dead_letter.count == 100 - many.first + 101


def test_letter_of_many_begins_with_the_first_record_that_its_first_message_stands_for() -> None:
    refusals = Refusals(letters_at_once=0.0)
    for place in (unreadable(4, 6), unreadable(11, 13)):
        refusals.count(place, UNREADABLE, 0.0, lambda place=place: letter(place, UNREADABLE))
    assert refusals.first_counted(HERE) == 4, "what is committed before its letter is durable begins there again"
    (many,) = refusals.of([HERE], 0.0)
    assert (many.dead_letter.offset, many.dead_letter.last_offset, many.dead_letter.count) == (4, 13, 6)


def test_message_may_have_a_letter_of_its_own_amid_those_that_are_counted() -> None:
    """Where reading takes long: 20 seconds bring the next letter, and what was counted before it is not written yet."""
    refusals, told, gone = Refusals(letters_at_once=1.5), [], [146, 155, 164, 173, 182]
    for offset, now in zip(gone, (0.0, 1.0, 5.0, 10.5, 11.0), strict=True):
        message = unreadable(offset, offset)
        if refusals.alone(message, UNREADABLE, now):
            told.append(letter(message, UNREADABLE))
        else:
            refusals.count(message, UNREADABLE, now, lambda message=message: letter(message, UNREADABLE))
        refusals.done(message)
    told += [many.dead_letter for many in refusals.due(30.0)]
    said = [(each.offset, each.last_offset, each.count) for each in told]
    assert said == [(146, 146, 1), (173, 173, 1), (155, 182, 3)]
    assert_told(gone, [each.model_dump() for each in told], "hawk.plans")
