"""The outbox in the service's own table: put in with the events, claimed by whoever sends, listed for people."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg

from services.approval.notifications.notices import EVERYTHING, Channel, Kind, Notice, Told, places_of, told_of
from services.approval.notifications.owners import Owners, told_to_owner
from services.approval.notifications.port import Listed, Parcel
from shared.events.catalogue import decode
from shared.eventstore.port import RecordedEvent
from shared.messaging.columns import columns_of
from shared.messaging.database import to_json
from shared.messaging.unit_of_work import Projector

#: Notices of one mail: more than a burst of a minute has. What is left goes into the next one.
DIGEST_NOTICES_MAX: Final = 500
#: Seconds for which a claim holds: four times what one sending may take, so that a slow sender is never overtaken.
LEASE_SECONDS: Final = 120.0
#: What one answer lists: more than somebody looks through.
LISTED_MAX: Final = 200
#: Days for which it is known who was told: as long as the longest request may live, and then some.
KEPT_DAYS: Final = 60
#: Rows that one statement forgets, so that it is short.
FORGOTTEN_MAX: Final = 1_000
WHY_CHARACTERS_MAX: Final = 300

# The request is a row of the queue since the projection before this one. A mail is due at the end of the window that it
# falls into: what one person gets in a window is one mail.
_PUT: Final = f"""
    INSERT INTO approval.notifications
        (event_id, channel, recipient, kind, workflow_id, told, happened_at, due_at)
    SELECT given.event_id, place.channel, place.recipient, given.kind, given.workflow_id, given.told::jsonb,
        given.happened_at,
        CASE WHEN place.channel = 'mail'
             THEN to_timestamp((floor(extract(epoch FROM now()) / $10::integer) + 1) * $10::integer)
             ELSE now() END
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::boolean[])
         AS given (event_id, kind, workflow_id, told, happened_at, mailed)
    JOIN approval.queue AS queue USING (workflow_id)
    JOIN unnest($7::text[], $8::text[], $9::text[]) AS place (channel, place, recipient)
      ON place.place = '{EVERYTHING}'
      OR (given.mailed AND CASE given.told::jsonb ->> 'to'
          WHEN '' THEN queue.request -> 'policy' -> 'required' ? place.place
          ELSE place.place = given.told::jsonb ->> 'to' END)
    ON CONFLICT DO NOTHING"""  # noqa: S608  a star
# No request: who hears of it comes with it.
_PUT_TO_OWNERS: Final = """
    INSERT INTO approval.notifications
        (event_id, channel, recipient, kind, workflow_id, told, happened_at, due_at)
    SELECT event_id, channel, recipient, kind, '', told::jsonb, happened_at, now()
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
         AS given (event_id, channel, recipient, kind, told, happened_at)
    ON CONFLICT DO NOTHING"""
_DUE: Final = {
    Channel.WEBHOOK: """
        SELECT notification_id FROM approval.notifications
        WHERE state = 'WAITING' AND channel = 'webhook' AND due_at <= now()
        ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED""",
    Channel.MAIL: """
        SELECT notification_id FROM approval.notifications
        WHERE state = 'WAITING' AND channel = 'mail' AND due_at <= now() AND recipient = (
            SELECT recipient FROM approval.notifications
            WHERE state = 'WAITING' AND channel = 'mail' AND due_at <= now()
            ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED""",
}
_CLAIMED: Final = """
    WITH due AS MATERIALIZED ({due}),
    claimed AS (
        UPDATE approval.notifications AS mine
        SET claim = $1, attempts = mine.attempts + 1, due_at = now() + $3::interval
        FROM due WHERE mine.notification_id = due.notification_id
        RETURNING mine.notification_id, mine.recipient, mine.told, mine.happened_at, mine.attempts, mine.workflow_id)
    SELECT claimed.*, queue.response_id, queue.request, plans.plan FROM claimed
    LEFT JOIN approval.queue AS queue USING (workflow_id) LEFT JOIN approval.plans AS plans USING (workflow_id)
    ORDER BY claimed.happened_at, claimed.notification_id"""
_CLAIM_WEBHOOKS: Final = _CLAIMED.format(due=_DUE[Channel.WEBHOOK])
_CLAIM_MAILS: Final = _CLAIMED.format(due=_DUE[Channel.MAIL])
_SENT: Final = """
    UPDATE approval.notifications SET state = 'SENT', sent_at = now(), due_at = NULL, claim = NULL, why = ''
    WHERE notification_id = ANY($1::uuid[]) AND claim = $2"""
_FAILED: Final = """
    UPDATE approval.notifications AS mine
    SET state = CASE WHEN tried.pause IS NULL THEN 'GIVEN_UP' ELSE 'WAITING' END,
        due_at = now() + tried.pause, claim = NULL, why = $4
    FROM unnest($1::uuid[], $2::interval[]) AS tried (notification_id, pause)
    WHERE mine.notification_id = tried.notification_id AND mine.claim = $3"""
_COLUMNS: Final = (
    "notification_id, channel, recipient, kind, workflow_id, state, attempts, noted_at, due_at, sent_at, why, again_by"
)
_LIST: Final = f"""
    SELECT {_COLUMNS} FROM approval.notifications WHERE state = $1
    ORDER BY noted_at DESC, notification_id LIMIT $2"""  # noqa: S608
_AGAIN: Final = f"""
    UPDATE approval.notifications
    SET state = 'WAITING', due_at = now(), attempts = 0, again_by = $2
    WHERE notification_id = $1 AND state = 'GIVEN_UP' RETURNING {_COLUMNS}"""  # noqa: S608
_STATE: Final = "SELECT state FROM approval.notifications WHERE notification_id = $1"
_COUNT: Final = "SELECT count(*) FROM approval.notifications WHERE state = $1"
_FORGET: Final = """
    DELETE FROM approval.notifications WHERE notification_id IN (
        SELECT notification_id FROM approval.notifications
        WHERE state = $1 AND noted_at < now() - $2::interval LIMIT $3 FOR UPDATE SKIP LOCKED)"""


@dataclasses.dataclass(frozen=True, slots=True)
class Audience:
    """Who hears of requests: channel, place to fill and recipient; and how long mails are gathered."""

    places: Sequence[tuple[Channel, str, str]]
    digest_seconds: int
    owners: Owners = dataclasses.field(default_factory=Owners)

    @classmethod
    def of(
        cls,
        mail: Mapping[str, Sequence[str]],
        webhooks: Sequence[str],
        digest_seconds: int,
        people: Mapping[str, Sequence[str]] | None = None,
    ) -> "Audience":
        """Return the audience of an installation.

        Args:
            people: person to addresses, for what concerns one person alone.
        """
        mails = [(person, address) for person, addresses in (people or {}).items() for address in addresses]
        return cls(places_of(mail, webhooks), digest_seconds, Owners(mails, webhooks))

    @property
    def nobody(self) -> bool:
        """Whether nobody hears of anything."""
        return not self.places and not self.owners.mail


def noting(project: Projector, audience: Audience | None) -> Projector:
    """Return a projector that also puts into the outbox what is told of events, where somebody hears of it."""
    if audience is None or audience.nobody:
        return project

    async def noted(connection: asyncpg.Connection, recorded: Sequence[RecordedEvent]) -> None:
        await project(connection, recorded)
        await put(connection, recorded, audience)

    return noted


async def put(connection: asyncpg.Connection, recorded: Sequence[RecordedEvent], audience: Audience) -> None:
    """Put into the outbox what is told of events, once for each recipient: a statement for requests, one for keys."""
    rows, owned = [], []
    for event in recorded:
        known = decode(event)
        if (to_owner := told_to_owner(known)) is not None:
            said = to_json(dataclasses.asdict(to_owner))
            for channel, recipient in audience.owners.recipients(to_owner):
                owned.append((event.event_id, str(channel), recipient, str(to_owner.kind), said, event.recorded_at))
            continue
        told = told_of(known)
        if told is not None:
            document = to_json(dataclasses.asdict(told))
            rows.append((event.event_id, str(told.kind), told.workflow_id, document, event.recorded_at, told.mailed))
    if rows:
        await connection.execute(_PUT, *columns_of(rows), *columns_of(audience.places), audience.digest_seconds)
    if owned:
        await connection.execute(_PUT_TO_OWNERS, *columns_of(owned))


class PostgresOutbox:
    """`port.Outbox` and what people ask of it, on PostgreSQL. All times are those of the database: one clock."""

    def __init__(self, pool: Callable[[], asyncpg.Pool], *, lease_seconds: float = LEASE_SECONDS) -> None:
        self._pool = pool
        self._lease = timedelta(seconds=lease_seconds)

    async def claim(self, channel: Channel, parcels_max: int) -> Sequence[Parcel]:
        """Claim notices of single recipients for mails, and single notices for webhooks."""
        if channel is Channel.WEBHOOK:
            claim = uuid4()
            rows = await self._pool().fetch(_CLAIM_WEBHOOKS, claim, parcels_max, self._lease)
            return [_parcel(claim, [row]) for row in rows]
        parcels: list[Parcel] = []
        for _ in range(parcels_max):
            claim = uuid4()
            rows = await self._pool().fetch(_CLAIM_MAILS, claim, DIGEST_NOTICES_MAX, self._lease)
            if not rows:
                break
            parcels.append(_parcel(claim, rows))
        return parcels

    async def sent(self, parcel: Parcel) -> None:
        """Note it in one statement."""
        names = [UUID(each.notification_id) for each in parcel.notices]
        await self._pool().execute(_SENT, names, parcel.claim)

    async def failed(self, parcel: Parcel, why: str, pauses: Mapping[str, float | None]) -> None:
        """Note it in one statement."""
        names = [UUID(name) for name in pauses]
        waits = [None if pause is None else timedelta(seconds=pause) for pause in pauses.values()]
        await self._pool().execute(_FAILED, names, waits, parcel.claim, why[:WHY_CHARACTERS_MAX])

    async def listed(self, state: str) -> Sequence[Listed]:
        """Return the latest of a state."""
        return [_listed(row) for row in await self._pool().fetch(_LIST, state, LISTED_MAX)]

    async def again(self, notification_id: UUID, person: str) -> Listed | str | None:
        """Try one that was given up again; return it, else its state where it was not, else None for an unknown one."""
        row = await self._pool().fetchrow(_AGAIN, notification_id, person)
        if row is not None:
            return _listed(row)
        state: str | None = await self._pool().fetchval(_STATE, notification_id)
        return state

    async def count(self, state: str) -> int:
        """Return how many are in a state."""
        return int(await self._pool().fetchval(_COUNT, state))

    async def forget(self) -> None:
        """Forget a number of old ones that nothing is done about any more."""
        for state in ("SENT", "GIVEN_UP"):
            await self._pool().execute(_FORGET, state, timedelta(days=KEPT_DAYS), FORGOTTEN_MAX)


def _parcel(claim: UUID, rows: Sequence[asyncpg.Record]) -> Parcel:
    notices = tuple(_notice(row) for row in rows)
    attempts = {str(row["notification_id"]): int(row["attempts"]) for row in rows}
    return Parcel(claim, rows[0]["recipient"], notices, attempts)


def _notice(row: asyncpg.Record) -> Notice:
    told, request = row["told"], row["request"] or {}
    expires: str | None = request.get("expires_at")
    return Notice(
        notification_id=str(row["notification_id"]),
        told=Told(**told | {"kind": Kind(told["kind"])}),
        at=row["happened_at"],
        response_id=row["response_id"] or "",
        maker=request.get("maker", {}).get("name", ""),
        required=tuple(request.get("policy", {}).get("required", ())),
        expires_at=None if expires is None else datetime.fromisoformat(expires),
        order=_summary(row["plan"]),
    )


def _summary(plan: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return what is told of a plan: nothing that the AI or a person wrote."""
    kept = ("instruction_type", "exposure_currency", "amount", "nav_type", "order_id", "configuration", "override")
    return {name: value for name, value in (plan or {}).items() if name in (*kept, "reversal")}


def _listed(row: asyncpg.Record) -> Listed:
    return Listed(**{**dict(row), "notification_id": str(row["notification_id"])})
