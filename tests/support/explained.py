"""What PostgreSQL really did for a statement."""

import json
from typing import Any

import asyncpg


async def rows_read(connection: asyncpg.Connection, statement: str, *arguments: Any) -> float:
    """Run a statement and return how many rows it took from tables."""
    explained = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *arguments)
    return _rows_in(json.loads(explained)[0]["Plan"])


def _rows_in(plan: dict[str, Any]) -> float:
    own = plan["Actual Rows"] * plan["Actual Loops"] if "Relation Name" in plan else 0
    return float(own + sum(map(_rows_in, plan.get("Plans", ()))))
