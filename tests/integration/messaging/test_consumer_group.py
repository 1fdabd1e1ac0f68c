"""The consumer on real servers: exactly once in effect, nothing lost, nothing skipped."""

import hashlib
from urllib.parse import urlsplit, urlunsplit

import pytest

from shared.errors import Defect
from shared.messaging.commits import Commits
from shared.messaging.database import open_pool
from shared.messaging.message import Message
from shared.messaging.unit_of_work import UnitOfWork
from shared.telemetry.health import Health, State
from tests.support.bench import Bench, record_repeat, until
from tests.support.proxy import Proxy

pytestmark = pytest.mark.integration

LIMIT = 20.0


async def test_message_is_handled_and_its_offset_committed_when_it_arrives(bench: Bench) -> None:
    bench.consumer()
    (message,) = await bench.publish("a")

    async def done() -> bool:
        return await bench.committed() == 1

    await until(done, LIMIT)
    (row,) = await bench.events()
    assert row["stream"] == "response-a"
    assert row["metadata"]["causation_id"] == message.id
    assert row["metadata"]["correlation_id"] == "wf-test"
    assert row["metadata"]["actor"] == "service:parser"
    assert row["metadata"]["traceparent"].split("-")[1] == message.headers["ce_traceparent"].split("-")[1]
    assert row["metadata"]["traceparent"] != message.headers["ce_traceparent"]


async def test_redelivered_event_changes_nothing_when_the_inbox_knows_it(bench: Bench) -> None:
    bench.consumer()
    await bench.publish("a")
    await bench.publish("a")
    await bench.publish("a", partition=1)

    async def done() -> bool:
        return await bench.committed(0) == 2 and await bench.committed(1) == 1

    await until(done, LIMIT)
    assert await bench.streams() == ["a"]


