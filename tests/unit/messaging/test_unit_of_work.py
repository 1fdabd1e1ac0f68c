"""What a handler can do with a unit of work, on streams in memory."""

import pytest

from shared.errors import Defect, VersionConflict
from shared.events.responses import ResponseRepeated
from shared.messaging.message import Message
from shared.messaging.unit_of_work import InboxEntry, UnitOfWork
from tests.support.units import CAUSE, MemoryUnitOfWork, message_for, run_handler


def repeated(repeats: int) -> ResponseRepeated:
    return ResponseRepeated(response_id="r", content_sha256="0" * 64, repeats=repeats)


async def on_repeat(unit: UnitOfWork, message: Message) -> None:
    stream = await unit.load("response-r")
    unit.append("response-r", stream.version, message.event)


async def test_handler_sees_given_streams_and_its_events_are_shown() -> None:
    unit = await run_handler(on_repeat, message_for(repeated(2)), {"response-r": [repeated(1)]})
    assert unit.appended == {"response-r": (repeated(2),)}
    assert unit.recorded[0].version == 2
    assert unit.recorded[0].metadata == CAUSE.metadata()


async def test_stream_is_empty_at_version_0_when_it_does_not_exist() -> None:
    loaded = await MemoryUnitOfWork().load("response-r")
    assert (loaded.version, loaded.events) == (0, ())


async def test_conflict_is_raised_when_the_stream_has_moved_on() -> None:
    unit = MemoryUnitOfWork({"response-r": [repeated(1)]})
    unit.append("response-r", 0, repeated(1))
    with pytest.raises(VersionConflict):
        await unit.commit()


async def test_defect_is_raised_when_two_appends_to_one_stream_do_not_follow_each_other() -> None:
    unit = MemoryUnitOfWork()
    unit.append("response-r", 0, repeated(1))
    with pytest.raises(Defect, match="Append at 1"):
        unit.append("response-r", 0, repeated(1))


async def test_stream_without_events_is_not_appended_to() -> None:
    unit = MemoryUnitOfWork()
    unit.append("response-r", 0)
    assert unit.appends == ()
    assert await unit.commit() == ()


async def test_other_acts_run_when_one_act_after_the_commit_fails() -> None:
    done: list[str] = []

    def failing() -> None:
        raise RuntimeError("this act fails")

    unit = MemoryUnitOfWork()
    unit.after_commit(failing)
    unit.after_commit(lambda: done.append("second"))
    await unit.commit()
    assert done == ["second"]


async def test_memory_unit_says_so_when_a_handler_asks_the_database() -> None:
    with pytest.raises(Defect, match=r"connection\.fetchval"):
        await MemoryUnitOfWork().connection.fetchval("SELECT 1")


@pytest.mark.parametrize("schema", ["", "Parser", "parser; DROP", "p-1", 'p"'])
def test_inbox_refuses_what_is_no_schema_name(schema: str) -> None:
    with pytest.raises(Defect, match="schema name"):
        InboxEntry(schema, "group", "id")
