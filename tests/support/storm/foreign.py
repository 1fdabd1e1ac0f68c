"""Records of somebody else on the topic of Murex's answers, with times of other ages among them."""

from datetime import UTC, datetime, timedelta

from shared.events import topics
from tests.support.pills import Draft
from tests.support.raw_kafka import raw_producer, send_drafts

AHEAD = timedelta(minutes=50)
"""A broker takes no time that is more than an hour ahead of its own."""


async def publish_foreign(bootstrap: str, count: int) -> None:
    """So many, spread over all partitions."""
    now = datetime.now(UTC)
    stamps = [int(when.timestamp() * 1000) for when in (now, now + AHEAD, datetime(1970, 1, 2, tzinfo=UTC))]
    async with raw_producer(bootstrap) as producer:
        for partition in range(topics.WORKFLOW_PARTITIONS):
            drafts = (
                Draft({"said": "by somebody else"}, [], timestamp_ms=stamps[number % len(stamps)])
                for number in range(count // topics.WORKFLOW_PARTITIONS)
            )
            await send_drafts(producer, topics.MUREX_ANSWERS, drafts, partition=partition)
