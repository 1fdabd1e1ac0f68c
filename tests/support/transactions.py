"""Transactions of a publisher: what it sends is told once it commits, and never when it aborts."""

import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer

from tests.support.pills import Draft
from tests.support.raw_kafka import send_drafts


@asynccontextmanager
async def transaction(
    bootstrap: str, topic: str, drafts: Iterable[Draft], *, commit: bool, partition: int = 0
) -> AsyncIterator[list[int]]:
    """Send messages in a transaction that is open within the block and ends with it, one way or the other.

    Yields their offsets. The marker of its end is written some time after that, behind whatever others send meanwhile.
    """
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"test-{uuid.uuid4()}")
    await producer.start()
    try:
        await producer.begin_transaction()
        # Each acknowledged: what is still to be sent when a transaction is aborted never is.
        yield [(await send_drafts(producer, topic, [draft], partition))[0] for draft in drafts]
        await (producer.commit_transaction() if commit else producer.abort_transaction())
    finally:
        await producer.stop()
