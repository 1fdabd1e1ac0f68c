"""hawk.reference as the executor consumes it, and the people at the approval service who decide on what is held.

Both services' own handlers on one real PostgreSQL; `relay` hands events over as the relay would.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import asyncpg

from services.approval.handlers import Handlers
from services.approval.held import store
from services.approval.held.decider import DecideHeld, Decision
from services.approval.held.state import Held
from services.approval.projection import project as project_approval
from services.approval.requests.decider import Refused
from services.executor.handlers.reference.release import on_held_decided
from services.executor.handlers.table_writer import project
from services.executor.ports import FeedReader
from shared.events.held import (
    HeldReferenceApplied,
    HeldReferenceDropped,
    HeldReferenceRejected,
    HeldReferenceReleased,
    ReferenceHeld,
)
from shared.events.routing import messages
from shared.events.topics import CONTROL, EXECUTIONS, REFERENCE
from shared.eventstore.postgres import recorded_event
from shared.messaging.database import open_pool
from shared.messaging.handling import MessageHandling
from shared.messaging.message import Message, message_of
from shared.messaging.subscription import Proof, Subscription
from shared.messaging.unit_of_work import run_unit
from tests.support import hedges
from tests.support.feeds import Record
from tests.support.reference import any_feed, reference_handler, reference_ports, set_message
from tests.support.stack import Databases, TestDatabase
from tests.support.units import CAUSE

NEW = """
    SELECT id, stream, version, event_id, type, schema_version, data::text, metadata::text, recorded_at FROM es.events
    WHERE id > $1 AND (starts_with(stream, 'held-') OR starts_with(stream, 'confirmation-')) ORDER BY id"""
"""What the relay would publish of this, and has not yet."""


class HeldDesk:
    """The executor, the approval service, and what came of messages."""

    database: TestDatabase

    def __init__(
        self,
        executor: asyncpg.Pool,
        approval: asyncpg.Pool,
        read_feed: FeedReader = any_feed,
        proof: Proof | None = None,
    ) -> None:
        self.pool, self.approval = executor, approval
        self.now: datetime = hedges.NOW
        self._published = 0
        ports = reference_ports(lambda: self.now)
        on = Handlers(None)  # type: ignore[arg-type]  nothing of the installation is asked for here
        self._loader = self._executor(REFERENCE, reference_handler(lambda: self.now))
        self.handling = self._executor(REFERENCE, reference_handler(lambda: self.now, read_feed), proof)
        decided = partial(on_held_decided, ports)
        self.control = self._executor(CONTROL, {HeldReferenceReleased: decided, HeldReferenceRejected: decided})
        ended = on.on_held_ended
        handlers = {
            ReferenceHeld: on.on_reference_held, HeldReferenceApplied: ended, HeldReferenceDropped: ended,
        }  # fmt: skip
        self.desk = MessageHandling(
            service="approval",
            group="hawk-approval-requests",
            subscriptions=[Subscription(EXECUTIONS, "hawk-approval-requests", handlers)],
            pool=lambda: approval,
            projector=project_approval,
        )

    def _executor(self, topic: str, handlers: Any, proof: Proof | None = None) -> MessageHandling:
        return MessageHandling(
            service="executor",
            group=topic,
            subscriptions=[Subscription(topic, topic, handlers, by_id=topic == REFERENCE, proof=proof)],
            pool=lambda: self.pool,
            projector=project,
        )

    async def bootstrap(self) -> None:
        """The demo's rows come into force, as at the first start, signed by a key that is gone afterwards."""
        rows = [(table, row) for table, of_table in hedges.demo_tables().items() for row in of_table]
        await self._loader.handle(set_message(rows, "bootstrap"))

    async def take(self, *given: Message) -> None:
        """Messages arrive on hawk.reference, and what follows is passed on."""
        for message in given:
            await self.handling.handle(message)
        await self.relay()

    async def relay(self) -> None:
        """Hand over all events of both services that were not handed over yet."""
        while rows := await self.pool.fetch(NEW, self._published):
            for row in rows:
                self._published = row["id"]
                for out in messages(recorded_event(row)):
                    headers = tuple(out.headers)
                    key = None if out.key is None else out.key.encode()
                    handed = message_of(Record(out.topic, key, out.value, headers, offset=row["id"]))
                    if out.topic == CONTROL:
                        await self.control.handle(handed)
                    elif out.topic == EXECUTIONS:
                        await self.desk.handle(handed)

    async def waiting(self) -> list[Held]:
        """What people are shown."""
        return list(await store.listed(self.approval, None))

    async def one(self) -> Held:
        """The one row or set that waits."""
        (held,) = await self.waiting()
        return held

    async def ended(self, held_id: str) -> Held:
        """What became of something that waited."""
        (held,) = await store.listed(self.approval, held_id)
        return held

    async def decide(
        self, held: Held, person: str, decision: Decision = "CONFIRM", *, role: str = "OPERATIONS", digest: str = ""
    ) -> str | None:
        """Somebody decides; gives the code when it is refused."""
        command = DecideHeld(held.held_id, digest or held.digest, decision, "", person, (role,), self.now)
        outcome = await run_unit(
            self.approval, CAUSE, lambda unit: store.act(unit, command), projector=project_approval
        )
        await self.relay()
        return outcome.code if isinstance(outcome, Refused) else None

    async def refusals(self) -> list[str]:
        """Codes of the executor's dead letters, in their order."""
        rows = await self.pool.fetch(
            "SELECT data ->> 'code' AS code FROM es.events WHERE type = 'MessageRefused' ORDER BY id"
        )
        return [row["code"] for row in rows]

    async def count(self, event: str) -> int:
        return int(await self.pool.fetchval("SELECT count(*) FROM es.events WHERE type = $1", event))

    async def rate(self, pair: str = "USD/SGD", ledger: str = "IFRS") -> Decimal | None:
        query = (
            "SELECT rate_value FROM currency_rates"
            " WHERE currency_pair = $1 AND rate_type = 'prevailing' AND ledger = $2"
        )
        found: Decimal | None = await self.pool.fetchval(query, pair, ledger)
        return found

    async def value(self, query: str, *arguments: object) -> Any:
        return await self.pool.fetchval(query, *arguments)


@asynccontextmanager
async def bootstrapped_database(databases: Databases) -> AsyncIterator[TestDatabase]:
    """A database with the demo's rows in force; tests work on copies."""
    made = await databases.create()
    pool = await open_pool(made.dsn("hawk_executor"), application="test", min_size=1, max_size=1)
    await HeldDesk(pool, pool).bootstrap()
    await pool.close()
    yield made
    await databases.drop(made.name)


@asynccontextmanager
async def held_desk(
    databases: Databases, like: TestDatabase, read_feed: FeedReader = any_feed, proof: Proof | None = None
) -> AsyncIterator[HeldDesk]:
    """A desk on a copy of a database."""
    made = await databases.create(like=like)
    executor = await open_pool(made.dsn("hawk_executor"), application="test", min_size=1, max_size=2)
    approval = await open_pool(made.dsn("hawk_approval"), application="test", min_size=1, max_size=2)
    desk = HeldDesk(executor, approval, read_feed, proof)
    desk.database = made
    yield desk
    await approval.close()
    await executor.close()
    await databases.drop(made.name)
