"""The read model in PostgreSQL, schema `monitor`. Writes commute: the order makes no difference."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import asyncpg

from services.monitor.asked import keep_asked, latest_response
from services.monitor.facts import Asked, Change, ProgressStep, ResponseFact, WorkflowFact, asked_by
from services.monitor.overview.lines import (
    SOURCES,
    Attention,
    acknowledged_by,
    attention_of,
    names_by,
    names_of,
    subject_of,
    waits_since,
)
from services.monitor.overview.store import BEFORE, keep_names
from services.monitor.ports import STATE_BEFORE_PROGRESS, Document, Facts, ResponseRow, WorkflowRow, pair_of
from shared.events.progress import ProgressReported
from shared.events.states import TAKEN_BACK, WAITING
from shared.hedging.planning.same_day import NAMED_MAX, Other
from shared.messaging.columns import columns_of
from shared.messaging.database import to_json
from shared.web.progress_log import NewMessage, keep_messages, message_of

SCHEMA = "monitor"

#: The changes of an event, and when it was recorded: the earliest of a workflow dates the workflow.
Told = tuple[Sequence[Change], datetime]

_UPSERT_WORKFLOWS = """
    INSERT INTO monitor.workflows AS known (
        workflow_id, response_id, state, sequence, created_at, told, subject, acknowledged, changed_at, attention,
        turn_at)
    SELECT id, response, state, sequence, created, told, subject::jsonb, acknowledged, changed, attention, turn
    FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::timestamptz[], $6::smallint[], $7::text[],
                $8::smallint[], $9::timestamptz[], $10::smallint[], $11::timestamptz[])
        AS given (id, response, state, sequence, created, told, subject, acknowledged, changed, attention, turn)
    ON CONFLICT (workflow_id) DO UPDATE SET
        response_id = coalesce(known.response_id, excluded.response_id),
        state = CASE WHEN excluded.sequence > known.sequence THEN excluded.state ELSE known.state END,
        changed_at = CASE WHEN excluded.sequence > known.sequence THEN excluded.changed_at ELSE known.changed_at END,
        attention = CASE WHEN excluded.sequence > known.sequence THEN excluded.attention ELSE known.attention END,
        turn_at = CASE WHEN excluded.sequence > known.sequence THEN excluded.turn_at ELSE known.turn_at END,
        sequence = greatest(known.sequence, excluded.sequence),
        created_at = least(known.created_at, excluded.created_at),
        subject = CASE WHEN excluded.told > known.told THEN excluded.subject ELSE known.subject END,
        told = greatest(known.told, excluded.told),
        acknowledged = greatest(known.acknowledged, excluded.acknowledged)"""
_GIVEN = """
    SELECT given.id, given.kind, given.part, given.document::jsonb
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS given (id, kind, part, document)
    ON CONFLICT DO NOTHING"""
_WORKFLOW_FACTS = f"INSERT INTO monitor.workflow_facts (workflow_id, kind, part, document) {_GIVEN}"
_RESPONSE_FACTS = f"INSERT INTO monitor.response_facts (response_id, kind, part, document) {_GIVEN}"

_ROWS = f"""
    SELECT w.workflow_id, w.response_id, w.state, w.sequence, w.created_at, p.message AS progress, {BEFORE}
    FROM monitor.workflows w
    LEFT JOIN monitor.progress p ON p.workflow_id = w.workflow_id AND p.sequence = w.sequence"""  # noqa: S608  columns of this file
#: As the overview lists them; workflows_attention holds no others, so it stays small.
ATTENTION_COUNTS = """
    SELECT attention, count(*) AS n FROM monitor.workflows
    WHERE attention IS NOT NULL AND (attention < $2 OR changed_at < $1) GROUP BY attention"""


#: One more than is named.
_READ_MAX: Final = NAMED_MAX + 1
#: No decision takes longer; earlier orders are not read.
_DAYS: Final = 31

#: What waits and what was prepared today is read first, by an index of each. MATERIALIZED: the orders of a type and
#: currency, looked up first, are all that there ever were. Any five of those that were applied are enough: a burst of a
#: thousand is not sorted. The index has the time as text; its date is compared, a day early whatever the zone.
_OTHERS: Final = f"""
    WITH waiting AS MATERIALIZED (
        SELECT workflow_id, created_at FROM monitor.workflows
        WHERE state = ANY($4) AND created_at > now() - interval '{_DAYS} days'),
    today AS MATERIALIZED (
        SELECT DISTINCT workflow_id FROM monitor.progress
        WHERE message ->> 'state' = 'PREPARED' AND message ->> 'at' >= to_char(now() - interval '2 days', 'YYYY-MM-DD')
          AND (message ->> 'at')::timestamptz
              >= date_trunc('day', now() AT TIME ZONE 'Asia/Singapore') AT TIME ZONE 'Asia/Singapore')
    (SELECT f.order_id, true AS waits, w.created_at FROM waiting w CROSS JOIN LATERAL (
        SELECT * FROM monitor.workflow_facts WHERE workflow_id = w.workflow_id AND kind = 'plan' LIMIT 1) AS f
     WHERE (f.instruction_type, f.exposure_currency) = ($1, $2) AND f.workflow_id <> $3
     ORDER BY w.created_at, w.workflow_id LIMIT {_READ_MAX})
    UNION ALL
    (SELECT f.order_id, false, w.created_at FROM today CROSS JOIN LATERAL (
        SELECT * FROM monitor.workflow_facts WHERE workflow_id = today.workflow_id AND kind = 'plan' LIMIT 1) AS f
     JOIN monitor.workflows w ON w.workflow_id = f.workflow_id
     WHERE (f.instruction_type, f.exposure_currency) = ($1, $2) AND f.workflow_id <> $3
       AND w.state <> ALL($5) AND w.created_at > now() - interval '{_DAYS} days'
     LIMIT {_READ_MAX})
    ORDER BY created_at"""  # noqa: S608  whole numbers of this file


async def write_changes(connection: asyncpg.Connection, told: Iterable[Told]) -> None:
    """Keep the facts of events, inside the caller's transaction: one statement a table."""
    workflows: dict[str, _Known] = {}
    workflow_facts, response_facts, messages = list[WorkflowFact](), list[ResponseFact](), list[NewMessage]()
    names: list[tuple[str, str]] = []
    asked: list[Asked] = []
    for changes, at in told:
        for change in changes:
            match change:
                case WorkflowFact(workflow_id):
                    known = _by_fact(change, at)
                    _learn(workflows, workflow_id, known)
                    names += [(name, workflow_id) for name in names_of(workflow_id, known.response_id, known.subject)]
                    workflow_facts.append(change)
                case ResponseFact():
                    response_facts.append(change)
                    asked += asked_by(change, at)
                case ProgressStep(step):
                    _learn(workflows, step.workflow_id, _by_progress(step, at))
                    names += [(name, step.workflow_id) for name in names_by(step)]
                    messages.append(message_of(step))
    if workflows:
        rows = [(workflow_id, *known.columns()) for workflow_id, known in sorted(workflows.items())]
        await connection.execute(_UPSERT_WORKFLOWS, *columns_of(rows))
        await keep_names(connection, names)
    if workflow_facts:
        facts = [(each.workflow_id, each.kind, each.part, to_json(each.document)) for each in workflow_facts]
        await connection.execute(_WORKFLOW_FACTS, *columns_of(facts))
    if response_facts:
        facts = [(each.response_id, each.kind, each.part, to_json(each.document)) for each in response_facts]
        await connection.execute(_RESPONSE_FACTS, *columns_of(facts))
    if asked:
        await keep_asked(connection, asked)
    if messages:
        await keep_messages(connection, SCHEMA, messages)


