"""Anchored heads from a real Kafka: what the relay signed and nothing else, and the ways in which there are none."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from shared.eventstore.chain import Head
from shared.relay import anchors as reading
from shared.relay.anchors import Anchors, HeadsRead, Missing, SignedHead, head_of, plain_heads, read_heads
from shared.security.keys import ensure_relay_keys, read_pem
from tests.support.anchoring import Record, badly_signed, delete_topic, head_record, make_topic, send, unsigned

pytestmark = pytest.mark.integration


def head(position: int) -> Head:
    return Head(position, f"{position:064x}")


@pytest.fixture(scope="module")
def private_pem(tmp_path_factory: pytest.TempPathFactory) -> str:
    return read_pem(ensure_relay_keys(tmp_path_factory.mktemp("relay")).private)


@pytest.fixture
async def anchors(kafka_bootstrap: str, private_pem: str) -> AsyncIterator[Anchors]:
    """A topic of one's own, and the key its heads are signed with."""
    name = f"heads-{uuid4().hex}"
    await make_topic(kafka_bootstrap, name)
    yield Anchors({"bootstrap_servers": kafka_bootstrap}, (public_pem(private_pem),), name)
    await delete_topic(kafka_bootstrap, name)


def public_pem(private_pem: str) -> str:
    from shared.security.message_signing import public_half

    return public_half(private_pem)


async def found(anchors: Anchors, needed: int = 0) -> HeadsRead:
    read = await read_heads(anchors, needed)
    assert isinstance(read, HeadsRead)
    return read


async def test_only_what_the_relay_signed_is_a_head(
    kafka_bootstrap: str, anchors: Anchors, private_pem: str, tmp_path: Path
) -> None:
    good = [head_record(private_pem, anchors.topic, head(position)) for position in (1, 7)]
    stranger = read_pem(ensure_relay_keys(tmp_path).private)
    junk: list[Record] = [
        (b"head", [], b"no head"),
        (None, [], b"x" * 100_000),
        unsigned(head(9)),
        badly_signed(good[1], 9),
        head_record(stranger, anchors.topic, head(9)),
        head_record(private_pem, "another.topic", head(9)),
    ]
    await send(kafka_bootstrap, anchors.topic, [*good, *junk])
    read = await found(anchors)
    assert plain_heads(read.heads) == (head(7), head(1))
    assert (read.junk, read.looked_at, read.on_topic) == (6, 8, 8)


async def test_newest_valid_head_is_found_behind_a_flood_and_behind_old_heads(
    kafka_bootstrap: str, anchors: Anchors, private_pem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHUNK_RECORDS", 50)
    monkeypatch.setattr(reading, "COMPARED_MAX", 20)
    good = head_record(private_pem, anchors.topic, head(40))
    old = [head_record(private_pem, anchors.topic, head(position)) for position in range(1, 30)]
    await send(kafka_bootstrap, anchors.topic, [*old, good])
    await send(kafka_bootstrap, anchors.topic, [badly_signed(good, position) for position in range(50, 250)])
    await send(kafka_bootstrap, anchors.topic, [old[number % 29] for number in range(500)])
    read = await found(anchors, needed=40)
    assert read.newest is not None
    assert read.newest.head == head(40)
    assert len(read.heads) < 100, "heads below one already believed are looked at up to a bound"
    monkeypatch.setattr(reading, "RECORDS_BEHIND_MAX", 100)
    limited = await found(anchors, needed=40)
    assert limited.newest is not None
    assert limited.newest.head.position < 30
    assert limited.looked_at < 600


async def test_search_for_a_head_ends_at_its_bound(
    kafka_bootstrap: str, anchors: Anchors, private_pem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHUNK_RECORDS", 50)
    monkeypatch.setattr(reading, "RECORDS_MAX", 100)
    await send(kafka_bootstrap, anchors.topic, [head_record(private_pem, anchors.topic, head(1))])
    await send(kafka_bootstrap, anchors.topic, [(b"head", [], b"junk")] * 400)
    read = await found(anchors)
    assert (read.heads, read.on_topic) == ((), 401)
    assert 100 <= read.looked_at < 401


async def test_heads_of_an_earlier_key_count_while_its_public_half_is_known(
    kafka_bootstrap: str, anchors: Anchors, private_pem: str, tmp_path: Path
) -> None:
    pair = ensure_relay_keys(tmp_path)
    await send(kafka_bootstrap, anchors.topic, [head_record(read_pem(pair.private), anchors.topic, head(3))])
    assert (await found(anchors)).heads == ()
    both = Anchors(anchors.kafka, (*anchors.relay_keys, read_pem(pair.public)), anchors.topic)
    assert plain_heads((await found(both)).heads) == (head(3),)


async def test_broker_that_is_away_and_topic_that_is_gone_are_told_apart(
    kafka_bootstrap: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert await read_heads(Anchors({"bootstrap_servers": "127.0.0.1:1"}, ())) is Missing.BROKER
    gone = Anchors({"bootstrap_servers": kafka_bootstrap}, (), f"gone-{uuid4().hex}")
    assert await read_heads(gone) is Missing.TOPIC
    assert caplog.records == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"[]",
        b"{}",
        b"[" * 900,
        b'{"position": "1", "hash": "x", "signed_at": "2026-11-23T00:00:00+00:00"}',
        b'{"position": true, "hash": "' + b"a" * 64 + b'", "signed_at": "2026-11-23T00:00:00+00:00"}',
        b'{"position": 1, "hash": "' + b"a" * 64 + b'", "signed_at": "2026-11-23T00:00:00"}',
        b'{"position": 1, "hash": "' + b"a" * 64 + b'"}',
        b'{"position": 1}',
    ],
)
def test_a_message_that_tells_no_head_proves_nothing(value: bytes | None) -> None:
    assert head_of(value) is None


def test_head_tells_position_hash_and_when_it_was_signed() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    assert head_of(reading.head_value(head(2), at)) == SignedHead(head(2), at)
