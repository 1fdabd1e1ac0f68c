"""`QueueRows` on the service's own tables: statements whose cost does not grow with the history."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from services.approval.console.changes.store import PLACE
from services.approval.console.queue.listing import Counted, Decided
from services.approval.console.queue.rows import Listed
from services.approval.console.queue.wanted import DECIDED_MAX, WAITING_MAX, Wanted
from services.approval.queries import BEFORE, card_of
from services.approval.requests.state import Status
from shared.people.identity import search_keys

#: The columns of a card in its short form: `line` in place of the summary, no detail.
_SHORT: Final = f"""
    q.workflow_id, q.status, q.reason, q.request, q.decisions, q.life, q.issued, q.used_at,
    p.line AS plan, q.turn, {BEFORE},
    NULL AS detail, q.decided_at, earlier.reason AS earlier, q.changed::text AS changed"""
_FROM: Final = """
    FROM approval.queue q LEFT JOIN approval.plans p USING (workflow_id)
    LEFT JOIN approval.queue earlier ON earlier.workflow_id = p.line ->> 'predecessor'"""

_WAITING: Final = f"""
    SELECT workflow_id, changed::text AS changed FROM approval.queue
    WHERE status = 'AWAITING_APPROVAL' ORDER BY due_at, workflow_id LIMIT {WAITING_MAX}"""  # noqa: S608

#: What was decided lately, as an index gives it.
_LATEST: Final = f"""
    SELECT workflow_id, decided_at FROM approval.queue
    WHERE status <> 'AWAITING_APPROVAL' ORDER BY decided_at DESC, workflow_id LIMIT {DECIDED_MAX}"""  # noqa: S608
_COUNTED: Final = f"""
    SELECT count(*) FROM (
        SELECT FROM approval.queue WHERE status <> 'AWAITING_APPROVAL' LIMIT {DECIDED_MAX} + 1) AS counted"""  # noqa: S608
_PAGE: Final = f"""
    SELECT {_SHORT} {_FROM} JOIN (
        SELECT workflow_id FROM approval.queue
        WHERE status <> 'AWAITING_APPROVAL' ORDER BY decided_at DESC, workflow_id OFFSET $1 LIMIT $2) AS page
        ON page.workflow_id = q.workflow_id
    ORDER BY q.decided_at DESC, q.workflow_id"""  # noqa: S608

#: Everything a search looks at, in one case.
_SEARCHED: Final = """
    lower(concat_ws(' ', q.workflow_id, q.response_id, q.request #>> '{maker,name}', p.line ->> 'order_id',
        p.line ->> 'nav_type', CASE p.line ->> 'instruction_type' WHEN 'I' THEN 'inception' WHEN 'R' THEN 'rollover'
            WHEN 'T' THEN 'termination' WHEN 'A' THEN 'amendment' END,
        p.line ->> 'exposure_currency', p.line ->> 'model', p.line ->> 'amount',
        jsonb_path_query_array(p.line, '$.entities[*].entity_id')::text,
        jsonb_path_query_array(p.line, '$.entities[*].entity_name')::text,
        p.line #>> '{configuration,table}', p.line #>> '{configuration,key}',
        p.line #>> '{override,deal_booking_id}', p.line #>> '{reversal,reason}'))"""
_KIND: Final = """
    CASE WHEN p.line ? 'configuration' THEN 'configuration' WHEN p.line ? 'override' THEN 'override'
         WHEN p.line ? 'reversal' THEN 'reversal' WHEN p.line ? 'refusal' THEN 'check' ELSE 'hedge' END"""
_FOUND: Final = f"""
    WITH latest AS ({_LATEST}),
    exact AS (
        SELECT workflow_id, decided_at FROM approval.queue
        WHERE $1 <> '' AND status <> 'AWAITING_APPROVAL' AND (workflow_id = $1 OR response_id = $1)
        UNION
        SELECT q.workflow_id, q.decided_at FROM approval.plans p JOIN approval.queue q USING (workflow_id)
        WHERE $1 <> '' AND p.order_id = $1 AND q.status <> 'AWAITING_APPROVAL'),
    found AS MATERIALIZED (
        SELECT q.workflow_id, q.decided_at
        FROM (SELECT * FROM latest UNION SELECT * FROM exact) AS looked
        JOIN approval.queue q USING (workflow_id) LEFT JOIN approval.plans p USING (workflow_id)
        WHERE ($1 = '' OR strpos({_SEARCHED}, lower($1)) > 0)
          AND ($2::text IS NULL OR {_KIND} = $2)
          AND ($3::text IS NULL OR p.exposure_currency = $3)
          AND ($4::text IS NULL OR p.line #>> '{{risk,level}}' = $4)
          AND ($5::text IS NULL OR p.line @> jsonb_build_object('entities', jsonb_build_array(
              jsonb_build_object('entity_id', $5::text))))
          AND ($6::text IS NULL OR q.request #>> '{{policy,tier}}' = $6)
          AND ($7::text[] IS NULL OR q.maker_keys && $7))
    SELECT (SELECT count(*) FROM found) AS matching, ARRAY(
        SELECT workflow_id FROM found ORDER BY decided_at DESC, workflow_id OFFSET $8 LIMIT $9) AS page"""  # noqa: S608
_NAMED: Final = f"""
    SELECT {_SHORT} {_FROM} WHERE q.workflow_id = ANY($1::text[])
    ORDER BY q.decided_at DESC, q.workflow_id"""


@dataclass(frozen=True, slots=True)
class _Read:
    """A row as it was when this transaction had written it."""

    changed: str
    listed: Listed

    @property
    def lasts(self) -> bool:
        """Whether the row is all that it was made of: the end of a predecessor may be noted later than this row."""
        return self.listed.before is not None or self.listed.card.plan.get("predecessor") is None


class PostgresQueueRows:
    """`QueueRows` on `approval.queue` and `approval.plans`."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool
        self._read: dict[str, _Read] = {}

    async def place(self) -> int:
        """See `QueueRows.place`."""
        return int(await self._pool().fetchval(PLACE))

    async def waiting(self) -> Sequence[Listed]:
        """Read an index of what waits, and the rows that were written since they were read last.

        Every browser asks again after every change: a thousand rows would be read and checked for one that is new.
        """
        wanted = {row["workflow_id"]: row["changed"] for row in await self._pool().fetch(_WAITING)}
        kept = {key: read for key, read in self._read.items() if read.lasts and wanted.get(key) == read.changed}
        missing = [key for key in wanted if key not in kept]
        for row in await self._pool().fetch(_NAMED, missing) if missing else ():
            kept[row["workflow_id"]] = _Read(row["changed"], _listed(row))
        self._read = kept
        found = (kept[key].listed for key in wanted if key in kept)
        return [each for each in found if each.card.approval.status is Status.AWAITING_APPROVAL]

    async def counted(self) -> Counted:
        """Count the entries of an index, up to `DECIDED_MAX`."""
        found = int(await self._pool().fetchval(_COUNTED))
        return Counted(min(found, DECIDED_MAX), found > DECIDED_MAX)

    async def decided(self, wanted: Wanted, begin: int, rows: int) -> Decided:
        """Read a page of an index; with a search or a filter the latest `DECIDED_MAX` are looked through."""
        if not wanted.narrowed:
            page = await self._pool().fetch(_PAGE, begin, rows)
            return Decided([_listed(row) for row in page], (await self.counted()).total)
        matching, ids = await self._pool().fetchrow(_FOUND, *_sought(wanted), begin, rows) or (0, ())
        named = await self._pool().fetch(_NAMED, ids) if ids else ()
        return Decided([_listed(row) for row in named], matching)


def _sought(wanted: Wanted) -> tuple[object, ...]:
    maker = None if wanted.maker is None else search_keys(wanted.maker)
    return wanted.search, wanted.kind, wanted.currency, wanted.risk, wanted.entity, wanted.tier, maker


def _listed(row: asyncpg.Record) -> Listed:
    return Listed(card_of(row), row["decided_at"], row["earlier"])