@dataclass(frozen=True, slots=True)
class _Known:
    """What some events say of a workflow; see the columns of `monitor.workflows`."""

    response_id: str | None
    created_at: datetime
    state: str = STATE_BEFORE_PROGRESS
    sequence: int = 0
    changed_at: datetime | None = None
    attention: int | None = None
    turn_at: datetime | None = None
    told: int = 0
    subject: Document | None = None
    acknowledged: int = 0

    def columns(self) -> tuple[Any, ...]:
        """Return the columns in the order of the statement."""
        subject = to_json(self.subject or {})
        return (
            self.response_id, self.state, self.sequence, self.created_at, self.told, subject, self.acknowledged,
            self.changed_at, self.attention, self.turn_at,
        )  # fmt: skip


def _by_fact(fact: WorkflowFact, at: datetime) -> _Known:
    subject = subject_of(fact.kind, fact.document)
    return _Known(fact.response_id, at, told=SOURCES.get(fact.kind, 0), subject=subject)


def _by_progress(step: ProgressReported, at: datetime) -> _Known:
    return _Known(
        step.response_id,
        at,
        state=step.state,
        sequence=step.sequence,
        changed_at=step.at,
        attention=attention_of(step),
        turn_at=waits_since(step),
        acknowledged=acknowledged_by(step),
    )


def _learn(workflows: dict[str, _Known], workflow_id: str, told: _Known) -> None:
    """Take in what one more event says: the latest state, the earliest time, whoever names the response."""
    before = workflows.get(workflow_id)
    if before is None:
        workflows[workflow_id] = told
        return
    later = told if told.sequence > before.sequence else before
    better = told if told.told > before.told else before
    workflows[workflow_id] = replace(
        later,
        response_id=before.response_id or told.response_id,
        created_at=min(before.created_at, told.created_at),
        told=better.told,
        subject=better.subject,
        acknowledged=max(before.acknowledged, told.acknowledged),
    )


