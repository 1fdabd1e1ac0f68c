"""What the database says: of the relay, of workflows that need somebody, of Murex, dead letters, rollout, limits."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import asyncpg

from services.monitor.health.found import Bar, Control, Holder, Letter, Letters, LimitsFound, Relay, StoreFound, Urgent
from shared.events.deadletters import MessageRefused
from shared.events.identity import EXECUTOR_CONTROL_STREAM, ROLLOUT_STREAM
from shared.messaging.cures import cure_of, what_to_do
from shared.money.amounts import text_of

#: Events that wait for a seal are counted up to here: more is one trouble.
UNSEALED_MAX: Final = 10_000
#: Seconds an event waits for older transactions before it is asked who holds it up.
STALLED_SECONDS: Final = 5.0
#: Workflows that need somebody, or are in flight, that are looked at.
URGENT_MAX: Final = 500
#: Messages of progress among which the last answers of Murex are looked for.
RECENT_MESSAGES: Final = 600
#: How long an answer of Murex tells something of how it is now.
RECENT: Final = timedelta(hours=1)
#: Dead letters that are shown, and those among which they are looked for.
LETTERS_SHOWN: Final = 8
LETTERS_LOOKED_AT: Final = 200
LETTERS_OF: Final = timedelta(days=7)
#: How long a refusal is news; after that it stays in the list.
URGENT_FOR: Final = timedelta(hours=24)
#: Decisions on the rollout that are read: who stopped, who changed the mode last.
DECISIONS: Final = 20

_RELAY: Final = """
    WITH last_seal AS (
        SELECT events.xid, events.id, seals.position
        FROM es.seals AS seals JOIN es.events AS events ON events.event_id = seals.event_id
        ORDER BY seals.position DESC LIMIT 1
    ), waiting AS (
        SELECT events.recorded_at, events.xid FROM es.events AS events
        WHERE (events.xid, events.id) > (
            coalesce((SELECT xid FROM last_seal), '0'::xid8), coalesce((SELECT id FROM last_seal), 0))
        ORDER BY events.xid, events.id LIMIT $1
    )
    SELECT clock_timestamp() AS now,
        (SELECT count(*) FROM waiting) AS unsealed,
        coalesce((SELECT extract(epoch FROM clock_timestamp() - min(recorded_at)) FROM waiting), 0)::float8
            AS seal_seconds,
        coalesce((SELECT extract(epoch FROM clock_timestamp() - min(recorded_at)) FROM waiting
                  WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())), 0)::float8 AS stalled_seconds,
        coalesce((SELECT position FROM last_seal), 0) AS sealed,
        (SELECT position FROM es.checkpoints WHERE name = 'publish') AS published,
        coalesce((SELECT extract(epoch FROM clock_timestamp() - events.recorded_at)
                  FROM es.seals AS seals JOIN es.events AS events ON events.event_id = seals.event_id
                  WHERE seals.position = (SELECT position FROM es.checkpoints WHERE name = 'publish') + 1), 0)::float8
            AS publish_seconds,
        (SELECT count(*) FROM (SELECT 1 FROM es.unpublishable WHERE published_at IS NULL LIMIT 1000) AS kept)
            AS unpublishable"""
_HOLDER: Final = "SELECT pid, role, application, seconds FROM es.feed_holder()"
_URGENT: Final = """
    SELECT w.attention, w.changed_at, w.acknowledged, (w.subject ->> 'deals')::integer AS deals,
           p.message ->> 'reason' AS reason
    FROM monitor.workflows w
    LEFT JOIN monitor.progress p ON p.workflow_id = w.workflow_id AND p.sequence = w.sequence
    WHERE w.attention IS NOT NULL AND w.changed_at IS NOT NULL
    ORDER BY w.attention, w.changed_at, w.workflow_id LIMIT $1"""
_RECENT: Final = """
    SELECT workflow_id, message ->> 'state' AS state, message ->> 'status' AS status, message ->> 'at' AS at
    FROM monitor.progress ORDER BY feed_id DESC LIMIT $1"""
#: Those of the last days by the index of the list; then what became of each. Only of those that are shown the document
#: is read, which holds the beginning of the message.
_LETTERS: Final = """
    SELECT first.letter, refused.version, refused.at, refused.document ->> 'code' AS code
    FROM (
        SELECT letter, at FROM monitor.dead_letters WHERE version = 1 AND at > $1
        ORDER BY at DESC, letter LIMIT $2
    ) AS first
    CROSS JOIN LATERAL (
        SELECT version, type, at, document FROM monitor.dead_letters
        WHERE letter = first.letter AND type IN ('MessageRefused', 'MessageReplayed') ORDER BY version DESC LIMIT 1
    ) AS refused
    WHERE refused.type = 'MessageRefused'
    ORDER BY refused.at DESC, first.letter"""
_DOCUMENTS: Final = """
    SELECT letter, at, document FROM monitor.dead_letters
    WHERE (letter, version) IN (SELECT * FROM unnest($1::text[], $2::integer[]))
    ORDER BY at DESC, letter"""
_DECISIONS: Final = """
    SELECT version, type, data, recorded_at FROM es.events WHERE stream = $1 ORDER BY version DESC LIMIT $2"""
_FOLLOWED: Final = """
    SELECT data FROM es.events WHERE stream = $1 AND type = 'RolloutTakenIn' ORDER BY version DESC LIMIT 1"""
_CAUGHT_UP: Final = "SELECT caught_up_at FROM executor.control_watermark"
_LIMITS: Final = """
    SELECT currency_code AS name, current_hedge_exposure AS used, reserved_usd AS reserved, threshold_maximum AS whole,
           threshold_warning AS warning, threshold_critical AS critical, breach_status AS state
    FROM public.v_usd_pb_capacity_check ORDER BY utilization_percentage DESC NULLS LAST, currency_code"""
_CAPACITIES: Final = """
    SELECT entity_id, currency_code, nav_type, hedged + reserved AS used, reserved, sfx + overlay AS whole,
           car + buffer_amount AS protected, available_amount
    FROM public.v_entity_capacity_complete
    WHERE hedged + reserved > 0
    ORDER BY (hedged + reserved) / nullif(sfx + overlay - car - buffer_amount, 0) DESC NULLS FIRST,
             entity_id, currency_code, nav_type
    LIMIT 50"""


class PostgresHealth:
    """What the monitor's own role may read. `pool` is called each time: it may not be open yet."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool

    async def look(self) -> StoreFound:
        """Ask once, on one connection.

        Raises:
            Transient, OSError, or what asyncpg says: the database does not answer.
        """
        async with self._pool().acquire() as connection:
            [row] = await connection.fetch(_RELAY, UNSEALED_MAX)
            now: datetime = row["now"]
            holders = await connection.fetch(_HOLDER) if row["stalled_seconds"] > STALLED_SECONDS else []
            urgent = await connection.fetch(_URGENT, URGENT_MAX)
            recent = await connection.fetch(_RECENT, RECENT_MESSAGES)
            letters = await _letters(connection, now)
            control = await _control(connection)
        return StoreFound(
            now=now,
            relay=_relay(row, holders),
            urgent=tuple(map(_urgent, urgent)),
            answer_ms=answers_of(recent, now - RECENT),
            letters=letters,
            control=control,
            events=row["published"],
        )

    async def limits(self) -> LimitsFound:
        """Ask for limits and capacities, which are sums over all positions: more seldom than the rest.

        Raises:
            Transient, OSError, or what asyncpg says: the database does not answer.
        """
        async with self._pool().acquire() as connection:
            limits = await connection.fetch(_LIMITS)
            capacities = await connection.fetch(_CAPACITIES)
        return LimitsFound(tuple(map(_limit, limits)), tuple(map(_capacity, capacities)))


