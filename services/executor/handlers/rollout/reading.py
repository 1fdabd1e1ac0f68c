"""The rollout in force inside a transaction, and what was applied today.

A transaction that begins something takes the rollout's lock shared until its commit; a new version takes it alone
(`decisions`). So nothing that was decided under an older version is recorded after the executor has taken a newer one
in, and those who only share the lock do not wait for each other. It is the lock of an empty table: it may be taken
before the append, which has to be the first write of its transaction, and unlike an advisory lock no other role can
take it. Locking the row afterwards makes a decision that uses an older snapshot fail, and it is taken again.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import asyncpg

from services.executor.ports import Ports
from services.executor.rollout.checking import InForce, Kind, Standing, WorkItem, business_day, why_it_waits
from services.executor.rollout.state import fold
from shared.errors import Defect, Transient
from shared.events.identity import EXECUTOR_CONTROL_STREAM, day_limit_stream
from shared.events.policy import PolicyTable
from shared.events.rollout import DayLimitUsed, RolloutTerms
from shared.messaging.columns import columns_of
from shared.messaging.unit_of_work import UnitOfWork
from shared.policy.recorded import policy_of
from shared.policy.table import Policy

#: Taken by what begins something (shared), and by what records a new version (alone).
SHARE_ROLLOUT: Final = "LOCK TABLE executor.rollout_lock IN SHARE MODE"
HOLD_ROLLOUT: Final = "LOCK TABLE executor.rollout_lock IN EXCLUSIVE MODE"


#: Both times are of the database's clock, so that no process's own clock counts.
_STANDING: Final = """
    SELECT version, terms, stopped, reason, doubted,
           extract(epoch FROM clock_timestamp() - caught_up_at)::float8 AS behind_seconds
    FROM executor.rollout, executor.control_watermark"""


async def look(ports: Ports, uow: UnitOfWork) -> Standing:
    """Read the rollout as it is now, without a lock: for what may turn out to be late, as planning may."""
    return await _standing(ports, uow)


async def hold(ports: Ports, uow: UnitOfWork) -> Standing:
    """Read the rollout and lock it until this unit's commit: for what begins something."""
    await uow.ask(SHARE_ROLLOUT)
    standing = await _standing(ports, uow)
    uow.gather(_still, standing.in_force.version)
    return standing


async def note_use(uow: UnitOfWork, standing: Standing, work: WorkItem, workflow_id: str, now: datetime) -> None:
    """Count the amount of an applied workflow against the day's cap, however the workflow ends.

    Under LIMITED it is an event on the day's own stream, so that two workflows cannot use what is left at once; under
    FULL no workflow waits for another, but the amount is kept: LIMITED may come into force later in the day.
    """
    if work.kind is not Kind.HEDGE:
        return
    day, limits = business_day(now), standing.in_force.terms.limits
    if limits is not None:
        stream = day_limit_stream(day)
        used = DayLimitUsed(
            workflow_id=workflow_id,
            business_day=day,
            amount_usd=work.amount_usd,
            used_total_usd=standing.used_today_usd + work.amount_usd,
            day_cap_usd=limits.day_cap_usd,
            rollout_version=standing.in_force.version,
        )
        uow.append(stream, await _version(uow.connection, stream), used, correlation_id=workflow_id)

    uow.gather(_write_use, (workflow_id, day, work.amount_usd))


class NothingTakenIn(Transient):
    """The first decisions have not come over hawk.control yet."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The executor has not taken in the first {what} over hawk.control: nothing is planned or begun."
        )


class HasToWait(Transient):
    """Something may not begin now: it is tried again."""

    def __init__(self, waits: str) -> None:
        super().__init__(f"Nothing new begins: {waits}.")


async def policy_in_force(uow: UnitOfWork) -> Policy:
    """Return the policy that plans are judged by.

    Raises:
        NothingTakenIn: none has come yet.
    """
    (row,) = await uow.ask("SELECT (SELECT policy FROM executor.policy) AS policy")
    if row["policy"] is None:
        raise NothingTakenIn("policy")
    return policy_of(PolicyTable.model_validate(row["policy"]))


async def policy_of_version(uow: UnitOfWork, version: str) -> Policy | None:
    """Return the policy that a grant was asked under; None for one that was not taken in, or not yet.

    Raises:
        NothingTakenIn: no policy has come yet.
    """
    present = await policy_in_force(uow)
    if present.version == version:
        return present
    table = fold((await uow.load(EXECUTOR_CONTROL_STREAM)).events).policies.get(version)
    return None if table is None else policy_of(table)


async def _standing(ports: Ports, uow: UnitOfWork) -> Standing:
    rows = await uow.ask(_STANDING)
    if not rows:
        raise Defect("Table executor.rollout or executor.control_watermark lost its only row. The migrations made it.")
    (row,) = rows
    if row["terms"] is None:
        raise NothingTakenIn("rollout")
    terms = RolloutTerms.model_validate(row["terms"])
    in_force = InForce(row["version"], terms, row["stopped"], row["reason"], row["doubted"])
    waits = why_it_waits(in_force, row["behind_seconds"])
    if terms.limits is None:
        return Standing(in_force, waits=waits)
    return Standing(in_force, await _used(uow.connection, business_day(ports.clock())), waits)


async def _used(connection: asyncpg.Connection, day: date) -> Decimal:
    used: Decimal = await connection.fetchval(
        "SELECT coalesce(sum(amount_usd), 0) FROM executor.day_use WHERE business_day = $1", day
    )
    return used


async def _version(connection: asyncpg.Connection, stream: str) -> int:
    """Return the version of a stream whose events are summed up in the table."""
    found = await connection.fetchval("SELECT max(version) FROM es.events WHERE stream = $1", stream)
    return int(found or 0)


async def _write_use(connection: asyncpg.Connection, used: Sequence[tuple[str, date, Decimal]]) -> None:
    await connection.execute(
        "INSERT INTO executor.day_use (workflow_id, business_day, amount_usd)"
        " SELECT * FROM unnest($1::text[], $2::date[], $3::numeric[])",
        *columns_of(used),
    )


async def _still(connection: asyncpg.Connection, versions: Sequence[int]) -> None:
    """Lock the row shared. PostgreSQL fails the transaction when the row was changed after its snapshot."""
    found = await connection.fetchval("SELECT version FROM executor.rollout FOR SHARE")
    if set(versions) != {found}:
        raise Defect(f"The rollout was read at versions {set(versions)} and locked at {found} in one snapshot.")
