"""What a transaction knows besides the tables: the events that its earlier messages append, and what it has asked."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import asyncpg

from shared.events.base import Event

EventT = TypeVar("EventT", bound=Event)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Appended:
    """An event that will be at a version of a stream once the transaction is committed."""

    stream: str
    version: int
    event: Event


class Earlier:
    """Events that messages before this one append in its transaction. The tables show them only after the commit."""

    def __init__(self) -> None:
        self._last: dict[str, Appended] = {}
        self._by_type: dict[type[Event], list[Event]] = {}

    def add(self, appended: Iterable[Appended]) -> None:
        """Take in the events of a message, in their order."""
        for each in appended:
            self._last[each.stream] = each
            self._by_type.setdefault(type(each.event), []).append(each.event)

    def last(self, stream: str) -> Appended | None:
        """Return the last event of a stream; None if none was appended to it."""
        return self._last.get(stream)

    def of(self, kind: type[EventT]) -> Iterator[EventT]:
        """Yield the events of one type, in their order."""
        for event in self._by_type.get(kind, ()):
            if isinstance(event, kind):
                yield event

    def streams(self) -> Iterator[Appended]:
        """Yield the last event of each stream."""
        yield from self._last.values()


class Questions:
    """The queries of one transaction with their rows: its snapshot gives the same answer to the same question."""

    def __init__(self) -> None:
        self._derived: dict[object, object] = {}
        self._answers: dict[tuple[str, tuple[object, ...]], Sequence[asyncpg.Record]] = {}

    async def ask(
        self, connection: asyncpg.Connection, query: str, arguments: Sequence[object]
    ) -> Sequence[asyncpg.Record]:
        """Return the rows of a query; asked before, it is not asked again."""
        question = (query, tuple(tuple(each) if isinstance(each, list) else each for each in arguments))
        if question not in self._answers:
            self._answers[question] = await connection.fetch(query, *arguments)
        return self._answers[question]

    def derive(self, what: str, rows: Sequence[Any], make: Callable[[], T]) -> T:
        """Return what is made of rows that `ask` gave; made once of the same rows."""
        key = (what, id(rows))  # the rows live as long as their question
        if key not in self._derived:
            self._derived[key] = make()
        return cast("T", self._derived[key])
