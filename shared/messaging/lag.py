"""How many messages wait for a consumer, as the broker counts: what a client has fetched says too little."""

from collections.abc import Callable

from aiokafka import TopicPartition

from shared.messaging.offsets import Partition
from shared.messaging.records import AIOKafkaConsumer
from shared.telemetry.metrics import LAG


def partition_of(topic_partition: TopicPartition) -> Partition:
    """Our name of the client's partition."""
    return Partition(topic_partition.topic, topic_partition.partition)


async def measure_lag(kafka: AIOKafkaConsumer, group: str, first_unhandled: Callable[[Partition], int | None]) -> int:
    """Messages not handled yet in all assigned partitions; also sets the gauge of each.

    Args:
        first_unhandled: the oldest unhandled offset as far as this member knows; None asks the broker.
    Raises:
        KafkaError: the broker does not answer.
    """
    assigned = kafka.assignment()
    if not assigned:
        return 0
    total = 0
    for topic_partition, end in (await kafka.end_offsets(list(assigned))).items():
        first = first_unhandled(partition_of(topic_partition))
        if first is None:
            first = await _first_offset(kafka, topic_partition)
        lag = max(0, end - first)
        gauge = LAG.labels(group=group, topic=topic_partition.topic, partition=str(topic_partition.partition))
        gauge.set(lag)
        total += lag
    return total


async def _first_offset(kafka: AIOKafkaConsumer, topic_partition: TopicPartition) -> int:
    """Where a group goes on that has handled nothing in this assignment."""
    committed = await kafka.committed(topic_partition)
    if committed is not None:
        return int(committed)
    return int((await kafka.beginning_offsets([topic_partition]))[topic_partition])
