"""Some traps of the corpus on a real topic into a real database: what the pure pipeline gives is what is recorded."""

import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.parser.handlers import Parser
from shared.events.topics import MESSAGE_BYTES_MAX
from shared.messaging.database import open_pool
from tests.corpus.all_traps import TRAPS
from tests.corpus.trap import Trap
from tests.support.bench import Bench, until
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

LIMIT = 20.0
#: One of each kind that differs on its way: bytes, sizes, shapes, several workflows, nothing at all.
CHOSEN = (
    ("Nothing said", "one NUL"),
    ("Other encodings than UTF-8", "escaped half of a surrogate pair in the analysis"),
    ("Other encodings than UTF-8", "UTF-16 with its mark, little end first"),
    ("Too much", "2 MiB of noise"),
    ("Too much", "1 MiB exactly"),
    ("Amounts that are no plain number", "more digits than a binary fraction holds"),
    ("Several action blocks", "blocks of different amounts"),
    ("Thinking aloud", "another block in a thought"),
    ("Streams of Dify", "error event with HTTP status 200"),
    ("Streams of Dify", "replaced by a moderated text"),
    ("Names of fields", "configuration, a column that no table has"),
    ("Dependencies and repeats", "bad ones around a good one"),
)


def chosen() -> list[Trap]:
    by_name = {(trap.trap, trap.name): trap for trap in TRAPS}
    return [by_name[name] for name in CHOSEN]


@pytest.fixture
async def bench(kafka_bootstrap: str, database: TestDatabase) -> AsyncIterator[Bench]:
    """A topic that takes what hawk.ai.responses takes, and a database, both of this test alone."""
    topic = f"test.traps.{uuid.uuid4().hex[:12]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    limits = {"max.message.bytes": str(MESSAGE_BYTES_MAX)}
    await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=limits)])
    await admin.close()
    dsn = database.dsn("hawk_parser")
    pool = await open_pool(dsn, application="test", min_size=1, max_size=4)
    made = Bench(kafka_bootstrap, dsn, topic, f"group.{topic}", pool)
    yield made
    await made.close()


async def test_traps_on_the_topic_are_recorded_as_the_corpus_says(bench: Bench) -> None:
    bench.consumer(Parser(None).on_response_published, raw=True)
    traps = chosen()
    for number, trap in enumerate(traps):
        await bench.publish_raw(trap.answer, {**trap.headers, "ce_id": f"trap-{number}"})

    async def all_read() -> bool:
        return len([each for each in await bench.events() if each["type"] == "ResponseReceived"]) >= len(traps)

    await until(all_read, LIMIT)
    stored = await bench.events()
    for number, trap in enumerate(traps):
        events = [(each["type"], data(each["data"])) for each in stored if each["stream"] == f"response-trap-{number}"]
        ((_, received),) = events[:1]
        codes = tuple(refusal["code"] for refusal in received["refusals"])
        assert (received["outcome"], codes, orders_of(events)) == (trap.outcome, trap.codes, trap.orders), trap.name
    assert await bench.events("deadletter-%") == []


def data(stored: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stored) if isinstance(stored, str) else stored
    return found


def orders_of(events: list[tuple[str, dict[str, Any]]]) -> tuple[str, ...]:
    found = []
    for name, event in events:
        if name == "ProposalMade":
            order = event["order"]
            stated = (order["instruction_type"], order["exposure_currency"], order["amount"], order["entity_id"] or "-")
            found.append(" ".join(stated))
        elif name == "ConfigurationProposed":
            change = event["change"]
            changes = json.dumps(change["changes"], ensure_ascii=False)
            found.append(f"{change['operation']} {change['table']} {change['key']} {changes}")
    return tuple(found)
