"""The gateway over HAWK's topics: requests from hawk.murex.requests, replies to hawk.murex.answers.

Both are signed. A request that HAWK's relay did not sign is unreadable; the gateway signs its replies.
"""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from aiokafka import TopicPartition

from murex.gateway.envelope import check_replies, reply_message, request_of
from murex.gateway.port import REQUESTS_MAX, Reply, Request, Taken, Unreadable
from shared.errors import InvalidInput
from shared.events import topics
from shared.messaging.kafka import KafkaConnection
from shared.messaging.message import check_readable, message_of
from shared.messaging.producer import Producer
from shared.messaging.records import AIOKafkaConsumer
from shared.messaging.signatures import check_message
from shared.security.message_signing import check_private_key, check_public_keys, signature_header

#: Milliseconds without a heartbeat after which the broker gives the partitions to others: a gateway that was killed is
#: replaced within seconds and must not wait half a minute for its partitions.
SESSION_TIMEOUT_MS = 6_000
HEARTBEAT_MS = 2_000
#: Bytes of one fetch from a partition: whatever a topic takes, so that no message can stop the reading.
FETCH_BYTES = topics.MESSAGE_BYTES_MAX + 64 * 1024


class KafkaGateway:
    """A `MurexGateway` over the topics. Use it as `async with KafkaGateway(...) as gateway`.

    Several with the same group share the partitions, and each workflow stays with one of them as long as none comes or
    goes. Kafka's errors are given on as they are.

    Args:
        public_keys: PEMs of the relay's public keys; while its pair is replaced, the old one and the new one.
        private_key: PEM of the gateway's own Ed25519 key, whose public half the executor is given.
        group: consumer group, whose offsets say what was acknowledged. A new one begins with the oldest request.
        source: who says it, `ce_source` of the replies, for example `/murex/singapore`.
    Raises:
        Defect: a key is not PEM of an Ed25519 key.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        *,
        public_keys: Sequence[str],
        private_key: str,
        group: str,
        source: str,
        requests: str = topics.MUREX_REQUESTS,
        replies: str = topics.MUREX_ANSWERS,
    ) -> None:
        check_public_keys(public_keys)
        check_private_key(private_key)
        self._connection = connection
        self._public_keys = tuple(public_keys)
        self._private_key = private_key
        self._group = group
        self._source = source
        self._requests = requests
        self._replies = replies
        self._consumer: AIOKafkaConsumer | None = None
        self._producer = Producer(connection)
        self._given: dict[TopicPartition, int] = {}

    async def __aenter__(self) -> Self:
        # Made here: the client wants the loop that it will run in.
        consumer = AIOKafkaConsumer(
            self._requests,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            max_partition_fetch_bytes=FETCH_BYTES,
            **self._connection.options(),
        )
        try:
            await consumer.start()
            await self._producer.__aenter__()
        except BaseException:
            await consumer.stop()
            raise
        self._consumer = consumer
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        consumer, self._consumer = self._started(), None
        try:
            await self._producer.__aexit__(kind, error, trace)
        finally:
            await consumer.stop()

    async def take(self, wait_ms: int) -> Taken:
        """See `MurexGateway.take`."""
        batches = await self._started().getmany(timeout_ms=wait_ms, max_records=REQUESTS_MAX)
        requests: list[Request] = []
        unreadable: list[Unreadable] = []
        for partition, records in batches.items():
            for record in records:
                message = message_of(record)
                try:
                    check_readable(message)
                    check_message(self._public_keys, message)
                    requests.append(request_of(message))
                except InvalidInput as error:
                    unreadable.append(Unreadable(message.place, error.code, error.reason))
                self._given[partition] = message.offset + 1
        return Taken(tuple(requests), tuple(unreadable))

    async def reply(self, replies: Sequence[Reply]) -> None:
        """See `MurexGateway.reply`."""
        check_replies(replies)
        await self._producer.send_all(self._replies, [self._signed(reply) for reply in replies])

    async def acknowledge(self) -> None:
        """See `MurexGateway.acknowledge`. Partitions that were given to another member are its own to acknowledge."""
        consumer = self._started()
        held = consumer.assignment()
        offsets = {partition: offset for partition, offset in self._given.items() if partition in held}
        if offsets:
            await consumer.commit(offsets)
        self._given.clear()

    def _signed(self, reply: Reply) -> tuple[str, bytes, Mapping[str, str]]:
        key, value, headers = reply_message(reply, self._source)
        given = [(name, text.encode()) for name, text in headers.items()]
        name, signature = signature_header(
            self._private_key, topic=self._replies, key=key.encode(), headers=given, value=value
        )
        return key, value, {**headers, name: signature.decode("ascii")}

    def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise RuntimeError("The gateway is not open; use `async with KafkaGateway(...)`.")
        return self._consumer
