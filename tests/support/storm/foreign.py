"""Records of somebody else on the topic of Murex's answers, with times of other ages among them."""

from datetime import UTC, datetime

from shared.events import topics
from tests.support.pills import Draft
from tests.support.raw_kafka import raw_producer, send_drafts

TIMES = (None, datetime(2099, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC))
"""In turn; None: the present."""


async def publish_foreign(bootstrap: str, count: int) -> None:
    """So many, spread over all partitions."""
    now = datetime.now(UTC)
    stamps = [int((when or now).timestamp() * 1000) for when in TIMES]
    async with raw_producer(bootstrap) as producer:
        for partition in range(topics.WORKFLOW_PARTITIONS):
            drafts = (
                Draft({"said": "by somebody else"}, [], timestamp_ms=stamps[number % len(stamps)])
                for number in range(count // topics.WORKFLOW_PARTITIONS)
            )
            await send_drafts(producer, topics.MUREX_ANSWERS, drafts, partition=partition)
