"""Streams as handlers see them: decoded once, kept in memory while they are in use, and read on from where they ended.

An event that was recorded never changes, so what is kept of a stream is always its beginning. Whether it has gone on is
asked of the database in every transaction: other processes append too.
"""

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from shared.events.base import Event
from shared.events.catalogue import decode
from shared.eventstore.port import EventStore, NewEvent, RecordedEvent, event_id

#: Bytes of JSON of the streams that a process keeps: those of a hundred and fifty workflows, of which a hundred can be
#: in flight. Decoded they take about ten times as much.
KEPT_BYTES_MAX = 16 * 1024 * 1024
#: Bytes of one that is kept: of the largest plan some hundred KiB; what is longer would push all others out.
STREAM_BYTES_MAX = 1024 * 1024

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class LoadedStream:
    """A stream as it was read: `version` 0 means that it does not exist. `events` are decoded and upcast."""

    stream: str
    version: int
    events: tuple[Event, ...]
    recorded: tuple[RecordedEvent, ...]
    _states: dict[Callable[..., Any], tuple[int, Any]] = field(default_factory=dict, compare=False, repr=False)

    def state(self, start: S, evolve: Callable[[S, Event], S]) -> S:
        """Return the state after these events; worked out once, and of a longer stream from there on.

        Args:
            start: the state before the first event; the same at every call for one stream and `evolve`.
        """
        known: tuple[int, S] = self._states.get(evolve, (0, start))
        count, state = known
        for event in self.events[count:]:
            state = evolve(state, event)
        self._states[evolve] = (len(self.events), state)
        return state

    def followed_by(self, recorded: Sequence[RecordedEvent]) -> "LoadedStream":
        """Return the stream with further events.

        Raises:
            Defect: one of them cannot be decoded by this version of the code.
        """
        if not recorded:
            return self
        events = self.events + tuple(decode(event) for event in recorded)
        return LoadedStream(
            self.stream, recorded[-1].version, events, self.recorded + tuple(recorded), dict(self._states)
        )

    def with_unwritten(self, events: Sequence[NewEvent]) -> "LoadedStream":
        """Return the stream with events that are not written yet; of the present, close to the time they will bear."""
        now = datetime.now(UTC)
        recorded = [
            RecordedEvent(
                stream=self.stream,
                version=version,
                event_id=event_id(self.stream, version),
                type=event.type,
                schema_version=event.schema_version,
                data=event.data,
                metadata=event.metadata,
                recorded_at=now,
                source=event.source,
            )
            for version, event in enumerate(events, start=self.version + 1)
        ]
        return self.followed_by(recorded)


def empty(stream: str) -> LoadedStream:
    """Return a stream before its first event."""
    return LoadedStream(stream, 0, (), ())


@dataclass(frozen=True, slots=True)
class _Kept:
    """A stream, its characters of JSON, and since when it is kept."""

    loaded: LoadedStream
    size: int
    since: int


class StreamMemory:
    """The beginnings of the streams that a process has used lately."""

    def __init__(self, bytes_max: int = KEPT_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._times = 0

    @property
    def present(self) -> int:
        """The moment in the life of this memory; a transaction notes it before it begins."""
        return self._times

    async def read(self, store: EventStore, names: Collection[str], began: int) -> Mapping[str, LoadedStream]:
        """Return streams as the transaction of the store sees them.

        Args:
            began: `present` before the transaction began. What was kept since may be newer than its snapshot.
        Raises:
            Defect: a stored event cannot be decoded by this version of the code.
        """
        known = {name: self._known(name, began) for name in names}
        further = await store.read_streams({name: known[name].version for name in sorted(known)})
        return {name: loaded.followed_by(further[name]) for name, loaded in known.items()}

    def keep(self, read: Mapping[str, LoadedStream], appended: Iterable[RecordedEvent]) -> None:
        """Keep the streams of a transaction that was committed: as they were read, and what it has appended."""
        for loaded in _continued(read, appended):
            self._keep(loaded)

    def forget(self, names: Iterable[str]) -> None:
        """Read these from their beginning the next time: something about them was not as expected."""
        for name in names:
            kept = self._kept.pop(name, None)
            self._bytes -= 0 if kept is None else kept.size

    @contextlib.contextmanager
    def forgetting(self, read: Mapping[str, LoadedStream]) -> Iterator[None]:
        """Forget the streams that a transaction has read when it fails, in case what is kept was the reason."""
        try:
            yield
        except BaseException:
            self.forget(read)
            raise

    def _known(self, name: str, began: int) -> LoadedStream:
        kept = self._kept.get(name)
        if kept is None or kept.since > began:
            return empty(name)
        self._kept.move_to_end(name)
        return kept.loaded

    def _keep(self, loaded: LoadedStream) -> None:
        kept = self._kept.get(loaded.stream)
        if kept is not None and kept.loaded.version >= loaded.version:
            return
        self.forget([loaded.stream])
        size = sum(event.size for event in loaded.recorded)
        if size > min(STREAM_BYTES_MAX, self._bytes_max):
            return
        self._times += 1
        self._kept[loaded.stream] = _Kept(loaded, size, self._times)
        self._bytes += size
        while self._bytes > self._bytes_max:
            _, freed = self._kept.popitem(last=False)
            self._bytes -= freed.size


def _continued(read: Mapping[str, LoadedStream], appended: Iterable[RecordedEvent]) -> Iterator[LoadedStream]:
    """Yield the streams that were read with what was appended to them, and those that were begun."""
    further: dict[str, list[RecordedEvent]] = {}
    for event in appended:
        further.setdefault(event.stream, []).append(event)
    for name, loaded in read.items():
        yield loaded.followed_by(further.pop(name, ()))
    for name, events in further.items():
        if events[0].version == 1:
            yield empty(name).followed_by(events)