async def _letters(connection: Any, now: datetime) -> Letters:
    waiting = await connection.fetch(_LETTERS, now - LETTERS_OF, LETTERS_LOOKED_AT)
    shown = waiting[:LETTERS_SHOWN]
    documents = await connection.fetch(
        _DOCUMENTS, [each["letter"] for each in shown], [each["version"] for each in shown]
    )
    urgent = [row["at"] for row in waiting if row["at"] > now - URGENT_FOR and not is_nothing_to_do(row["code"])]
    return Letters(tuple(map(_letter, documents)), len(waiting), len(urgent), min(urgent, default=None))


def is_nothing_to_do(code: str) -> bool:
    """Return whether a dead letter with this code is kept as evidence alone."""
    return cure_of(code, None).startswith("Nothing. ")


async def _control(connection: Any) -> Control:
    decisions = await connection.fetch(_DECISIONS, ROLLOUT_STREAM, DECISIONS)
    return Control(
        tuple((each["version"], each["type"], each["data"], each["recorded_at"]) for each in decisions),
        await connection.fetchval(_FOLLOWED, EXECUTOR_CONTROL_STREAM),
        await connection.fetchval(_CAUGHT_UP),
    )


def _relay(row: Any, holders: Sequence[Any]) -> Relay:
    holder = None
    if holders:
        (found, *_) = holders
        holder = Holder(found["pid"], found["role"] or "", found["application"] or "", round(found["seconds"]))
    return Relay(
        unsealed=row["unsealed"],
        unpublished=max(0, row["sealed"] - row["published"]),
        unpublishable=row["unpublishable"],
        published=row["published"],
        seal_seconds=row["seal_seconds"],
        publish_seconds=row["publish_seconds"],
        stalled_seconds=row["stalled_seconds"],
        holder=holder,
    )


