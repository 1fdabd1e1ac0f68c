"""The outlet of published messages: Kafka, signed, through an idempotent producer that is thrown away at the first
failure."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError, RecordListTooLargeError
from aiokafka.partitioner import DefaultPartitioner

from shared.errors import Defect, Transient
from shared.events.routing import OutMessage
from shared.events.topics import AUDIT_HEADS
from shared.relay import metrics
from shared.security.message_signing import SIGNATURE_HEADER, signature_header

#: Bytes of one batch. Above the largest wave (`publisher.WAVE_BYTES_MAX`) plus one event of the largest size.
BATCH_BYTES_MAX = 8 * 1024 * 1024

#: Milliseconds until an unacknowledged batch counts as failed; a broker restart takes a few seconds.
REQUEST_TIMEOUT_MS = 15_000

#: Seconds a producer gets to close. What it still holds is sent again by the next one.
CLOSE_SECONDS_MAX = 2.0


#: What a broker says of a batch above the limit of its topic or segments.
TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


class PublishFailed(Transient):
    """A message was not acknowledged; it may have arrived. Begin again from the checkpoint."""


class MessageTooLarge(PublishFailed):
    """A topic takes no batch of that size. Sent alone, the event is too large; with others, it may not be."""


class Outlet(Protocol):
    """Sends messages in order."""

    async def send(self, messages: Sequence[OutMessage]) -> None:
        """Return when all are acknowledged.

        Messages of one partition go as one unit: all arrive or none, so no message can overtake one that
        failed.

        Raises:
            MessageTooLarge: nothing else is in the way.
            PublishFailed: any was not acknowledged. The outlet is of no use any more; close it.
        """

    async def close(self) -> None:
        """Let go of the connections, waiting no longer than CLOSE_SECONDS_MAX."""


class KafkaOutlet:
    """One idempotent producer, acks=all, one batch in flight per partition.

    The batches are made here instead of by the producer's own accumulator. That one would cut a wave into
    several batches per partition, and after one expired unsent it would go on with the next: an event
    overtaken by its successor.

    Here each message gets its signature: nothing leaves the relay but through here.
    """

    def __init__(self, producer: AIOKafkaProducer, private_key: str) -> None:
        self._producer = producer
        self._private_key = private_key
        self._heads_end: int | None = None
        self._partitioner = DefaultPartitioner()

    @classmethod
    async def open(cls, options: dict[str, Any], private_key: str) -> "KafkaOutlet":
        """Connect.

        Args:
            options: keyword arguments of an aiokafka client: addresses, TLS, credentials.
            private_key: PEM of the relay's Ed25519 key.
        Raises:
            PublishFailed: no broker answers.
        """
        outlet = cls(
            AIOKafkaProducer(
                acks="all",
                enable_idempotence=True,
                linger_ms=0,
                max_batch_size=BATCH_BYTES_MAX,
                max_request_size=BATCH_BYTES_MAX,
                request_timeout_ms=REQUEST_TIMEOUT_MS,
                **options,
            ),
            private_key,
        )
        try:
            await outlet._producer.start()
        except Exception as error:
            await outlet.close()
            raise PublishFailed(f"Kafka does not answer: {type(error).__name__}: {error}. Retried.") from error
        return outlet

    async def send(self, messages: Sequence[OutMessage]) -> None:
        """See `Outlet.send`.

        Raises:
            MessageTooLarge: a batch is too large for its topic or passes BATCH_BYTES_MAX; nothing else is in the way.
            PublishFailed: Kafka refused a batch or did not acknowledge it.
        """
        try:
            batches = await self._batches(messages)
            sent = [
                await self._producer.send_batch(batch, topic, partition=partition)
                for (topic, partition), batch in batches.items()
            ]
        except MessageTooLarge:
            raise
        except Exception as error:
            raise PublishFailed(f"Kafka refused a batch: {type(error).__name__}: {error}. Retried.") from error
        outcomes = await asyncio.gather(*sent, return_exceptions=True)
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        for outcome in failures:
            if not isinstance(outcome, TOO_LARGE):
                raise PublishFailed(
                    f"Kafka did not acknowledge: {type(outcome).__name__}: {outcome}. Retried."
                ) from outcome
        for outcome in failures:
            raise MessageTooLarge(f"Kafka did not acknowledge: {type(outcome).__name__}: {outcome}") from outcome
        for outcome in outcomes:
            self._count_foreign_heads(outcome)

    async def close(self) -> None:
        """See `Outlet.close`."""
        # What a producer that cannot close still holds is sent again by the next one.
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._producer.stop(), CLOSE_SECONDS_MAX)

    def _count_foreign_heads(self, sent: Any) -> None:
        """Return one relay alone writes heads, one at a time.

        A place between two of them was taken by somebody else.
        """
        if sent.topic != AUDIT_HEADS or sent.offset < 0:
            return
        if self._heads_end is not None and sent.offset > self._heads_end:
            metrics.FOREIGN_HEADS.inc(sent.offset - self._heads_end)
        self._heads_end = sent.offset + 1

    async def _batches(self, messages: Sequence[OutMessage]) -> dict[tuple[str, int], Any]:
        batches: dict[tuple[str, int], Any] = {}
        places: dict[tuple[str, bytes | None], tuple[str, int]] = {}  # most of a wave are of a few workflows
        for message in messages:
            key = None if message.key is None else message.key.encode()
            place = places.get((message.topic, key))
            if place is None:
                partitions = sorted(await self._producer.partitions_for(message.topic))
                place = places[message.topic, key] = (message.topic, self._partitioner(key, partitions, partitions))
            batch = batches.get(place)
            if batch is None:
                batch = batches[place] = self._producer.create_batch()
            headers = signed_headers(message, self._private_key)
            added = batch.append(timestamp=None, key=key, value=message.value, headers=headers)
            if added is None:
                raise MessageTooLarge(f"Topic {message.topic}: a batch would need more than {BATCH_BYTES_MAX} bytes.")
        return batches


def signed_headers(message: OutMessage, private_key: str) -> list[tuple[str, bytes]]:
    """Return the headers of a message as it leaves: with the relay's signature, unless it is a person's replay.

    Raises:
        Defect: a message that the relay is to sign has a signature already.
    """
    if not message.sign:
        return list(message.headers)
    if any(name == SIGNATURE_HEADER for name, _ in message.headers):
        raise Defect(f"A message for topic {message.topic} has a signature before the relay has signed it.")
    key = None if message.key is None else message.key.encode()
    signature = signature_header(
        private_key, topic=message.topic, key=key, headers=message.headers, value=message.value
    )
    return [*message.headers, signature]