class PostgresReadModel:
    """The read model that `write_changes` keeps. `pool` is called each time: it may not be open yet."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool

    async def workflow(self, workflow_id: str) -> WorkflowRow | None:
        """Return one workflow; None if nothing is known of it."""
        rows = await self._read(f"{_ROWS} WHERE w.workflow_id = $1", workflow_id)
        return rows[0] if rows else None

    async def workflows(self, *, state: str | None, limit: int, before: str | None) -> Sequence[WorkflowRow]:
        """Return what needs a person first, then the newest; those after workflow `before` in that order."""
        return await self._read(
            f"""{_ROWS}
            LEFT JOIN monitor.workflows b ON b.workflow_id = $2
            WHERE ($1::text IS NULL OR w.state = $1)
              AND ($2::text IS NULL OR (w.state = 'NEEDS_INTERVENTION', w.created_at, w.workflow_id)
                                     < (b.state = 'NEEDS_INTERVENTION', b.created_at, b.workflow_id))
            ORDER BY (w.state = 'NEEDS_INTERVENTION') DESC, w.created_at DESC, w.workflow_id DESC
            LIMIT $3""",
            state,
            before,
            limit,
        )

    async def response(self, response_id: str) -> ResponseRow | None:
        """Return one response; None if neither it nor a workflow of it is known."""
        async with self._pool().acquire() as connection:
            rows = await connection.fetch(
                "SELECT kind, document FROM monitor.response_facts WHERE response_id = $1 ORDER BY kind, part",
                response_id,
            )
            workflows = await _complete(
                connection, await connection.fetch(f"{_ROWS} WHERE w.response_id = $1", response_id)
            )
        if not rows and not workflows:
            return None
        return ResponseRow(response_id, _facts(rows), tuple(workflows))

    async def latest_response(self, person: str) -> str | None:
        """See `ReadModel.latest_response`."""
        return await latest_response(self._pool(), person)

    async def others(self, row: WorkflowRow) -> Sequence[Other]:
        """See `ReadModel.others`; asks nothing for a workflow that is not open."""
        pair = pair_of(row)
        if pair is None or row.state not in WAITING:
            return ()
        arguments = (*pair, row.workflow_id, sorted(WAITING), sorted(TAKEN_BACK | WAITING))
        found = await self._pool().fetch(_OTHERS, *arguments)
        return [Other(each["order_id"], waits=each["waits"]) for each in found]

    async def counts(self, states: Collection[str]) -> Mapping[str, int]:
        """See `ReadModel.counts`."""
        rows = await self._pool().fetch(
            "SELECT state, count(*) AS n FROM monitor.workflows WHERE state = ANY($1) GROUP BY state", list(states)
        )
        return {row["state"]: row["n"] for row in rows}

    async def attention(self, silent_since: datetime) -> Mapping[int, int]:
        """See `ReadModel.attention`."""
        rows = await self._pool().fetch(ATTENTION_COUNTS, silent_since, int(Attention.MUREX))
        return {row["attention"]: row["n"] for row in rows}

    async def oldest(self, state: str) -> datetime | None:
        """Return since when the workflow that is longest in a state is in it; None if none is."""
        found: datetime | None = await self._pool().fetchval(
            """SELECT min((p.message ->> 'at')::timestamptz) FROM monitor.workflows w
               JOIN monitor.progress p ON p.workflow_id = w.workflow_id AND p.sequence = w.sequence
               WHERE w.state = $1""",
            state,
        )
        return found

    async def _read(self, query: str, *arguments: Any) -> list[WorkflowRow]:
        async with self._pool().acquire() as connection:
            return await _complete(connection, await connection.fetch(query, *arguments))


async def _complete(connection: Any, rows: Sequence[Any]) -> list[WorkflowRow]:
    """Return rows with their facts and times; two queries, however many rows there are."""
    ids = [row["workflow_id"] for row in rows]
    facts: defaultdict[str, list[Any]] = defaultdict(list)
    for fact in await connection.fetch(
        "SELECT workflow_id, kind, document FROM monitor.workflow_facts WHERE workflow_id = ANY($1)"
        " ORDER BY workflow_id, kind, part",
        ids,
    ):
        facts[fact["workflow_id"]].append(fact)
    times: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for entered in await connection.fetch(
        "SELECT DISTINCT ON (workflow_id, message ->> 'state') workflow_id, message ->> 'state' AS state,"
        " message ->> 'at' AS at, sequence FROM monitor.progress WHERE workflow_id = ANY($1)"
        " ORDER BY workflow_id, message ->> 'state', sequence",
        ids,
    ):
        times[entered["workflow_id"]][entered["state"]] = entered["at"]
    return [
        WorkflowRow(**dict(row), facts=_facts(facts[row["workflow_id"]]), times=times[row["workflow_id"]])
        for row in rows
    ]


def _facts(rows: Iterable[Any]) -> Facts:
    found: defaultdict[str, list[Document]] = defaultdict(list)
    for row in rows:
        found[row["kind"]].append(row["document"])
    return {kind: tuple(documents) for kind, documents in found.items()}
