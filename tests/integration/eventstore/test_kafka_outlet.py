"""The outlet against a real Kafka: partitions as every other client chooses them, order, and failures as
one kind."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.structs import ConsumerRecord

from shared.errors import InvalidInput
from shared.events.routing import OutMessage
from shared.messaging.message import message_of
from shared.messaging.signatures import check_message
from shared.relay.outlet import KafkaOutlet, PublishFailed
from tests.support.signing import signer

pytestmark = pytest.mark.integration

PARTITIONS = 3
RELAY = signer("relay")


@pytest.fixture
async def topic(kafka_bootstrap: str) -> AsyncIterator[str]:
    name = f"outlet-{uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, PARTITIONS, 1)])
        yield name
        await admin.delete_topics([name])
    finally:
        await admin.close()


async def _everything(bootstrap: str, topic: str, count: int) -> list[ConsumerRecord]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, partition) for partition in range(PARTITIONS)])
        records: list[ConsumerRecord] = []
        while len(records) < count:
            for found in (await consumer.getmany(timeout_ms=1_000)).values():
                records.extend(found)
        return records
    finally:
        await consumer.stop()


def _message(topic: str, key: str, number: int) -> OutMessage:
    return OutMessage(topic, key, f"{key}:{number}".encode(), (("ce_id", str(number).encode()),))


async def test_messages_arrive_whole_and_in_order_of_their_key(kafka_bootstrap: str, topic: str) -> None:
    keys = [f"key-{number}" for number in range(7)]
    outlet = await KafkaOutlet.open({"bootstrap_servers": kafka_bootstrap}, RELAY.private)
    try:
        for wave in range(3):
            await outlet.send([_message(topic, key, wave * 10 + n) for n in range(10) for key in keys])
    finally:
        await outlet.close()

    records = await _everything(kafka_bootstrap, topic, 3 * 10 * len(keys))
    for key in keys:
        of_key = [record for record in records if record.key == key.encode()]
        assert [record.value for record in of_key] == [f"{key}:{n}".encode() for n in range(30)]
        assert len({record.partition for record in of_key}) == 1
        assert [dict(record.headers)["ce_id"] for record in of_key] == [str(n).encode() for n in range(30)]
    assert len({record.partition for record in records}) > 1


async def test_every_message_is_signed_but_the_one_that_a_person_replays(kafka_bootstrap: str, topic: str) -> None:
    plain = [_message(topic, "wf", 1), OutMessage(topic, None, b"{}", ())]
    replayed = replace(_message(topic, "wf", 2), sign=False)
    outlet = await KafkaOutlet.open({"bootstrap_servers": kafka_bootstrap}, RELAY.private)
    try:
        await outlet.send([*plain, replayed])
    finally:
        await outlet.close()
    found = {record.value: message_of(record) for record in await _everything(kafka_bootstrap, topic, 3)}
    for message in plain:
        check_message([RELAY.public], found[message.value])
    with pytest.raises(InvalidInput, match="has no header hawksignature"):
        check_message([RELAY.public], found[replayed.value])


async def test_partition_is_the_one_any_other_producer_chooses_for_the_key(kafka_bootstrap: str, topic: str) -> None:
    keys = [f"wf-{uuid4()}" for _ in range(20)]
    outlet = await KafkaOutlet.open({"bootstrap_servers": kafka_bootstrap}, RELAY.private)
    try:
        await outlet.send([_message(topic, key, 0) for key in keys])
    finally:
        await outlet.close()
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
    await producer.start()
    try:
        others = {key: (await producer.send_and_wait(topic, b"x", key=key.encode())).partition for key in keys}
    finally:
        await producer.stop()
    ours = {record.key.decode(): record.partition for record in await _everything(kafka_bootstrap, topic, 40)}
    assert ours == others


async def test_open_fails_as_publish_failed_when_no_broker_answers() -> None:
    with pytest.raises(PublishFailed, match="Kafka does not answer"):
        await KafkaOutlet.open({"bootstrap_servers": "127.0.0.1:1"}, RELAY.private)


async def test_send_fails_as_publish_failed_when_the_broker_refuses_a_message(kafka_bootstrap: str) -> None:
    """The topic takes 100,000 bytes; nothing of the wave's other partitions is lost by sending it all again."""
    outlet = await KafkaOutlet.open({"bootstrap_servers": kafka_bootstrap}, RELAY.private)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    narrow = f"outlet-{uuid4().hex}"
    try:
        await admin.start()
        # The limit comes with the topic: one that is altered later reaches the broker at a time of its own.
        await admin.create_topics([NewTopic(narrow, 1, 1, topic_configs={"max.message.bytes": "100000"})])
        with pytest.raises(PublishFailed, match="did not acknowledge"):
            await outlet.send([OutMessage(narrow, "k", b"x" * 200_000, ())])
    finally:
        await admin.delete_topics([narrow])
        await admin.close()
        await outlet.close()
