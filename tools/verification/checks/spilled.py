"""What a fold keeps of each workflow: the latest in memory, the others in a file, so that memory does not grow.

A workflow is over within some thousand events, so that what is asked for is nearly always in memory. What is wrong with
one may show at the end of the history only: therefore nothing is thrown away.
"""

import pickle
import sqlite3
from collections.abc import Iterator, MutableMapping
from itertools import islice
from typing import Final, Generic, TypeVar

V = TypeVar("V")

#: Entries in memory: more workflows than are under way between the first event of one and its last.
LATEST_MAX: Final = 512
#: Entries that move to the file at once, and that are read from it at once.
MOVED: Final = 128
#: Kibibytes of the file that SQLite holds in memory.
CACHE_KIBIBYTES: Final = 256

_WRITE: Final = "INSERT INTO entries (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


class Spilled(MutableMapping[str, V], Generic[V]):
    """A dictionary in the order in which its keys came, of values that can be pickled.

    A value that was asked for may be changed in place until another one is asked for: what leaves the memory is written
    as it is then. The file has no name and is gone with the dictionary. One thread at a time may use it.
    """

    def __init__(self) -> None:
        self._latest: dict[str, V] = {}
        self._file: sqlite3.Connection | None = None
        self._length = 0

    def __getitem__(self, key: str) -> V:
        """Return the value of a key.

        Raises:
            KeyError: there is none.
        """
        if key not in self._latest:
            self._latest[key] = self._read(key)
            self._make_room()
        return self._latest[key]

    def __setitem__(self, key: str, value: V) -> None:
        """Set the value of a key, which may be new."""
        if key not in self:
            self._length += 1
        self._latest[key] = value
        self._make_room()

    def __delitem__(self, key: str) -> None:
        """Forget a key.

        Raises:
            KeyError: there is none.
        """
        if key not in self:
            raise KeyError(key)
        self._latest.pop(key, None)
        if self._file is not None:
            self._file.execute("DELETE FROM entries WHERE key = ?", (key,))
        self._length -= 1

    def __contains__(self, key: object) -> bool:
        """Return whether there is such a key."""
        if key in self._latest or self._file is None:
            return key in self._latest
        return self._file.execute("SELECT 1 FROM entries WHERE key = ?", (key,)).fetchone() is not None

    def __iter__(self) -> Iterator[str]:
        """Return the keys in order; nothing may be set meanwhile."""
        return (key for key, _ in self.each())

    def __len__(self) -> int:
        """Return the number of keys."""
        return self._length

    def each(self) -> Iterator[tuple[str, V]]:
        """Return keys and values in order, to look at; nothing may be set meanwhile."""
        if self._file is None:
            yield from self._latest.items()
            return
        self._move(len(self._latest))
        place = 0
        while rows := self._file.execute(
            "SELECT place, key, value FROM entries WHERE place > ? ORDER BY place LIMIT ?", (place, MOVED)
        ).fetchall():
            place = rows[-1][0]
            yield from ((key, pickle.loads(value)) for _, key, value in rows)  # noqa: S301 - written by this process

    def _read(self, key: str) -> V:
        if self._file is not None:
            for (value,) in self._file.execute("SELECT value FROM entries WHERE key = ?", (key,)):
                found: V = pickle.loads(value)  # noqa: S301 - written by this process
                return found
        raise KeyError(key)

    def _make_room(self) -> None:
        if len(self._latest) > LATEST_MAX:
            self._move(MOVED)

    def _move(self, count: int) -> None:
        """Write the entries that have been in memory for longest."""
        if self._file is None:
            self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._file.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
            self._file.execute("PRAGMA journal_mode = OFF")
            self._file.execute("CREATE TABLE entries (place INTEGER PRIMARY KEY, key TEXT UNIQUE, value BLOB)")
        rows = [(key, pickle.dumps(value)) for key, value in islice(self._latest.items(), count)]
        self._file.execute("BEGIN")
        self._file.executemany(_WRITE, rows)
        self._file.execute("COMMIT")
        for key, _ in rows:
            del self._latest[key]
