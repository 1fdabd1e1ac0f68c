"""The parser: answers a second that it understands, and that it takes from Kafka into the event store.

The first are pure, one process on one core. For the second a parser of the benchmark's own reads a backlog from a topic
of its own into a database of its own, with the consumer, the transactions and the inbox of the real one.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from benchmarks.driver import BenchmarkFailed
from benchmarks.figures import Figure, Section, percentile
from benchmarks.scratch import Scratch
from benchmarks.sizes import Sizes
from services.parser.handlers import Parser
from services.parser.reading import RESPONSE_BYTES_MAX
from services.parser.response import read_response
from shared.events.topics import WORKFLOW_PARTITIONS, Topic
from shared.messaging.consumer import Consumer
from shared.messaging.database import open_pool
from shared.messaging.kafka import KafkaConnection
from shared.messaging.producer import Producer
from shared.messaging.subscription import Subscription
from shared.telemetry.health import Health
from tools.local_stack.topics import ensure_topics

ROLE: Final = "hawk_parser"
TOPIC: Final = Topic("bench.answers", WORKFLOW_PARTITIONS, retention_ms=60 * 60 * 1000)
"""In place of hawk.ai.responses, so that the HAWK that runs does not see these answers."""
TYPICAL_BYTES: Final = 4 * 1024
POLL_SECONDS: Final = 0.02
STALLED_SECONDS_MAX: Final = 60.0


@dataclass(frozen=True, slots=True)
class Case:
    """An answer to read. `stream`: as a transcript of Dify, in chunks; otherwise as a plan object."""

    key: str
    name: str
    size: int
    stream: bool = False


CASES: Final = (
    Case("4k", "Answers of 4 KiB, plan object", TYPICAL_BYTES),
    Case("4k_stream", "Answers of 4 KiB, Dify stream", TYPICAL_BYTES, stream=True),
    Case("1m", "Answers of 1 MiB, plan object", RESPONSE_BYTES_MAX),
    Case("1m_stream", "Answers of 1 MiB, Dify stream", RESPONSE_BYTES_MAX, stream=True),
)


HOSTILE: Final = ("< ", "<t", "[ think", " think ", '{"', '{"a":', '{"a":1}', "`", "[[],", "recommended_actions&#34;")
"""What a hostile mebibyte repeats: the kinds that have cost most time, behind words that make it look closely."""
HOSTILE_START: Final = "x \\u0041 <think>x</think> thought "
HOSTILE_ROUNDS: Final = 5


def answer_of(size: int, *, stream: bool = False, number: int = 0) -> bytes:
    """An answer of about so many bytes and not more: one order with its claims, and an analysis that fills the rest."""
    order = {
        "id": "a1",
        "action_type": "CREATE_HEDGE_INSTRUCTION",
        "data": {
            "instruction_type": "INCEPTION",
            "exposure_currency": "USD",
            "hedge_amount_order": str(100_000 + number),
            "entity_id": "ENTITY0037",
            "nav_type": "COI",
        },
    }
    deals = {"action_type": "BOOK_MUREX_DEALS", "data": {"model": "A-COI", "deal_count": 6}, "dependencies": ["a1"]}
    entries = {"action_type": "GENERATE_GL_ENTRIES", "data": {"entry_count": 8}, "dependencies": ["a1"]}
    said = "The exposure of the branch is within its buffer, and the rate is above the threshold. "

    def written(characters: int) -> bytes:
        analysis = (said * (characters // len(said) + 1))[:characters]
        plan = {"analysis": analysis, "recommended_actions": [order, deals, entries]}
        return _streamed(json.dumps(plan)) if stream else json.dumps(plan).encode()

    fixed, tenth = len(written(0)), len(written(size // 10)) - len(written(0))
    room = max(0, (size - fixed) * (size // 10) // max(1, tenth))
    while len(whole := written(room)) > size:
        room -= len(whole) - size
    return whole


def _streamed(text: str) -> bytes:
    """A text in chunks of a few words, as models give it."""
    chunks = [text[start : start + 24] for start in range(0, len(text), 24)]
    events = [{"event": "message", "message_id": "m", "answer": chunk} for chunk in chunks]
    events.append({"event": "message_end", "message_id": "m"})
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()


async def measure_parsing(scratch: Scratch, bootstrap: str, sizes: Sizes) -> Section:
    """Both figures. The scratch database must hold no answers yet."""
    figures = [await asyncio.to_thread(reading_figure, case, sizes.parse_seconds) for case in CASES]
    figures.append(await asyncio.to_thread(hostile_figure, HOSTILE_ROUNDS))
    seconds = await _through_kafka(scratch, bootstrap, sizes.answers)
    sample = f"{sizes.answers} answers of 4 KiB waiting, first event to last"
    figures.append(Figure("parser_kafka", "From Kafka into the event store", sizes.answers / seconds, "per s", sample))
    return Section("Parser", tuple(figures))


def reading_figure(case: Case, seconds: float) -> Figure:
    """Answers a second, by the median of their times: one that was interrupted does not count for more.

    Raises:
        BenchmarkFailed: the parser proposes anything else than the one order.
    """
    value = answer_of(case.size, stream=case.stream)
    reading = read_response(value, {}, None)
    if reading.outcome != "PROPOSED" or len(reading.components) != 1:
        raise BenchmarkFailed(f"{case.name}: {reading.outcome} {[each.code for each in reading.all_refusals]}.")
    durations: list[float] = []
    until = time.perf_counter() + seconds
    while not durations or time.perf_counter() < until:
        began = time.perf_counter()
        read_response(value, {}, None)
        durations.append(time.perf_counter() - began)
    sample = f"{len(value):,} bytes, read {len(durations):,} times, {1000 * percentile(durations, 50):.3g} ms each"
    return Figure(f"parser_{case.key}", case.name, 1 / percentile(durations, 50), "per s", sample)


def hostile_figure(rounds: int) -> Figure:
    """Processor time of the slowest hostile mebibyte; of each the best of some rounds, since others use the core too.

    Raises:
        BenchmarkFailed: the parser proposes something.
    """
    seconds = {unit: min(_hostile_seconds(unit) for _ in range(rounds)) for unit in HOSTILE}
    slowest = max(seconds, key=seconds.__getitem__)
    sample = f"{len(HOSTILE)} kinds, best of {rounds} each; the slowest repeats {slowest!r}"
    return Figure("parser_hostile_ms", "Slowest hostile answer of 1 MiB", 1000 * seconds[slowest], "CPU ms", sample)


def _hostile_seconds(unit: str) -> float:
    value = (HOSTILE_START + unit * RESPONSE_BYTES_MAX)[:RESPONSE_BYTES_MAX].encode()
    began = time.process_time()
    reading = read_response(value, {}, None)
    seconds = time.process_time() - began
    if reading.components:
        raise BenchmarkFailed(f"A mebibyte of {unit!r} was read as a proposal.")
    return seconds


async def _through_kafka(scratch: Scratch, bootstrap: str, count: int) -> float:
    """Seconds from the first to the last event of a backlog."""
    connection = KafkaConnection(bootstrap)
    await ensure_topics(connection.options(), [TOPIC])
    await _publish(connection, [answer_of(TYPICAL_BYTES, number=number) for number in range(count)])
    pool = await open_pool(scratch.dsn(ROLE), application="bench")
    consumer = Consumer(
        service="parser",
        group=TOPIC.name,
        subscriptions=[Subscription(TOPIC.name, TOPIC.name, Parser(None).on_response_published)],
        connection=connection,
        pool=lambda: pool,
        projector=None,
        health=Health(),
    )
    running = asyncio.create_task(consumer.run())
    try:
        return await asyncio.wait_for(_all_proposed(pool, count, running), STALLED_SECONDS_MAX)
    except TimeoutError:
        raise BenchmarkFailed(f"The parser did not take {count} answers in {STALLED_SECONDS_MAX:.0f} s.") from None
    finally:
        await consumer.stop(1.0)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await pool.close()


async def _publish(connection: KafkaConnection, values: Sequence[bytes]) -> None:
    async with Producer(connection) as producer:
        await producer.send_all(
            TOPIC.name,
            [(f"bench-{number}", value, {"ce_id": f"bench-{number}"}) for number, value in enumerate(values)],
        )


async def _all_proposed(pool: asyncpg.Pool, count: int, running: asyncio.Task[None]) -> float:
    """Wait until every answer is proposed; seconds between the first and the last event."""
    while True:
        row = await pool.fetchrow(
            "SELECT count(*) FILTER (WHERE type = 'ProposalMade') AS made,"
            " extract(epoch FROM max(recorded_at) - min(recorded_at))::text AS seconds"
            " FROM es.events WHERE stream LIKE 'response-bench-%'"
        )
        if row is not None and row["made"] == count:
            return float(row["seconds"])
        if running.done():
            running.result()
        await asyncio.sleep(POLL_SECONDS)
