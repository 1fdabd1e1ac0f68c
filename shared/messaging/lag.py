"""The number of messages that wait for a consumer, as the broker counts: what a client has fetched says too little.

Offsets that hold no message (markers of transactions, aborted messages, what compaction took away) count as handled
where the client has passed them. Those of a transaction that is open wait, and not for this consumer.
"""

from aiokafka import TopicPartition

from shared.messaging.kafka import within
from shared.messaging.offsets import OffsetLedger, Partition
from shared.messaging.records import AIOKafkaConsumer
from shared.telemetry.metrics import LAG

#: Seconds until the client knows where it reads a partition from: it asks the broker once, after the assignment.
POSITION_SECONDS_MAX = 4.0


def partition_of(topic_partition: TopicPartition) -> Partition:
    """Return our name of the client's partition."""
    return Partition(topic_partition.topic, topic_partition.partition)


async def measure_lag(kafka: AIOKafkaConsumer, group: str, ledger: OffsetLedger) -> int:
    """Return messages not handled yet in all assigned partitions; also sets the gauge of each.

    Raises:
        KafkaError: the broker does not answer.
        TimeoutError: no broker says where a partition is to be read from.
    """
    assigned = [each for each in kafka.assignment() if ledger.holds(partition_of(each))]
    if not assigned:
        return 0
    total = 0
    for topic_partition, end in (await kafka.end_offsets(assigned)).items():
        reached = await reached_of(kafka, ledger, topic_partition)
        if reached is None:
            continue
        ledger.passed(partition_of(topic_partition), reached)
        lag = max(0, end - reached)
        gauge = LAG.labels(group=group, topic=topic_partition.topic, partition=str(topic_partition.partition))
        gauge.set(lag)
        total += lag
    return total


async def reached_of(kafka: AIOKafkaConsumer, ledger: OffsetLedger, topic_partition: TopicPartition) -> int | None:
    """Return the offset below which everything is handled; None for a partition that was taken away meanwhile.

    The client's position first: what it has handed out by then is in the ledger, handled or not.

    Raises:
        TimeoutError: no broker says where the partition is to be read from.
    """
    partition = partition_of(topic_partition)
    position = int(await within(kafka.position(topic_partition), POSITION_SECONDS_MAX))
    if not ledger.holds(partition):
        return None
    unfinished = ledger.unfinished(partition)
    return position if unfinished is None else unfinished
