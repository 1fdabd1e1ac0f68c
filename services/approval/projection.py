"""Events of this service as changes of its own tables, and the few rows that come from elsewhere.

Each row belongs to one stream, so that folding the streams again gives the same rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from services.approval.letters.store import keep_asked as note_asked
from services.approval.passkeys import store as passkeys
from services.approval.previews.store import keep_asked
from services.approval.requests.cards import once_a_day
from services.approval.requests.life import happened
from services.approval.requests.state import NOTHING, evolve
from services.approval.revocations import ASKED
from services.approval.rollout.state import TakenIn
from shared.events.approvals import (
    AnswerSubmitted,
    ApprovalAmended,
    ApprovalClosed,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalRequested,
    ApprovalWithdrawn,
    DecisionRecorded,
    GrantIssued,
    GrantLapsed,
    QuestionAnswered,
    QuestionAsked,
    RequestEscalated,
)
from shared.events.base import Event
from shared.events.catalogue import decode
from shared.events.deadletters import ReplayRequested, SetAsideConfirmed, SetAsideProposed, set_aside_stream
from shared.events.decisions import DecisionName
from shared.events.held import HeldReferenceConfirmed, HeldReferenceRejected, HeldReferenceReleased
from shared.events.identity import is_preview
from shared.events.plans import TurnAwaited
from shared.events.revocations import RevocationRequested
from shared.events.rollout import RolloutTakenIn
from shared.eventstore.port import RecordedEvent
from shared.messaging.columns import columns_of
from shared.messaging.database import to_json
from shared.people.identity import row_keys

_REQUESTED = """
    INSERT INTO approval.queue
        (workflow_id, response_id, status, maker_keys, requested_at, due_at, escalate_at, request)
    VALUES ($1, $2, 'AWAITING_APPROVAL', $3, $4, $5, $6, $7)"""
_DECIDED = "UPDATE approval.queue SET decisions = decisions || $2::jsonb WHERE workflow_id = $1"
_GRANTED = """
    UPDATE approval.queue SET status = 'APPROVED', issued = $2, due_at = $3, escalate_at = NULL
    WHERE workflow_id = $1"""
_ENDED = """
    UPDATE approval.queue SET status = $2, reason = $3, due_at = NULL, escalate_at = NULL WHERE workflow_id = $1"""
_ESCALATED = "UPDATE approval.queue SET life = life || $2::jsonb, escalate_at = NULL WHERE workflow_id = $1"
_TALKED = "UPDATE approval.queue SET life = life || $2::jsonb WHERE workflow_id = $1"
_SUBMITTED = "INSERT INTO approval.submissions (response_id, maker_keys, submitted_at) VALUES ($1, $2, $3)"
_SET_ASIDE = """
    INSERT INTO approval.set_aside (stream, status, changed_at, proposal) VALUES ($1, $2, $3, $4)
    ON CONFLICT (stream) DO UPDATE
    SET status = excluded.status, changed_at = excluded.changed_at, proposal = excluded.proposal"""
_HELD_CONFIRMED = "UPDATE approval.held SET confirmed = confirmed || $2::jsonb WHERE held_id = $1"
_HELD_DECIDED = "UPDATE approval.held SET state = $2 WHERE held_id = $1 AND state = 'WAITING'"
_PLANS = """
    WITH given AS (
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS given (id, plan, detail, kind)),
    kept AS (
        INSERT INTO approval.plans (workflow_id, plan, detail) SELECT id, plan::jsonb, detail::jsonb FROM given
        ON CONFLICT DO NOTHING)
    UPDATE approval.queue AS queue SET once_a_day = given.kind FROM given
    WHERE queue.workflow_id = given.id AND given.kind IS NOT NULL AND queue.once_a_day IS NULL"""
#: In which a request goes its way: what is decided of it in one transaction follows what it is decided of.
_ORDER = (
    _REQUESTED,
    _ESCALATED,
    _TALKED,
    _DECIDED,
    _GRANTED,
    _ENDED,
    _SUBMITTED,
    _SET_ASIDE,
    _HELD_CONFIRMED,
    _HELD_DECIDED,
    passkeys.PROJECT,
    ASKED,
)


@dataclass(frozen=True, slots=True)
class Change:
    """One statement and its values."""

    statement: str
    values: tuple[Any, ...]


def change_of(event: Event) -> Change | None:
    """Return what an event changes; None for an event that is not shown."""
    match event:
        case ApprovalRequested():
            return Change(
                _REQUESTED,
                (
                    event.workflow_id,
                    event.response_id,
                    row_keys(event.maker.name),
                    event.requested_at,
                    event.expires_at,
                    event.escalates_at,
                    event.model_dump(mode="json"),
                ),
            )
        case DecisionRecorded():
            return Change(_DECIDED, (event.workflow_id, [event.model_dump(mode="json")]))
        case GrantIssued():
            return Change(_GRANTED, (event.workflow_id, event.model_dump(mode="json"), event.expires_at))
        case (
            ApprovalRejected()
            | ApprovalExpired()
            | ApprovalWithdrawn()
            | ApprovalAmended()
            | ApprovalClosed()
            | GrantLapsed()
        ):
            ended = evolve(NOTHING, event)
            return Change(_ENDED, (event.workflow_id, str(ended.status), ended.reason))
        case HeldReferenceConfirmed():
            return Change(_HELD_CONFIRMED, (event.held_id, [event.by.model_dump(mode="json")]))
        case HeldReferenceReleased():
            return Change(_HELD_DECIDED, (event.held_id, "CONFIRMED"))
        case HeldReferenceRejected():
            return Change(_HELD_DECIDED, (event.held_id, "REJECTED"))
        case AnswerSubmitted():
            return Change(_SUBMITTED, (event.response_id, row_keys(event.maker), event.submitted_at))
        case SetAsideProposed() | SetAsideConfirmed():
            proposed = isinstance(event, SetAsideProposed)
            at = event.proposed_by.at if isinstance(event, SetAsideProposed) else event.confirmed_by.at
            stream = set_aside_stream(event.group, event.topic, event.partition, event.offset)
            values = (stream, "PROPOSED" if proposed else "CONFIRMED", at, event.model_dump(mode="json"))
            return Change(_SET_ASIDE, values)
        case _ if isinstance(event, passkeys.Shown):
            return Change(passkeys.PROJECT, passkeys.row_of(event))
        case _:
            return _while_it_waits(event)


def _while_it_waits(event: Event) -> Change | None:
    """Return what a question, an answer or an escalation changes, and that somebody asks for a grant back."""
    match event:
        case RequestEscalated():
            return Change(_ESCALATED, (event.workflow_id, [happened(event)]))
        case QuestionAsked() | QuestionAnswered():
            return Change(_TALKED, (event.workflow_id, [happened(event)]))
        case RevocationRequested():
            return Change(ASKED, (event.workflow_id, event.model_dump(mode="json")))
        case _:
            return None


async def project(connection: asyncpg.Connection, recorded: Sequence[RecordedEvent]) -> None:
    """Bring the tables up to date with events that were just appended, in the same transaction."""
    changes: dict[str, list[tuple[Any, ...]]] = {}
    for event in recorded:
        known = decode(event)
        if isinstance(known, AnswerSubmitted) and is_preview(known.response_id):
            await keep_asked(connection, known)
            continue
        if isinstance(known, ReplayRequested):
            await note_asked(connection, known)
            continue
        change = change_of(known)
        if change is not None:
            changes.setdefault(change.statement, []).append(change.values)
    for statement in sorted(changes, key=_ORDER.index):
        await connection.executemany(statement, changes[statement])


async def keep_plans(
    connection: asyncpg.Connection, plans: Sequence[tuple[str, dict[str, Any], dict[str, Any]]]
) -> None:
    """Keep what cards show of plans, once: a workflow has one plan for ever.

    Args:
        plans: workflow, what the queue shows, the rest.
    """
    rows = sorted((name, to_json(plan), to_json(detail), once_a_day(plan)) for name, plan, detail in plans)
    await connection.execute(_PLANS, *columns_of(rows))


async def mark_used(connection: asyncpg.Connection, used: Sequence[tuple[str, datetime]]) -> None:
    """Note that the grants of workflows were used: they do not lapse any more."""
    await connection.execute(
        "UPDATE approval.queue AS queue SET used_at = used.at, due_at = NULL"
        " FROM unnest($1::text[], $2::timestamptz[]) AS used (workflow_id, at)"
        " WHERE queue.workflow_id = used.workflow_id AND queue.used_at IS NULL",
        *columns_of(sorted(used)),
    )


async def mark_undone(connection: asyncpg.Connection, workflow_id: str, at: datetime) -> None:
    """Return all that the grant of a workflow allowed was taken back."""
    await connection.execute(
        "UPDATE approval.queue SET undone_at = $2 WHERE workflow_id = $1 AND undone_at IS NULL", workflow_id, at
    )


async def note_turn(connection: asyncpg.Connection, event: TurnAwaited) -> None:
    """Note that an approved workflow waits for its turn."""
    await connection.execute(
        "UPDATE approval.queue SET turn = $2, turn_of = $3 WHERE workflow_id = $1",
        event.workflow_id,
        {"before": event.before, "about_seconds": event.about_seconds},
        event.granted_at,
    )


async def note_taken_in(connection: asyncpg.Connection, event: RolloutTakenIn, noted: int) -> None:
    """Note the decision on the rollout that the executor keeps to; an older message changes nothing.

    Args:
        noted: the event's version in the executor's stream, which orders what it says.
    """
    await connection.execute(
        "UPDATE approval.executor_control SET rollout_noted = $1, version = $2, digest = $3, since = $4, doubted = $5,"
        " stopped = $6"
        " WHERE rollout_noted < $1",
        noted,
        None if event.decision is None else event.decision.version,
        None if event.decision is None else event.decision.digest,
        event.taken_in_at,
        None if event.doubted is None else event.doubted.version,
        event.stopped,
    )


async def note_reading(connection: asyncpg.Connection, behind_since: datetime | None, noted: int) -> None:
    """Note that the executor has stopped reading hawk.control to its end, or reads it again (None)."""
    await connection.execute(
        "UPDATE approval.executor_control SET reading_noted = $1, behind_since = $2 WHERE reading_noted < $1",
        noted,
        behind_since,
    )


async def read_taken_in(pool: asyncpg.Pool) -> TakenIn | None:
    """Return what the executor says of itself; None before it has said anything."""
    row = await pool.fetchrow(
        "SELECT version, digest, since, stopped, doubted, behind_since FROM approval.executor_control"
    )
    if row is None or (row["since"] is None and row["behind_since"] is None):
        return None
    decision = None if row["version"] is None else DecisionName(version=row["version"], digest=row["digest"])
    since = row["since"] or row["behind_since"]
    return TakenIn(decision, since, row["stopped"], row["doubted"], row["behind_since"])
