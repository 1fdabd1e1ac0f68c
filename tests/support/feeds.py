"""Feeds of reference data with keys of their own, and what they put on hawk.reference: true, or forged."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from services.executor.handlers.reference.loading import LOAD_HEADER
from services.executor.handlers.reference.messages import feed_of
from services.executor.reference.tables import REFERENCE as TABLES
from shared.events.topics import REFERENCE
from shared.messaging.message import Message, message_of
from shared.security.feeds import Feed, read_feeds
from shared.security.keys import ensure_feed_keys, read_pem
from shared.security.message_signing import signature_header
from tests.support.units import WHEN

Headers = Sequence[tuple[str, bytes]]

_offsets = count(1)


@dataclass(frozen=True)
class Record:
    """A record of a Kafka client."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes | None], ...]
    partition: int = 0
    offset: int = 0
    timestamp: int = int(WHEN.timestamp() * 1000)


@dataclass(frozen=True)
class Feeds:
    """Feeds by name, in a folder: `feeds.toml` and the private keys."""

    folder: Path
    tables: Mapping[str, Sequence[str]]

    @property
    def file(self) -> Path:
        return self.folder / "feeds.toml"

    @property
    def known(self) -> tuple[Feed, ...]:
        """As the executor reads them at its start."""
        return read_feeds(self.file, TABLES)

    def private(self, name: str) -> str:
        return read_pem(self.folder / f"feed_{name}_private.pem")

    def read(self, message: Message) -> Feed:
        """As the executor's port does."""
        return feed_of(self.known, message)

    def prove(self, message: Message) -> None:
        """As the executor's subscription does."""
        self.read(message)

    def row(self, feed: str, table: str, row: Mapping[str, Any], operation: str = "UPSERT", ce_id: str = "") -> Message:
        """One row, signed by a feed."""
        value = {"table": table, "operation": operation, "row": dict(row)}
        return self.message(feed, json.dumps(value).encode(), [("ce_id", (ce_id or str(uuid4())).encode())])

    def set(self, feed: str, rows: Iterable[tuple[str, Mapping[str, Any]]], load_id: str) -> Message:
        """Rows as one set, signed by a feed."""
        listed = [{"table": table, "operation": "UPSERT", "row": dict(row)} for table, row in rows]
        headers = [(LOAD_HEADER, load_id.encode()), ("ce_id", load_id.encode())]
        return self.message(feed, json.dumps({"rows": listed}).encode(), headers)

    def message(self, feed: str, value: bytes, headers: Headers, key: bytes = b"key") -> Message:
        """Anything, signed by a feed."""
        return delivered(value, signed(self.private(feed), value, headers, key=key), key)


def signed(private: str, value: bytes, headers: Headers, *, key: bytes | None, topic: str = REFERENCE) -> Headers:
    """The headers of a message with its signature beside them."""
    return [*headers, signature_header(private, topic=topic, key=key, headers=headers, value=value)]


def delivered(value: bytes, headers: Iterable[tuple[str, bytes | None]], key: bytes | None = b"key") -> Message:
    """A message as a consumer gets it, each at a place of its own."""
    return message_of(Record(REFERENCE, key, value, tuple(headers), offset=next(_offsets)))


def feeds_in(folder: Path, **tables: Sequence[str]) -> Feeds:
    """Feeds with these tables; without any: one named `all` that may change every table."""
    named = tables or {"all": ["*"]}
    lines = []
    for name, listed in named.items():
        pair = ensure_feed_keys(folder, name)
        lines.append(f'[feeds.{name}]\npublic_key = "{pair.public.name}"\ntables = {json.dumps(list(listed))}\n')
    (folder / "feeds.toml").write_text("\n".join(lines), encoding="utf-8")
    return Feeds(folder, named)


def demo_headers(data: Path, key: str, value: bytes) -> dict[str, str]:
    """The headers of a message that the demo's feed of a running installation signed. `data`: its data directory."""
    private = read_pem(data / "keys" / "feed_demo_private.pem")
    headers = signed(private, value, [("ce_id", str(uuid4()).encode())], key=key.encode())
    return {name: text.decode() for name, text in headers}