def _urgent(row: Any) -> Urgent:
    unanswered = max(0, (row["deals"] or 0) - row["acknowledged"])
    return Urgent(row["attention"], row["changed_at"], unanswered, row["reason"])


def answers_of(messages: Iterable[Any], since: datetime) -> tuple[int, ...]:
    """Return how many milliseconds each booked deal took, the latest first.

    A workflow whose deals were sent before these messages begin is left out.

    Args:
        messages: of hawk.progress, the latest first: workflow_id, state, status, at.
    """
    booked: dict[str, list[datetime]] = {}
    took: list[int] = []
    for message in messages:
        if message["at"] is None:
            continue
        at = datetime.fromisoformat(message["at"])
        if message["state"] == "PREPARED":
            took += [
                max(0, round((each - at).total_seconds() * 1000)) for each in booked.pop(message["workflow_id"], ())
            ]
        elif " booked in Murex as " in (message["status"] or "") and at >= since:
            booked.setdefault(message["workflow_id"], []).append(at)
    return tuple(took)


def _letter(row: Any) -> Letter:
    refusal = MessageRefused.model_validate(row["document"])
    return Letter(
        row["letter"], row["at"], refusal.code, refusal.topic, refusal.group, refusal.reason, what_to_do(refusal)
    )


def _limit(row: Any) -> Bar:
    def usd(name: str) -> str | None:
        return None if row[name] is None else text_of(row[name], "USD")

    return Bar(
        row["name"], usd("used") or "0", usd("reserved") or "0", usd("whole") or "0", usd("warning"), usd("critical"),
        state=row["state"],
    )  # fmt: skip


def _capacity(row: Any) -> Bar:
    currency = row["currency_code"]
    used, reserved, protected = (text_of(row[name], currency) for name in ("used", "reserved", "protected"))
    return Bar(
        f"{row['entity_id']} {currency} {row['nav_type']}",
        used,
        reserved,
        text_of(max(Decimal(0), row["whole"]), currency),
        protected=protected,
        state="WITHIN" if row["available_amount"] > 0 else "USED_UP",
    )
