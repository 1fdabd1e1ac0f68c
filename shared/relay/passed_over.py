"""Events that can never be published as they are: listed, so that the others go on, and published when ordered."""

from dataclasses import dataclass

import asyncpg
import structlog

from shared.events.publication import Cause, Unpublishable
from shared.eventstore.driver_errors import translated
from shared.people.identity import same_person
from shared.relay import metrics

#: Events of the list that are looked up in one go, each with one index look-up: some ten milliseconds. A longer list is
#: looked through in turns.
LOOKED_AT_MAX = 500

#: Characters of a reason that are kept: a sentence and what a library says of it.
REASON_CHARACTERS_MAX = 1_000

READ_ORDERS = """
SELECT listed.position, orders.version, orders.proposed_by, orders.confirmed_by
FROM (
    SELECT position, event_id, tried_version FROM es.unpublishable
    WHERE published_at IS NULL AND position > $1
    ORDER BY position
    LIMIT $2
) AS listed
LEFT JOIN LATERAL (
    SELECT events.version, events.data #>> '{proposed_by,person}' AS proposed_by,
        events.data #>> '{confirmed_by,person}' AS confirmed_by
    FROM es.events AS events
    WHERE events.stream = 'publication-' || listed.position AND events.version > listed.tried_version
        AND events.type = 'PublicationConfirmed' AND events.data ->> 'event_id' = listed.event_id::text
) AS orders ON true
ORDER BY listed.position, orders.version
"""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """Two persons want the event at `position` published; `version` is that of their decision in its stream."""

    position: int
    version: int


class PassedOver:
    """The list es.unpublishable, as the relay keeps it."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._looked_at = 0

    async def add(self, position: int, refusal: Unpublishable) -> None:
        """List an event, committed when this returns; the checkpoint may pass it then."""
        with translated(self._connection):
            await self._connection.execute(
                "SELECT es.pass_over($1, $2, $3)", position, str(refusal.cause), _kept(refusal.reason)
            )
        metrics.PASSED_OVER.labels(cause=str(refusal.cause)).inc()
        _log.error(
            "event_passed_over",
            position=position,
            cause=str(refusal.cause),
            why=refusal.reason,
            to_do="Put right what is in the way, then two persons publish it: `hawk relay publish`.",
        )

    async def orders(self) -> tuple[Order, ...]:
        """Return what two persons have ordered and was not tried yet, of the next LOOKED_AT_MAX events that wait."""
        with translated(self._connection):
            records = await self._connection.fetch(READ_ORDERS, self._looked_at, LOOKED_AT_MAX)
        listed = {record["position"] for record in records}
        self._looked_at = max(listed) if len(listed) == LOOKED_AT_MAX else 0
        # Of several orders for one event the latest counts.
        latest = {record["position"]: record["version"] for record in records if _of_two(record)}
        return tuple(Order(position, version) for position, version in latest.items())

    async def published(self, order: Order) -> None:
        """Note that the event has arrived."""
        await self._note(order, None, None)
        _log.info("event_published_after_all", position=order.position)

    async def refused_again(self, order: Order, refusal: Unpublishable) -> None:
        """Note that the event still cannot be published: the order is used up, and people see why."""
        await self._note(order, refusal.cause, _kept(refusal.reason))
        _log.error("event_still_unpublishable", position=order.position, cause=str(refusal.cause), why=refusal.reason)

    async def _note(self, order: Order, cause: Cause | None, reason: str | None) -> None:
        with translated(self._connection):
            noted = await self._connection.fetchval(
                "SELECT es.note_publication($1, $2, $3, $4)",
                order.position,
                order.version,
                None if cause is None else str(cause),
                reason,
            )
        if not noted:
            _log.error("publication_not_noted", position=order.position, version=order.version)


def _of_two(record: asyncpg.Record) -> bool:
    """Return whether an order is there, and of two persons."""
    one, other = record["proposed_by"], record["confirmed_by"]
    return one is not None and other is not None and not same_person(one, other)


def _kept(reason: str) -> str:
    return reason[:REASON_CHARACTERS_MAX].replace("\0", "") or "No reason was given."
