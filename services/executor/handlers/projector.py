"""From recorded events to the read tables, inside the transaction that records them."""

from collections.abc import Sequence

import asyncpg

from services.executor.handlers import table_writer
from services.executor.projections.folding import changes_of
from shared.eventstore.port import RecordedEvent


async def project(connection: asyncpg.Connection, recorded: Sequence[RecordedEvent]) -> None:
    """Bring the tables up to these events."""
    await table_writer.apply(connection, [change for event in recorded for change in changes_of(event)])
