"""The order of the changes of many events: few statements instead of one for each event. Pure.

A row belongs to one stream, or its changes commute (design section 5). So only the changes of one stream keep their
order, or of one row where a table says that two streams change it; across streams those of one shape are brought
together, and workflows that took one way share statements.
"""

from collections import Counter, deque
from collections.abc import Hashable, Iterable, Iterator

from services.executor.tables.catalogue import table_named
from services.executor.tables.changes import Change, Upsert
from services.executor.tables.statements import identity_of, shape_of

Shape = tuple[object, ...]
Run = tuple[Shape, list[Change]]


def in_rounds(changes: Iterable[tuple[str, Change]]) -> list[Change]:
    """Return changes, given in feed order with their streams, in an order with an equal result.

    Raises:
        CatalogueViolation: a change does not fit its table.
    """
    by_table: dict[str, dict[Hashable, deque[Run]]] = {}
    for stream, change in changes:
        table = table_named(change.table)
        keeps_order = identity_of(table, change) if table.of_two_streams else stream
        runs = by_table.setdefault(change.table, {}).setdefault(keeps_order, deque())
        _put(runs, change)
    return [change for of_table in by_table.values() for change in _merged(of_table)]


def _put(runs: deque[Run], change: Change) -> None:
    """Extend the last run of a stream, or begin a new one. Of adjacent upserts of a row only the last counts."""
    shape = shape_of(change)
    if not runs or runs[-1][0] != shape:
        runs.append((shape, [change]))
        return
    run = runs[-1][1]
    if isinstance(change, Upsert) and _same_row(run[-1], change):
        run[-1] = change
    else:
        run.append(change)


def _same_row(one: Change, other: Change) -> bool:
    table = table_named(one.table)
    return identity_of(table, one) == identity_of(table, other)


def _merged(streams: dict[Hashable, deque[Run]]) -> Iterator[Change]:
    """Return round by round the statement shape that most streams can continue with."""
    waiting = list(streams.values())
    while waiting:
        ((shape, _),) = Counter(runs[0][0] for runs in waiting).most_common(1)
        for runs in waiting:
            if runs[0][0] == shape:
                yield from runs.popleft()[1]
        waiting = [runs for runs in waiting if runs]
