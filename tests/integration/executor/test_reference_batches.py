"""Reference rows that share a transaction: the same rows and refusals as one by one, on a real PostgreSQL."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from services.executor.handlers.table_writer import RowRefused, project
from shared.events.topics import REFERENCE
from shared.messaging.database import open_pool
from shared.messaging.handling import MessageHandling
from shared.messaging.message import Message
from shared.messaging.subscription import Subscription
from shared.messaging.unit_of_work import UnitOfWork, run_unit
from tests.support.reference import reference_handler, write_row
from tests.support.stack import TestDatabase
from tests.support.units import CAUSE

pytestmark = pytest.mark.integration


def position(number: int, amount: str, nav_id: str | None = None) -> dict[str, Any]:
    return {
        "nav_id": nav_id or f"PNM_{number}",
        "entity_id": f"ENTITY{number:04d}",
        "currency_code": "HKD",
        "nav_type": "COI",
        "position_type": "NET",
        "as_of_date": "2026-11-20",
        "current_position": amount,
    }


def messages(*rows: dict[str, Any], first: int = 0) -> list[Message]:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    documents = [{"table": "position_nav_master", "operation": "UPSERT", "row": row} for row in rows]
    return [
        Message(REFERENCE, 0, offset, None, json.dumps(document).encode(), {}, at)
        for offset, document in enumerate(documents, first)
    ]


async def test_rows_share_a_transaction_and_are_refused_alone_when_they_contradict(database: TestDatabase) -> None:
    pool = await open_pool(database.dsn("hawk_executor"), application="test")
    group = "hawk-executor-reference"
    handling = MessageHandling(
        service="executor",
        group=group,
        subscriptions=[Subscription(REFERENCE, group, reference_handler())],
        pool=lambda: pool,
        projector=project,
    )

    async def entities(unit: UnitOfWork) -> None:
        for number in range(51):
            row = {"entity_id": f"ENTITY{number:04d}", "entity_type": "Branch", "currency_code": "HKD"}
            await write_row(unit, "entity_master", row)

    await run_unit(pool, CAUSE, entities, projector=project)
    good = messages(*(position(number, "1") for number in range(50)))
    assert await handling.handle_together(good) == len(good)
    assert await pool.fetchval("SELECT count(DISTINCT xid) FROM es.events") == 2
    assert await pool.fetchval("SELECT count(*) FROM position_nav_master") == len(good)

    more = messages(position(50, "2"), position(7, "3", "another"), first=len(good))
    with pytest.raises(RowRefused):
        await handling.handle_together(more)
    for message in (*good, *more):
        await handling.handle(message)
    rows = {row["nav_id"]: row["current_position"] for row in await pool.fetch("SELECT * FROM position_nav_master")}
    assert rows == {f"PNM_{number}": Decimal(2 if number == 50 else 1) for number in range(51)}
    assert await pool.fetchval("SELECT data ->> 'code' FROM es.events WHERE type = 'MessageRefused'") == (
        "REFERENCE_CONFLICT"
    )
    await pool.close()
