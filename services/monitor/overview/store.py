"""The overview in PostgreSQL: a page by one index and the messages of its lines; names that are looked for."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import asyncpg

from services.monitor.overview.lines import Attention, searched
from services.monitor.overview.wanted import FOUND_MAX, SILENT_SECONDS, Line, Wanted

#: How many wait for their turn before a workflow w; NULL where it does not wait.
BEFORE: Final = """
    CASE WHEN w.turn_at IS NOT NULL THEN (
        SELECT count(*)::integer FROM monitor.workflows AS other
        WHERE other.turn_at IS NOT NULL AND (other.turn_at, other.workflow_id) < (w.turn_at, w.workflow_id)
    ) END AS before"""
_LINES: Final = f"""
    SELECT w.workflow_id, w.response_id, w.state, w.sequence, w.created_at, w.changed_at, w.acknowledged, w.attention,
           w.subject, p.message AS progress, f.document AS granted, {BEFORE}
    FROM monitor.workflows w
    LEFT JOIN monitor.progress p ON p.workflow_id = w.workflow_id AND p.sequence = w.sequence
    LEFT JOIN monitor.workflow_facts f ON f.workflow_id = w.workflow_id AND f.kind = 'granted' AND f.part = ''"""  # noqa: S608  columns of this file
#: Conditions by name, each with the number of its argument; only what is wanted stands in the statement, so that its
#: plan is made for the index that fits.
_CONDITIONS: Final[Mapping[str, str]] = {
    "states": "w.state = ANY({}::text[])",
    "model": "w.model = {}",
    "currency": "w.currency = {}",
    "entity": "w.subject -> 'entity_ids' ? {}",
    "maker": "w.maker = {}",
    "since": "w.created_at >= {}",
    "until": "w.created_at < {}",
    "search": f"""w.workflow_id IN (
        SELECT workflow_id FROM monitor.names WHERE name >= {{0}} AND name < {{0}} || chr(1114111)
        ORDER BY name LIMIT {FOUND_MAX})""",  # noqa: S608  a whole number
    "before": """(w.created_at, w.workflow_id) < (
        SELECT created_at, workflow_id FROM monitor.workflows WHERE workflow_id = {})""",
}
_MUREX: Final = int(Attention.MUREX)
_ATTENTION: Final = f"""{_LINES}
    WHERE w.attention IS NOT NULL
      AND (w.attention < {_MUREX} OR w.changed_at < now() - interval '{SILENT_SECONDS} seconds')
    ORDER BY w.attention, w.changed_at, w.workflow_id LIMIT $1"""
_LINE: Final = f"{_LINES} WHERE w.workflow_id = $1"
_COUNTS: Final = "SELECT state, count(*) AS n FROM monitor.workflows GROUP BY state"
_KEEP_NAMES: Final = """
    INSERT INTO monitor.names (name, workflow_id) SELECT * FROM unnest($1::text[], $2::text[])
    ON CONFLICT DO NOTHING"""


async def keep_names(connection: asyncpg.Connection, names: Sequence[tuple[str, str]]) -> None:
    """Keep names of workflows, pairs of a name and an id, inside the caller's transaction."""
    ordered = sorted(set(names))
    await connection.execute(_KEEP_NAMES, [name for name, _ in ordered], [workflow for _, workflow in ordered])


def page_query(wanted: Wanted, limit: int) -> tuple[str, Sequence[Any]]:
    """Return the statement of a page, and its arguments."""
    given: dict[str, Any] = {
        "states": wanted.states,
        "model": wanted.model,
        "currency": wanted.currency,
        "entity": wanted.entity,
        "maker": wanted.maker,
        "since": wanted.since,
        "until": wanted.until,
        "search": searched(wanted.search) or None,
        "before": wanted.before,
    }
    named = {name: value for name, value in given.items() if value is not None}
    conditions = [_CONDITIONS[name].format(f"${number}") for number, name in enumerate(named, start=1)]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    order = f"ORDER BY w.created_at DESC, w.workflow_id DESC LIMIT ${len(named) + 1}"
    return f"{_LINES} {where} {order}", [*named.values(), limit]


class PostgresLines:
    """`Lines` on the read model. `pool` is called each time: it may not be open yet."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool

    async def page(self, wanted: Wanted, limit: int) -> Sequence[Line]:
        """See `Lines`."""
        query, arguments = page_query(wanted, limit)
        return [Line(**dict(row)) for row in await self._pool().fetch(query, *arguments)]

    async def attention(self, limit: int) -> Sequence[Line]:
        """See `Lines`."""
        return [Line(**dict(row)) for row in await self._pool().fetch(_ATTENTION, limit)]

    async def line(self, workflow_id: str) -> Line | None:
        """See `Lines`."""
        row = await self._pool().fetchrow(_LINE, workflow_id)
        return None if row is None else Line(**dict(row))

    async def counts(self) -> Mapping[str, int]:
        """See `Lines`."""
        return {row["state"]: row["n"] for row in await self._pool().fetch(_COUNTS)}
