"""hawk.reference: load the row's stream, decide, append. Feeds sign what they publish; the topic has no other guard."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import asyncpg

from services.executor.handlers import timers
from services.executor.handlers.reference.holding import doubts_about, drop_superseded, hold
from services.executor.handlers.reference.loading import LOAD_HEADER, on_reference_set
from services.executor.handlers.reference.placing import place_row
from services.executor.ports import Ports
from services.executor.reference.decider import decide
from services.executor.reference.held_state import Origin
from services.executor.reference.plausible import PERIODS
from services.executor.reference.reading import command_of
from services.executor.reference.state import state_of
from shared.errors import Defect, InvalidInput
from shared.events.routing import REPLAY_HEADER
from shared.hedging.facts import SINGAPORE
from shared.messaging.message import Message
from shared.messaging.unit_of_work import UnitOfWork
from shared.security.feeds import Feed, signer_of

#: Bytes of one message value. The largest rows, journal rules, take a few kilobytes.
ROW_BYTES_MAX = 256 * 1024
#: Bytes of a set's: some three kilobytes for each of the rows it may have, and below what a topic takes.
SET_BYTES_MAX = 6 * 1024 * 1024


async def on_reference_message(ports: Ports, uow: UnitOfWork, message: Message) -> None:
    """Append what a row or a set of rows changes; an unchanged row appends nothing, one that is not plausible
    waits for people.

    Raises:
        InvalidInput: the message is not a reference row; see `command_of`, `decide`, `place_row`, `on_reference_set`;
            also SIGNATURE_INVALID, FEED_NOT_ALLOWED (another feed's table), MALFORMED_JSON, TOO_LARGE,
            REFERENCE_ID_REUSED (another message had its id) and FEED_IMPLAUSIBLE (another row of its key waits).
    """
    feed, now = ports.read_feed(message), ports.clock()
    is_set = LOAD_HEADER in message.headers
    _bounded(message, SET_BYTES_MAX if is_set else ROW_BYTES_MAX)
    await _first_of_its_id(uow, message, feed)
    if is_set:
        await on_reference_set(uow, message, feed, now)
    else:
        await _on_row(uow, message, feed, now)


def feed_of(feeds: Sequence[Feed], message: Message) -> Feed:
    """Return the feed that signed a message, as its publisher sent it or as a person had it published again.

    Raises:
        InvalidInput: SIGNATURE_INVALID; REFERENCE_ID_MISSING, it has no id by which a copy of it could be recognised.
    """
    # A replay is the message with one more header, which the relay adds and which grants nothing by itself.
    headers = [(name, value) for name, value in message.raw_headers if name != REPLAY_HEADER]
    feed = signer_of(
        feeds, message.place, topic=message.topic, key=message.raw_key, headers=headers, value=message.value
    )
    if message.id == message.place:
        raise InvalidInput(
            code="REFERENCE_ID_MISSING",
            reason=f"hawk.reference: {message.place} has no usable ce_id, so a copy of it would count again. "
            "Publish it with a unique id in the header ce_id, which the signature covers.",
        )
    return feed


async def _on_row(uow: UnitOfWork, message: Message, feed: Feed, now: datetime) -> None:
    today = now.astimezone(SINGAPORE).date()
    command = command_of(message.data)
    feed.must_change([command.table.name])
    stream = await uow.load(command.stream)
    events = decide(state_of(stream.events), command)
    if not events:
        return
    await place_row(uow, command, stream, today)
    doubts = await doubts_about(uow, command, stream, now)
    if doubts:
        await hold(uow, command, stream.version, doubts, Origin(feed.name, message.place, now))
        return
    uow.append(stream.stream, stream.version, *events)
    await drop_superseded(uow, command, now)
    if command.table.name == PERIODS:
        timers.posting_may_go_on(uow, now)


async def _first_of_its_id(uow: UnitOfWork, message: Message, feed: Feed) -> None:
    """Remember the id a feed gave, and refuse another message of it under an id that is taken.

    The same message again does not come here: the inbox knows it by id and content.
    """
    if message.id == message.place:
        return
    digest, named = hashlib.sha256(message.value).hexdigest(), f"{feed.name}:{message.id}"
    if uow.alone:
        query = "SELECT sha256 FROM executor.reference_ids WHERE message_id = $1"
        known = await uow.connection.fetchval(query, named)
        if known is not None and known != digest:
            raise InvalidInput(
                code="REFERENCE_ID_REUSED",
                reason=f"hawk.reference: {message.place} has the id {message.id} of another message. "
                "Publish it under a unique id.",
            )

    async def remember(connection: asyncpg.Connection) -> None:
        await _remember(connection, named, digest)

    uow.also(remember)


async def _remember(connection: asyncpg.Connection, message_id: str, digest: str) -> None:
    statement = "INSERT INTO executor.reference_ids (message_id, sha256) VALUES ($1, $2) ON CONFLICT DO NOTHING"
    if await connection.execute(statement, message_id, digest) == "INSERT 0 1":
        return
    query = "SELECT sha256 FROM executor.reference_ids WHERE message_id = $1"
    if await connection.fetchval(query, message_id) != digest:
        raise Defect(f"Id {message_id} was taken by another message of this transaction. Handle them one by one.")


def _bounded(message: Message, bytes_max: int) -> None:
    if len(message.value) > bytes_max:
        raise InvalidInput(
            code="TOO_LARGE",
            reason=f"hawk.reference: {message.place} has {len(message.value)} bytes; at most {bytes_max} are taken. "
            "Publish one row a message, or smaller sets.",
        )
