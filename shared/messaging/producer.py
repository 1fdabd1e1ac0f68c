"""A plain producer for the command line, the Murex simulator and tests; services publish by the relay."""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaProducer

from shared.events.topics import MESSAGE_BYTES_MAX
from shared.messaging.kafka import KafkaConnection

#: Milliseconds to wait for more messages before sending: enough to batch a burst, too short to notice.
LINGER_MS = 1
#: Milliseconds for one request, as long as a broker that elects a new leader needs.
REQUEST_TIMEOUT_MS = 30_000


class Producer:
    """An idempotent producer: a message is acknowledged by all replicas and written once.

    Use it as `async with Producer(connection) as producer`.
    """

    def __init__(self, connection: KafkaConnection | str) -> None:
        self._connection = KafkaConnection(connection) if isinstance(connection, str) else connection
        self._producer: AIOKafkaProducer | None = None

    async def __aenter__(self) -> Self:
        self._producer = AIOKafkaProducer(
            acks="all",
            enable_idempotence=True,
            linger_ms=LINGER_MS,
            max_request_size=MESSAGE_BYTES_MAX,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            **self._connection.options(),
        )
        try:
            await self._producer.start()
        except BaseException:
            await self._producer.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None

    async def send(
        self,
        topic: str,
        value: bytes,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        partition: int | None = None,
    ) -> tuple[int, int]:
        """Publish a message and wait until all replicas have it.

        Returns:
            Partition and offset it was written to.
        Raises:
            KafkaError: it was not acknowledged; it may have been written.
        """
        written = await self._started().send_and_wait(
            topic, value, key=_bytes(key), headers=_headers(headers), partition=partition
        )
        return int(written.partition), int(written.offset)

    async def send_all(self, topic: str, values: list[tuple[str | None, bytes, Mapping[str, str]]]) -> None:
        """Publish many messages (key, value, headers) in order, and wait for all of them."""
        sent = [
            await self._started().send(topic, value, key=_bytes(key), headers=_headers(headers))
            for key, value, headers in values
        ]
        await asyncio.gather(*sent)

    def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise RuntimeError("The producer is not started; use `async with Producer(...)`.")
        return self._producer


def _bytes(key: str | None) -> bytes | None:
    return None if key is None else key.encode("utf-8")


def _headers(headers: Mapping[str, str] | None) -> list[tuple[str, bytes]]:
    return [(name, value.encode("utf-8")) for name, value in (headers or {}).items()]
