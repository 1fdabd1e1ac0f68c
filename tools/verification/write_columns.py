"""Write the columns of the read tables: `python -m tools.verification.write_columns --dsn DSN` of a migrated database.

Run it after a migration that changes a table of schema `hawk`; `python -m shared.migrations` migrates the database. A
test compares the file with the database.
"""

import argparse
import asyncio
import json
import sys
from typing import Any, Final

import asyncpg

from services.executor.tables.catalogue import FILE

#: Names of types that differ from those in `ColumnType`.
_NAMES: Final = {"timestamp with time zone": "timestamptz", "time without time zone": "time"}
_COLUMNS: Final = """
    SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
           a.attnotnull AS obligatory, a.attgenerated <> '' AS generated, pg_get_expr(d.adbin, d.adrelid) AS default,
           array_position(k.indkey::int2[], a.attnum) AS place
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r' AND c.relnamespace = 'hawk'::regnamespace
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    LEFT JOIN pg_index k ON k.indrelid = c.oid AND k.indisprimary
    WHERE a.attnum > 0 AND NOT a.attisdropped
    ORDER BY c.relname, a.attnum"""


async def read_columns(connection: asyncpg.Connection) -> str:
    """Return the text of the file for a database: one line per table, so that a change of one is one line."""
    tables: dict[str, list[asyncpg.Record]] = {}
    for row in await connection.fetch(_COLUMNS):
        tables.setdefault(row["table"], []).append(row)
    return (
        "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(_entry(rows))}" for name, rows in tables.items()) + "\n}\n"
    )


def _entry(rows: list[asyncpg.Record]) -> dict[str, Any]:
    written = [row for row in rows if not row["generated"]]
    key = sorted((row for row in rows if row["place"] is not None), key=lambda row: int(row["place"]))
    return {
        "key": [row["name"] for row in key],
        "columns": {row["name"]: _NAMES.get(row["type"], row["type"]) for row in written},
        "obligatory": [row["name"] for row in written if row["obligatory"] and row["default"] is None],
        "defaults": {row["name"]: _value(row["default"]) for row in written if row["default"] is not None},
        "generated": [row["name"] for row in rows if row["generated"]],
    }


def _value(default: str) -> Any:
    """Return a default as a JSON value: PostgreSQL prints text as 'Y'::text, and numbers and booleans as JSON does."""
    return default[1:].partition("'")[0] if default.startswith("'") else json.loads(default)


async def _read(dsn: str) -> str:
    connection = await asyncpg.connect(dsn)
    try:
        return await read_columns(connection)
    finally:
        await connection.close()


def main(arguments: list[str] | None = None) -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(prog="python -m tools.verification.write_columns", description=__doc__)
    parser.add_argument("--dsn", required=True, help="DSN of a migrated database")
    FILE.write_text(asyncio.run(_read(parser.parse_args(arguments).dsn)), encoding="utf-8")
    sys.stderr.write(f"{FILE} written.\n")


if __name__ == "__main__":
    main()