async def test_message_is_not_handled_twice_when_the_process_dies_between_commit_and_offset(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    async def handler(unit: UnitOfWork, message: Message) -> None:
        calls.append(message.id)
        await record_repeat(unit, message)

    async def never(self: Commits) -> bool:
        return True

    with monkeypatch.context() as broken:
        broken.setattr(Commits, "commit", never)
        first = bench.consumer(handler)
        await bench.publish("a", "b")

        async def both() -> bool:
            return len(await bench.events()) == 2

        await until(both, LIMIT)
        await bench.crash(first)
    assert await bench.committed() is None

    bench.consumer(handler)

    async def caught_up() -> bool:
        return await bench.committed() == 2

    await until(caught_up, LIMIT)
    assert await bench.streams() == ["a", "b"]
    assert len(calls) == 2


async def test_poison_is_set_aside_and_the_next_is_handled_when_headers_are_missing(bench: Bench) -> None:
    bench.consumer()
    value = b"\xff\x00" + b"x" * 100_000
    await bench.publish_raw(value, {"ce_id": "no-cloud-event"})
    await bench.publish("next")

    async def done() -> bool:
        return await bench.committed() == 2

    await until(done, LIMIT)
    assert await bench.streams() == ["next"]
    (letter,) = await bench.events("deadletter-parser-%")
    assert letter["type"] == "MessageRefused"
    assert letter["data"]["code"] == "NOT_A_CLOUDEVENT"
    assert "ce_specversion" in letter["data"]["reason"]
    assert letter["data"]["sha256"] == hashlib.sha256(value).hexdigest()
    assert letter["data"]["size_bytes"] == len(value)
    assert letter["data"]["head"].startswith("\\xff\\x00xxx")
    assert letter["stream"] == "deadletter-parser-" + hashlib.sha256(b"no-cloud-event").hexdigest()[:32]


@pytest.mark.parametrize(
    ("value", "name", "code"),
    [
        (b"{}", "ResponseRepeated", "EVENT_MALFORMED"),
        (b"{", "ResponseRepeated", "MALFORMED_JSON"),
        (b"[1]", "ResponseRepeated", "MALFORMED_JSON"),
        (b'{"a":1.5}', "ResponseRepeated", "MALFORMED_JSON"),
        (b'{"a":1,"a":2}', "ResponseRepeated", "MALFORMED_JSON"),
        (b"[" * 100_000, "ResponseRepeated", "MALFORMED_JSON"),
        (b"{}", "NobodyKnowsThis", "EVENT_TYPE_UNKNOWN"),
    ],
)
async def test_poison_is_set_aside_with_its_code_when_the_value_is_wrong(
    bench: Bench, value: bytes, name: str, code: str
) -> None:
    bench.consumer()
    (good,) = await bench.publish("first")
    headers = {**good.headers, "ce_id": "poison", "ce_type": f"hawk.{name}.v1"}
    await bench.publish_raw(value, headers)

    async def done() -> bool:
        return await bench.committed() == 2

    await until(done, LIMIT)
    (letter,) = await bench.events("deadletter-parser-%")
    assert letter["data"]["code"] == code


async def test_poison_is_refused_once_when_it_is_delivered_twice(bench: Bench) -> None:
    bench.consumer()
    await bench.publish_raw(b"?", {"ce_id": "twice"})
    await bench.publish_raw(b"?", {"ce_id": "twice"})

    async def done() -> bool:
        return await bench.committed() == 2

    await until(done, LIMIT)
    assert len(await bench.events("deadletter-parser-%")) == 1


async def test_event_of_others_is_skipped_when_the_catalogue_knows_it(bench: Bench) -> None:
    bench.consumer()
    (good,) = await bench.publish("first")
    await bench.publish_raw(b"{}", {**good.headers, "ce_id": "other", "ce_type": "hawk.ProposalMade.v1"})

    async def done() -> bool:
        return await bench.committed() == 2

    await until(done, LIMIT)
    assert await bench.events("deadletter-parser-%") == []
    assert await bench.streams() == ["first"]


async def test_raw_handler_gets_every_delivery_when_publishers_reuse_an_id(bench: Bench) -> None:
    seen: list[bytes] = []

    async def handler(unit: UnitOfWork, message: Message) -> None:
        seen.append(message.value)

    bench.consumer(handler, raw=True)
    await bench.publish_raw(b"one", {"ce_id": "same"})
    await bench.publish_raw(b"two", {"ce_id": "same"})

    async def done() -> bool:
        return await bench.committed() == 2

    await until(done, LIMIT)
    assert seen == [b"one", b"two"]


async def test_message_of_the_largest_size_is_handled_when_it_arrives(bench: Bench) -> None:
    sizes: list[int] = []

    async def handler(unit: UnitOfWork, message: Message) -> None:
        sizes.append(len(message.value))

    bench.consumer(handler, raw=True)
    large = 8 * 1024 * 1024 - 1024
    await bench.publish_raw(b"x" * large)

    async def done() -> bool:
        return await bench.committed() == 1

    await until(done, LIMIT)
    assert sizes == [large]


async def test_messages_wait_and_none_is_lost_when_the_database_is_away(bench: Bench) -> None:
    parts = urlsplit(bench.dsn)
    async with Proxy(str(parts.hostname), int(parts.port or 0)) as proxy:
        away = urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{proxy.port}"))
        pool = await open_pool(away, application="test-proxy", min_size=1, max_size=4)
        health = Health()
        bench.consumer(pool=lambda: pool, health=health)
        await bench.publish("before")

        async def first() -> bool:
            return await bench.streams() == ["before"]

        await until(first, LIMIT)
        await proxy.cut()
        await bench.publish("x1", "x2")
        await bench.publish("y1", partition=1)

        def waiting() -> bool:
            part = health.part(f"consumer:{bench.group}")
            return part is not None and part.state is State.WAITING

        await until(waiting, LIMIT)
        assert await bench.streams() == ["before"]
        await proxy.restore()

        async def all_there() -> bool:
            return sorted(await bench.streams()) == ["before", "x1", "x2", "y1"]

        await until(all_there, LIMIT)
        assert [each for each in await bench.streams() if each.startswith("x")] == ["x1", "x2"]
        assert await bench.events("deadletter-parser-%") == []

        def well() -> bool:
            part = health.part(f"consumer:{bench.group}")
            return part is not None and part.state is State.RUNNING

        await until(well, LIMIT)
        pool.terminate()


async def test_partition_is_blocked_and_others_go_on_when_a_handler_has_a_defect(bench: Bench) -> None:
    health = Health()
    broken = True

    async def handler(unit: UnitOfWork, message: Message) -> None:
        if broken and message.partition == 0:
            raise Defect("the invariant of this test is broken")
        await record_repeat(unit, message)

    bench.consumer(handler, health=health)
    await bench.publish("p0")
    await bench.publish("p1", partition=1)

    async def other_partition() -> bool:
        return await bench.committed(1) == 1

    await until(other_partition, LIMIT)
    part = health.part(f"consumer:{bench.group}")
    assert part is not None
    assert part.state is State.DEFECT
    assert "invariant of this test" in part.detail
    assert await bench.committed(0) is None

    broken = False

    async def repaired() -> bool:
        return await bench.committed(0) == 1

    await until(repaired, LIMIT)
    assert sorted(await bench.streams()) == ["p0", "p1"]


async def test_order_within_a_partition_is_kept_when_many_messages_arrive(bench: Bench) -> None:
    names = [f"n{number:03d}" for number in range(300)]
    await bench.publish(*names)
    bench.consumer()

    async def done() -> bool:
        return await bench.committed() == 300

    await until(done, LIMIT)
    assert await bench.streams() == names
