"""Whatever codec a publisher packs its messages with."""

import pytest
from aiokafka import AIOKafkaProducer

from shared.events.responses import ResponseRepeated
from tests.support.bench import Bench, until
from tests.support.units import message_for

pytestmark = pytest.mark.integration

LIMIT = 20.0
#: Enough of one kind that every codec makes it smaller.
REPEATS = 100


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_packed_messages_are_handled_in_their_order(bench: Bench, codec: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bench.bootstrap, compression_type=codec, linger_ms=500)
    await producer.start()
    try:
        sent = []
        for version in range(1, REPEATS + 1):
            told = ResponseRepeated(response_id="r", content_sha256="0" * 64, repeats=version)
            message = message_for(told, topic=bench.topic, stream="response-r", version=version)
            headers = [(name, text.encode()) for name, text in message.headers.items()]
            key = None if message.key is None else message.key.encode()
            sent.append(await producer.send(bench.topic, message.value, key=key, headers=headers, partition=0))
        for each in sent:
            await each
    finally:
        await producer.stop()
    bench.consumer()

    async def handled() -> bool:
        return await bench.committed() == REPEATS

    await until(handled, LIMIT)
    assert await bench.streams() == ["r"] * REPEATS
    assert [row["data"]["repeats"] for row in await bench.events()] == list(range(1, REPEATS + 1))
