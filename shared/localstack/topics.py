"""Creates the topics of shared.events.topics on a broker and brings their settings up to date."""

from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.admin.new_partitions import NewPartitions
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.events.topics import AI_RESPONSES, MUREX_ANSWERS, REFERENCE, TOPICS, Topic
from shared.localstack.errors import StackError

BROKER_DEFAULT = -1
"""As replication factor: what the broker is configured with (1 on this machine, 3 on a real cluster)."""

OPEN_TOPICS = frozenset({AI_RESPONSES, REFERENCE, MUREX_ANSWERS})
"""Others than HAWK publish here, with any client: the broker unpacks, and refuses what is then too large."""

CREATE_MILLISECONDS_MAX = 20_000
"""A dozen small topics are made within a second; a loaded machine gets twenty."""


def settings_of(topic: Topic) -> dict[str, str]:
    """The broker's settings for a topic. Kept for ever is -1; a compacted topic keeps the last of each
    key."""
    return {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": "-1" if topic.retention_ms is None else str(topic.retention_ms),
        "max.message.bytes": str(topic.max_message_bytes),
    } | ({"compression.type": "uncompressed"} if topic.name in OPEN_TOPICS else {})


async def ensure_topics(connection: Mapping[str, Any], topics: Iterable[Topic] = TOPICS) -> None:
    """Create what is missing, add partitions where there are too few, set the settings. Repeatable.

    Args:
        connection: what aiokafka's clients share (`bootstrap_servers`, security).
    Raises:
        StackError: the broker refuses.
    """
    wanted = list(topics)
    admin = AIOKafkaAdminClient(**connection)
    await admin.start()
    try:
        known = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in known]
        here = [topic for topic in wanted if topic.name in known]
        if missing:
            await _create(admin, missing)
        if here:
            await _bring_up_to_date(admin, here)
    finally:
        await admin.close()


async def _create(admin: AIOKafkaAdminClient, topics: list[Topic]) -> None:
    new = [NewTopic(topic.name, topic.partitions, BROKER_DEFAULT, {}, settings_of(topic)) for topic in topics]
    answer = await admin.create_topics(new, timeout_ms=CREATE_MILLISECONDS_MAX)
    for name, code, *message in answer.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise StackError(f"The broker refuses topic {name}: {for_code(code).__name__} {message or ''}".strip())


async def _bring_up_to_date(admin: AIOKafkaAdminClient, topics: list[Topic]) -> None:
    described = await admin.describe_topics([topic.name for topic in topics])
    partitions = {entry["topic"]: len(entry["partitions"]) for entry in described}
    grown = {
        topic.name: NewPartitions(topic.partitions)
        for topic in topics
        if partitions.get(topic.name, topic.partitions) < topic.partitions
    }
    if grown:
        await admin.create_partitions(grown)
    await admin.alter_configs(
        [ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=settings_of(topic)) for topic in topics]
    )
