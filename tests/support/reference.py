"""Messages of hawk.reference and who handles them, for tests of reference data."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any, NoReturn

from services.executor.handlers.reference.loading import LOAD_HEADER
from services.executor.handlers.reference.messages import on_reference_message
from services.executor.ports import FeedReader, Ports
from services.executor.reference.reading import command_of
from services.executor.reference.tables import REFERENCE as REFERENCE_TABLES
from shared.events.reference import ReferenceRowSet
from shared.events.responses import Maker, Originated
from shared.events.topics import REFERENCE
from shared.messaging.message import Message
from shared.messaging.subscription import Handler
from shared.messaging.unit_of_work import UnitOfWork
from shared.security.feeds import Feed
from tests.support import hedges
from tests.support.units import WHEN

_offsets = count(1)


def any_feed(_: Message) -> Feed:
    """Takes every message for one of a feed that may change every table: for tests of what rows do."""
    return Feed("any", "", frozenset(REFERENCE_TABLES))


def reference_handler(clock: Callable[[], datetime] = lambda: hedges.NOW, read_feed: FeedReader = any_feed) -> Handler:
    """The executor's handler of hawk.reference."""
    return partial(on_reference_message, reference_ports(clock, read_feed))


def reference_ports(clock: Callable[[], datetime], read_feed: FeedReader = any_feed) -> Ports:
    """What handlers of reference data take from the outside; grants never come there."""

    def read_grant(_: str) -> NoReturn:
        raise AssertionError("hawk.reference brings no grant")

    def prove_maker(asked: Originated) -> Maker:
        raise AssertionError(f"hawk.reference names no maker, as {type(asked).__name__} does")

    return Ports(clock=clock, read_grant=read_grant, prove_maker=prove_maker, read_feed=read_feed)


def row_message(table: str, row: Mapping[str, Any], operation: str = "UPSERT", ce_id: str = "") -> Message:
    """One row, as a plain publisher sends it."""
    return _message({"table": table, "operation": operation, "row": dict(row)}, {"ce_id": ce_id} if ce_id else {})


def set_message(rows: Iterable[tuple[str, Mapping[str, Any]]], load_id: str, operation: str = "UPSERT") -> Message:
    """Rows as one set."""
    listed = [{"table": table, "operation": operation, "row": dict(row)} for table, row in rows]
    return _message({"rows": listed}, {LOAD_HEADER: load_id, "ce_id": load_id})


async def write_row(unit: UnitOfWork, table: str, row: Mapping[str, Any]) -> None:
    """A row as a fact, past the topic: what a bootstrap or an approved change of the configuration leaves."""
    command = command_of({"table": table, "operation": "UPSERT", "row": dict(row)})
    version = (await unit.load(command.stream)).version
    unit.append(command.stream, version, ReferenceRowSet(table=table, key=command.key, row=dict(command.row)))


def _message(value: Mapping[str, Any], headers: Mapping[str, str]) -> Message:
    return Message(REFERENCE, 0, next(_offsets), None, json.dumps(value).encode(), headers, WHEN)
