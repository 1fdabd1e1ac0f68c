"""What reference messages append, and what reference events change."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.executor.handlers.reference.messages import ROW_BYTES_MAX
from services.executor.reference.projection import reference_changes
from services.executor.tables.changes import Delete, Upsert
from services.executor.tables.table import CatalogueViolation
from shared.errors import InvalidInput
from shared.events.reference import ReferenceRowRemoved, ReferenceRowSet
from shared.messaging.message import Message
from tests.support.reference import reference_handler
from tests.support.units import WHEN, MemoryStreams, MemoryUnitOfWork, run_handler

STREAM = "reference-currency_rates-USD/SGD:prevailing"


class Tables:
    """Stands for the read tables: says whether another row holds the values that may stand once."""

    def __init__(self, *, taken: bool = False) -> None:
        self.taken = taken

    async def fetchval(self, query: str, *arguments: object) -> bool:
        return self.taken


def message(value: bytes | dict[str, Any]) -> Message:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Message(topic="hawk.reference", partition=0, offset=7, key=None, value=data, headers={}, timestamp=WHEN)


def rate(value: str = "1.3770", day: str = "2026-11-23", operation: str = "UPSERT") -> Message:
    row = {"currency_pair": "USD/SGD", "rate_type": "prevailing", "rate_value": value, "effective_date": day}
    return message({"table": "currency_rates", "operation": operation, "row": row})


def row_set(value: str = "1.3770", day: str = "2026-11-23") -> ReferenceRowSet:
    return ReferenceRowSet(
        table="currency_rates",
        key="USD/SGD:prevailing",
        row={
            "currency_pair": "USD/SGD",
            "rate_type": "prevailing",
            "rate_value": value,
            "effective_date": day,
            "ledger": "IFRS",
            "rate_id": "RATE_USDSGD_PREVAILING",
        },
    )


REMOVED = ReferenceRowRemoved(table="currency_rates", key="USD/SGD:prevailing")


async def handled(given: Message, *before: ReferenceRowSet | ReferenceRowRemoved, taken: bool = False) -> Any:
    unit = await run_handler(reference_handler(), given, {STREAM: before}, connection=Tables(taken=taken))
    return unit.appended


async def test_a_row_is_set_when_it_is_new() -> None:
    assert await handled(rate()) == {STREAM: (row_set(),)}


async def test_a_row_is_set_again_when_a_value_moved_or_the_date_is_newer() -> None:
    assert await handled(rate("1.3800"), row_set()) == {STREAM: (row_set("1.3800"),)}
    assert await handled(rate(day="2026-11-24"), row_set()) == {STREAM: (row_set(day="2026-11-24"),)}


async def test_nothing_is_appended_when_the_row_is_the_same() -> None:
    assert await handled(rate(), row_set()) == {}


async def test_a_row_is_removed_when_it_is_there_and_nothing_happens_when_it_is_not() -> None:
    assert await handled(rate(operation="DELETE"), row_set()) == {STREAM: (REMOVED,)}
    assert await handled(rate(operation="DELETE"), row_set(), REMOVED) == {}


async def test_a_row_can_be_set_again_when_it_was_removed() -> None:
    assert await handled(rate(day="2026-11-01"), row_set(), REMOVED) == {STREAM: (row_set(day="2026-11-01"),)}


async def test_a_rate_is_refused_when_it_is_older_than_the_one_in_force() -> None:
    with pytest.raises(InvalidInput, match="REFERENCE_OUTDATED"):
        await handled(rate(day="2026-11-22"), row_set())


async def test_a_row_is_refused_when_another_row_holds_what_may_stand_once() -> None:
    with pytest.raises(InvalidInput, match="REFERENCE_CONFLICT"):
        await handled(rate(), taken=True)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"not json",
        b"[]",
        b'{"table": "currency_rates", "table": "gl_coa", "operation": "UPSERT", "row": {}}',
        b'{"table": "gl_coa", "operation": "UPSERT", "row": {"account_code": 1.5}}',
        b"\xff",
        b"[" * 100_000,
    ],
)
async def test_a_message_is_refused_when_it_is_not_strict_json(value: bytes) -> None:
    with pytest.raises(InvalidInput, match="MALFORMED_JSON"):
        await handled(message(value))


async def test_a_message_is_refused_when_it_is_too_large() -> None:
    with pytest.raises(InvalidInput, match="TOO_LARGE"):
        await handled(message(b" " * (ROW_BYTES_MAX + 1)))


async def changes(*events: ReferenceRowSet | ReferenceRowRemoved) -> list[Any]:
    streams = MemoryStreams()
    found: list[Any] = []
    for version, event in enumerate(events):
        unit = MemoryUnitOfWork(streams)
        unit.append(STREAM, version, event)
        (recorded,) = await unit.commit()
        found.extend(reference_changes(event, recorded))
    return found


async def test_a_row_replaces_the_whole_row_when_projected() -> None:
    first, second = await changes(row_set(), row_set("1.3800"))
    assert isinstance(first, Upsert)
    assert first.key == {"currency_pair": "USD/SGD", "rate_type": "prevailing", "ledger": "IFRS"}
    assert first.row["rate_value"] == Decimal("1.3770")
    assert first.row["effective_date"] == date(2026, 11, 23)
    assert first.row["source_system"] is None
    assert first.row["created_by"] == "service:test"
    assert first.row["created_date"] == WHEN
    assert (first.row["reference_version"], second.row["reference_version"]) == (1, 2)


async def test_a_row_goes_when_its_removal_is_projected() -> None:
    assert (await changes(row_set(), REMOVED))[1] == Delete(
        "currency_rates", {"currency_pair": "USD/SGD", "rate_type": "prevailing", "ledger": "IFRS"}
    )


@pytest.mark.parametrize("column", [{"no_column": "x"}, {"rate_value": "a lot"}])
async def test_a_stored_row_is_a_defect_when_the_table_cannot_hold_it(column: dict[str, str]) -> None:
    event = row_set()
    with pytest.raises(CatalogueViolation):
        await changes(event.model_copy(update={"row": {**event.row, **column}}))
