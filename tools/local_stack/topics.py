"""Creates the topics of shared.events.topics on a broker, and leaves existing topics as they are."""

from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.events.topics import AI_RESPONSES, MUREX_ANSWERS, REFERENCE, TOPICS, Topic
from tools.local_stack.errors import StackError

BROKER_DEFAULT = -1
"""The replication factor that the broker is configured with (1 on this machine, 3 on a real cluster)."""

OPEN_TOPICS = frozenset({AI_RESPONSES, REFERENCE, MUREX_ANSWERS})
"""Others than HAWK publish here, with any client: the broker unpacks, and refuses what is then too large."""

CREATE_MILLISECONDS_MAX = 20_000
"""A dozen small topics are made within a second; a loaded machine gets twenty."""


def settings_of(topic: Topic) -> dict[str, str]:
    """Return the broker's settings for a topic: -1 keeps messages for ever; a compacted topic keeps the last of each
    key."""
    return {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": "-1" if topic.retention_ms is None else str(topic.retention_ms),
        "max.message.bytes": str(topic.max_message_bytes),
    } | ({"compression.type": "uncompressed"} if topic.name in OPEN_TOPICS else {})


async def ensure_topics(connection: Mapping[str, Any], topics: Iterable[Topic] = TOPICS) -> None:
    """Create the missing topics. Repeatable.

    A topic that exists keeps its settings: they may be a bank's own. It keeps its partitions too, since adding some
    would send the messages of a workflow under way to another one.

    Args:
        connection: what aiokafka's clients share (`bootstrap_servers`, security).
    Raises:
        StackError: the broker refuses.
    """
    admin = AIOKafkaAdminClient(**connection)
    await admin.start()
    try:
        known = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in known]
        if missing:
            await _create(admin, missing)
    finally:
        await admin.close()


async def _create(admin: AIOKafkaAdminClient, topics: list[Topic]) -> None:
    new = [NewTopic(topic.name, topic.partitions, BROKER_DEFAULT, {}, settings_of(topic)) for topic in topics]
    answer = await admin.create_topics(new, timeout_ms=CREATE_MILLISECONDS_MAX)
    for name, code, *message in answer.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise StackError(f"The broker refuses topic {name}: {for_code(code).__name__} {message or ''}".strip())
