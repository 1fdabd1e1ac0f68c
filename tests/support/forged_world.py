"""One executed workflow in a database, its two forgeries in copies of it, and the keys and heads that go with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg

from shared.eventstore.chain import Head
from shared.relay.anchors import Anchors
from shared.security.keys import KeyPair, ensure_grant_keys, read_pem
from tests.support.anchoring import Record, head_record, heads_of, new_relay_key
from tests.support.history import golden_transactions, plant
from tests.support.stack import Databases, TestDatabase
from tests.support.superuser import approver_replaced, cut, rewrite, signed_anew
from tools.verification.verify import VerifyReport, verify

CUT = 20
PUBLISHED = "UPDATE es.checkpoints SET position = (SELECT count(*) FROM es.seals) WHERE name = 'publish'"


@dataclass(frozen=True)
class World:
    """The planted history, its two forgeries, and the keys of relay and approval service."""

    true: TestDatabase
    forged: TestDatabase
    short: TestDatabase
    relay_key: str
    grant_keys: KeyPair
    heads: tuple[Head, ...]
    bootstrap: str

    async def verified(
        self, database: TestDatabase, anchors: Anchors | None, *, signatures: bool = False
    ) -> VerifyReport:
        """As the outside auditor; signatures only where the attack is about them, so that heads are not helped."""
        keys = [read_pem(self.grant_keys.public)] if signatures else None
        return await verify(database.dsn("hawk_reader"), anchors, grant_keys=keys)

    def signed(self, topic: str, *, upto: int | None = None, at: datetime | None = None) -> list[Record]:
        """The heads as the relay published them, up to a position."""
        heads = [head for head in self.heads[::7] + self.heads[-1:] if upto is None or head.position <= upto]
        return [head_record(self.relay_key, topic, head, at) for head in heads]


@asynccontextmanager
async def planted_world(databases: Databases, bootstrap: str, folder: Path) -> AsyncIterator[World]:
    """Planted once, since each attack works on a copy or reads alone."""
    grants = ensure_grant_keys(folder)
    true = await databases.create()
    await plant(true.admin_dsn, signed_anew(golden_transactions("a_coi.json"), read_pem(grants.private)))
    await executed(true, PUBLISHED)
    forged, short = await databases.create(like=true), await databases.create(like=true)
    await rewrite(forged.admin_dsn, approver_replaced("tom", "mallory"))
    await cut(short.admin_dsn, CUT)
    heads = tuple(await heads_of(true.admin_dsn))
    yield World(true, forged, short, new_relay_key(), grants, heads, bootstrap)
    for database in (true, forged, short):
        await databases.drop(database.name)


async def executed(database: TestDatabase, *statements: str) -> None:
    connection = await asyncpg.connect(database.admin_dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
