"""Reads the rows against which rows of feeds are measured: earlier ones of their keys, and related ones."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from services.executor.reference.commands import Command, SetRow
from services.executor.reference.plausible import (
    PERIODS,
    POSITION_FACTOR,
    POSITIONS,
    RATE_DAYS_AHEAD,
    RATE_MOVE_BP,
    RATES,
    Past,
    Scene,
    bounds_of,
    exposure_of,
)
from shared.hedging.facts import SINGAPORE
from shared.hedging.reference_keys import key_in

_SETTINGS: Final = [key for key, _ in (RATE_MOVE_BP, RATE_DAYS_AHEAD, POSITION_FACTOR)]
_READ_SETTINGS: Final = """
    SELECT config_key, config_value FROM hawk.system_configuration
    WHERE config_key = ANY($1::text[]) AND active_flag = 'Y'
      AND (effective_date IS NULL OR effective_date <= $2) AND (expiry_date IS NULL OR expiry_date >= $2)"""
_READ_RATES: Final = "SELECT * FROM hawk.currency_rates WHERE split_part(currency_pair, '/', 1) = ANY($1::text[])"
_READ_POSITIONS: Final = """
    SELECT DISTINCT ON (entity_id, currency_code, nav_type, position_type) * FROM hawk.position_nav_master
    WHERE entity_id = ANY($1::text[]) ORDER BY entity_id, currency_code, nav_type, position_type, as_of_date DESC"""
_READ_PERIODS: Final = "SELECT * FROM hawk.gl_periods"
#: Of each stream: the last row; the one of a day ago or that people confirmed since; the first; whether it is removed.
_READ_PASTS: Final = """
    SELECT wanted.stream, last.type = 'ReferenceRowSet' AS there, row.data AS row,
           coalesce(settled.data, first.data) AS base
    FROM unnest($1::text[]) AS wanted (stream)
    CROSS JOIN LATERAL (
        SELECT type FROM es.events WHERE events.stream = wanted.stream ORDER BY version DESC LIMIT 1) AS last
    CROSS JOIN LATERAL (
        SELECT data FROM es.events WHERE events.stream = wanted.stream AND type = 'ReferenceRowSet'
        ORDER BY version DESC LIMIT 1) AS row
    CROSS JOIN LATERAL (
        SELECT data FROM es.events WHERE events.stream = wanted.stream AND type = 'ReferenceRowSet'
        ORDER BY version LIMIT 1) AS first
    LEFT JOIN LATERAL (
        SELECT data FROM es.events WHERE events.stream = wanted.stream AND type = 'ReferenceRowSet'
          AND (recorded_at <= $2 OR (data ->> 'confirmed')::boolean)
        ORDER BY version DESC LIMIT 1) AS settled ON true"""


async def scene_of(connection: asyncpg.Connection, commands: Iterable[Command], now: datetime) -> Scene:
    """Read what these rows are judged beside, as the tables were before the transaction."""
    rows = [command for command in commands if isinstance(command, SetRow)]
    tables = {command.table.name for command in rows}
    today = now.astimezone(SINGAPORE).date()
    if not tables:
        return Scene(today)
    settings = await connection.fetch(_READ_SETTINGS, _SETTINGS, today)
    bounds = bounds_of({row["config_key"]: row["config_value"] for row in settings})
    pairs = (str(each.row["currency_pair"]) for each in rows if each.table.name == RATES)
    codes = sorted({code for pair in pairs for code in pair.split("/")})
    rates = await connection.fetch(_READ_RATES, codes) if codes else ()
    entities = sorted({str(each.row["entity_id"]) for each in rows if each.table.name == POSITIONS})
    positions = await connection.fetch(_READ_POSITIONS, entities) if entities else ()
    periods = await connection.fetch(_READ_PERIODS) if PERIODS in tables else ()
    return Scene(
        today,
        bounds,
        {key_in(RATES, row): row for row in map(dict, rates)},
        {exposure_of(row): row for row in map(dict, positions)},
        tuple(dict(row) for row in periods),
    )


async def read_pasts(connection: asyncpg.Connection, streams: Sequence[str], a_day_ago: datetime) -> Mapping[str, Past]:
    """Read what the rows of these streams are measured against, see `past_of`; without streams that do not exist."""
    found = await connection.fetch(_READ_PASTS, list(streams), a_day_ago)
    return {row["stream"]: _past(row["there"], row["row"]["row"], row["base"]["row"]) for row in found}


def _past(there: bool, last: Mapping[str, Any], base: Mapping[str, Any]) -> Past:
    return Past(last if there else None, (last,) if base == last else (last, base))
