"""Events that were just sealed, handed from the sealer to the publisher, so that it need not read them again."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg

#: Events and characters of their data that wait. Of a publisher that is further behind nothing is kept: it reads from
#: the store, as it does after every start.
FRESH_EVENTS_MAX: Final = 2_000
FRESH_CHARACTERS_MAX: Final = 8 * 1024 * 1024

#: A row as the publisher reads it from the store: `position` and the columns of an event.
Row = asyncpg.Record | Mapping[str, Any]


class Fresh:
    """The last sealed events, without a gap. The store never changes them, so that it would give the very same."""

    def __init__(self) -> None:
        self._rows: deque[Row] = deque()
        self._characters = 0

    def put(self, first: int, records: Sequence[asyncpg.Record]) -> None:
        """Keep events that are sealed, and committed, at the positions from `first` on."""
        if self._rows and self._rows[-1]["position"] + 1 != first:
            self.clear()
        self._rows += ({**dict(record), "position": position} for position, record in enumerate(records, first))
        self._characters += sum(len(record["data"]) for record in records)
        if len(self._rows) > FRESH_EVENTS_MAX or self._characters > FRESH_CHARACTERS_MAX:
            self.clear()

    def after(self, position: int, limit: int) -> list[Row]:
        """Return at most so many of the events behind a position; none where the next one is not here."""
        while self._rows and self._rows[0]["position"] <= position:
            self._characters -= len(self._rows.popleft()["data"])
        if not self._rows or self._rows[0]["position"] != position + 1:
            return []
        return [self._rows[number] for number in range(min(limit, len(self._rows)))]

    def clear(self) -> None:
        """Keep nothing: the publisher reads."""
        self._rows.clear()
        self._characters = 0
